//! What operators see and do, through the management door. `management.requested` says who asked for what.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kiavi_http::json_response;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    progress::Stream,
    relay,
    settings::StreamSettings,
    store::{self, Condition},
    wire::StreamView,
};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{self, Event, EventType, Method, Outcome},
    context::not_found,
};

type Answer = Result<Response, ApiError>;

/// `GET /audit/streams`: those of the settings, and how each does.
pub(super) async fn streams(state: State, context: Context) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let known = &state.settings.audit.streams;
    let ids: Vec<&str> = known.iter().map(|stream| stream.id.as_str()).collect();
    let mut conditions = store::conditions(&state.database, &ids).await?;
    let mut condition = |id: &str| {
        let place = conditions.iter().position(|condition| condition.id == id);
        place.map(|place| conditions.swap_remove(place)).unwrap_or_default()
    };
    let views: Vec<_> = known.iter().map(|stream| view_of(stream, condition(&stream.id))).collect();
    answer(&json!({ "streams": views }))
}

fn view_of(stream: &StreamSettings, condition: Condition) -> StreamView<'_> {
    let state = match &condition {
        _ if !stream.is_enabled => "paused",
        Condition { failures: 1.., .. } => "failing",
        Condition { behind: 1.., .. } => "behind",
        _ => "current",
    };
    StreamView {
        id: &stream.id,
        kind: stream.to.kind(),
        to: stream.to.place(),
        state,
        next_index: condition.next,
        behind: condition.behind,
        behind_since: condition.behind_since,
        sent_at: condition.sent_at,
        failures: condition.failures,
        failing_since: condition.failing_since,
        fault: condition.fault,
        next_attempt_at: condition.next_attempt_at.filter(|_| state == "failing"),
    }
}

/// `POST /audit/streams/retry` `{stream}`: what failed is tried again now.
pub(super) async fn retry(state: State, context: Context, body: JsonBody) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let id = fields.string("stream");
    fields.finish()?;
    let stream = find(&state, id)?;
    store::retry(&state.database, id).await?;
    stream.changed.notify_one();
    answer(&json!({ "retried": true }))
}

/// `POST /audit/streams/move` `{stream, index}`: the stream goes on with this event, also with one that it has had. `from`
/// and `to` say from where to where it moved.
pub(super) async fn move_to(state: State, context: Context, body: JsonBody) -> Answer {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let id = fields.string("stream");
    let index = fields.get("index").and_then(Value::as_i64).filter(|index| *index >= 0);
    fields.finish()?;
    let index = index.ok_or_else(|| ApiError::validation("[body.index] Invalid input: expected an index"))?;
    let stream = find(&state, id)?;
    // An engine that has just started may not have done so yet.
    relay::register(&state).await?;
    let transaction = state.database.begin().await?;
    let Some((from, to)) = store::move_to(&transaction, id, index).await? else { return Err(no_stream()) };
    let event = Event::new(EventType::StreamMoved, Outcome::Success).using(Method::Management);
    let event = event.detail(json!({ "stream": id, "from_index": from, "to_index": to }));
    audit::record(&transaction, &state, &context, event).await?;
    transaction.commit().await?;
    stream.changed.notify_one();
    answer(&json!({ "from": from, "to": to }))
}

fn find<'s>(state: &'s State, id: &str) -> Result<&'s Stream, ApiError> {
    state.streams.find(id).ok_or_else(no_stream)
}

fn no_stream() -> ApiError {
    let message = "The settings have no such stream, or it is not enabled there";
    ApiError::new(StatusCode::NOT_FOUND, "AUDIT_STREAM_NOT_FOUND", message)
}

fn answer(body: &impl Serialize) -> Answer {
    Ok(json_response(StatusCode::OK, serde_json::to_vec(body).map_err(ApiError::internal)?).into_response())
}
