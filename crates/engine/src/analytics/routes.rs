//! What operators ask the figures, through the management door. `management.requested` says who asked for what.

use axum::{
    Router,
    extract::RawQuery,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use kiavi_http::json_response;
use serde::Serialize;

use super::{
    anew,
    figures::{self, Granularity, back},
    live,
};
use crate::{ApiError, Context, State, admin::parameters::Parameters, context::not_found};

/// Days of a range that asks for no other.
const DEFAULT_DAYS: i64 = 30;
/// Days of any range.
const MAX_DAYS: i32 = 400;

/// The operators' routes; to anybody else they are not there.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/analytics", get(read))
        .route("/analytics/live", get(watch))
        .route("/analytics/rebuild", get(how_far).post(count_anew))
}

/// `GET /analytics?from&to&days&granularity`: the figures from one day to another, or of so many days, at most 400, by day,
/// week or month, in whole periods; the last thirty days without a range.
async fn read(state: State, context: Context, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let granularity = Granularity::named(query.choice("granularity", Granularity::NAMES, "day"));
    let (from, to, days) = (day(&mut query, "from"), day(&mut query, "to"), days(&mut query));
    if from.is_some() && days.is_some() {
        query.issue("days", "Invalid input: the range has a first day already");
    }
    query.finish()?;
    let today = figures::today(&state).await?;
    let to = to.unwrap_or(today).min(today);
    let from = from.unwrap_or_else(|| back(to, days.unwrap_or(DEFAULT_DAYS) - 1));
    let length = from.until(to).map_or(MAX_DAYS, |span| span.get_days());
    if !(0..MAX_DAYS).contains(&length) {
        return Err(ApiError::validation("[query.from] A range has 1 to 400 days, none of them after today"));
    }
    told(StatusCode::OK, &figures::read(&state, (from, to), granularity).await?)
}

/// `GET /analytics/live`: the figures of the day that it is, as server-sent events (WHATWG HTML §9.2): `figures` now and when
/// they have changed; `failed` when they cannot be read, and then the end.
async fn watch(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    Ok(live::stream(&state)?.into_response())
}

/// `POST /analytics/rebuild`: counts the whole log anew, unless that is being done already. Until it is done the figures are
/// those of before. Answers at once.
async fn count_anew(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    told(StatusCode::ACCEPTED, &anew::start(&state).await?)
}

/// `GET /analytics/rebuild`: how far that is.
async fn how_far(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    told(StatusCode::OK, &state.analytics.anew.progress())
}

fn told(status: StatusCode, what: &impl Serialize) -> Result<Response, ApiError> {
    Ok(json_response(status, serde_json::to_vec(what).map_err(ApiError::internal)?))
}

/// How many days up to the last.
fn days(query: &mut Parameters<'_>) -> Option<i64> {
    let text = query.one("days").filter(|text| !text.is_empty())?;
    let days = text.parse::<i64>().ok().filter(|days| (1..=i64::from(MAX_DAYS)).contains(days));
    if days.is_none() {
        query.issue("days", "Invalid input: expected 1 to 400");
    }
    days
}

fn day(query: &mut Parameters<'_>, name: &str) -> Option<Date> {
    let text = query.one(name).filter(|text| !text.is_empty())?;
    let day = text.parse::<Date>().ok();
    if day.is_none() {
        query.issue(name, "Invalid input: expected a day such as 2026-11-26");
    }
    day
}
