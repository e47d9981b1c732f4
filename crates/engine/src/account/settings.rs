//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Linked accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSettings {
    /// Whether `/unlink-account` unlinks the last account of a user who has a passkey or a proved address to sign in
    /// with. The account page always does.
    pub allow_unlinking_all: bool,
}
