//! What a tenant decides about API keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Rate, SettingsError};

use super::flow::{NAME_LENGTHS, is_prefix};

/// API keys. The numbers are Better Auth's defaults unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKeySettings {
    /// What keys begin with when nobody asks for another beginning: 1 to 32 letters, digits, `-` and `_`.
    pub prefix: Option<String>,
    /// Whether a key must have a name.
    pub is_name_required: bool,
    /// Whether owners may attach data of their own to a key.
    pub is_metadata_enabled: bool,
    /// Life of a key for which none was asked; for ever if absent.
    pub default_expires_in_seconds: Option<u32>,
    /// Whether an owner may choose the life of a key.
    pub is_custom_expiry_enabled: bool,
    /// The shortest life that an owner may choose.
    pub min_expires_in_days: u32,
    /// The longest.
    pub max_expires_in_days: u32,
    /// Keys that one user may have. Better Auth lists as many and sets no bound.
    pub keys_per_user: u32,
    /// Whether keys are limited to `rate_limit_max` uses, the columns of the row deciding.
    pub is_rate_limit_enabled: bool,
    /// Uses of a new key in a window.
    pub rate_limit_max: u32,
    /// The window: it ends when the key was not used for so long.
    pub rate_limit_window_milliseconds: u32,
    /// Whether a request that shows a key in `x-api-key` acts as the key's owner.
    pub sessions: bool,
    /// Whether whoever holds a key with the permission `{"api-key":["verify"]}` may have others verified.
    pub verify_route: bool,
    /// How often one key is looked up at all; kept in memory, so that what is over it costs the database
    /// nothing. Ours.
    pub requests_per_key: Option<Rate>,
    /// Keys that do not exist, shown from one network; kept in memory. Ours.
    pub unknown_per_network: Option<Rate>,
}

impl Default for ApiKeySettings {
    fn default() -> Self {
        Self {
            prefix: None,
            is_name_required: false,
            is_metadata_enabled: false,
            default_expires_in_seconds: None,
            is_custom_expiry_enabled: true,
            min_expires_in_days: 1,
            max_expires_in_days: 365,
            keys_per_user: 100,
            is_rate_limit_enabled: true,
            rate_limit_max: 10,
            rate_limit_window_milliseconds: 86_400_000,
            sessions: false,
            verify_route: false,
            requests_per_key: Some(Rate { limit: 100, window_seconds: 1 }),
            unknown_per_network: Some(Rate { limit: 100, window_seconds: 60 }),
        }
    }
}

impl ApiKeySettings {
    /// The limits that are kept in memory.
    pub(crate) fn rates(&self) -> [Option<Rate>; 2] {
        [self.requests_per_key, self.unknown_per_network]
    }

    /// Checks everything that types and the check of rates cannot.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let check =
            |holds: bool, key, rule| if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) };
        let is_fine = self.prefix.as_ref().is_none_or(|p| is_prefix(p) && NAME_LENGTHS.contains(&p.len()));
        check(is_fine, "api_key.prefix", "must be 1 to 32 letters, digits, - _")?;
        let life = self.min_expires_in_days..=self.max_expires_in_days;
        check(
            !life.is_empty() && *life.end() <= 36_500,
            "api_key.max_expires_in_days",
            "must be from the minimum to 100 years",
        )?;
        check(
            self.default_expires_in_seconds != Some(0),
            "api_key.default_expires_in_seconds",
            "must not be 0",
        )?;
        check((1..=10_000).contains(&self.keys_per_user), "api_key.keys_per_user", "must be 1 to 10,000")?;
        // Better Auth's columns have 32 bits.
        let is_limit = |number| i32::try_from(number).is_ok_and(|number| number > 0);
        check(
            is_limit(self.rate_limit_max) && is_limit(self.rate_limit_window_milliseconds),
            "api_key.rate_limit_max",
            "and the window must be 1 to 2,147,483,647",
        )
    }
}
