//! Ending sessions, for the API and the hosted pages alike.

use kiavi_db::Transaction;
use serde_json::json;

use super::{CurrentUser, clear_cookies, is_of_cookies, only_oneself, resolve, store};
use crate::{
    ApiError, Context, State, admin,
    audit::{self, Event, EventType},
    multi_session,
};

async fn record(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user_id: &str,
    detail: serde_json::Value,
) -> Result<(), ApiError> {
    let event = Event::by(EventType::SessionRevoked, user_id).detail(detail);
    Ok(audit::record(transaction, state, context, event).await?)
}

/// Ends the session of the request, if there is one, and those that its browser keeps besides, an administrator's own
/// among them; clears the cookies. A session that the cookies do not carry ends alone.
///
/// # Errors
/// Those of the statements; then the session lives on and the cookies stay.
pub async fn sign_out(state: &State, context: &Context) -> Result<(), ApiError> {
    let is_of_cookies = is_of_cookies(state, context);
    let mut tokens = if is_of_cookies { multi_session::tokens(state, context) } else { Vec::new() };
    let own = admin::kept_token(state, context).filter(|_| is_of_cookies);
    for token in resolve::token(state, context).into_iter().chain(own.clone()) {
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    if !tokens.is_empty() {
        let transaction = state.database.begin().await?;
        for token in &tokens {
            if let Some(owner) = store::delete_by_token(&transaction, token).await? {
                record(&transaction, state, context, &owner, json!({ "reason": "sign_out" })).await?;
            }
        }
        transaction.commit().await?;
    }
    if is_of_cookies {
        clear_cookies(state, context);
        multi_session::clear_cookies(state, context);
    }
    if own.is_some() {
        context.clear_cookie(state, &state.cookies.admin_session);
    }
    Ok(())
}

/// Ends one session of the user, named by its handle or its token. Naming no session of theirs changes nothing.
/// Clears the cookies if it was the current one. Whoever acts as the user ends no session but that.
///
/// # Errors
/// Those of the statements, and of [`only_oneself`](super::only_oneself).
pub async fn revoke_one(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    named: &str,
) -> Result<(), ApiError> {
    // What PostgreSQL's text cannot hold names no session.
    if named.contains('\0') {
        return Ok(());
    }
    if named != current.session.id && named != current.session.token {
        only_oneself(current)?;
    }
    let user_id = &current.user.id;
    let transaction = state.database.begin().await?;
    let ended = store::delete_one(&transaction, user_id, named).await?;
    if let Some(id) = &ended {
        record(&transaction, state, context, user_id, json!({ "reason": "revoked", "session": id })).await?;
    }
    transaction.commit().await?;
    if ended.is_some_and(|id| id == current.session.id) {
        clear_cookies(state, context);
    }
    Ok(())
}

/// Ends all sessions of the user but the current one; how many there were.
///
/// # Errors
/// Those of the statements, and of [`only_oneself`](super::only_oneself).
pub async fn revoke_others(state: &State, context: &Context, current: &CurrentUser) -> Result<u64, ApiError> {
    only_oneself(current)?;
    let user_id = &current.user.id;
    let transaction = state.database.begin().await?;
    let count = store::delete_others(&transaction, user_id, &current.session.token).await?;
    if count > 0 {
        record(&transaction, state, context, user_id, json!({ "reason": "revoked_others", "count": count }))
            .await?;
    }
    transaction.commit().await?;
    Ok(count)
}

/// Ends the session that this browser had until now, in the transaction that gives it another one of `user_id`,
/// unless the tenant keeps it or it is the one with the token `kept`.
///
/// # Errors
/// Those of the statements.
pub async fn end_replaced(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user_id: &str,
    kept: Option<&str>,
) -> Result<(), ApiError> {
    let is_another = |token: &String| kept != Some(token.as_str());
    let earlier = context.signed_cookie(state, &state.cookies.session_token).filter(is_another);
    if state.settings.multi_session.is_enabled {
        let mut tokens = multi_session::tokens(state, context);
        tokens.retain(is_another);
        tokens.extend(earlier);
        for token in store::delete_of_user(transaction, user_id, &tokens).await? {
            record(transaction, state, context, user_id, json!({ "reason": "replaced" })).await?;
            multi_session::hold_removal(state, context, &token);
        }
    } else if let Some(token) = earlier.filter(|_| !state.settings.compatibility.keeps_replaced_session)
        && let Some(owner) = store::delete_by_token(transaction, &token).await?
    {
        record(transaction, state, context, &owner, json!({ "reason": "replaced" })).await?;
    }
    Ok(())
}

/// Ends every session of a user, in the caller's transaction, and tells why; how many there were.
///
/// # Errors
/// Those of the statements.
pub async fn revoke_all(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user_id: &str,
    reason: &str,
) -> Result<u64, ApiError> {
    let count = store::delete_all(transaction, user_id).await?;
    if count > 0 {
        record(transaction, state, context, user_id, json!({ "reason": reason, "count": count })).await?;
    }
    Ok(count)
}
