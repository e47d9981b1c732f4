//! What operators ask the log, through the management door. `management.requested` says who asked for what.

use axum::{
    Router,
    extract::RawQuery,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use kiavi_http::json_response;
use serde_json::json;

use super::{export, question::Filters, reading, tail, view};
use crate::{ApiError, Context, State, admin::parameters::Parameters, context::not_found};

/// The operators' routes; to anybody else they are not there.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/audit/events", get(events))
        .route("/audit/events/export", get(export::export))
        .route("/audit/events/live", get(live))
}

/// `GET /audit/events?id&type&outcome&actor&subject&email&ip&country&network&browser&os&device&request_id&from&to&cursor&limit`:
/// events, the newest first. `next` is the cursor of the page after this one; a page may have fewer events than asked for
/// and yet have a next. `has_places` is whether events are told where they come from, `is_over` whether what happens from now on
/// is none of it, `time_zone` the one whose days `from` and `to` may name.
async fn events(state: State, context: Context, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let filters = Filters::take(&mut query, state.analytics.zone());
    let page = filters.page(&mut query);
    query.finish()?;
    let is_over = filters.is_over(state.clock.now());
    let question = filters.resolve(&state).await?;
    let answer = reading::page(&state.database, &question, &page).await?;
    let mut events = view::views(&state, &answer.events).await?;
    view::tell_addresses(&state, &mut events).await?;
    let next = answer.next.map(|id| id.to_string());
    let json = serde_json::to_vec(&json!({
        "events": events, "next": next, "has_places": !state.places.is_empty(), "is_over": is_over,
        "time_zone": state.settings.analytics.time_zone,
    }))
    .map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

/// `GET /audit/events/live`, with the filters of the list that are about events themselves: events as they are committed, as server-sent events
/// (WHATWG HTML §9.2): `event` with the event; `missed` with how many there were, when the reader is too slow to be
/// told them, and then the end.
async fn live(state: State, context: Context, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let filters = Filters::take(&mut query, state.analytics.zone());
    query.finish()?;
    let question = filters.resolve(&state).await?;
    Ok(tail::stream(&state, question)?.into_response())
}
