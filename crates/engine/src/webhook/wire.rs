//! What endpoints are sent, and what operators are told.

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_geo::Country;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{State, audit::EventRow, iso_milliseconds, optional_iso_milliseconds};

/// Bytes of `detail`; more is left out (Standard Webhooks, Payload size).
const DETAIL_LIMIT: usize = 16 * 1024;

/// The type of what an operator sends to try an endpoint out.
pub(super) const TEST: &str = "webhook.test";

/// The body of every webhook. Its members are documented in `docs/webhooks.md` and stay as they are; `null` stands for what
/// there is not.
#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(serialize_with = "iso_milliseconds")]
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize, Default)]
struct Data<'a> {
    id: &'a str,
    outcome: &'a str,
    request_id: Option<&'a str>,
    actor: Option<&'a str>,
    subject: Option<&'a str>,
    method: Option<&'a str>,
    ip: Option<&'a str>,
    country: Option<&'a str>,
    network: Option<&'a str>,
    user_agent: Option<&'a str>,
    detail: Option<Value>,
}

/// What is sent of an event.
pub(crate) fn body(row: &EventRow) -> String {
    let (id, network) = (row.id.to_string(), row.place.network.map(|network| network.to_string()));
    let payload = Payload {
        kind: row.kind.name(),
        timestamp: row.at,
        data: Data {
            id: &id,
            outcome: row.outcome.name(),
            request_id: row.request_id.as_deref(),
            actor: row.actor.as_deref(),
            subject: row.subject.as_deref(),
            method: row.method.as_deref(),
            ip: row.ip.as_deref(),
            country: row.place.country.as_ref().map(Country::as_str),
            network: network.as_deref(),
            user_agent: row.user_agent.as_deref(),
            detail: row.detail.clone().map(bounded),
        },
    };
    written(&payload)
}

/// What is sent to try an endpoint out, and its id.
pub(super) fn test_body(state: &State) -> (String, String) {
    let now = state.clock.now();
    let id = EventId::new(now, state.rng()).to_string();
    let data = Data { id: &id, outcome: "success", ..Data::default() };
    let body = written(&Payload { kind: TEST, timestamp: now, data });
    (id, body)
}

fn bounded(detail: Value) -> Value {
    if detail.to_string().len() <= DETAIL_LIMIT { detail } else { json!({ "omitted": true }) }
}

fn written(payload: &Payload<'_>) -> String {
    serde_json::to_string(payload).unwrap_or_else(|_| unreachable!("texts and JSON can be written"))
}

/// An endpoint as operators see it.
#[derive(Serialize)]
pub(super) struct EndpointView<'a> {
    pub(super) id: &'a str,
    pub(super) url: &'a str,
    pub(super) events: &'a [String],
    pub(super) description: Option<&'a str>,
    /// `active`, `failing`, `paused` by the settings, or `disabled`.
    pub(super) state: &'static str,
    /// How many events wait for it.
    pub(super) pending: i64,
    pub(super) failures: i32,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) failing_since: Option<Timestamp>,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) next_attempt_at: Option<Timestamp>,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) disabled_because: Option<String>,
}

/// An event that an endpoint was or will be sent.
#[derive(Serialize)]
pub(super) struct DeliveryView {
    /// Names it in requests; text, because it may have more digits than ECMAScript's numbers.
    pub(super) id: String,
    pub(super) endpoint: String,
    /// The `webhook-id`.
    pub(super) event: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) attempts: i32,
    #[serde(serialize_with = "iso_milliseconds")]
    pub(super) created_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    pub(super) expires_at: Timestamp,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) settled_at: Option<Timestamp>,
}

/// One try.
#[derive(Serialize)]
pub(super) struct AttemptView {
    #[serde(serialize_with = "iso_milliseconds")]
    pub(super) at: Timestamp,
    pub(super) status: Option<i32>,
    pub(super) duration_ms: i32,
    pub(super) fault: Option<String>,
    pub(super) answer: Option<String>,
}
