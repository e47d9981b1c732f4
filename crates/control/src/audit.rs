//! The control plane's own log: one event for each change, in the transaction of the change.

use kiavi_base::{EventId, RequestId};
use kiavi_db::{DbError, Sql, Transaction};
use serde_json::Value;

use crate::{Caller, Control, caller::Actor};

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
    /// `noun.verb`, such as `tenant.requested`.
    pub(crate) kind: &'a str,
    pub(crate) outcome: Outcome,
    pub(crate) actor: &'a Actor,
    /// The id of what was changed.
    pub(crate) subject: &'a str,
    pub(crate) detail: Value,
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
    transaction
        .execute(
            &INSERT_EVENT,
            &[&id.to_string(), &event.kind, &outcome, &actor, &event.subject, &request_id, &detail],
        )
        .await?;
    Ok(())
}
