//! Keys that open the management API over the network. Only their hashes are stored.
//!
//! A key is made once and shown once. It can be rotated: its new secret is good at once, the one before for as long
//! as whoever rotates says. Nobody can make or rotate a key that may do more than they may.

pub(crate) mod end;
mod make;
pub(crate) mod store;

use jiff::Timestamp;
use kiavi_base::{ExposeSecret, SecretString, WorkspaceId};
use kiavi_crypto::sha256;
use kiavi_db::DbError;

pub(crate) use make::{NewKey, Rotated, create, make_first, renew_development_key, revoke, rotate};

use crate::{Caller, Control, Scopes};

/// Starts every key, so that scanners of public repositories can find a leaked one:
/// `kiavi_mk_[A-Za-z0-9_-]{43}`.
pub(crate) const PREFIX: &str = "kiavi_mk_";
/// Symbols after the prefix: 258 bits.
const KEY_SYMBOLS: usize = 43;
/// Longest name, in characters.
pub(crate) const MAX_NAME: usize = 100;

/// A management key as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct ManagementKey {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `None` is the whole instance.
    pub(crate) workspace: Option<WorkspaceId>,
    pub(crate) scopes: Scopes,
    /// The last four symbols.
    pub(crate) last4: String,
    pub(crate) created_by: String,
    /// Who was shown its secret: whoever made it, or rotated it last.
    pub(crate) holder: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    /// A day such as `2026-11-26`, in UTC.
    pub(crate) last_used_on: Option<String>,
    /// Until when the secret before the last rotation is good, if it still is.
    pub(crate) previous_expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    /// By the database's clock.
    pub(crate) state: KeyState,
}

/// Whether a key opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl KeyState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Whose key this is, when it is one. The hash of 258 random bits is looked up by equality: how long that takes
/// says nothing about a key.
pub(crate) async fn caller_of(control: &Control, key: &SecretString) -> Result<Option<Caller>, DbError> {
    let text = key.expose_secret();
    if !has_form(text) {
        return Ok(None);
    }
    let found = store::by_hash(&control.parts().database, &sha256(text.as_bytes())).await?;
    Ok(found.map(|store::Opened { id, workspace, scopes, holder }| Caller::ManagementKey {
        id,
        workspace,
        scopes,
        holder,
    }))
}

/// Whether a text looks like a key.
fn has_form(text: &str) -> bool {
    text.len() == PREFIX.len() + KEY_SYMBOLS && text.starts_with(PREFIX)
}
