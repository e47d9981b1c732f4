//! Passwords are never enabled. The endpoints answer as Better Auth does with them switched off, so that clients
//! see the error they know.

use axum::{
    Router,
    extract::{Path, RawQuery},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use url::Url;

use crate::{ApiError, Context, JsonBody, State, session};

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
        .route("/change-email", post(change_email))
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
    let query = query.unwrap_or_default();
    let target = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "callbackURL");
    let Some((_, target)) = target else {
        return Err(ApiError::validation(
            "[query.callbackURL] Invalid input: expected string, received undefined",
        ));
    };
    let refused = || ApiError::new(StatusCode::FORBIDDEN, "INVALID_CALLBACK_URL", "Invalid callbackURL");
    if !state.origins.trusts_redirect(&target) {
        return Err(refused());
    }
    let base = Url::parse(state.settings.base_url.origin()).map_err(ApiError::internal)?;
    let mut location = base.join(&target).map_err(|_| refused())?;
    location.query_pairs_mut().append_pair("error", "INVALID_TOKEN");
    let location = HeaderValue::try_from(location.as_str()).map_err(|_| refused())?;
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
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

/// Changing the address by link is not offered; by code it is, elsewhere.
async fn change_email(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    require_strings(&body, &["newEmail"])?;
    session::require_sensitive(&state, &context).await?;
    Err(ApiError::bad_request("CHANGE_EMAIL_DISABLED", "Change email is disabled"))
}
