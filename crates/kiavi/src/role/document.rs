//! What an engine is started with, as it travels from control through the launcher, which does not read it.
//!
//! The secret is written as Better Auth's options name it: `secret` is the text that encrypts without naming a
//! version, `secrets` are the versions of one that was rotated, the current one first.

use kiavi_crypto::{InvalidSecret, SecretVersion, TenantSecret};
use kiavi_engine::Settings;
use kiavi_ipc::mail::MailRoute;
use kiavi_ipc::{Fd, IpcError, SealedDocument, SealedDocumentError};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
struct Written<'a> {
    settings: &'a Value,
    #[serde(flatten)]
    secret: WireSecret<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database_password: Option<&'a str>,
}

/// What an engine is started with.
pub(super) struct Opened {
    pub(super) settings: Settings,
    pub(super) secret: TenantSecret,
    /// The password of its database role, where roles have one.
    pub(super) database_password: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<'a> {
    settings: Settings,
    /// Borrowed, as all texts here, so that the buffer that is wiped is the only copy.
    #[serde(borrow, default)]
    secret: Option<&'a str>,
    #[serde(borrow, default)]
    secrets: Vec<WireVersion<'a>>,
    #[serde(borrow, default)]
    database_password: Option<&'a str>,
}

#[derive(Serialize)]
struct WireSecret<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<WireVersion<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireVersion<'a> {
    version: u32,
    value: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error(transparent)]
    Sealed(#[from] SealedDocumentError),
    #[error(transparent)]
    Route(#[from] IpcError),
    #[error("it is not what this program writes")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Secret(#[from] InvalidSecret),
}

/// Seals settings, secret and the database role's password. The number differs whenever one of them does, or the way of the tenant's mail, which is not in
/// the document: an engine whose mail takes another way is replaced, so that what it has in hand lands first.
pub(super) fn write(
    settings: &Value,
    secret: &TenantSecret,
    database_password: Option<&SecretString>,
    route: &MailRoute,
) -> Result<(SealedDocument, u64), DocumentError> {
    let bytes = to_bytes(settings, secret, database_password)?;
    let mut both = Zeroizing::new(kiavi_crypto::sha256(&bytes).to_vec());
    both.extend_from_slice(&kiavi_crypto::sha256(&route.to_bytes()?));
    let [a, b, c, d, e, f, g, h, ..] = kiavi_crypto::sha256(&both);
    Ok((SealedDocument::seal(&bytes)?, u64::from_be_bytes([a, b, c, d, e, f, g, h])))
}

/// Reads what [`write`] sealed.
pub(super) fn read(document: Fd) -> Result<Opened, DocumentError> {
    from_bytes(&SealedDocument::accept(document)?.read()?)
}

fn to_bytes(
    settings: &Value,
    secret: &TenantSecret,
    database_password: Option<&SecretString>,
) -> Result<Zeroizing<Vec<u8>>, DocumentError> {
    let secrets = secret.expose_versions().map(|(version, value)| WireVersion { version, value }).collect();
    let secret = WireSecret { secret: secret.expose_unversioned(), secrets };
    let database_password = database_password.map(|password| password.expose_secret());
    Ok(Zeroizing::new(serde_json::to_vec(&Written { settings, secret, database_password })?))
}

fn from_bytes(bytes: &[u8]) -> Result<Opened, DocumentError> {
    let Read { settings, secret, secrets, database_password } = serde_json::from_slice(bytes)?;
    let secret = match (secret, secrets.is_empty()) {
        (Some(text), true) => TenantSecret::new(SecretString::from(text)),
        (unversioned, _) => {
            let versions = secrets
                .iter()
                .map(|one| SecretVersion { version: one.version, text: SecretString::from(one.value) });
            TenantSecret::versioned(versions, unversioned.map(SecretString::from))?
        }
    };
    Ok(Opened { settings, secret, database_password: database_password.map(SecretString::from) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: u32, text: &str) -> SecretVersion {
        SecretVersion { version, text: text.to_owned().into() }
    }

    fn settings() -> Value {
        let settings = Settings::for_slug(&"demo".parse().unwrap(), "http://demo.localhost:8080").unwrap();
        serde_json::to_value(settings).unwrap()
    }

    fn round_trip(secret: &TenantSecret) -> TenantSecret {
        from_bytes(&to_bytes(&settings(), secret, None).unwrap()).unwrap().secret
    }

    #[test]
    fn a_secret_arrives_with_all_its_versions() {
        let text = |text: &str| SecretString::from(text.to_owned());
        let plain = round_trip(&TenantSecret::new(text("plain")));
        assert_eq!((plain.expose_secret(), plain.expose_versions().count()), ("plain", 0));

        let versions = || [version(7, "new"), version(3, "old")];
        for (unversioned, expected) in [(None, None), (Some(text("first")), Some("first"))] {
            let rotated = round_trip(&TenantSecret::versioned(versions(), unversioned).unwrap());
            assert_eq!(rotated.expose_secret(), "new");
            assert_eq!(rotated.expose_versions().collect::<Vec<_>>(), [(7, "new"), (3, "old")]);
            assert_eq!(rotated.expose_unversioned(), expected);
        }
    }

    #[test]
    fn a_password_arrives_where_there_is_one() {
        let secret = TenantSecret::new(SecretString::from("plain".to_owned()));
        let password = SecretString::from("open sesame".to_owned());
        for password in [None, Some(&password)] {
            let opened = from_bytes(&to_bytes(&settings(), &secret, password).unwrap()).unwrap();
            let arrived = opened.database_password.as_ref().map(|password| password.expose_secret());
            assert_eq!(arrived, password.map(|password| password.expose_secret()));
        }
    }

    #[test]
    fn a_document_without_a_usable_secret_is_refused() {
        let with = |secret: Value| {
            let mut document = serde_json::json!({ "settings": settings() });
            document.as_object_mut().unwrap().extend(secret.as_object().unwrap().clone());
            from_bytes(document.to_string().as_bytes())
        };
        let one = serde_json::json!({ "version": 1, "value": "a" });
        assert!(with(serde_json::json!({ "secrets": [one] })).is_ok());
        assert!(matches!(with(serde_json::json!({})), Err(DocumentError::Secret(_))));
        assert!(matches!(with(serde_json::json!({ "secrets": [one, one] })), Err(DocumentError::Secret(_))));
        assert!(matches!(
            with(serde_json::json!({ "other": 1, "secret": "a" })),
            Err(DocumentError::Json(_))
        ));
    }
}
