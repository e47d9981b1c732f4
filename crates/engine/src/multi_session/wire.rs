//! JSON of the browser's sessions.

use axum::http::StatusCode;
use serde::Serialize;

use crate::{
    ApiError,
    session::{Session, hide_tokens},
    user::User,
};

/// A session and its user.
#[derive(Serialize)]
pub(super) struct Device {
    pub(super) session: Session,
    pub(super) user: User,
}

/// 401 `INVALID_SESSION_TOKEN`.
pub(super) fn invalid_session_token() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_TOKEN", "Invalid session token")
}

/// An array in which each token is replaced by the session's handle, unless the tenant shows tokens.
pub(super) fn list(mut devices: Vec<Device>, shows_tokens: bool) -> Result<Vec<u8>, ApiError> {
    for Device { session, .. } in &mut devices {
        hide_tokens(std::slice::from_mut(session), shows_tokens);
    }
    serde_json::to_vec(&devices).map_err(ApiError::internal)
}
