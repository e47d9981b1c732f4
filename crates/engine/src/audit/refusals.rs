//! A refused request leaves one event. What a slice knows of the refusal it writes itself; of what is refused before a slice
//! knows anything (no session, a body that is none, another site's page, a limit in memory) the event is written here.
//!
//! Anybody can have requests refused without proving anything, as fast as a socket takes them, so a row for each would let them
//! fill the disk and keep the commits of others waiting. So each network has ten a minute of each type, and all networks
//! together a hundred of those that nobody is known to have made; the rest is counted in memory, and once a minute, and when
//! the engine goes, `refusals.counted` tells how many of each type there were. A crash forgets what was counted of its last
//! minute; the access log has each request anyway.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, PoisonError},
};

use axum::{
    http::{Method, StatusCode},
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use kiavi_db::DbError;
use serde_json::json;

use super::{Event, EventType, Method as Login, Outcome, coverage, note, record_alone, record_own_alone};
use crate::{Context, Rate, State, error::Refusal, rate_limit::LimitedBy};

/// How often refusals of one type are written for one network.
pub(crate) const REFUSALS_WRITTEN: Rate = Rate { limit: 10, window_seconds: 60 };
/// The same for all networks together, of those that nobody is known to have made.
const ALL_WRITTEN: Rate = Rate { limit: 100, window_seconds: 60 };
/// All networks, where one is asked for.
const EVERYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
/// How long refusals are counted before that is told.
const TOLD_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Refusals that are in no event yet.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// When the first of them was.
    since: Option<Timestamp>,
    by_type: BTreeMap<&'static str, u64>,
}

impl Counted {
    fn add(&self, kind: EventType, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.since.get_or_insert(now);
        *counts.by_type.entry(kind.name()).or_default() += 1;
    }

    /// What was counted, if it began before `limit`.
    fn take(&self, limit: Timestamp) -> Option<Counts> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.since.is_some_and(|since| since <= limit).then(|| std::mem::take(&mut *counts))
    }

    fn give_back(&self, taken: Counts) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.since = counts.since.into_iter().chain(taken.since).min();
        for (kind, count) in taken.by_type {
            *counts.by_type.entry(kind).or_default() += count;
        }
    }
}

/// Whether there is room in the log for a refusal, which is then taken; if not, [`count_refusal`] it. `who` tells apart those who
/// have room of their own beside that of their network: a user, say; empty for nobody who is known.
pub(crate) fn has_room(state: &State, context: &Context, who: &str, kind: EventType) -> bool {
    let (scope, now) = (format!("{}:{who}", kind.name()), state.clock.now());
    let has_room = |network, rate| state.limiter.check(network, &scope, rate, now).is_ok();
    has_room(context.network(), REFUSALS_WRITTEN) && (!who.is_empty() || has_room(EVERYWHERE, ALL_WRITTEN))
}

/// Writes a refusal on its own, or counts it. `who` is as for [`has_room`].
///
/// # Errors
/// Those of the statement.
pub(crate) async fn record_refusal(
    state: &State,
    context: &Context,
    who: &str,
    event: Event<'_>,
) -> Result<(), DbError> {
    if has_room(state, context, who, event.kind) {
        return record_alone(state, context, event).await;
    }
    count_refusal(state, context, event.kind);
    tell_counted(state, false).await.map(drop)
}

/// Counts a refusal for which there is no room in the log.
pub(crate) fn count_refusal(state: &State, context: &Context, kind: EventType) {
    state.log.counted.add(kind, state.clock.now());
    note(state, context, kind);
}

/// Tells what was counted for a minute, or what there is if the engine is going; how many events that took.
///
/// # Errors
/// Those of the statement; then it is told later.
pub(crate) async fn tell_counted(state: &State, is_going: bool) -> Result<u64, DbError> {
    let now = state.clock.now();
    let limit = if is_going { Some(now) } else { now.checked_sub(TOLD_AFTER).ok() };
    let Some(counts) = limit.and_then(|limit| state.log.counted.take(limit)) else { return Ok(0) };
    let since = counts.since.unwrap_or(now);
    let detail = json!({ "since": since.to_string(), "refusals": counts.by_type });
    let event = Event::new(EventType::RefusalsCounted, Outcome::Failure).detail(detail);
    let told = record_own_alone(state, event).await;
    if told.is_err() {
        state.log.counted.give_back(counts);
    }
    told.map(|()| 1)
}

/// The event of a refused request that has none: what is known of it is where it went and what it was answered.
pub(crate) fn unaccounted(
    context: &Context,
    (method, route): (&Method, &str),
    response: &Response,
) -> Option<Event<'static>> {
    let (status, told) = (response.status(), context.refusal());
    let line = coverage::line(method.as_str(), route)?;
    let is_refused = match told {
        _ if status.is_client_error() => true,
        // A page says so; what was done before it came to nothing stands in the log.
        Some(_) if !status.is_server_error() => !context.has_event(|kind| line.events().contains(&kind)),
        _ => false,
    };
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => EventType::RateLimitExceeded,
        _ if line.only_reads() => return None,
        _ => EventType::RequestRefused,
    };
    if !is_refused || context.has_event(|kind| line.tells_refusal(kind)) {
        return None;
    }
    let code = response.extensions().get::<Refusal>().map(|Refusal(code)| *code).or(told);
    let mut detail =
        json!({ "method": line.method, "path": line.path, "status": status.as_u16(), "code": code });
    if let Some(LimitedBy(limit)) = response.extensions().get() {
        detail["limit"] = (*limit).into();
        detail["counted_by"] = "network".into();
    }
    Some(Event::new(kind, Outcome::Failure).detail(detail))
}

/// Writes that event before the answer leaves. A refusal that cannot be written stays one: it gave nothing away.
pub(crate) async fn account_for(state: &State, context: &Context, refusal: Event<'_>) {
    let user = context.user();
    let method = user.map(|_| Login::Session);
    let event = Event { actor: user, subject: user, method, ..refusal };
    if let Err(error) = record_refusal(state, context, user.unwrap_or_default(), event).await {
        tracing::warn!(cause = %error, request_id = %context.request_id(), "a refusal could not be written");
    }
}
