//! Acting as somebody else, and returning.

use std::time::Duration;

use axum::http::StatusCode;
use kiavi_crypto::sign_cookie;
use kiavi_db::Transaction;
use kiavi_http::SetCookie;
use serde_json::json;

use super::{
    access::{Caller, IMPERSONATE_ADMINS, IMPERSONATE_USERS},
    flow, handover,
    wire::{self, NoWayBack},
};
use crate::{
    ApiError, Context, State,
    audit::{self, EventType, Outcome},
    session::{self, CurrentUser, Session},
    user::{self, User},
};

/// How operators are told from users in `session."impersonatedBy"`; no user's id has a colon.
const OPERATOR: &str = "operator:";

/// How an operator is named in rows and in the log.
pub(super) fn operator_name(operator: &str) -> String {
    format!("{OPERATOR}{operator}")
}

/// Begins to act as a user, in a session of its own. A user's browser goes over to it and keeps a way back; an
/// operator, who has no browser here, gets the session in the answer alone, and acts as no administrator, as from the
/// console ([`handover`]).
///
/// # Errors
/// Those of [`Caller::with`], also for somebody who acts as another already; 404 `USER_NOT_FOUND`, 403
/// `YOU_CANNOT_IMPERSONATE_ADMINS`, `BANNED_USER` and `OPERATORS_MAY_NOT_IMPERSONATE`.
pub(super) async fn start(
    state: &State,
    context: &Context,
    user_id: &str,
) -> Result<(Session, User), ApiError> {
    let caller = Caller::with(IMPERSONATE_USERS, state, context).await?;
    // Each further one would be another hour, and under a name whose ban is not the end of it.
    if caller.is_impersonated() {
        return Err(caller.refuse(IMPERSONATE_USERS, state, context).await);
    }
    let is_operator = matches!(caller, Caller::Operator(_));
    if is_operator && !state.settings.admin.is_operator_impersonation_enabled {
        let cause = handover::Cause::SwitchedOff;
        audit::record_alone(state, context, operator_refused(&caller, None, cause)).await?;
        return Err(cause.error(state));
    }
    let transaction = state.database.begin().await?;
    caller.hold(IMPERSONATE_USERS, &transaction, state, context).await?;
    let target = user::store::by_id_for_change(&transaction, user_id).await?;
    let target = target.ok_or_else(wire::user_not_found)?;
    if flow::is_admin(&state.settings.admin, &target) {
        if is_operator {
            let cause = handover::Cause::Admin;
            let refusal = operator_refused(&caller, Some(user_id), cause);
            audit::record(&transaction, state, context, refusal).await?;
            transaction.commit().await?;
            return Err(cause.error(state));
        }
        caller.require(IMPERSONATE_ADMINS, state, context).await?;
    }
    let acts = session::Acting { by: caller.name(), seconds: state.settings.admin.impersonation_seconds };
    let minted = session::impersonate(&transaction, state, context, &target, acts, caller.method()).await;
    let session = match minted {
        Ok(session) => session,
        Err(error) => {
            if error.code() == Some("BANNED_USER") {
                transaction.commit().await?;
            }
            return Err(error);
        }
    };
    let detail = json!({ "session": session.id, "seconds": state.settings.admin.impersonation_seconds });
    let event = caller.event(EventType::ImpersonationStarted, &target.id, detail);
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    if let Caller::User(current) = &caller {
        hand_over(state, context, current, &session);
    }
    Ok((session, target))
}

/// The event of an operator who may not act as anybody, or not as this user.
fn operator_refused<'a>(
    caller: &'a Caller,
    subject: Option<&'a str>,
    cause: handover::Cause,
) -> audit::Event<'a> {
    let refusal = audit::Event::new(EventType::ImpersonationRefused, Outcome::Failure).using(caller.method());
    let refusal = audit::Event { actor: Some(caller.name()), subject, ..refusal };
    refusal.detail(json!({ "cause": cause.name() }))
}

/// The browser goes over to `session` until it closes, and keeps its own in a cookie of another name.
pub(super) fn hand_over(state: &State, context: &Context, own: &CurrentUser, session: &Session) {
    let mark = if session::is_remembered(state, context) { "" } else { "true" };
    session::clear_cookies(state, context);
    context.append_cookie(SetCookie {
        name: state.cookies.admin_session.clone(),
        value: sign_cookie(&state.secret, &format!("{}:{mark}", own.session.token)),
        max_age: Some(Duration::from_secs(state.settings.session.expires_in_seconds.into())),
        is_secure: state.cookies.is_secure,
    });
    session::cookies_of(state, session, false).for_each(|cookie| context.append_cookie(cookie));
}

/// Ends the session in which somebody acts as another, and returns to their own; `None` where there is none to
/// return to, because an operator began it in a browser that was signed in nowhere here.
///
/// # Errors
/// 401 without a body, 400 when nobody acts as another, 500 when there is no way back any more.
pub(super) async fn stop(state: &State, context: &Context) -> Result<Option<(Session, User)>, ApiError> {
    let current = match Caller::of(state, context).await? {
        Caller::User(current) => current,
        Caller::Operator(_) => return Err(wire::not_impersonating()),
    };
    let Some(by) = current.session.impersonated_by.as_deref() else {
        return Err(wire::not_impersonating());
    };
    let way_back = match by.starts_with(OPERATOR) {
        true => session_of_before(state, context).await?,
        false => Some(own_session(state, context, by).await??),
    };
    go_back(state, context, &current, way_back).await
}

/// The same for a person in front of a page, who is not kept in the other's session for want of a way back; whether
/// there was one.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn leave(state: &State, context: &Context, current: &CurrentUser) -> Result<bool, ApiError> {
    let Some(by) = current.session.impersonated_by.as_deref() else { return Ok(true) };
    let way_back = match by.starts_with(OPERATOR) {
        true => session_of_before(state, context).await?,
        false => own_session(state, context, by).await?.ok(),
    };
    if way_back.is_none() && context.cookie(&state.cookies.admin_session).is_some() {
        context.clear_cookie(state, &state.cookies.admin_session);
    }
    Ok(go_back(state, context, current, way_back).await?.is_some())
}

/// Who acts as the user of a session.
pub(crate) struct Impersonator {
    /// As people know them: an administrator's or a member's address, or an operator's name.
    pub(crate) label: String,
    /// The page of the console that they began on, if they did.
    pub(crate) back: Option<String>,
}

/// Who acts as the user of a session, if it is not themselves.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn impersonator(
    state: &State,
    current: &CurrentUser,
) -> Result<Option<Impersonator>, ApiError> {
    let Some(by) = current.session.impersonated_by.as_deref() else { return Ok(None) };
    if let Some(operator) = by.strip_prefix(OPERATOR) {
        let noted = handover::noted(state, &current.session.id).await?;
        let (label, back) =
            noted.map_or_else(|| (operator.to_owned(), None), |(label, back)| (label, Some(back)));
        return Ok(Some(Impersonator { label, back }));
    }
    let admin = user::store::find_by_id(&state.database, by).await?;
    let label = admin.map_or_else(|| by.to_owned(), |admin| admin.email);
    Ok(Some(Impersonator { label, back: None }))
}

async fn go_back(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    way_back: Option<Own>,
) -> Result<Option<(Session, User)>, ApiError> {
    end(state, context, current).await?;
    let Some(Own { session, user, is_remembered }) = way_back else {
        session::clear_cookies(state, context);
        return Ok(None);
    };
    let was_remembered = session::is_remembered(state, context);
    session::cookies_of(state, &session, is_remembered).for_each(|cookie| context.set_cookie(cookie));
    if is_remembered && !was_remembered {
        context.clear_cookie(state, &state.cookies.dont_remember);
    }
    context.clear_cookie(state, &state.cookies.admin_session);
    Ok(Some((session, user)))
}

/// The token of the session that the browser keeps while it acts as somebody else, and whether that session is
/// remembered.
fn kept(state: &State, context: &Context) -> Option<(String, bool)> {
    let kept = context.signed_cookie(state, &state.cookies.admin_session)?;
    let (token, mark) = kept.split_once(':').unwrap_or((&kept, ""));
    Some((token.to_owned(), mark.is_empty()))
}

/// The token of the administrator's own session, which ends when their browser signs out.
pub(crate) fn kept_token(state: &State, context: &Context) -> Option<String> {
    kept(state, context).map(|(token, _)| token)
}

/// The own session of a browser in which an operator acts: a live one that it kept, whosever it is, in which nobody acts.
async fn session_of_before(state: &State, context: &Context) -> Result<Option<Own>, ApiError> {
    let Some((token, is_remembered)) = kept(state, context) else { return Ok(None) };
    let found = session::store::with_user_by_token(&state.database, &token, &state.settings.session).await?;
    let own = found.filter(|found| found.is_live && found.session.impersonated_by.is_none());
    Ok(own.map(|found| Own { session: found.session, user: found.user, is_remembered }))
}

/// The own session of a browser that acts as somebody else.
struct Own {
    session: Session,
    user: User,
    is_remembered: bool,
}

/// The live session that the browser kept, if it belongs to `admin_id`.
async fn own_session(
    state: &State,
    context: &Context,
    admin_id: &str,
) -> Result<Result<Own, NoWayBack>, ApiError> {
    if user::store::find_by_id(&state.database, admin_id).await?.is_none() {
        return Ok(Err(NoWayBack::User));
    }
    let Some((token, is_remembered)) = kept(state, context) else { return Ok(Err(NoWayBack::Session)) };
    let found = session::store::with_user_by_token(&state.database, &token, &state.settings.session).await?;
    let own = found.filter(|found| found.is_live && found.user.id == admin_id);
    let own = own.map(|found| Own { session: found.session, user: found.user, is_remembered });
    Ok(own.ok_or(NoWayBack::Session))
}

async fn end(state: &State, context: &Context, current: &CurrentUser) -> Result<(), ApiError> {
    let transaction = state.database.begin().await?;
    if !end_in(&transaction, state, context, current).await? {
        // Somebody else ended it between our reading and now.
        return Err(ApiError::empty(StatusCode::UNAUTHORIZED));
    }
    Ok(transaction.commit().await?)
}

/// Ends the session in which somebody acts as another, in the caller's transaction; whether it was still there.
///
/// # Errors
/// Those of the statements.
pub(super) async fn end_in(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    current: &CurrentUser,
) -> Result<bool, ApiError> {
    if session::store::delete_by_token(transaction, &current.session.token).await?.is_none() {
        return Ok(false);
    }
    handover::forget(transaction, &current.session.id).await?;
    let event = audit::Event {
        actor: current.session.impersonated_by.as_deref(),
        ..audit::Event::by(EventType::ImpersonationStopped, &current.user.id)
            .detail(json!({ "session": current.session.id }))
    };
    audit::record(transaction, state, context, event).await?;
    Ok(true)
}
