//! JSON of API keys and the codes of their errors, as Better Auth has them.

use axum::{http::StatusCode, response::Response};
use jiff::Timestamp;
use kiavi_http::json_response;
use serde::Serialize;
use serde_json::Value;

use super::ApiKey;
use crate::{ApiError, iso_milliseconds, user::User};

pub(super) const SUCCESS: &str = r#"{"success":true}"#;

pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    let json = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

/// The answer to a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<'a> {
    pub(super) api_keys: &'a [ApiKey],
    pub(super) total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<usize>,
}

/// The answer to a verification.
#[derive(Serialize)]
pub(super) struct Verified<'a> {
    pub(super) valid: bool,
    pub(super) error: Option<VerifyError>,
    pub(super) key: Option<&'a ApiKey>,
}

/// Why a key is not valid.
#[derive(Serialize)]
pub(super) struct VerifyError {
    pub(super) message: &'static str,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) details: Option<Value>,
}

/// What `/get-session` answers to a key: no cookie, no row of `session` stands behind it.
#[derive(Serialize)]
pub(super) struct KeySession<'a> {
    pub(super) user: &'a User,
    pub(super) session: SyntheticSession<'a>,
}

/// The session in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SyntheticSession<'a> {
    pub(super) id: &'a str,
    pub(super) token: &'a str,
    pub(super) user_id: &'a str,
    pub(super) user_agent: Option<&'a str>,
    pub(super) ip_address: &'a str,
    #[serde(serialize_with = "iso_milliseconds")]
    pub(super) created_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    pub(super) updated_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    pub(super) expires_at: Timestamp,
}

pub(super) fn unauthorized_session() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED_SESSION", "Unauthorized or invalid session")
}

pub(super) fn server_only() -> ApiError {
    let message = "The property you're trying to set can only be set from the server auth instance only.";
    ApiError::bad_request("SERVER_ONLY_PROPERTY", message)
}

pub(super) fn key_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "KEY_NOT_FOUND", "API Key not found")
}

pub(super) fn user_banned() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "USER_BANNED", "User is banned")
}

/// Better Auth makes a key for whatever id it is told.
pub(super) fn user_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "USER_NOT_FOUND", "User not found")
}

/// Better Auth sets no bound.
pub(super) fn too_many_keys() -> ApiError {
    ApiError::bad_request("TOO_MANY_API_KEYS", "The user has as many API keys as are allowed.")
}

pub(super) fn metadata_disabled() -> ApiError {
    ApiError::bad_request("METADATA_DISABLED", "Metadata is disabled.")
}

pub(super) fn invalid_metadata_type() -> ApiError {
    ApiError::bad_request("INVALID_METADATA_TYPE", "metadata must be an object or undefined")
}

/// The two codes are the wrong way round in Better Auth as well.
pub(super) fn refill_interval_missing() -> ApiError {
    let message = "refillAmount is required when refillInterval is provided";
    ApiError::bad_request("REFILL_AMOUNT_AND_INTERVAL_REQUIRED", message)
}

pub(super) fn refill_amount_missing() -> ApiError {
    let message = "refillInterval is required when refillAmount is provided";
    ApiError::bad_request("REFILL_INTERVAL_AND_AMOUNT_REQUIRED", message)
}

pub(super) fn expiry_disabled() -> ApiError {
    ApiError::bad_request("KEY_DISABLED_EXPIRATION", "Custom key expiration values are disabled.")
}

pub(super) fn expires_too_soon() -> ApiError {
    let message = "The expiresIn is smaller than the predefined minimum value.";
    ApiError::bad_request("EXPIRES_IN_IS_TOO_SMALL", message)
}

pub(super) fn expires_too_late() -> ApiError {
    let message = "The expiresIn is larger than the predefined maximum value.";
    ApiError::bad_request("EXPIRES_IN_IS_TOO_LARGE", message)
}

pub(super) fn invalid_prefix_length() -> ApiError {
    let message = "The prefix length is either too large or too small.";
    ApiError::bad_request("INVALID_PREFIX_LENGTH", message)
}

pub(super) fn invalid_name_length() -> ApiError {
    ApiError::bad_request("INVALID_NAME_LENGTH", "The name length is either too large or too small.")
}

pub(super) fn name_required() -> ApiError {
    ApiError::bad_request("NAME_REQUIRED", "API Key name is required.")
}

pub(super) fn no_values() -> ApiError {
    ApiError::bad_request("NO_VALUES_TO_UPDATE", "No values to update.")
}

/// Better Auth answers 500; the fault is the caller's.
pub(super) fn no_organizations() -> ApiError {
    let message = "Organization plugin is required for organization-owned API keys. Please install and configure \
                   the organization plugin.";
    ApiError::bad_request("ORGANIZATION_PLUGIN_REQUIRED", message)
}
