//! Sessions without cookies: the token travels in `Authorization: Bearer`, and answers that set the session cookie
//! tell it in `set-auth-token`. A request by such a token sets and clears no cookie of another session.
//!
//! What the header carries is the cookie's value, token and signature. The token alone, which API answers and
//! the database show, is taken only where the tenant says so. A header that does not verify counts as absent.

mod settings;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header::ACCESS_CONTROL_EXPOSE_HEADERS};
use kiavi_crypto::{signed_value, verify_cookie};

pub use settings::BearerSettings;

use crate::{Context, State};

const SET_AUTH_TOKEN: HeaderName = HeaderName::from_static("set-auth-token");
/// The scheme (RFC 6750 §2.1) and the space behind it.
const SCHEME: &str = "bearer ";

/// The session token in the request's `Authorization` header.
pub(crate) fn token(state: &State, context: &Context) -> Option<String> {
    let settings = &state.settings.bearer;
    if !settings.is_enabled {
        return None;
    }
    let (scheme, given) = context.authorization()?.split_at_checked(SCHEME.len())?;
    let given = given.trim();
    if !scheme.eq_ignore_ascii_case(SCHEME) || given.is_empty() {
        return None;
    }
    match given.contains('.') {
        true => verify_cookie(&state.secret, given),
        false => settings.allows_unsigned.then(|| given.to_owned()),
    }
}

/// Tells a client that keeps no cookies the token in the session cookie that the answer sets, or would set if the
/// session were the browser's.
pub(crate) fn tell_token(state: &State, context: &Context, headers: &mut HeaderMap) {
    if !state.settings.bearer.is_enabled {
        return;
    }
    let cookie = context.answered_cookie(&state.cookies.session_token);
    let token = match cookie {
        Some(cookie) => verify_cookie(&state.secret, &cookie),
        None => context.renewed_token().map(str::to_owned),
    };
    let value = token.and_then(|token| HeaderValue::try_from(signed_value(&state.secret, &token)).ok());
    if let Some(mut value) = value {
        value.set_sensitive(true);
        headers.insert(SET_AUTH_TOKEN, value);
        // A line of its own: other slices tell of headers too.
        headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("set-auth-token"));
    }
}

#[cfg(test)]
mod tests;
