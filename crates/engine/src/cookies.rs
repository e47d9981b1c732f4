//! The names of the tenant's cookies, computed once.

use crate::Settings;

/// Full names, prefix included.
#[derive(Debug, Clone)]
pub struct CookieNames {
    /// The signed session token.
    pub session_token: String,
    /// Better Auth's cookie cache; never set, only cleared.
    pub session_data: String,
    /// Signed `true`: the session ends with the browser.
    pub dont_remember: String,
    /// The signed reference to a passkey challenge.
    pub passkey: String,
    /// The signed token of the administrator's own session while they act as somebody else.
    pub admin_session: String,
    prefix: String,
    /// Whether cookies carry `Secure`.
    pub is_secure: bool,
}

impl CookieNames {
    /// Names by scheme: plain over http, `__Secure-` or `__Host-` over https.
    pub fn new(settings: &Settings) -> Self {
        let is_secure = settings.base_url.is_secure();
        let marker = match (is_secure, settings.cookie.is_host_bound) {
            (false, _) => "",
            (true, false) => "__Secure-",
            (true, true) => "__Host-",
        };
        let prefix = format!("{marker}{}", settings.cookie.prefix);
        Self {
            session_token: format!("{prefix}.session_token"),
            session_data: format!("{prefix}.session_data"),
            dont_remember: format!("{prefix}.dont_remember"),
            admin_session: format!("{prefix}.admin_session"),
            passkey: format!("{prefix}.better-auth-passkey"),
            prefix,
            is_secure,
        }
    }

    /// The full name of a further cookie.
    pub fn named(&self, logical: &str) -> String {
        format!("{}.{logical}", self.prefix)
    }
}
