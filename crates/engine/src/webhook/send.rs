//! One attempt.

use std::time::Duration;

use axum::http::{Request, header::CONTENT_TYPE};
use bytes::Bytes;
use tokio::time::Instant;

use super::{
    endpoints::Endpoint,
    flow::{Verdict, fault, readable, retry_after, verdict},
    signature::signatures,
};
use crate::{State, egress::EgressError};

/// What became of it.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) verdict: Verdict,
    /// Of the answer, if one came.
    pub(super) status: Option<i32>,
    pub(super) duration_ms: i32,
    /// What was in the way, if none came.
    pub(super) fault: Option<&'static str>,
    /// The first bytes of the answer.
    pub(super) answer: Option<String>,
    /// How long the receiver wants to be left alone.
    pub(super) retry_after: Option<Duration>,
}

/// Sends one event, signed as of now.
pub(super) async fn send(state: &State, endpoint: &Endpoint, id: &str, body: &str) -> Attempt {
    let start = Instant::now();
    let answered = match request(state, endpoint, id, body) {
        Ok(request) => state.egress.deliver(request).await,
        Err(_) => Err(EgressError::Refused),
    };
    let duration_ms = i32::try_from(start.elapsed().as_millis()).unwrap_or(i32::MAX);
    match answered {
        Ok(response) => Attempt {
            verdict: verdict(response.status()),
            status: Some(response.status().as_u16().into()),
            duration_ms,
            fault: None,
            answer: Some(readable(response.body())),
            retry_after: retry_after(response.headers(), state.clock.now()),
        },
        Err(error) => Attempt {
            verdict: Verdict::Failed,
            status: None,
            duration_ms,
            fault: Some(fault(error)),
            answer: None,
            retry_after: None,
        },
    }
}

/// Webhook headers.
fn request(
    state: &State,
    endpoint: &Endpoint,
    id: &str,
    body: &str,
) -> Result<Request<Bytes>, axum::http::Error> {
    let now = state.clock.now();
    Request::post(&endpoint.url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", now.as_second())
        .header("webhook-signature", signatures(&endpoint.keys, id, now, body))
        .body(Bytes::copy_from_slice(body.as_bytes()))
}
