//! Passwords are never enabled, and addresses are verified by codes, not by links. The endpoints answer as Better
//! Auth does with both switched off, so that clients see the error they know.

use axum::{
    Router,
    extract::{Path, RawQuery},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};

use crate::{
    ApiError, Context, JsonBody, State,
    links::{self, LinkQuery},
    session,
};

/// Bounds of a password's length in Better Auth.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/sign-in/email", post(sign_in))
        .route("/sign-up/email", post(sign_up))
        .route("/request-password-reset", post(request_reset))
        .route("/reset-password", post(reset))
        .route("/reset-password/{token}", get(follow_reset_link))
        .route("/change-password", post(change))
        .route("/verify-password", post(verify))
        .route("/send-verification-email", post(send_verification_email))
        .route("/verify-email", get(follow_verification_link))
}

fn require_strings(body: &JsonBody, names: &[&str]) -> Result<(), ApiError> {
    let mut fields = body.fields()?;
    for name in names {
        fields.string(name);
    }
    fields.finish()
}

async fn sign_in(body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["email", "password"])?;
    Err(ApiError::bad_request("EMAIL_PASSWORD_DISABLED", "Email and password is not enabled"))
}

async fn sign_up(body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["name", "email", "password"])?;
    let message = "Email and password sign up is not enabled";
    Err(ApiError::bad_request("EMAIL_PASSWORD_SIGN_UP_DISABLED", message))
}

async fn request_reset(body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["email"])?;
    Err(ApiError::bad_request("RESET_PASSWORD_DISABLED", "Reset password isn't enabled"))
}

async fn reset(body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["newPassword"])?;
    Err(ApiError::bad_request("INVALID_TOKEN", "Invalid token"))
}

/// No reset link is ever sent, so every one is invalid.
async fn follow_reset_link(
    state: State,
    Path(_): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = LinkQuery::new(query);
    query.required("callbackURL")?;
    let target = query.target(&state, "callbackURL")?.unwrap_or_default();
    Ok(links::found(&links::absolute(&state, &target, Some("INVALID_TOKEN"))?))
}

async fn change(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["newPassword", "currentPassword"])?;
    session::require_sensitive(&state, &context).await?;
    let new = body.0.as_ref().and_then(|body| body["newPassword"].as_str()).unwrap_or_default();
    let length = new.encode_utf16().count();
    Err(if length < *LENGTHS.start() {
        ApiError::bad_request("PASSWORD_TOO_SHORT", "Password too short")
    } else if length > *LENGTHS.end() {
        ApiError::bad_request("PASSWORD_TOO_LONG", "Password too long")
    } else {
        ApiError::bad_request("CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
    })
}

async fn verify(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["password"])?;
    session::require_sensitive(&state, &context).await?;
    Err(ApiError::bad_request("INVALID_PASSWORD", "Invalid password"))
}

async fn send_verification_email(body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["email"])?;
    Err(ApiError::bad_request("VERIFICATION_EMAIL_NOT_ENABLED", "Verification email isn't enabled"))
}

/// No link that verifies an address is ever sent, so every one is invalid.
async fn follow_verification_link(state: State, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = LinkQuery::new(query);
    query.required("token")?;
    match query.target(&state, "callbackURL")? {
        Some(target) => Ok(links::found(&links::with_parameters(&target, &[("error", "INVALID_TOKEN")]))),
        None => Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_TOKEN", "Invalid token")),
    }
}
