//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sessions in the `Authorization` header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BearerSettings {
    /// Whether the header is read and `set-auth-token` is sent: for programs that keep no cookies. A script that has
    /// been smuggled into a page can then read the token, which it cannot read in the cookie.
    pub is_enabled: bool,
    /// Whether a token counts without its signature, as with Better Auth. Then whoever has read a session row or
    /// an answer of the API can act as its user.
    pub allows_unsigned: bool,
}
