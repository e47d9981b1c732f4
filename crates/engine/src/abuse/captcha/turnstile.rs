//! Asking a Turnstile server whether a widget was solved. It learns the site's secret and the widget's token and nothing
//! about the visitor: the address, which the protocol allows to send, stays here.

use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{Reason, Turnstile};
use crate::{ApiError, State, egress::EgressError};

/// Characters of a token (Turnstile's documented limit).
const TOKEN_LIMIT: usize = 2_048;

/// Why nobody can tell whether the widget was solved.
#[derive(Debug, thiserror::Error)]
enum Unavailable {
    #[error("the captcha's server cannot be asked")]
    Egress(#[from] EgressError),
    #[error("the captcha's server answers with status {0}")]
    Status(StatusCode),
    #[error("the captcha's server does not answer as Turnstile does")]
    Form(#[from] serde_json::Error),
    #[error("the captcha's server refuses to be asked: {0}")]
    Refused(String),
}

#[derive(Deserialize)]
struct Outcome {
    success: bool,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// What the server says of a token, which it takes once.
///
/// # Errors
/// 503 when it cannot be asked or does not say.
pub(super) async fn ask(
    state: &State,
    settings: &Turnstile,
    token: &str,
) -> Result<Result<(), Reason>, ApiError> {
    if token.len() > TOKEN_LIMIT {
        return Ok(Err(Reason::Malformed));
    }
    let body = json!({ "secret": settings.secret_key.expose(), "response": token }).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri(&settings.verify_url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(body))
        .map_err(ApiError::internal)?;
    let outcome = answer(state, request).await.and_then(judge);
    outcome.map_err(ApiError::unavailable)
}

async fn answer(state: &State, request: Request<Bytes>) -> Result<Outcome, Unavailable> {
    let response = state.egress.send(request).await?;
    // Some servers say no with a 4xx and the same body.
    match serde_json::from_slice(response.body()) {
        Ok(outcome) if !response.status().is_server_error() => Ok(outcome),
        Err(error) if response.status().is_success() => Err(error.into()),
        _ => Err(Unavailable::Status(response.status())),
    }
}

/// A mistake in our own settings, or a failure there, is no judgement of the visitor.
fn judge(outcome: Outcome) -> Result<Result<(), Reason>, Unavailable> {
    if outcome.success {
        return Ok(Ok(()));
    }
    let is_ours = |code: &&String| {
        matches!(
            code.as_str(),
            "missing-input-secret" | "invalid-input-secret" | "bad-request" | "internal-error"
        )
    };
    match outcome.error_codes.iter().find(is_ours) {
        Some(code) => Err(Unavailable::Refused(code.clone())),
        None => Ok(Err(Reason::Rejected)),
    }
}
