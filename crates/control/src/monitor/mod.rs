//! Metrics and health, for whoever watches an instance. On a listener of its own, so that nothing of it is reachable
//! where people sign in.
//!
//! `/healthz`: this process answers. `/readyz`: people can sign in; it says which part is in the way otherwise.
//! `/metrics`: counters in OpenMetrics' text form, for Prometheus. Nothing here wakes a sleeping engine.

mod render;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kiavi_base::{ExposeSecret, SecretString};
use kiavi_crypto::sha256;
use kiavi_db::BoxFuture;
use kiavi_ipc::metrics::Measurements;
use serde_json::json;

use crate::{
    Control, Failure,
    certificate::store::{CERTIFICATES_BY_STATE, FIRST_END},
    domain::store::DOMAINS_BY_STATE,
    tenant::store,
};

/// How long a part may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// Knows what all processes count.
pub trait Measure: Send + Sync + 'static {
    /// What they have counted so far.
    fn measure(&self) -> BoxFuture<'_, Result<Measurements, Failure>>;
}

/// What is watched.
pub struct Monitored {
    /// The control plane, once it is open.
    pub control: OnceLock<Control>,
    /// The processes.
    pub processes: Arc<dyn Measure>,
    /// What a reader of metrics has to know as a bearer token.
    pub token: Option<SecretString>,
}

/// What a monitor's listener serves.
pub fn router(monitored: Arc<Monitored>) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .with_state(monitored)
}

async fn health() -> &'static str {
    "ok\n"
}

async fn readiness(State(monitored): State<Arc<Monitored>>) -> Response {
    let measured = in_time(monitored.processes.measure()).await.and_then(Result::ok);
    let has = |part: fn(&Measurements) -> bool| measured.as_ref().is_some_and(part);
    let control = monitored.control.get();
    let database = async {
        let Some(control) = control else { return false };
        in_time(control.parts().database.query_opt(&store::BACKLOG, &[]))
            .await
            .is_some_and(|answer| answer.is_ok())
    };
    let parts = [
        ("control", control.is_some()),
        ("database", database.await && has(|measured| measured.has_postgres)),
        ("gateway", has(|measured| measured.has_gateway)),
        ("outbound", has(|measured| measured.has_outbound)),
    ];
    let is_ready = parts.iter().all(|(_, is_there)| *is_there);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: serde_json::Map<_, _> = parts
        .into_iter()
        .map(|(part, is_there)| (part.to_owned(), if is_there { "ok" } else { "down" }.into()))
        .collect();
    (status, Json(json!({ "is_ready": is_ready, "parts": parts }))).into_response()
}

async fn metrics(State(monitored): State<Arc<Monitored>>, headers: HeaderMap) -> Response {
    if !may_read(monitored.token.as_ref(), &headers) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    let Some(Ok(measured)) = in_time(monitored.processes.measure()).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let own = match monitored.control.get() {
        Some(control) => own(control).await,
        None => render::Own::default(),
    };
    match render::text(&measured, &own) {
        Ok(text) => ([(header::CONTENT_TYPE, render::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What control itself knows. Without its database, metrics are told that do not need it.
async fn own(control: &Control) -> render::Own {
    let database = &control.parts().database;
    let states = in_time(database.query(&store::TENANTS_BY_STATE, &[])).await.and_then(Result::ok);
    let domains = in_time(database.query(&DOMAINS_BY_STATE, &[])).await.and_then(Result::ok);
    let certificates = in_time(database.query(&CERTIFICATES_BY_STATE, &[])).await.and_then(Result::ok);
    let first_end = in_time(database.query_opt(&FIRST_END, &[])).await.and_then(Result::ok).flatten();
    let due = in_time(database.query_opt(&store::BACKLOG, &[])).await.and_then(Result::ok).flatten();
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    render::Own {
        tenants: states.iter().flatten().map(|row| (row.get(0), count(row.get(1)))).collect(),
        domains: domains.iter().flatten().map(|row| (row.get(0), count(row.get(1)))).collect(),
        certificates: certificates.iter().flatten().map(|row| (row.get(0), count(row.get(1)))).collect(),
        first_end: first_end
            .and_then(|row| row.get::<_, Option<jiff::Timestamp>>(0))
            .map(|at| count(at.as_second())),
        backlog: due.map(|row| count(row.get(0))),
        steps: control.meter().steps(),
        ended_sessions: control.meter().all_ended_sessions(),
        requests: control.answered(),
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, work).await.ok()
}

/// Whether the request shows the token. Hashes are compared: how long that takes says nothing about the token.
fn may_read(token: Option<&SecretString>, headers: &HeaderMap) -> bool {
    let Some(token) = token else { return true };
    let shown = headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok());
    let shown = shown.and_then(|line| line.strip_prefix("Bearer ")).unwrap_or_default();
    sha256(shown.as_bytes()) == sha256(token.expose_secret().as_bytes())
}
