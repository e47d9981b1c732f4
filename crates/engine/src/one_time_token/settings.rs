//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Rate;

/// Tokens that carry a session elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OneTimeTokenSettings {
    /// Whether they are offered.
    pub is_enabled: bool,
    /// Life of a token.
    pub expires_in_seconds: u32,
    /// Tokens that one user may ask for.
    pub per_user: Rate,
}

impl Default for OneTimeTokenSettings {
    fn default() -> Self {
        Self { is_enabled: false, expires_in_seconds: 180, per_user: Rate { limit: 30, window_seconds: 60 } }
    }
}
