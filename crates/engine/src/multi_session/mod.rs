//! Several people signed in in one browser, one of them active.
//!
//! Each session of the browser has a signed cookie of its own besides the session cookie, which names the active
//! one. So signing in as somebody else leaves the earlier session alive; signing in again as the same person ends
//! it. Switching and ending need the signed cookie: a token or handle alone, whoever knows it, does nothing.
//!
//! The list names sessions by handle, as `/list-sessions` does, and both names are taken back.

mod routes;
mod settings;
mod wire;

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_crypto::{sign_cookie, verify_cookie};
use kiavi_http::SetCookie;

pub use settings::MultiSessionSettings;

use crate::{Context, Settings, State, session::Session};

/// Mounted only where the tenant has it switched on.
pub(crate) fn routes(settings: &Settings) -> Router<State> {
    if !settings.multi_session.is_enabled {
        return Router::new();
    }
    Router::new()
        .route("/multi-session/list-device-sessions", get(routes::list_device_sessions))
        .route("/multi-session/set-active", post(routes::set_active))
        .route("/multi-session/revoke", post(routes::revoke))
}

fn prefix(state: &State) -> String {
    format!("{}_multi-", state.cookies.session_token)
}

fn cookie_name(state: &State, token: &str) -> String {
    format!("{}{}", prefix(state), token.to_ascii_lowercase())
}

/// The tokens of the sessions that the browser keeps, in its order; none where this is switched off. A cookie
/// whose signature or name does not fit its token is none.
pub(crate) fn tokens(state: &State, context: &Context) -> Vec<String> {
    let settings = &state.settings.multi_session;
    if !settings.is_enabled {
        return Vec::new();
    }
    let prefix = prefix(state);
    let verified = context.cookies_with_prefix(&prefix).filter_map(|(name, value)| {
        let token = verify_cookie(&state.secret, value)?;
        (cookie_name(state, &token) == name).then_some(token)
    });
    verified.take(settings.maximum_sessions.into()).collect()
}

/// Has the browser keep a session that has just become its active one, unless it does already, or is full: then
/// the session is active and in no list, as with Better Auth.
pub(crate) fn keep(state: &State, context: &Context, session: &Session, max_age: Option<Duration>) {
    let settings = &state.settings.multi_session;
    let kept = tokens(state, context);
    if !settings.is_enabled || kept.contains(&session.token) {
        return;
    }
    let is_removed = |token: &String| {
        context.answered_cookie(&cookie_name(state, token)).is_some_and(|value| value.is_empty())
    };
    let others = kept.iter().filter(|token| !is_removed(token)).count();
    if others < settings.maximum_sessions.into() {
        set_cookie(state, context, session, max_age);
    }
}

/// Has the browser keep a session for as long as it lives, now that this is longer. Better Auth lets it drop out of
/// the browser's list.
pub(crate) fn renew(state: &State, context: &Context, session: &Session) {
    if tokens(state, context).contains(&session.token) {
        set_cookie(state, context, session, Some(Duration::from_secs(session.seconds_left)));
    }
}

fn set_cookie(state: &State, context: &Context, session: &Session, max_age: Option<Duration>) {
    context.set_cookie(SetCookie {
        name: cookie_name(state, &session.token),
        value: sign_cookie(&state.secret, &session.token),
        max_age,
        is_secure: state.cookies.is_secure,
    });
}

/// Has the browser forget a session once the request's change is committed.
pub(crate) fn hold_removal(state: &State, context: &Context, token: &str) {
    let name = cookie_name(state, token);
    if context.cookie(&name).is_some() {
        context.hold_cookie(SetCookie::removal(&name, state.cookies.is_secure));
    }
}

/// Has the browser forget every session that it keeps besides the active one.
pub(crate) fn clear_cookies(state: &State, context: &Context) {
    for token in tokens(state, context) {
        context.clear_cookie(state, &cookie_name(state, &token));
    }
}

#[cfg(test)]
mod tests;
