//! JSON of passkeys and the codes of their errors, as Better Auth has them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use kiavi_http::json_response;
use serde::Serialize;

use super::Passkey;
use crate::{ApiError, session::Session, user::User};

pub(super) const STATUS_TRUE: &str = r#"{"status":true}"#;

/// The answer to a registration: the row, and with `createSession` what a sign-in answers.
#[derive(Serialize)]
pub(super) struct Registered<'a> {
    #[serde(flatten)]
    pub(super) passkey: &'a Passkey,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<&'a Session>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<&'a User>,
}

/// The answer to a new name.
#[derive(Serialize)]
pub(super) struct Renamed {
    pub(super) passkey: Passkey,
}

pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    let json = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

/// Options are made for one ceremony: no cache may keep them.
pub(super) fn options(body: &impl Serialize) -> Result<Response, ApiError> {
    let mut response = json(body)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

pub(super) fn challenge_not_found() -> ApiError {
    ApiError::bad_request("CHALLENGE_NOT_FOUND", "Challenge not found")
}

pub(super) fn registration_failed() -> ApiError {
    ApiError::bad_request("FAILED_TO_VERIFY_REGISTRATION", "Failed to verify registration")
}

pub(super) fn not_allowed() -> ApiError {
    let message = "You are not allowed to register this passkey";
    ApiError::new(StatusCode::UNAUTHORIZED, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY", message)
}

pub(super) fn resolved_user_invalid() -> ApiError {
    ApiError::bad_request("RESOLVED_USER_INVALID", "Resolved user is invalid")
}

/// `status` is 401 for a credential or a signature nobody knows, 400 for everything else.
pub(super) fn authentication_failed(status: StatusCode) -> ApiError {
    ApiError::new(status, "AUTHENTICATION_FAILED", "Authentication failed")
}

pub(super) fn passkey_not_found(status: StatusCode) -> ApiError {
    ApiError::new(status, "PASSKEY_NOT_FOUND", "Passkey not found")
}

/// Better Auth lets the last one go.
pub(super) fn last_sign_in_method() -> ApiError {
    ApiError::bad_request("LAST_SIGN_IN_METHOD", "You can't remove your last way to sign in")
}
