//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Remembering in the browser how it signed in last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LastLoginMethodSettings {
    /// Whether the cookie is set.
    pub is_enabled: bool,
    /// Its whole name; it has no prefix, as with Better Auth.
    pub cookie_name: String,
    /// How long it stays.
    pub max_age_seconds: u32,
}

impl Default for LastLoginMethodSettings {
    fn default() -> Self {
        Self {
            is_enabled: false,
            cookie_name: "better-auth.last_used_login_method".to_owned(),
            max_age_seconds: 30 * 86_400,
        }
    }
}

impl LastLoginMethodSettings {
    /// Whether the name can be one and claims nothing that the cookie does not hold to (RFC 6265bis §4.1.3).
    pub(crate) fn is_valid(&self) -> bool {
        let name = &self.cookie_name;
        let is_token = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        is_token && (1..=64).contains(&name.len()) && !name.starts_with("__")
    }
}
