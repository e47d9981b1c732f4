//! Endpoints of tokens.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_http::json_response;

use super::{keyring, tokens};
use crate::{
    ApiError, Context, State,
    context::not_found,
    session::{self, CurrentUser},
};

const SET_AUTH_JWT: HeaderName = HeaderName::from_static("set-auth-jwt");

/// `GET /jwks`: the public keys. Answered from memory; when the database is away, with what it held last, so that
/// others can go on verifying.
pub(super) async fn jwks(state: State, context: Context) -> Result<Response, ApiError> {
    if !state.settings.jwt.is_enabled {
        return Ok(not_found().await);
    }
    let held = match (keyring::current(&state, &context).await, state.jwt.keyring.last()) {
        (Err(error), Some(last)) if error.status() == StatusCode::SERVICE_UNAVAILABLE => last,
        (current, _) => current?,
    };
    let mut response = json_response(StatusCode::OK, Body::from(held.key_set.clone()));
    let headers = response.headers_mut();
    let max_age = state.settings.jwt.jwks_max_age_seconds;
    let cached = HeaderValue::try_from(format!("public, max-age={max_age}")).map_err(ApiError::internal)?;
    headers.insert(header::CACHE_CONTROL, cached);
    // The answer to a trusted origin names it.
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    Ok(response)
}

/// `GET /token` (session): 200 `{"token"}`. Costs a signature, and no round trip where the session is kept.
pub(super) async fn token(state: State, context: Context) -> Result<Response, ApiError> {
    if !state.settings.jwt.is_enabled {
        return Ok(not_found().await);
    }
    let kept = session::find_kept(&state, &context).await?.ok_or_else(ApiError::unauthorized)?;
    let token = tokens::issue(&state, &context, &kept.current).await?;
    // A token is base64url and dots.
    Ok(json_response(StatusCode::OK, format!(r#"{{"token":"{token}"}}"#)).into_response())
}

/// Adds the session's token to an answer of `/get-session`, where the tenant wants it. If there can be none, the
/// session is told all the same.
pub(crate) async fn set_header(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    headers: &mut HeaderMap,
) {
    let settings = &state.settings.jwt;
    if !(settings.is_enabled && settings.sets_header) {
        return;
    }
    match tokens::header(state, context, current).await {
        Ok(token) => {
            headers.insert(SET_AUTH_JWT, token);
            let exposed = HeaderValue::from_static("set-auth-jwt");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        Err(error) => {
            tracing::error!(request_id = %context.request_id(), ?error, "a session is told without its token");
        }
    }
}
