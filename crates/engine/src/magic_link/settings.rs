//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sign-in links by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MagicLinkSettings {
    /// Whether they are offered.
    pub is_enabled: bool,
    /// Life of a link.
    pub expires_in_seconds: u32,
}

impl Default for MagicLinkSettings {
    fn default() -> Self {
        Self { is_enabled: false, expires_in_seconds: 300 }
    }
}
