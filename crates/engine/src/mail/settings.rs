//! The slice's part of the settings.

use serde::{Deserialize, Serialize};

/// What people are told by mail about their accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// That a passkey was added or removed (ASVS 5.0 §6.3.7).
    pub passkeys: bool,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { passkeys: true }
    }
}
