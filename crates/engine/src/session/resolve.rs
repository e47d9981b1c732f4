//! From a request's cookie or header to its session.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use tokio::time::Instant;

use super::{Kept, Session, clear_cookies, is_of_cookies, is_remembered, renew_cookie, store, wire};
use crate::{ApiError, Context, SessionSettings, State, bearer, multi_session, user::User};

/// What a request showed to be somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The cookie, or the token in its place, of a person who signed in.
    Cookie,
    /// A key of theirs. There is no stored session behind it, and it never passes for a person where that matters:
    /// see [`SensitiveUser`].
    ApiKey,
}

/// A live session and its user, read from the database for this request.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// Whether the sign-in is recent enough for sensitive operations.
    pub is_fresh: bool,
    /// Whether the session is due to be extended and was not, because reads do not write for this tenant.
    pub needs_refresh: bool,
    /// How long this would be read again just so, if nobody changed anything.
    pub(super) lasts: Duration,
    /// By what the request is theirs.
    pub origin: Origin,
}

impl CurrentUser {
    /// The owner of an API key that a request acts by.
    pub(crate) fn by_key(session: Session, owner: User, is_fresh: bool) -> Self {
        let lasts = Duration::ZERO;
        Self { session, user: owner, is_fresh, needs_refresh: false, lasts, origin: Origin::ApiKey }
    }

    /// Whether a person signed in, as opposed to a program that shows a key of theirs.
    pub fn is_signed_in(&self) -> bool {
        self.origin == Origin::Cookie
    }

    /// Whether somebody else acts as the user.
    pub fn is_impersonated(&self) -> bool {
        self.session.impersonated_by.is_some()
    }
}

/// A [`CurrentUser`] whose sign-in is recent.
#[derive(Debug, Clone)]
pub struct FreshUser(pub CurrentUser);

/// A [`CurrentUser`] who signed in as a person: for endpoints that Better Auth calls sensitive, which end sessions,
/// change the address, remove the account or administer others.
#[derive(Debug, Clone)]
pub struct SensitiveUser(pub CurrentUser);

/// The token of a request's session: that of its `Authorization` header, else that of its cookie. It is unproved:
/// a session with it may not exist or not live.
pub fn token(state: &State, context: &Context) -> Option<String> {
    bearer::token(state, context).or_else(|| context.signed_cookie(state, &state.cookies.session_token))
}

/// The session of a request, if it has a live one. Extends it when due.
///
/// # Errors
/// Those of the statements: a store that is down is never told as "signed out".
pub async fn find(state: &State, context: &Context) -> Result<Option<CurrentUser>, ApiError> {
    find_with(state, context, !state.settings.session.is_refresh_deferred).await
}

pub(super) async fn find_with(
    state: &State,
    context: &Context,
    may_extend: bool,
) -> Result<Option<CurrentUser>, ApiError> {
    if let Some(owner) = context.key_owner() {
        return Ok(Some(owner.clone()));
    }
    let Some(token) = token(state, context) else { return Ok(None) };
    let settings = &state.settings.session;
    let found = store::with_user_by_token(&state.database, &token, settings).await?;
    let Some(found) = found else {
        clear_cookies(state, context);
        return Ok(None);
    };
    if !found.is_live {
        store::delete_dead(&state.database, &token).await?;
        clear_cookies(state, context);
        return Ok(None);
    }
    if context.cookie(&state.cookies.session_data).is_some() && is_of_cookies(state, context) {
        context.clear_cookie(state, &state.cookies.session_data);
    }
    let lasts = if found.is_due { Duration::ZERO } else { undue_life(found.session.seconds_left, settings) };
    if let Some(by) = &found.session.impersonated_by {
        context.note_impersonator(by);
    }
    let is_own = found.session.impersonated_by.is_none();
    if is_own {
        state.analytics.note(&found.user.id, state.clock.now());
    }
    let mut current = CurrentUser {
        session: found.session,
        user: found.user,
        // Whoever acts as somebody else did not prove to be them: what wants a recent sign-in, like a passkey of
        // their own, would outlast the hour that they have.
        is_fresh: found.is_fresh && is_own,
        needs_refresh: false,
        lasts,
        origin: Origin::Cookie,
    };
    let wants_extension =
        found.is_due && is_own && !context.refresh_is_disabled() && is_remembered(state, context);
    if wants_extension && may_extend {
        match store::extend(&state.database, &token, settings).await? {
            Some(session) => current.session = session,
            None => return Err(vanished()),
        }
        renew_cookie(state, context, &current.session);
        multi_session::renew(state, context, &current.session);
    } else {
        current.needs_refresh = wants_extension;
    }
    Ok(Some(current))
}

/// How long a session that is live and not due stays both.
fn undue_life(seconds_left: u64, settings: &SessionSettings) -> Duration {
    // The number is rounded; a second less is on the safe side.
    let live = Duration::from_secs(seconds_left.saturating_sub(1));
    let (idle, update) = (settings.expires_in_seconds, settings.update_age_seconds);
    // It is due when its end is nearer than idle - update, unless the absolute end limits it; then it never is.
    match live.checked_sub(Duration::from_secs(idle.saturating_sub(update).into())) {
        Some(undue) if !undue.is_zero() => undue,
        _ => live,
    }
}

/// The session of a request that only reads, with the answer of `/get-session`; from memory where possible, which
/// costs no round trip. `is_fresh` is as of the last reading.
///
/// # Errors
/// As [`find`].
pub(crate) async fn find_kept(state: &State, context: &Context) -> Result<Option<Kept>, ApiError> {
    if let Some(owner) = context.key_owner() {
        let json = wire::session_and_user(&owner.session, &owner.user)?.into();
        return Ok(Some(Kept { current: Arc::new(owner.clone()), json }));
    }
    let Some(token) = token(state, context) else { return Ok(None) };
    // Taken before the database is read: what changes meanwhile makes another one.
    let stamp = state.database.stamp();
    let clears_cookie = context.cookie(&state.cookies.session_data).is_some();
    if !clears_cookie && let Some(kept) = state.kept_sessions.get(&token, stamp) {
        return Ok(Some(kept));
    }
    let day_ends = Instant::now() + state.analytics.rest_of_day(state.clock.now());
    let Some(current) = find(state, context).await? else { return Ok(None) };
    let json = wire::session_and_user(&current.session, &current.user)?.into();
    // Whoever is still there tomorrow is noted again then.
    let lasts = current.lasts.min(day_ends.saturating_duration_since(Instant::now()));
    let kept = Kept { current: Arc::new(current), json };
    if let Some(stamp) = stamp.filter(|_| !lasts.is_zero()) {
        state.kept_sessions.put(stamp, lasts, kept.clone());
    }
    Ok(Some(kept))
}

fn vanished() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "FAILED_TO_GET_SESSION", "Failed to get session")
}

/// The session of a request that needs one.
///
/// # Errors
/// 401 `UNAUTHORIZED` without one.
pub async fn require(state: &State, context: &Context) -> Result<CurrentUser, ApiError> {
    let current = find(state, context).await?.ok_or_else(ApiError::unauthorized)?;
    context.note_user(&current.user.id);
    Ok(current)
}

/// The session of a request that needs a recent sign-in.
///
/// # Errors
/// 401 `UNAUTHORIZED` without one, 403 `SESSION_NOT_FRESH` with an old one.
pub async fn require_fresh(state: &State, context: &Context) -> Result<CurrentUser, ApiError> {
    only_fresh(require(state, context).await?)
}

/// A session if its sign-in is recent.
///
/// # Errors
/// 403 `SESSION_NOT_FRESH` for an old one.
pub fn only_fresh(current: CurrentUser) -> Result<CurrentUser, ApiError> {
    if current.is_fresh { Ok(current) } else { Err(not_fresh()) }
}

/// Refuses whoever acts as somebody else, for what only that person may do: to delete the account, to give it another
/// way in, to see secrets that outlast the hour, to sign them out elsewhere.
///
/// # Errors
/// 403 `SESSION_NOT_FRESH` for an impersonation.
pub fn only_oneself(current: &CurrentUser) -> Result<(), ApiError> {
    if current.is_impersonated() { Err(not_fresh()) } else { Ok(()) }
}

fn not_fresh() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "SESSION_NOT_FRESH", "Session is not fresh")
}

/// The session of a request that only a person may make.
///
/// # Errors
/// 401 `UNAUTHORIZED` without one, and for an API key.
pub async fn require_sensitive(state: &State, context: &Context) -> Result<CurrentUser, ApiError> {
    let current = require(state, context).await?;
    if current.is_signed_in() { Ok(current) } else { Err(ApiError::unauthorized()) }
}

impl FromRequestParts<State> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        require(state, &Context::from_request_parts(parts, state).await?).await
    }
}

impl FromRequestParts<State> for FreshUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        require_fresh(state, &Context::from_request_parts(parts, state).await?).await.map(Self)
    }
}

impl FromRequestParts<State> for SensitiveUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        require_sensitive(state, &Context::from_request_parts(parts, state).await?).await.map(Self)
    }
}
