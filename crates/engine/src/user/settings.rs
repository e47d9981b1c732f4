//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether and how a user may delete themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// Not at all.
    #[default]
    Off,
    /// At once, with a recent sign-in.
    FreshSession,
    /// After a link in a mail to their address was confirmed.
    Mail,
}

/// Users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserSettings {
    /// How users delete themselves.
    pub deletion: Deletion,
    /// Life of the link in the mail.
    pub deletion_link_expires_in_seconds: u32,
}

impl Default for UserSettings {
    fn default() -> Self {
        Self { deletion: Deletion::Off, deletion_link_expires_in_seconds: 86_400 }
    }
}
