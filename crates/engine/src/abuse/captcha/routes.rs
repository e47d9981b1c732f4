//! The endpoint of challenges.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde_json::json;

use super::{Captcha, proof};
use crate::{ApiError, Context, State};

/// `GET /captcha/challenge`: what the client has to solve, once, for the header `x-captcha-response`.
pub(super) async fn challenge(state: State, context: Context) -> Result<Response, ApiError> {
    let body = match &state.settings.abuse.captcha {
        Some(Captcha::ProofOfWork(settings)) => json!({
            "kind": "proof_of_work",
            "challenge": proof::challenge(&state, &context, settings),
            "bits": settings.bits,
            "expiresIn": settings.expires_in_seconds,
        }),
        Some(Captcha::Turnstile(settings)) => json!({ "kind": "turnstile", "siteKey": settings.site_key }),
        None => return Err(ApiError::empty(StatusCode::NOT_FOUND)),
    };
    Ok(json_response(StatusCode::OK, body.to_string()))
}
