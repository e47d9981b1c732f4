//! Records that prove names in the DNS, for the program of the operator's that publishes them.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Problem, code::Code, input::Sent};
use crate::Control;

/// The longest wait for a record, in seconds.
const LONGEST_WAIT: u64 = 60;

/// How long somebody waits for a record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CertificateRecordWaiting)]
pub(super) struct Waiting {
    /// Seconds to wait for one, if there is none.
    #[serde(default)]
    #[schema(maximum = 60)]
    wait_seconds: u64,
}

/// Take the next record that is to be published or removed
///
/// For `kiavi certificate dns`. It is a TXT record that proves a name to a certificate authority (RFC 8555 §8.4). Who does not tell
/// what became of it within minutes is thought dead, and it is given out again.
#[utoipa::path(post, path = "/certificate-records/take", tag = "Instance", request_body = Waiting, responses(
    (status = 200, description = "The record with what is to be done (`add` or `remove`), or null", body = Value),
))]
pub(super) async fn take(
    State(control): State<Control>,
    Sent(Waiting { wait_seconds }): Sent<Waiting>,
) -> Result<Json<Value>, Problem> {
    let records = control.certificates().records();
    let mut changed = std::pin::pin!(records.changed.notified());
    // What is wanted from here on is not missed.
    changed.as_mut().enable();
    let mut task = records.take();
    if task.is_none() && wait_seconds > 0 {
        let _ = tokio::time::timeout(Duration::from_secs(wait_seconds.min(LONGEST_WAIT)), changed).await;
        task = records.take();
    }
    Ok(Json(json!({ "record": task.map(|task| json!({
        "id": task.id, "action": task.action.as_str(), "name": task.name, "value": task.value,
    })) })))
}

/// What became of a record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CertificateRecordTold)]
pub(super) struct Told {
    /// Why it came to nothing, if it did: for the tenant's log and page.
    #[serde(default)]
    failure: Option<String>,
}

/// Tell what became of a record
///
/// By whoever has taken it, once every name server of the zone has the record, or has it no more.
#[utoipa::path(post, path = "/certificate-records/{record}", tag = "Instance", request_body = Told,
    params(("record" = u64, Path, description = "The record's number")), responses(
    (status = 200, description = "It is noted", body = Value),
))]
pub(super) async fn tell(
    State(control): State<Control>,
    Path(id): Path<String>,
    Sent(told): Sent<Told>,
) -> Result<Json<Value>, Problem> {
    let outcome = told.failure.map_or(Ok(()), Err);
    let is_known = id.parse().is_ok_and(|id| control.certificates().records().tell(id, outcome));
    if is_known { Ok(Json(json!({}))) } else { Err(Problem::plain(Code::CertificateRecordNotFound)) }
}
