//! A refused request leaves one event, written here for whatever refused it, before the answer leaves.
//!
//! Anybody can have requests refused, so each caller or network has ten a minute in the log, and those who are unknown a
//! hundred together; the rest is counted in memory and told once a minute (`refusals.counted`).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use kiavi_base::{EventId, RequestId};
use kiavi_db::DbError;
use serde_json::{Value, json};

use super::{EventType, Known, Writes, insert};
use crate::{Control, error::chain, limit::Policy};

/// Refusals of one caller or network that are written: 10 a minute.
pub(crate) const WRITTEN: Policy = Policy { capacity: 10, window_seconds: 60 };
/// Refusals of all whom nobody knows: 100 a minute.
pub(crate) const WRITTEN_IN_ALL: Policy = Policy { capacity: 100, window_seconds: 60 };
/// How long refusals are counted before that is told.
const TOLD_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Whom an event names that is about nothing in particular, or by nobody who is known.
const INSTANCE: &str = "instance";
const UNKNOWN: &str = "unknown";

/// Rides on a response that is a refusal although its status does not say so: a form that leads back with a notice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused(pub(crate) &'static str);

/// Refusals that are in no event yet.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    since: Option<Timestamp>,
    by_type: BTreeMap<&'static str, u64>,
}

impl Counted {
    fn add(&self, kind: EventType, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.since.get_or_insert(now);
        *counts.by_type.entry(kind.name()).or_default() += 1;
    }

    fn take(&self, limit: Timestamp) -> Option<Counts> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.since.is_some_and(|since| since <= limit).then(|| std::mem::take(&mut *counts))
    }
}

/// A request as far as it is answered.
pub(crate) struct Answered<'a> {
    pub(crate) id: RequestId,
    pub(crate) method: &'a str,
    /// The route, with its parameters in braces.
    pub(crate) route: &'a str,
    pub(crate) writes: Writes,
    pub(crate) status: StatusCode,
    /// The stable name of the refusal, if it has one.
    pub(crate) code: Option<&'a str>,
    /// The network that it came from.
    pub(crate) network: Option<String>,
}

/// Writes the event of a refused request that has none. A refusal that cannot be written stays one: it gave nothing away.
pub(crate) async fn account_for(control: &Control, known: &Known, answered: Answered<'_>) {
    let kind = match answered.status {
        StatusCode::TOO_MANY_REQUESTS => EventType::RateLimitExceeded,
        _ if answered.writes.is_nothing() => return,
        _ => EventType::RequestRefused,
    };
    if known.has_written() {
        return;
    }
    let now = control.parts().clock.now();
    let caller = known.caller.get().map(String::as_str);
    let who = caller.or(answered.network.as_deref()).unwrap_or(UNKNOWN);
    let has_room = control.refusals_written().take(who, now).is_allowed
        && (caller.is_some() || control.refusals_written_in_all().take(UNKNOWN, now).is_allowed);
    known.note(kind);
    if !has_room {
        control.refusals_counted().add(kind, now);
        return;
    }
    let detail = json!({
        "method": answered.method,
        "path": answered.route,
        "status": answered.status.as_u16(),
        "code": answered.code,
    });
    let (id, subject) = (answered.id.to_string(), known.subject.get().map_or(INSTANCE, String::as_str));
    if let Err(error) = write(control, kind, (caller.unwrap_or(UNKNOWN), subject), Some(&id), &detail).await {
        tracing::warn!(error = chain(&error), request_id = id, "a refusal could not be written");
    }
}

/// Tells what was counted for a minute.
///
/// # Errors
/// When the database fails; then it is lost.
pub(crate) async fn tell_counted(control: &Control) -> Result<(), DbError> {
    let limit = control.parts().clock.now().checked_sub(TOLD_AFTER).ok();
    let Some(counts) = limit.and_then(|limit| control.refusals_counted().take(limit)) else { return Ok(()) };
    let detail = json!({ "since": counts.since.map(|since| since.to_string()), "refusals": counts.by_type });
    write(control, EventType::RefusalsCounted, ("control", INSTANCE), None, &detail).await
}

async fn write(
    control: &Control,
    kind: EventType,
    named: (&str, &str),
    request_id: Option<&str>,
    detail: &Value,
) -> Result<(), DbError> {
    let parts = control.parts();
    let transaction = parts.database.begin().await?;
    let id = EventId::new(parts.clock.now(), &*parts.rng);
    insert(&transaction, id, kind, "failure", named, request_id, detail).await?;
    transaction.commit().await
}
