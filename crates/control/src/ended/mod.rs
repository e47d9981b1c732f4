//! What has ended stays ended: people who were erased, passkeys, linked accounts and API keys that were removed, keys that were
//! switched off, and sessions.
//!
//! A tenant's tables note what ends, whoever ends it (`kiavi.ended`). The auditor says so with the next checkpoint, and then
//! it is taken from there ([`take`]): what is kept is a keyed hash of each id, which names nobody. An archive brings back what
//! was there when it was made; before the restored tenant serves anybody, what is known to have ended ends again
//! ([`settle`]). All tenants that were made of one tenant's archives, and that tenant, are one family: what ended in one of
//! them ended in all.

mod settle;
pub(crate) mod store;
mod take;

use kiavi_base::{ExposeSecret, SecretSlice};
use kiavi_crypto::hmac_sha256;
use serde::{Deserialize, Serialize};

pub(crate) use settle::{Policy, Settled, settle};
pub(crate) use take::{take, take_or_tell};

use crate::{Control, error::StepError, instance_key};

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A person, with all that is theirs.
    User,
    /// A linked account.
    Account,
    /// A passkey.
    Passkey,
    /// An API key.
    ApiKey,
    /// An API key is there and does nothing.
    ApiKeyOff,
}

impl Kind {
    const ALL: [Self; 5] = [Self::User, Self::Account, Self::Passkey, Self::ApiKey, Self::ApiKeyOff];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Passkey => "passkey",
            Self::ApiKey => "apikey",
            Self::ApiKeyOff => "apikey_off",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How many ended again in a restored tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Counts {
    /// People.
    pub(crate) users: u64,
    /// Linked accounts of people who stay.
    pub(crate) accounts: u64,
    /// Passkeys of people who stay.
    pub(crate) passkeys: u64,
    /// API keys that are gone.
    pub(crate) api_keys: u64,
    /// API keys that are there and switched off.
    pub(crate) api_keys_off: u64,
    /// Sessions.
    pub(crate) sessions: u64,
}

/// Makes of ids what is kept of them.
struct Hasher {
    key: SecretSlice<u8>,
    family: String,
}

impl Hasher {
    async fn of(control: &Control, family: String) -> Result<Self, StepError> {
        const KEY: &str = "ended-key";
        Ok(Self { key: instance_key::of(control, KEY).await?, family })
    }

    fn digest(&self, kind: Kind, id: &str) -> [u8; 32] {
        // Neither a family nor a kind has a slash, so no two are one text.
        let text = format!("{}/{}/{id}", self.family, kind.as_str());
        hmac_sha256(self.key.expose_secret(), text.as_bytes())
    }
}

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&kiavi_db::Sql] = store::STATEMENTS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_one_familys_kind_and_id() {
        let hasher = |key: &[u8], family: &str| Hasher {
            key: SecretSlice::from(key.to_vec()),
            family: family.to_owned(),
        };
        let one = hasher(b"key", "ta").digest(Kind::User, "1");
        assert_eq!(hasher(b"key", "ta").digest(Kind::User, "1"), one);
        for other in [
            hasher(b"key", "ta").digest(Kind::ApiKey, "1"),
            hasher(b"key", "ta").digest(Kind::User, "2"),
            hasher(b"key", "tb").digest(Kind::User, "1"),
            hasher(b"another", "ta").digest(Kind::User, "1"),
        ] {
            assert_ne!(other, one);
        }
    }

    #[test]
    fn texts_read_back() {
        assert!(Kind::ALL.into_iter().all(|kind| Kind::parse(kind.as_str()) == Some(kind)));
    }
}
