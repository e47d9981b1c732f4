//! Looking at keys: of passkeys, and those that sign tokens.

use futures_util::TryStreamExt;
use kiavi_crypto::TenantSecret;
use kiavi_db::DbError;

use super::Surveyor;
use crate::keys::{TokenKey, Verdict, passkey_key};

/// Keys that sign tokens, at most: Better Auth itself reads no more.
const TOKEN_KEYS: usize = 100;

impl Surveyor<'_> {
    pub(super) async fn look_at_passkeys(
        &mut self,
        is_usable: &(dyn Fn(&[u8]) -> bool + Sync),
    ) -> Result<(), DbError> {
        let Some(passkeys) = self.everything("passkey") else { return Ok(()) };
        let question = format!(r#"COPY (SELECT "publicKey" FROM ({passkeys}) AS r) TO STDOUT"#);
        let rows = self.source.connection.copy_out(&question).await?;
        // One message is one row; base64 has nothing that COPY escapes.
        let damaged = rows
            .try_filter(|row| {
                let text = String::from_utf8_lossy(row);
                let is_usable = passkey_key(text.trim_end()).is_some_and(|key| is_usable(&key));
                std::future::ready(!is_usable)
            })
            .try_fold(0u64, async |count, _| Ok(count + 1))
            .await?;
        if damaged > 0 {
            self.warn(format!(
                "Passkeys with a public key that cannot be used: {damaged}. They come along and sign nobody in."
            ));
        }
        Ok(())
    }

    pub(super) async fn look_at_token_keys(&mut self, secret: Option<&TenantSecret>) -> Result<(), DbError> {
        let Some(keys) = self.everything("jwks") else { return Ok(()) };
        let question = format!(
            r#"SELECT id, "publicKey", "privateKey", alg, coalesce("expiresAt" > now(), true) FROM ({keys}) AS r
               WHERE id IS NOT NULL AND "publicKey" IS NOT NULL AND "privateKey" IS NOT NULL
               ORDER BY "createdAt" DESC, id LIMIT {TOKEN_KEYS}"#
        );
        let mut is_first = true;
        for row in self.ask(&question).await? {
            let key = TokenKey {
                id: row.try_get(0)?,
                public_key: row.try_get(1)?,
                private_key: row.try_get(2)?,
                algorithm: row.try_get(3)?,
            };
            let signs: bool = row.try_get(4)?;
            if !key.is_public() {
                self.warn(format!(
                    "The key {:?} in jwks has no public key that can be read; it is not published.",
                    key.id
                ));
            } else if signs {
                if std::mem::take(&mut is_first) {
                    self.survey.algorithm = key.algorithm().map(|algorithm| algorithm.name());
                }
                self.tell_of_signing(&key, secret);
            }
        }
        Ok(())
    }

    fn tell_of_signing(&mut self, key: &TokenKey, secret: Option<&TenantSecret>) {
        let id = &key.id;
        let reason = match (key.verdict(secret), secret) {
            (Verdict::Signs, _) => return,
            (Verdict::Strange, _) => "is not one that Kiavi signs with",
            (Verdict::Sealed, Some(_)) => "does not open under the secret (is it the right one?)",
            (Verdict::Sealed, None) => "cannot be opened without the secret (--secret-file)",
        };
        self.warn(format!(
            "The key {id:?} in jwks {reason}. It signs nothing here; tokens that it has signed verify until it is no longer \
             published, 30 days from now unless jwt.grace_period_seconds says otherwise."
        ));
        if key.verdict(secret) == Verdict::Sealed {
            self.survey.sealed_keys.push(id.clone());
        }
    }
}
