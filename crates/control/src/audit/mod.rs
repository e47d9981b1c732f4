//! The control plane's own log: one event for each change, in the transaction of the change, and one for each refusal,
//! before its answer leaves (`refusals`). What a route writes stands beside its handler ([`Writes`]).

mod coverage;
mod kinds;
mod refusals;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kiavi_base::{EventId, RequestId};
use kiavi_db::{AdminConnection, DbError, Sql, Transaction};
use serde_json::Value;

use crate::{Caller, Control, caller::Actor};

pub use coverage::{Coverage, REFUSALS, Writes};
pub(crate) use coverage::{nothing, writes};
pub use kinds::EventType;
pub(crate) use refusals::{Answered, Counted, Refused, WRITTEN, WRITTEN_IN_ALL, account_for, tell_counted};

pub(crate) const INSERT_EVENT: Sql = Sql::new(
    "INSERT_EVENT",
    "INSERT INTO audit_event (id, type, outcome, actor, subject, request_id, detail)
     VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7)",
);

/// Whether what an event tells of came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
}

/// Something that was changed, or could not be.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) kind: EventType,
    pub(crate) outcome: Outcome,
    pub(crate) actor: &'a Actor,
    /// The id of what was changed.
    pub(crate) subject: &'a str,
    pub(crate) detail: Value,
}

/// What is known of a request for its events: an extension of it, and a part of its [`Actor`].
#[derive(Debug, Default)]
pub(crate) struct Known {
    written: Mutex<Vec<EventType>>,
    /// Who asks, once that is found out.
    caller: OnceLock<String>,
    /// What the address names.
    subject: OnceLock<String>,
}

impl Known {
    /// Who asks.
    pub(crate) fn note_caller(&self, name: &str) {
        self.caller.get_or_init(|| name.to_owned());
    }

    /// The id of what the address names.
    pub(crate) fn note_subject(&self, id: &str) {
        self.subject.get_or_init(|| id.to_owned());
    }

    /// An event of the request is in the log, or counted.
    fn note(&self, kind: EventType) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(kind);
    }

    fn has_written(&self) -> bool {
        !self.written.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// What was written so far.
    #[cfg(test)]
    pub(crate) fn written(&self) -> Vec<EventType> {
        self.written.lock().unwrap().clone()
    }
}

/// Writes an event. The change fails when this does.
pub(crate) async fn record(
    control: &Control,
    transaction: &Transaction,
    event: &Event<'_>,
) -> Result<(), DbError> {
    let parts = control.parts();
    record_as(transaction, EventId::new(parts.clock.now(), &*parts.rng), event).await
}

/// Writes an event under an id that something else names too.
pub(crate) async fn record_as(
    transaction: &Transaction,
    id: EventId,
    event: &Event<'_>,
) -> Result<(), DbError> {
    let outcome = match event.outcome {
        Outcome::Success => "success",
        Outcome::Failure => "failure",
    };
    if let Some(attempt) = &event.actor.attempt {
        attempt.changes(transaction, event.subject).await?;
    }
    let mut detail = event.detail.clone();
    let proved_at = event.actor.caller.as_ref().and_then(Caller::proved_at);
    if let (Some(at), Some(members)) = (proved_at, detail.as_object_mut()) {
        members.insert("proved_at".to_owned(), at.to_string().into());
    }
    let request_id = event.actor.request.as_ref().map(RequestId::to_string);
    let actor = event.actor.name();
    insert(transaction, id, event.kind, outcome, (&actor, event.subject), request_id.as_deref(), &detail)
        .await?;
    if let Some(known) = event.actor.known.as_ref().map(Arc::clone) {
        let kind = event.kind;
        transaction.on_success(move || known.note(kind));
    }
    Ok(())
}

/// Writes an event of the control plane's own work in the transaction that is open on `inside`, its own database. Say so with
/// [`committed_inside`] once that is committed.
pub(crate) async fn record_inside(
    control: &Control,
    inside: &AdminConnection,
    event: &Event<'_>,
) -> Result<(), DbError> {
    let parts = control.parts();
    let id = EventId::new(parts.clock.now(), &*parts.rng).to_string();
    let request_id = event.actor.request.as_ref().map(RequestId::to_string);
    let outcome = match event.outcome {
        Outcome::Success => "success",
        Outcome::Failure => "failure",
    };
    let values: [&(dyn kiavi_db::ToSql + Sync); 7] =
        [&id, &event.kind.name(), &outcome, &event.actor.name(), &event.subject, &request_id, &event.detail];
    inside.execute(INSERT_EVENT.text(), &values).await.map(drop)
}

/// What [`record_inside`] wrote is in the log.
pub(crate) fn committed_inside(event: &Event<'_>) {
    if let Some(known) = &event.actor.known {
        known.note(event.kind);
    }
}

async fn insert(
    transaction: &Transaction,
    id: EventId,
    kind: EventType,
    outcome: &str,
    (actor, subject): (&str, &str),
    request_id: Option<&str>,
    detail: &Value,
) -> Result<(), DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 7] =
        [&id.to_string(), &kind.name(), &outcome, &actor, &subject, &request_id, detail];
    transaction.execute(&INSERT_EVENT, &values).await.map(drop)
}
