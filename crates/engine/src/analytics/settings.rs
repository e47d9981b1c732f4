//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::day;
use crate::SettingsError;

/// Figures: who was there, and how people signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnalyticsSettings {
    /// By which clock days begin and end: a name of the IANA time zone database, such as `Europe/Berlin`. A change holds
    /// from then on; days that have been counted stay as they are.
    pub time_zone: String,
}

impl Default for AnalyticsSettings {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned() }
    }
}

impl AnalyticsSettings {
    /// # Errors
    /// When there is no such time zone.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        match day::zone(&self.time_zone) {
            Some(_) => Ok(()),
            None => Err(SettingsError::Invalid("analytics.time_zone", "is no IANA time zone")),
        }
    }
}
