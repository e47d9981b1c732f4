//! Answers and errors of administration, as Better Auth has them.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde::Serialize;

use crate::{ApiError, session::Session, user::User};

pub(super) const SUCCESS: &str = r#"{"success":true}"#;
/// Nobody is signed in any more.
pub(super) const SIGNED_OUT: &str = r#"{"session":null,"user":null}"#;

/// `{"user": …}`.
#[derive(Serialize)]
pub(super) struct UserBody<'a> {
    pub(super) user: &'a User,
}

/// A page of users; `limit` and `offset` only when they were asked for.
#[derive(Default, Serialize)]
pub(super) struct UsersBody {
    pub(super) users: Vec<User>,
    pub(super) total: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<i64>,
}

/// `{"sessions": […]}`.
#[derive(Serialize)]
pub(super) struct SessionsBody {
    pub(super) sessions: Vec<Session>,
}

pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    let json = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

pub(super) fn success() -> Response {
    json_response(StatusCode::OK, SUCCESS)
}

pub(super) fn user_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "USER_NOT_FOUND", "User not found")
}

pub(super) fn user_exists() -> ApiError {
    ApiError::bad_request("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.")
}

pub(super) fn invalid_email() -> ApiError {
    ApiError::bad_request("INVALID_EMAIL", "Invalid email")
}

pub(super) fn invalid_role_type() -> ApiError {
    ApiError::bad_request("INVALID_ROLE_TYPE", "Invalid role type")
}

pub(super) fn no_data() -> ApiError {
    ApiError::bad_request("NO_DATA_TO_UPDATE", "No data to update")
}

pub(super) fn password_not_updatable() -> ApiError {
    let message =
        "Password cannot be updated through update-user. Use the set-user-password endpoint instead";
    ApiError::bad_request("PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER", message)
}

pub(super) fn id_not_updatable() -> ApiError {
    ApiError::bad_request("USER_ID_CANNOT_BE_UPDATED", "User id cannot be updated")
}

pub(super) fn field_not_allowed(field: &str) -> ApiError {
    let field: String = field.chars().take(64).collect();
    ApiError::bad_request("FIELD_NOT_ALLOWED", format!("{field} is not allowed to be set"))
}

pub(super) fn passwords_disabled() -> ApiError {
    let message = "Email and password sign up is not enabled";
    ApiError::bad_request("EMAIL_PASSWORD_SIGN_UP_DISABLED", message)
}

pub(super) fn cannot_ban_yourself() -> ApiError {
    ApiError::bad_request("YOU_CANNOT_BAN_YOURSELF", "You cannot ban yourself")
}

pub(super) fn cannot_remove_yourself() -> ApiError {
    ApiError::bad_request("YOU_CANNOT_REMOVE_YOURSELF", "You cannot remove yourself")
}

pub(super) fn not_impersonating() -> ApiError {
    ApiError::message_only(StatusCode::BAD_REQUEST, "You are not impersonating anyone")
}

pub(super) fn operators_may_not_impersonate() -> ApiError {
    let message = "Acting as users is switched off for operators (admin.is_operator_impersonation_enabled)";
    ApiError::new(StatusCode::FORBIDDEN, "OPERATORS_MAY_NOT_IMPERSONATE", message)
}

pub(super) fn no_permissions_passed() -> ApiError {
    let message = "invalid permission check. no permission(s) were passed.";
    ApiError::message_only(StatusCode::BAD_REQUEST, message)
}

/// Why an administrator cannot return to themselves. Better Auth counts these as its own faults.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum NoWayBack {
    #[error("the administrator of an impersonation does not exist any more")]
    User,
    #[error("the administrator's own session is not there any more, or its cookie is not")]
    Session,
}

impl From<NoWayBack> for ApiError {
    fn from(cause: NoWayBack) -> Self {
        let message = match cause {
            NoWayBack::User => "Failed to find user",
            NoWayBack::Session => "Failed to find admin session",
        };
        Self::message_only(StatusCode::INTERNAL_SERVER_ERROR, message).caused_by(cause)
    }
}
