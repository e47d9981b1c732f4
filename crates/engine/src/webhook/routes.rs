//! What operators see and do, through the management door. `management.requested` says who asked for what.

use axum::{
    extract::RawQuery,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use kiavi_http::json_response;
use serde::Serialize;
use serde_json::json;

use super::{
    LIFE,
    endpoints::Endpoint,
    flow::Verdict,
    ledger::{self, Condition, Filter},
    send::send,
    settings::EndpointSettings,
    wire::{EndpointView, test_body},
};
use crate::{
    ApiError, Context, JsonBody, State,
    admin::parameters::Parameters,
    audit::{self, Event, EventType, Method, Outcome},
    context::not_found,
};

/// Rows on a page that asks for no other number.
const DEFAULT_LIMIT: i64 = 50;
/// Rows on any page.
const MAX_LIMIT: i64 = 500;
const STATES: &[&str] = &["", "pending", "delivered", "failed"];

type Answer = Result<Response, ApiError>;

/// `GET /webhook/endpoints`: those of the settings, and how each does.
pub(super) async fn endpoints(state: State, context: Context) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let known = &state.settings.webhooks.endpoints;
    let ids: Vec<&str> = known.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let mut conditions = ledger::conditions(&state.database, &ids).await?;
    let mut condition = |id: &str| {
        let place = conditions.iter().position(|condition| condition.id == id);
        place.map(|place| conditions.swap_remove(place)).unwrap_or_default()
    };
    let views: Vec<_> = known.iter().map(|endpoint| view_of(endpoint, condition(&endpoint.id))).collect();
    answer(&json!({ "endpoints": views }))
}

fn view_of(endpoint: &EndpointSettings, condition: Condition) -> EndpointView<'_> {
    let state = match &condition {
        Condition { disabled_at: Some(_), .. } => "disabled",
        _ if !endpoint.is_enabled => "paused",
        Condition { failures: 1.., .. } => "failing",
        _ => "active",
    };
    EndpointView {
        id: &endpoint.id,
        url: &endpoint.url,
        events: &endpoint.events,
        description: endpoint.description.as_deref(),
        state,
        pending: condition.pending,
        failures: condition.failures,
        failing_since: condition.failing_since,
        next_attempt_at: condition.next_attempt_at.filter(|_| state == "failing"),
        disabled_at: condition.disabled_at,
        disabled_because: condition.disabled_because,
    }
}

/// `POST /webhook/enable` `{endpoint}`: what waits is sent at once, and a disabled endpoint is sent events again.
/// `enabled` says whether that changed anything.
pub(super) async fn enable(state: State, context: Context, body: JsonBody) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let id = fields.string("endpoint");
    fields.finish()?;
    let endpoint = find(&state, id)?;
    let transaction = state.database.begin().await?;
    let is_changed = ledger::enable(&transaction, id).await?;
    if is_changed {
        let event = operators_event(EventType::WebhookEnabled).detail(json!({ "endpoint": id }));
        audit::record(&transaction, &state, &context, event).await?;
    }
    transaction.commit().await?;
    endpoint.changed.notify_one();
    answer(&json!({ "enabled": is_changed }))
}

/// `GET /webhook/deliveries?endpoint&state&type&cursor&limit`: what was and will be sent, the newest first. `next` is
/// the cursor of the page after this one.
pub(super) async fn deliveries(state: State, context: Context, RawQuery(query): RawQuery) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let (endpoint, kind) = (query.one("endpoint"), query.one("type"));
    let wanted = query.choice("state", STATES, "");
    let before = query.whole_number("cursor").unwrap_or(i64::MAX);
    let limit = query.whole_number("limit").unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    query.finish()?;
    let filter = Filter {
        before,
        endpoint: endpoint.as_deref(),
        state: Some(wanted).filter(|state| !state.is_empty()),
        kind: kind.as_deref(),
        limit,
    };
    let page = ledger::deliveries(&state.database, &filter).await?;
    let is_full = i64::try_from(page.len()).is_ok_and(|count| count == limit);
    let next = page.last().filter(|_| is_full).map(|last| last.id.clone());
    answer(&json!({ "deliveries": page, "next": next }))
}

/// `GET /webhook/delivery?id`: one of these, with its body and every attempt.
pub(super) async fn delivery(state: State, context: Context, RawQuery(query): RawQuery) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let id = query.whole_number("id");
    query.finish()?;
    let found = match id {
        Some(id) => ledger::delivery(&state.database, id).await?,
        None => None,
    };
    let Some((delivery, body, attempts)) = found else { return Err(no_delivery()) };
    answer(&json!({ "delivery": delivery, "body": body, "attempts": attempts }))
}

/// `POST /webhook/replay` `{id}`, or `{since, endpoint?}`: one event, or all that were given up since, are sent again, under
/// the ids that they have. `replayed` says how many.
pub(super) async fn replay(state: State, context: Context, body: JsonBody) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let (id, since) = (fields.optional_string("id"), fields.optional_string("since"));
    let endpoint = fields.optional_string("endpoint");
    fields.finish()?;
    let endpoints = match endpoint {
        Some(id) => vec![find(&state, id)?],
        None => state.webhooks.all().iter().collect(),
    };
    let ids: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let (transaction, seconds) = (state.database.begin().await?, LIFE.as_secs_f64());
    let replayed = match (id, since) {
        (Some(id), None) => {
            let position = id.parse().map_err(|_| no_delivery())?;
            ledger::replay_one(&transaction, position, seconds, &ids).await?
        }
        (None, Some(since)) => {
            let since: Timestamp =
                since.parse().map_err(|_| ApiError::validation("[body.since] is not a time of RFC 3339"))?;
            ledger::replay_failed(&transaction, since, seconds, &ids).await?
        }
        _ => return Err(ApiError::validation("[body] either id or since")),
    };
    if id.is_some() && replayed.is_empty() {
        return Err(cannot_replay());
    }
    if !replayed.is_empty() {
        let detail = json!({ "deliveries": replayed.len() });
        audit::record(
            &transaction,
            &state,
            &context,
            operators_event(EventType::WebhookReplayed).detail(detail),
        )
        .await?;
    }
    transaction.commit().await?;
    endpoints.iter().filter(|one| replayed.contains(&one.id)).for_each(|one| one.changed.notify_one());
    answer(&json!({ "replayed": replayed.len() }))
}

/// `POST /webhook/test` `{endpoint}`: sends `webhook.test` at once and once, past what waits, and tells what became of it.
pub(super) async fn test(state: State, context: Context, body: JsonBody) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let id = fields.string("endpoint");
    fields.finish()?;
    let endpoint = find(&state, id)?;
    let (event, body) = test_body(&state);
    let sending = tokio::time::timeout(TRIAL_LIMIT, send(&state, endpoint, &event, &body)).await;
    let outcome = match sending {
        Ok(attempt) => json!({
            "event": event, "taken": attempt.verdict == Verdict::Taken, "status": attempt.status,
            "duration_ms": attempt.duration_ms, "fault": attempt.fault, "answer": attempt.answer,
        }),
        Err(_) => json!({
            "event": event, "taken": false, "status": null,
            "duration_ms": TRIAL_LIMIT.as_millis() as u64, "fault": "timed_out", "answer": null,
        }),
    };
    answer(&outcome)
}

/// How long an operator waits for a trial: less than control waits for this engine.
const TRIAL_LIMIT: std::time::Duration = std::time::Duration::from_secs(8);

fn find<'s>(state: &'s State, id: &str) -> Result<&'s Endpoint, ApiError> {
    state.webhooks.find(id).ok_or_else(|| {
        let message = "The settings have no such endpoint, or it is not enabled there";
        ApiError::new(StatusCode::NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND", message)
    })
}

fn no_delivery() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "WEBHOOK_DELIVERY_NOT_FOUND", "There is no such delivery")
}

fn cannot_replay() -> ApiError {
    let message = "There is no such delivery, it is on its way already, or its endpoint is disabled or gone";
    ApiError::new(StatusCode::CONFLICT, "WEBHOOK_DELIVERY_NOT_REPLAYED", message)
}

fn operators_event(kind: EventType) -> Event<'static> {
    Event::new(kind, Outcome::Success).using(Method::Management)
}

/// Takes a whole number.
fn answer(body: &impl Serialize) -> Answer {
    Ok(json_response(StatusCode::OK, serde_json::to_vec(body).map_err(ApiError::internal)?).into_response())
}
