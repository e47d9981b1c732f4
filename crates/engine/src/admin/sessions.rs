//! Endpoints of other people's sessions.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;

use super::{
    access::{Caller, LIST_SESSIONS},
    actions, impersonation, store, wire,
};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{EventType, Outcome},
    session,
};

/// The body of most endpoints: `{userId}`.
fn user_id(body: &JsonBody) -> Result<String, ApiError> {
    let mut fields = body.fields()?;
    let id = fields.coerced_string("userId").into_owned();
    fields.finish().map(|()| id)
}

/// `POST /admin/impersonate-user` `{userId}`.
pub(super) async fn impersonate_user(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (session, user) = impersonation::start(&state, &context, &user_id(&body)?).await?;
    Ok(json_response(StatusCode::OK, session::session_and_user(&session, &user)?))
}

/// `POST /admin/stop-impersonating`.
pub(super) async fn stop_impersonating(state: State, context: Context) -> Result<Response, ApiError> {
    match impersonation::stop(&state, &context).await? {
        Some((session, user)) => {
            Ok(json_response(StatusCode::OK, session::session_and_user(&session, &user)?))
        }
        None => Ok(json_response(StatusCode::OK, wire::SIGNED_OUT)),
    }
}

/// `POST /admin/list-user-sessions` `{userId}`.
pub(super) async fn list_user_sessions(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let id = user_id(&body)?;
    let caller = Caller::with(LIST_SESSIONS, &state, &context).await?;
    let mut sessions = match id.contains('\0') {
        true => Vec::new(),
        false => store::sessions(&state.database, &id).await?,
    };
    caller.note_look(&state, &context, EventType::SessionsListed, Some(&id), Outcome::Success).await?;
    session::hide_tokens(&mut sessions, state.settings.compatibility.lists_session_tokens);
    wire::json(&wire::SessionsBody { sessions })
}

/// `POST /admin/revoke-user-session` `{sessionToken}`: 200 whether or not there is such a session.
pub(super) async fn revoke_user_session(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let named = fields.string("sessionToken");
    fields.finish()?;
    actions::revoke_session(&state, &context, named).await?;
    Ok(wire::success())
}

/// `POST /admin/revoke-user-sessions` `{userId}`.
pub(super) async fn revoke_user_sessions(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    actions::revoke_sessions(&state, &context, &user_id(&body)?).await?;
    Ok(wire::success())
}
