//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// The longest that requests of visitors can be read, in days.
const LONGEST: u16 = 3_650;

/// What happened, and for how long whom it happened to can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// For how many days the log can tell from which address and with which program somebody without an account came;
    /// then the key of that day ends. Of users it can tell as long as they exist.
    pub visitor_days: u16,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { visitor_days: 90 }
    }
}

impl AuditSettings {
    /// # Errors
    /// When the days are none, or more than ten years.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        if (1..=LONGEST).contains(&self.visitor_days) {
            return Ok(());
        }
        Err(SettingsError::Invalid("audit.visitor_days", "must be between 1 and 3650"))
    }
}
