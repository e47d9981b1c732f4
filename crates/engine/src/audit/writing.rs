//! Writing events: into the transaction of a change, along with the statement of one, and on their own.

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_db::{AdminConnection, Database, DbError, OwnedParams, Transaction};
use serde_json::Value;

use super::{
    Event, EventRow, EventType, IS_WITHOUT_LOG, Method, Outcome, body, event::row, note,
    reference::address_references, store, tell,
};
use crate::{
    Context, State,
    webhook::{self, Recipients},
};

/// Writes an event into the transaction of the change it tells of. It costs no round trip of its own: it travels with
/// what follows, at the latest with COMMIT, and the transaction fails with it.
///
/// # Errors
/// Those of preparing the statement.
pub async fn record(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<(), DbError> {
    if IS_WITHOUT_LOG {
        return Ok(());
    }
    note_on_success(transaction, state, context, event.kind);
    write(transaction, state, row(state, Some(context), event)).await
}

/// An event that is written by the statement of the change that it tells of ([`store::insert_along`]): it costs neither a
/// message nor a statement of its own. Whoever has run that statement says so by [`Along::note_written`].
pub(crate) struct Along {
    id: EventId,
    kind: EventType,
    /// The values of the event.
    pub(crate) values: OwnedParams,
}

/// The event for the statement of its change. `None` where it needs more than to be written: a webhook wants it, or somebody
/// whom it names could be forgotten before the COMMIT. Then it is [`record`]'s.
///
/// # Errors
/// Those of the keys' statements.
pub(crate) async fn along(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<Option<Along>, DbError> {
    if IS_WITHOUT_LOG || !state.webhooks.wanting(event.kind).is_empty() {
        return Ok(None);
    }
    let row = row(state, Some(context), event);
    let (id, kind) = (row.id, row.kind);
    let sealed = body::seal(state, &state.database, Some(transaction), &row).await?;
    Ok(sealed.people.is_empty().then(|| Along { id, kind, values: sealed.along() }))
}

impl Along {
    /// It was written in `transaction`.
    pub(crate) fn note_written(self, transaction: &Transaction, state: &State, context: &Context) {
        note_on_success(transaction, state, context, self.kind);
        let telling = state.clone();
        transaction.after_commit(move || tell(&telling, self.id));
    }
}

fn note_on_success(transaction: &Transaction, state: &State, context: &Context, kind: EventType) {
    let (state, context) = (state.clone(), context.clone());
    transaction.on_success(move || note(&state, &context, kind));
}

/// Writes that somebody is forgotten, in the transaction that deletes them; `event` is that of the deletion and says by
/// whom. Their key ends with COMMIT, and `email`, which was theirs, finds nothing of before.
///
/// # Errors
/// Those of preparing the statement.
pub(crate) async fn record_erasure(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    email: &str,
    event: Event<'_>,
) -> Result<(), DbError> {
    store::forget_references(transaction, address_references(state, email)).await?;
    if let Some(name) = event.subject {
        let (state, name) = (state.clone(), name.to_owned());
        transaction.after_commit(move || state.log.people.forget(&name));
    }
    record(transaction, state, context, Event { kind: EventType::UserErased, detail: None, ..event }).await
}

/// Writes an event on its own: for refusals, which change nothing else.
///
/// # Errors
/// Those of the statement.
pub async fn record_alone(state: &State, context: &Context, event: Event<'_>) -> Result<(), DbError> {
    record_over(&state.database, state, context, event).await
}

/// The same over connections that a slice has for itself.
pub(crate) async fn record_over(
    database: &Database,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<(), DbError> {
    if IS_WITHOUT_LOG {
        return Ok(());
    }
    let row = row(state, Some(context), event);
    let kind = row.kind;
    write_alone(database, state, row).await?;
    note(state, context, kind);
    Ok(())
}

async fn write_alone(database: &Database, state: &State, row: EventRow) -> Result<(), DbError> {
    let (recipients, publication) = publication(state, &row);
    let sealed = body::seal(state, database, None, &row).await?;
    let _telling = Telling(state, row.id);
    if recipients.is_empty() {
        return store::insert_alone(database, sealed, None).await;
    }
    let database = database.clone();
    then_wake(state, recipients, async move { store::insert_alone(&database, sealed, publication).await })
        .await
}

/// Writes an event that has its id already, unless it is written: for what may be told again.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn record_once(
    state: &State,
    context: &Context,
    id: EventId,
    event: Event<'_>,
) -> Result<(), DbError> {
    if IS_WITHOUT_LOG {
        return Ok(());
    }
    let row = EventRow { id, ..row(state, Some(context), event) };
    let kind = row.kind;
    let (recipients, publication) = publication(state, &row);
    let database = state.database.clone();
    let sealed = body::seal(state, &database, None, &row).await?;
    let _telling = Telling(state, id);
    then_wake(state, recipients, async move { store::insert_once(&database, sealed, publication).await })
        .await?;
    note(state, context, kind);
    Ok(())
}

/// Writes an event of the engine itself into the transaction of the change it tells of.
pub(crate) async fn record_own(
    transaction: &Transaction,
    state: &State,
    event: Event<'_>,
) -> Result<(), DbError> {
    if IS_WITHOUT_LOG {
        return Ok(());
    }
    write(transaction, state, row(state, None, event)).await
}

/// Writes an event of the engine itself that tells what was at some moment, into a transaction.
pub(crate) async fn record_at(
    transaction: &Transaction,
    state: &State,
    at: Timestamp,
    event: Event<'_>,
) -> Result<(), DbError> {
    write(transaction, state, EventRow { id: EventId::new(at, state.rng()), at, ..row(state, None, event) })
        .await
}

/// Writes an event of the engine itself on its own.
pub(super) async fn record_own_alone(state: &State, event: Event<'_>) -> Result<(), DbError> {
    if IS_WITHOUT_LOG {
        return Ok(());
    }
    write_alone(&state.database, state, row(state, None, event)).await
}

/// Writes a row into a transaction, with what is owed of it to endpoints of webhooks, which are told of it at the end.
async fn write(transaction: &Transaction, state: &State, row: EventRow) -> Result<(), DbError> {
    let (recipients, publication) = publication(state, &row);
    let sealed = body::seal(state, &state.database, Some(transaction), &row).await?;
    let (telling, id) = (state.clone(), row.id);
    transaction.after_commit(move || {
        tell(&telling, id);
        if !recipients.is_empty() {
            telling.webhooks.wake(recipients);
        }
    });
    store::insert(transaction, sealed, publication).await
}

/// Tells of an event that is written on its own, at the end of it, also when whoever asked goes before.
struct Telling<'s>(&'s State, EventId);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        tell(self.0, self.1);
    }
}

/// Who wants an event, and what they get of it. Where there are no webhooks this costs a comparison.
fn publication(state: &State, row: &EventRow) -> (Recipients, Option<store::Publication>) {
    let recipients = state.webhooks.wanting(row.kind);
    let publication = (!recipients.is_empty()).then(|| store::Publication {
        body: webhook::body(row),
        endpoints: state.webhooks.ids(recipients),
        life: webhook::LIFE,
    });
    (recipients, publication)
}

/// Writes by a task of its own, so that the endpoints are told although whoever asked may go before it is done.
async fn then_wake(
    state: &State,
    recipients: Recipients,
    writing: impl Future<Output = Result<(), DbError>> + Send + 'static,
) -> Result<(), DbError> {
    let state = state.clone();
    let written = tokio::spawn(async move {
        let outcome = writing.await;
        state.log.written.tell();
        state.analytics.wake();
        state.webhooks.wake(recipients);
        outcome
    });
    written.await.unwrap_or_else(|error| Err(DbError::Value(error.to_string())))
}

/// Writes an event of the control plane's into the transaction that is open on `connection`, which belongs to the owner
/// of the tenant's tables: for what happens to a tenant as a whole, while no engine runs. `operator` is who asked, as
/// engines are told it; the event happened when its id says.
///
/// # Errors
/// Those of the statement; the change must fail with it.
pub async fn record_by_control(
    connection: &AdminConnection,
    id: EventId,
    kind: EventType,
    operator: &str,
    detail: &Value,
) -> Result<(), DbError> {
    if IS_WITHOUT_LOG {
        return Ok(());
    }
    let event = kiavi_audit::Event {
        id,
        kind: kind.name().to_owned(),
        outcome: if kind == EventType::EngineFailed { Outcome::Failure } else { Outcome::Success },
        at: id.time(),
        request_id: None,
        actor: Some(format!("operator:{operator}")),
        subject: None,
        method: Some(Method::Management.name().to_owned()),
        facts: Some(body::facts(detail)),
        sealed: Vec::new(),
    };
    let (event, body) = body::encode(event)?;
    store::insert_by_control(connection, &event, kind, &body).await
}
