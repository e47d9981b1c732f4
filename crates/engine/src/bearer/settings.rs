//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sessions in the `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BearerSettings {
    /// Whether the header is read and `set-auth-token` is sent.
    pub is_enabled: bool,
    /// Whether a token counts without its signature, as with Better Auth. Then whoever has read a session row or
    /// an answer of the API can act as its user.
    pub allows_unsigned: bool,
}

impl Default for BearerSettings {
    fn default() -> Self {
        Self { is_enabled: true, allows_unsigned: false }
    }
}
