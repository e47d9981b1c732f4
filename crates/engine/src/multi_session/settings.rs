//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Several sessions in one browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MultiSessionSettings {
    /// Whether it is offered.
    pub is_enabled: bool,
    /// Sessions that one browser keeps.
    pub maximum_sessions: u8,
}

impl Default for MultiSessionSettings {
    fn default() -> Self {
        Self { is_enabled: false, maximum_sessions: 5 }
    }
}
