//! A cookie that tells a sign-in page how this browser signed in last. It is set with each new session, holds a
//! word such as `passkey`, and is read by scripts; nothing is decided by it.

mod settings;

use std::time::Duration;

use kiavi_http::SetCookie;

pub use settings::LastLoginMethodSettings;

use crate::{Context, State};

/// Leaves word of a sign-in by `name`, a method or a provider's id, for when the sign-in is committed.
pub(crate) fn note(state: &State, context: &Context, name: &str) {
    let settings = &state.settings.last_login_method;
    if settings.is_enabled {
        context.hold_readable_cookie(SetCookie {
            name: settings.cookie_name.clone(),
            value: name.to_owned(),
            max_age: Some(Duration::from_secs(settings.max_age_seconds.into())),
            is_secure: state.cookies.is_secure,
        });
    }
}

#[cfg(test)]
mod tests;
