//! Endpoints of accounts.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde_json::json;

use super::{store, wire};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{self, Event, EventType},
    session::{self, CurrentUser},
};

/// `GET /list-accounts`.
pub(super) async fn list_accounts(state: State, current: CurrentUser) -> Result<Response, ApiError> {
    let accounts = store::list(&state.database, &current.user.id).await?;
    Ok(json_response(StatusCode::OK, wire::list(&accounts)?))
}

/// `POST /unlink-account` `{accountId}`: the row id of one of the user's accounts.
pub(super) async fn unlink_account(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let id = fields.string("accountId");
    fields.finish()?;
    let current = session::require_fresh(&state, &context).await?;
    unlink(&state, &context, &current, id).await?;
    Ok(json_response(StatusCode::OK, r#"{"status":true}"#))
}

async fn unlink(state: &State, context: &Context, current: &CurrentUser, id: &str) -> Result<(), ApiError> {
    // PostgreSQL's text cannot hold a NUL, so no row has such an id.
    if id.contains('\0') {
        return Err(wire::not_found());
    }
    let user_id = &current.user.id;
    let transaction = state.database.begin().await?;
    let ways = store::lock_ways_in(&transaction, user_id, id).await?;
    // Better Auth's order: the last account is told before an unknown one.
    if ways.accounts == 1 && !state.settings.account.allow_unlinking_all {
        return Err(wire::last_account());
    }
    if !ways.is_own {
        return Err(wire::not_found());
    }
    if !ways.remains {
        return Err(wire::last_account());
    }
    let provider = store::delete(&transaction, id, user_id).await?.ok_or_else(wire::not_found)?;
    let event =
        Event::by(EventType::AccountUnlinked, user_id).detail(json!({ "account": id, "provider": provider }));
    audit::record(&transaction, state, context, event).await?;
    Ok(transaction.commit().await?)
}
