//! Sessions.
//!
//! A sign-in of any kind calls [`create`] in its transaction, commits, and then [`set_cookie`]. A request's
//! session is found by the signed token in its cookie or `Authorization` header ([`token`]): one statement reads session and user together and also
//! says, by the database's clock, whether the session is live and whether it is due to be extended. A dead row is
//! deleted and the browser's cookies are cleared; a due one is extended and its cookie sent again.
//!
//! A check that only reads is answered from memory where that is known to be still true (`kept`); everything
//! sensitive reads the database.
//!
//! Lists name sessions by their row id in place of the token, so that a list that leaks opens nothing.

mod actions;
mod kept;
mod resolve;
mod routes;
pub mod store;
mod wire;

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::Timestamp;
use kiavi_base::{Alphabet, random_text};
use kiavi_crypto::sign_cookie;
use kiavi_db::{DbError, Row, Sql, Transaction};
use kiavi_http::SetCookie;
use serde::Serialize;

pub use actions::{end_replaced, revoke_all, revoke_one, revoke_others, sign_out};
pub(crate) use kept::{Kept, KeptSessions};
pub(crate) use resolve::find_kept;
pub use resolve::{
    CurrentUser, FreshUser, Origin, SensitiveUser, find, only_fresh, only_oneself, require, require_fresh,
    require_sensitive, token,
};
pub(crate) use wire::{hide_tokens, session_and_user};

use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    bearer, console, iso_milliseconds, last_login_method, multi_session, passkey,
    user::{self, User, store::Ban},
    verification::row_id,
};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// Characters of a session token: 190 bits.
const TOKEN_LENGTH: usize = 32;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/get-session", get(routes::get_session).post(routes::refresh_session))
        .route("/update-session", post(routes::update_session))
        .route("/sign-out", post(routes::sign_out))
        .route("/list-sessions", get(routes::list_sessions))
        .route("/revoke-session", post(routes::revoke_session))
        .route("/revoke-sessions", post(routes::revoke_sessions))
        .route("/revoke-other-sessions", post(routes::revoke_other_sessions))
}

/// A session, as stored and as told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// When it ends unless it is used.
    #[serde(serialize_with = "iso_milliseconds")]
    pub expires_at: Timestamp,
    /// The secret that the cookie carries.
    pub token: String,
    /// The moment of sign-in.
    #[serde(serialize_with = "iso_milliseconds")]
    pub created_at: Timestamp,
    /// When it was extended last.
    #[serde(serialize_with = "iso_milliseconds")]
    pub updated_at: Timestamp,
    /// Where it was made from.
    pub ip_address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// Whose it is.
    pub user_id: String,
    /// The administrator who acts as this user.
    pub impersonated_by: Option<String>,
    /// The row id; also the handle in lists.
    pub id: String,
    /// Seconds until it ends, by the database's clock when it was read.
    #[serde(skip)]
    pub seconds_left: u64,
}

/// The columns of [`Session`] of the table alias `s`, in [`Session::from_row`]'s order.
macro_rules! session_columns {
    () => {
        r#"s."expiresAt", s.token, s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", s."userId",
           s."impersonatedBy", s.id, extract(epoch FROM s."expiresAt" - clock_timestamp())::float8"#
    };
}
pub(crate) use session_columns;

impl Session {
    /// The number of columns.
    pub(crate) const WIDTH: usize = 10;

    pub(crate) fn from_row(row: &Row, first: usize) -> Result<Self, DbError> {
        let seconds: f64 = row.try_get(first + 9)?;
        Ok(Self {
            expires_at: row.try_get(first)?,
            token: row.try_get(first + 1)?,
            created_at: row.try_get(first + 2)?,
            updated_at: row.try_get(first + 3)?,
            ip_address: row.try_get(first + 4)?,
            user_agent: row.try_get(first + 5)?,
            user_id: row.try_get(first + 6)?,
            impersonated_by: row.try_get(first + 7)?,
            id: row.try_get(first + 8)?,
            seconds_left: Duration::try_from_secs_f64(seconds.round()).unwrap_or_default().as_secs(),
        })
    }
}

/// Mints a session for a user who has just proved who they are, in the transaction that consumed the proof. The
/// browser's earlier session ends with it, unless the tenant keeps those.
///
/// # Errors
/// 403 `BANNED_USER` or `PASSKEY_REQUIRED`, else those of the statements. After an error the transaction must be
/// dropped; a caller whose proof is to stay consumed all the same commits before it returns one of these two.
pub async fn create(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: &User,
    method: Method<'_>,
) -> Result<Session, ApiError> {
    if passkey::is_lesser_proof(state, method) {
        refuse_banned(transaction, state, context, user, method).await?;
        passkey::refuse_lesser_proof(transaction, state, context, &user.id, method).await?;
    }
    let id = row_id(state.rng());
    let event = Event {
        actor: Some(&user.id),
        detail: Some(serde_json::json!({ "session": id })),
        ..Event::new(EventType::SessionCreated, Outcome::Success).about(&user.id).using(method)
    };
    let along = audit::along(transaction, state, context, event.clone()).await?;
    let minting = Minting {
        id: &id,
        impersonated_by: None,
        method,
        seconds: state.settings.session.expires_in_seconds,
        along: along.as_ref(),
    };
    let (session, has_passkeys) = mint(transaction, state, context, user, minting).await?;
    match along {
        Some(along) => along.note_written(transaction, state, context),
        None => audit::record(transaction, state, context, event).await?,
    }
    console::note_method(transaction, state, &session, method).await?;
    end_replaced(transaction, state, context, &user.id, None).await?;
    if has_passkeys && passkey::recovery::is_by_mail(method) {
        passkey::recovery::begin(transaction, state, context, user, method).await?;
    }
    if let Some(name) = method.login_name() {
        last_login_method::note(state, context, name);
    }
    Ok(session)
}

/// Who acts as somebody else, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acting<'a> {
    /// Their id, or an operator's name.
    pub(crate) by: &'a str,
    /// Until the session ends, for good.
    pub(crate) seconds: u32,
}

/// Mints a session in which somebody acts as `user`. The browser's own session goes on. The event is for the caller to
/// write.
///
/// # Errors
/// Those of [`create`].
pub(crate) async fn impersonate(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: &User,
    acting: Acting<'_>,
    method: Method<'_>,
) -> Result<Session, ApiError> {
    let minting = Minting {
        id: &row_id(state.rng()),
        impersonated_by: Some(acting.by),
        method,
        seconds: acting.seconds,
        along: None,
    };
    mint(transaction, state, context, user, minting).await.map(|(session, _)| session)
}

/// A banned user gets no session; a ban that has run out ends here.
async fn refuse_banned(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: &User,
    method: Method<'_>,
) -> Result<(), ApiError> {
    match user::store::check_ban(transaction, &user.id).await? {
        Ban::None => Ok(()),
        Ban::Lifted => {
            let event = Event::new(EventType::UserUnbanned, Outcome::Success).about(&user.id);
            let event = event.detail(serde_json::json!({ "reason": "expired" }));
            Ok(audit::record(transaction, state, context, event).await?)
        }
        Ban::InForce => {
            let event = Event::new(EventType::SessionRefused, Outcome::Failure).about(&user.id).using(method);
            audit::record(transaction, state, context, event).await?;
            Err(user::banned_error(state))
        }
    }
}

/// What a session is made of, beside its user and the request.
#[derive(Clone, Copy)]
struct Minting<'m> {
    /// A fresh row id.
    id: &'m str,
    impersonated_by: Option<&'m str>,
    method: Method<'m>,
    /// Until it ends unless it is used.
    seconds: u32,
    /// The event that its statement writes.
    along: Option<&'m audit::Along>,
}

/// A session, and whether its user has passkeys. One statement, but for those who are or were banned.
async fn mint(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: &User,
    minting: Minting<'_>,
) -> Result<(Session, bool), ApiError> {
    #[derive(Debug, thiserror::Error)]
    #[error("the user of a new session is gone")]
    struct Gone;
    let new = store::NewSession {
        id: minting.id,
        token: &random_text(state.rng(), Alphabet::AlphaNumeric, TOKEN_LENGTH),
        ip_address: &context.stored_address(),
        user_agent: context.user_agent(),
        user_id: &user.id,
        impersonated_by: minting.impersonated_by,
        seconds: minting.seconds,
    };
    let along = minting.along.map(|along| &along.values);
    if let Some(minted) = store::insert(transaction, new, along).await? {
        return Ok(minted);
    }
    refuse_banned(transaction, state, context, user, minting.method).await?;
    store::insert(transaction, new, along).await?.ok_or_else(|| ApiError::internal(Gone))
}

/// Gives the browser its session cookie, for as long as the session lives, or until the browser closes if it
/// carries a valid "don't remember" cookie; and whatever cookies waited for this. Call it after COMMIT.
pub fn set_cookie(state: &State, context: &Context, session: &Session) {
    let is_remembered = is_remembered(state, context);
    cookies_of(state, session, is_remembered).for_each(|cookie| context.set_cookie(cookie));
    context.release_cookies();
    let max_age = is_remembered.then(|| Duration::from_secs(session.seconds_left));
    multi_session::keep(state, context, session, max_age);
}

/// Gives the browser the cookie of the request's own session again, after a change of what is told with it. A client
/// that shows the token in `Authorization` is told in `set-auth-token`; what another session's cookies are for stays.
/// Call it after COMMIT.
pub fn renew_cookie(state: &State, context: &Context, session: &Session) {
    if is_of_cookies(state, context) {
        set_cookie(state, context, session);
    } else {
        context.note_renewed_token(session.token.clone());
    }
}

/// Whether the session of the request is the one in the browser's cookies. A token in `Authorization` may be of
/// another one, and then what becomes of it is none of the cookies' business.
pub(crate) fn is_of_cookies(state: &State, context: &Context) -> bool {
    let own = || context.signed_cookie(state, &state.cookies.session_token);
    bearer::token(state, context).is_none_or(|shown| own().is_some_and(|own| own == shown))
}

/// The cookies that carry a session: its token, and unless it is remembered the mark that says so.
pub(crate) fn cookies_of(
    state: &State,
    session: &Session,
    is_remembered: bool,
) -> impl Iterator<Item = SetCookie> {
    let names = &state.cookies;
    let is_secure = names.is_secure;
    let token = SetCookie {
        name: names.session_token.clone(),
        value: sign_cookie(&state.secret, &session.token),
        max_age: is_remembered.then(|| Duration::from_secs(session.seconds_left)),
        is_secure,
    };
    let mark = (!is_remembered).then(|| SetCookie {
        name: names.dont_remember.clone(),
        value: sign_cookie(&state.secret, "true"),
        max_age: None,
        is_secure,
    });
    std::iter::once(token).chain(mark)
}

/// Whether the browser's session outlives the browser's: no valid "don't remember" cookie came along.
pub(crate) fn is_remembered(state: &State, context: &Context) -> bool {
    context.signed_cookie(state, &state.cookies.dont_remember).is_none_or(|value| value != "true")
}

/// Removes every session cookie, whether or not the browser sent it, unless the request's session is not theirs
/// ([`is_of_cookies`]).
pub fn clear_cookies(state: &State, context: &Context) {
    if !is_of_cookies(state, context) {
        return;
    }
    for name in [&state.cookies.session_token, &state.cookies.session_data, &state.cookies.dont_remember] {
        context.clear_cookie(state, name);
    }
}

#[cfg(test)]
mod tests;
