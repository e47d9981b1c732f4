//! Endpoints of accounts.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;

use super::{store, unlink, wire};
use crate::{
    ApiError, Context, JsonBody, State,
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
    unlink(&state, &context, &current, id, state.settings.account.allow_unlinking_all).await?;
    Ok(json_response(StatusCode::OK, r#"{"status":true}"#))
}
