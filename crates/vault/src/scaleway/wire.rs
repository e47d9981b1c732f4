//! What travels: JSON as the store's own client library for Python reads and writes it (`scaleway.secret.v1beta1`).

use serde::{Deserialize, Serialize};

use crate::{Version, VersionEntry};

/// `POST …/secrets`.
#[derive(Serialize)]
pub(super) struct CreateSecret<'a> {
    pub(super) name: &'a str,
    pub(super) project_id: &'a str,
    pub(super) path: &'a str,
    pub(super) tags: [&'a str; 2],
    pub(super) r#type: &'a str,
    pub(super) protected: bool,
    pub(super) description: &'a str,
}

/// `POST …/secrets/{id}/versions`.
#[derive(Serialize)]
pub(super) struct CreateVersion<'a> {
    /// In base64 (RFC 4648 §4).
    pub(super) data: &'a str,
    /// Of the data before that.
    pub(super) data_crc32: u32,
}

/// A secret without its values.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Secret {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) protected: bool,
}

#[derive(Deserialize)]
pub(super) struct Secrets {
    #[serde(default)]
    pub(super) secrets: Vec<Secret>,
    #[serde(default)]
    pub(super) total_count: u64,
}

/// How a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Enabled,
    Disabled,
    /// Deleted, about to be, or something that this program does not know.
    #[serde(other)]
    Gone,
}

/// One version without its value.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct SecretVersion {
    pub(super) revision: u32,
    pub(super) status: Status,
}

impl SecretVersion {
    /// As a vault tells it; `None` when it is gone.
    pub(super) fn entry(&self) -> Option<VersionEntry> {
        let is_enabled = match self.status {
            Status::Enabled => true,
            Status::Disabled => false,
            Status::Gone => return None,
        };
        Some(VersionEntry { version: Version(self.revision), is_enabled })
    }
}

#[derive(Deserialize)]
pub(super) struct SecretVersions {
    #[serde(default)]
    pub(super) versions: Vec<SecretVersion>,
    #[serde(default)]
    pub(super) total_count: u64,
}

/// A version with its value.
#[derive(Deserialize)]
pub(super) struct Accessed {
    pub(super) revision: u32,
    /// In base64.
    pub(super) data: String,
    /// There if one was given when the version was made.
    #[serde(default)]
    pub(super) data_crc32: Option<u32>,
}

/// What a refusal says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    pub(super) r#type: String,
}
