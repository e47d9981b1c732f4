//! Endpoints of sessions.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use kiavi_http::json_response;

use super::{
    CurrentUser, FreshUser, SensitiveUser, actions, clear_cookies, find_kept, only_oneself, require,
    require_sensitive, resolve::find_with, store, wire,
};
use crate::{ApiError, Context, Fields, JsonBody, State, fields::is_truthy, jwt};

const STATUS_TRUE: &str = r#"{"status":true}"#;

/// `GET /get-session`: 200 with the session, or 200 `null`. A ban is not looked at here.
pub(super) async fn get_session(state: State, context: Context) -> Response {
    let answer = async {
        if state.settings.session.is_refresh_deferred {
            let Some(current) = find_with(&state, &context, false).await? else { return Ok(nobody()) };
            return Ok(somebody(&state, &context, &current, wire::deferred(&current)?.into()).await);
        }
        match find_kept(&state, &context).await? {
            None => Ok(nobody()),
            Some(kept) => Ok(somebody(&state, &context, &kept.current, kept.json).await),
        }
    };
    not_cached(answer.await)
}

/// `POST /get-session`: extends the session where `GET` does not write.
pub(super) async fn refresh_session(state: State, context: Context) -> Response {
    if !state.settings.session.is_refresh_deferred {
        let code = "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED";
        let message = "POST method requires deferSessionRefresh to be enabled in session config";
        return not_cached(Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, code, message)));
    }
    let answer = async {
        match find_with(&state, &context, true).await? {
            None => Ok(nobody()),
            Some(current) => {
                let json = wire::session_and_user(&current.session, &current.user)?;
                Ok(somebody(&state, &context, &current, json.into()).await)
            }
        }
    };
    not_cached(answer.await)
}

fn nobody() -> Response {
    json_response(StatusCode::OK, "null")
}

/// A session that was found, with its token.
async fn somebody(state: &State, context: &Context, current: &CurrentUser, json: Bytes) -> Response {
    let mut response = json_response(StatusCode::OK, json);
    jwt::set_header(state, context, current, response.headers_mut()).await;
    response
}

fn not_cached(answer: Result<Response, ApiError>) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// `POST /update-session`: a session has no fields of its own to change.
pub(super) async fn update_session(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = Fields::record(body.0.as_ref())?;
    require(&state, &context).await?;
    Err(if fields.get("impersonatedBy").is_some_and(is_truthy) {
        ApiError::bad_request("FIELD_NOT_ALLOWED", "impersonatedBy is not allowed to be set")
    } else {
        ApiError::message_only(StatusCode::BAD_REQUEST, "No fields to update")
    })
}

/// `POST /sign-out`: 200 always. The session of the signed cookie ends, the cookies go.
pub(super) async fn sign_out(state: State, context: Context) -> Result<Response, ApiError> {
    actions::sign_out(&state, &context).await?;
    Ok(json_response(StatusCode::OK, r#"{"success":true}"#))
}

/// `GET /list-sessions`.
pub(super) async fn list_sessions(state: State, FreshUser(current): FreshUser) -> Result<Response, ApiError> {
    let mut sessions = store::list(&state.database, &current.user.id).await?;
    let json = wire::list(&mut sessions, state.settings.compatibility.lists_session_tokens)?;
    Ok(json_response(StatusCode::OK, json))
}

/// `POST /revoke-session` `{token}`: 200 always; only a session of the caller ends.
pub(super) async fn revoke_session(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let named = fields.string("token");
    fields.finish()?;
    let current = require_sensitive(&state, &context).await?;
    actions::revoke_one(&state, &context, &current, named).await?;
    Ok(json_response(StatusCode::OK, STATUS_TRUE))
}

/// `POST /revoke-sessions`: all of them, this one too.
pub(super) async fn revoke_sessions(
    state: State,
    context: Context,
    SensitiveUser(current): SensitiveUser,
) -> Result<Response, ApiError> {
    only_oneself(&current)?;
    let transaction = state.database.begin().await?;
    actions::revoke_all(&transaction, &state, &context, &current.user.id, "revoked_all").await?;
    transaction.commit().await?;
    clear_cookies(&state, &context);
    Ok(json_response(StatusCode::OK, STATUS_TRUE))
}

/// `POST /revoke-other-sessions`: all but this one.
pub(super) async fn revoke_other_sessions(
    state: State,
    context: Context,
    SensitiveUser(current): SensitiveUser,
) -> Result<Response, ApiError> {
    actions::revoke_others(&state, &context, &current).await?;
    Ok(json_response(StatusCode::OK, STATUS_TRUE))
}
