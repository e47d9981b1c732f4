//! Endpoints of the browser's sessions.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde_json::json;

use super::{cookie_name, tokens, wire};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{self, Event, EventType},
    session::{self, store},
};

/// The live sessions that the browser keeps, in its order.
async fn devices(state: &State, context: &Context) -> Result<Vec<wire::Device>, ApiError> {
    let tokens = tokens(state, context);
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = store::with_users(&state.database, &tokens).await?;
    found.sort_by_key(|(session, _)| tokens.iter().position(|token| *token == session.token));
    Ok(found.into_iter().map(|(session, user)| wire::Device { session, user }).collect())
}

/// Takes the one that a body names, by handle or token, out of them. The cookie of a session that has ended is
/// needed no more.
fn take_named(
    state: &State,
    context: &Context,
    devices: &mut Vec<wire::Device>,
    name: &str,
) -> Result<wire::Device, ApiError> {
    let is_named = |device: &wire::Device| device.session.id == name || device.session.token == name;
    if let Some(index) = devices.iter().position(is_named) {
        return Ok(devices.remove(index));
    }
    if tokens(state, context).iter().any(|token| token == name) {
        context.clear_cookie(state, &cookie_name(state, name));
    }
    Err(wire::invalid_session_token())
}

fn session_token(body: &JsonBody) -> Result<&str, ApiError> {
    let mut fields = body.fields()?;
    let token = fields.string("sessionToken");
    fields.finish().map(|()| token)
}

/// `GET /multi-session/list-device-sessions`: one session of each user, needing none.
pub(super) async fn list_device_sessions(state: State, context: Context) -> Result<Response, ApiError> {
    let mut users = Vec::new();
    let mut devices = devices(&state, &context).await?;
    devices.retain(|device| {
        let is_first = !users.contains(&device.user.id);
        users.push(device.user.id.clone());
        is_first
    });
    let json = wire::list(devices, state.settings.compatibility.lists_session_tokens)?;
    Ok(json_response(StatusCode::OK, json))
}

/// `POST /multi-session/set-active` `{sessionToken}`.
pub(super) async fn set_active(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let name = session_token(&body)?;
    let device = take_named(&state, &context, &mut devices(&state, &context).await?, name)?;
    let event = Event::by(EventType::SessionSwitched, &device.user.id)
        .detail(json!({ "session": device.session.id }));
    audit::record_alone(&state, &context, event).await?;
    session::set_cookie(&state, &context, &device.session);
    let json = session::session_and_user(&device.session, &device.user)?;
    Ok(json_response(StatusCode::OK, json))
}

/// `POST /multi-session/revoke` `{sessionToken}`: ends one of them. If it was the active one, the next becomes it.
pub(super) async fn revoke(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let name = session_token(&body)?;
    let current = session::require_sensitive(&state, &context).await?;
    let mut devices = devices(&state, &context).await?;
    let ended = take_named(&state, &context, &mut devices, name)?;

    let transaction = state.database.begin().await?;
    if store::delete_by_token(&transaction, &ended.session.token).await?.is_some() {
        let event = Event::by(EventType::SessionRevoked, &ended.user.id)
            .detail(json!({ "reason": "revoked", "session": ended.session.id }));
        audit::record(&transaction, &state, &context, event).await?;
    }
    transaction.commit().await?;

    context.clear_cookie(&state, &cookie_name(&state, &ended.session.token));
    if ended.session.id == current.session.id {
        match devices.first() {
            Some(next) => session::set_cookie(&state, &context, &next.session),
            None => session::clear_cookies(&state, &context),
        }
    }
    Ok(json_response(StatusCode::OK, r#"{"status":true}"#))
}
