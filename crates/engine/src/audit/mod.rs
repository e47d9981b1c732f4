//! What happened, as typed events. A change writes its event in its own transaction, so that neither exists
//! without the other; a refusal writes it in a statement of its own before the answer leaves.
//!
//! 1. A slice says what happened in an [`Event`], with user ids and in clear.
//! 2. `body` makes of it what the log has: who is named stands there by an id that means somebody only while the log
//!    knows them, and what is personal is sealed under that somebody's key (`people`).
//! 3. The auditor seals the bodies, outside of the engine; nothing in them ever changes. Whoever is deleted takes their key
//!    along, by a trigger of the table of users, and with it what all bodies say of their person.

mod body;
mod coverage;
pub(crate) mod explanations;
mod kinds;
mod past;
mod people;
mod person;
mod question;
mod reading;
mod recent;
mod refusals;
mod routes;
mod settings;
mod signal;
mod store;
mod tail;
#[cfg(test)]
pub(crate) mod tests;
mod traits;
mod view;

use std::{collections::HashMap, fmt::Write as _};

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_crypto::{Purpose, hmac_sha256};
use kiavi_db::{AdminConnection, Database, DbError, OwnedParams, Sql, Transaction};
use kiavi_geo::Place;
use serde_json::{Map, Value};

use crate::{
    Context, State,
    webhook::{self, Recipients},
};

pub use coverage::{ANYWHERE, COVERAGE, Coverage, REFUSALS, Success};
pub use kiavi_audit::Outcome;
pub use kinds::EventType;
pub(crate) use past::Past;
pub(crate) use people::forget_visitors;
pub use people::rewrap;
pub(crate) use person::{Told, told_of};
pub(crate) use reading::StoredEvent;
pub(crate) use recent::recent;
pub(crate) use refusals::{
    REFUSALS_WRITTEN, account_for, count_refusal, has_room, record_refusal, tell_counted, unaccounted,
};
pub(crate) use routes::routes;
pub use settings::{AuditSettings, settle_retention};
pub(crate) use store::insert_along;
pub(crate) use view::{EventView, Named, views};

pub(crate) fn statements() -> Vec<&'static Sql> {
    [store::STATEMENTS, reading::STATEMENTS].concat()
}

/// By what means somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// A one-time code by e-mail.
    EmailOtp,
    /// A link by e-mail.
    MagicLink,
    /// A passkey.
    Passkey,
    /// A session that existed already.
    Session,
    /// An API key of the user's.
    ApiKey,
    /// The management door: an operator, through control.
    Management,
    /// A provider, by its id.
    Provider(&'a str),
}

impl<'a> Method<'a> {
    /// The stable name.
    pub const fn name(self) -> &'a str {
        match self {
            Self::EmailOtp => "email_otp",
            Self::MagicLink => "magic_link",
            Self::Passkey => "passkey",
            Self::Session => "session",
            Self::ApiKey => "api_key",
            Self::Management => "management",
            Self::Provider(id) => id,
        }
    }

    /// What Better Auth calls it where a browser remembers how it signed in last; `None` for what is no sign-in
    /// of a person.
    pub const fn login_name(self) -> Option<&'a str> {
        match self {
            Self::EmailOtp => Some("email-otp"),
            Self::MagicLink => Some("magic-link"),
            Self::Passkey => Some("passkey"),
            Self::Provider(id) => Some(id),
            Self::Session | Self::ApiKey | Self::Management => None,
        }
    }
}

/// Whether this program writes no event, so that `bench/audit-cost` can measure what events cost. Nothing in Cargo.toml can
/// switch that on, only `RUSTFLAGS="--cfg kiavi_bench_without_log"`, and `kiavi serve` refuses to run as such a program.
pub const IS_WITHOUT_LOG: bool = cfg!(kiavi_bench_without_log);

/// What an engine keeps of its log in memory.
#[derive(Default)]
pub(crate) struct Log {
    people: people::People,
    tail: tail::Tail,
    pub(crate) written: signal::Written,
    counted: refusals::Counted,
    /// What was written or counted in which request, for tests to look at.
    #[cfg(test)]
    pub(crate) seen: std::sync::Mutex<Vec<(String, EventType)>>,
}

impl Log {
    /// An event may be there: its transaction has ended.
    fn tell(&self, id: EventId) {
        self.tail.tell(id);
        self.written.tell();
    }

    /// Ends the live views.
    pub(crate) fn close(&self) {
        self.tail.close();
    }
}

/// One event. The request adds time, ids, address, place and user agent.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventType,
    /// How it ended.
    pub outcome: Outcome,
    /// The user who did it, if one was signed in. On a connection of the management door it is the operator.
    pub actor: Option<&'a str>,
    /// Whom it is about: a user id, or the [`address_reference`] of an address nobody has.
    pub subject: Option<&'a str>,
    /// The means of proof.
    pub method: Option<Method<'a>>,
    /// Facts about this kind of event. Never a secret, never an address.
    pub detail: Option<Value>,
    /// What is personal of the subject: addresses, names, what these were before. Sealed under the subject's key, and told
    /// to no webhook. What stands in `detail` too stands only here in the log.
    pub personal: Option<Value>,
}

impl<'a> Event<'a> {
    /// An event that only has a kind and an outcome.
    pub const fn new(kind: EventType, outcome: Outcome) -> Self {
        Self { kind, outcome, actor: None, subject: None, method: None, detail: None, personal: None }
    }

    /// A change that a signed-in user made to what is theirs.
    pub fn by(kind: EventType, user_id: &'a str) -> Self {
        let own = Some(user_id);
        Self { actor: own, subject: own, method: Some(Method::Session), ..Self::new(kind, Outcome::Success) }
    }

    /// With a subject.
    #[must_use]
    pub fn about(self, subject: &'a str) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// With a means of proof.
    #[must_use]
    pub fn using(self, method: Method<'a>) -> Self {
        Self { method: Some(method), ..self }
    }

    /// With facts.
    #[must_use]
    pub fn detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// With what is personal of the subject.
    #[must_use]
    pub fn personal(self, personal: Value) -> Self {
        Self { personal: Some(personal), ..self }
    }
}

/// An event with everything that its request adds, in clear: what webhooks are told, and what the log seals.
pub(crate) struct EventRow {
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
    pub(crate) kind: EventType,
    pub(crate) outcome: Outcome,
    pub(crate) request_id: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) place: Place,
    pub(crate) user_agent: Option<String>,
    pub(crate) detail: Option<Value>,
    pub(crate) personal: Option<Value>,
}

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

/// Hears of events that others have written (control, the auditor, the database itself): their ids, as the database passes them on.
pub(crate) fn hear(state: &State, words: &[String]) {
    for id in words.iter().filter_map(|word| word.parse().ok()) {
        tell(state, id);
    }
}

/// The request has its event: it is in the log, or counted.
fn note(state: &State, context: &Context, kind: EventType) {
    context.note_event(kind);
    #[cfg(test)]
    state.log.seen.lock().unwrap().push((context.request_id().to_string(), kind));
    #[cfg(not(test))]
    let _ = state;
}

/// Writes that somebody is forgotten, in the transaction that deletes them; `event` is that of the deletion and says by
/// whom. Their key ends with COMMIT.
///
/// # Errors
/// Those of preparing the statement.
pub(crate) async fn record_erasure(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<(), DbError> {
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

/// What the log calls these users; who is gone has no name.
pub(crate) async fn subjects(state: &State, users: &[&str]) -> Result<HashMap<String, [u8; 16]>, DbError> {
    let found = state.log.people.find(state, &state.database, users).await?;
    let named = |user: &&str| Some(((*user).to_owned(), *found.get(user)?.id.as_bytes()));
    Ok(users.iter().filter_map(named).collect())
}

/// Writes an event of the engine itself on its own.
async fn record_own_alone(state: &State, event: Event<'_>) -> Result<(), DbError> {
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

/// Tells everybody who waits for events that one may be there.
fn tell(state: &State, id: EventId) {
    state.log.tell(id);
    state.analytics.wake();
    state.streams.wake();
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

/// Stands for an address in the log: a keyed hash, so that the log holds no address and yet shows that two events
/// are about the same one.
pub fn address_reference(state: &State, address: &str) -> String {
    reference_under(&state.keys.rate_limit, address)
}

/// What may stand for an address in the log: under the tenant's secret, and under what it was before rotations.
fn address_references(state: &State, address: &str) -> Vec<String> {
    let earlier = state.secret.earlier_subkeys(Purpose::RateLimitKey);
    let earlier = earlier.map(|key| reference_under(&key, address));
    std::iter::once(address_reference(state, address)).chain(earlier).collect()
}

fn reference_under(key: &[u8; 32], address: &str) -> String {
    let hash = hmac_sha256(key, format!("audit\0{address}").as_bytes());
    let mut text = String::from("address:");
    for byte in &hash[..12] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn row(state: &State, context: Option<&Context>, event: Event<'_>) -> EventRow {
    let now = state.clock.now();
    // Slices say "session" for whoever is signed in; a program that acts by a key is told apart here, once.
    let acts_by_key = context.is_some_and(|context| context.key_owner().is_some());
    let method = match event.method {
        Some(Method::Session) if acts_by_key => Some(Method::ApiKey),
        method => method,
    };
    let operator = context.and_then(Context::operator).map(|operator| format!("operator:{operator}"));
    let impersonator = context.and_then(Context::impersonator);
    EventRow {
        id: EventId::new(now, state.rng()),
        at: now,
        kind: event.kind,
        outcome: event.outcome,
        request_id: context.map(|context| context.request_id().to_string()),
        actor: event.actor.map(str::to_owned).or(operator),
        subject: event.subject.map(str::to_owned),
        method: method.map(|method| method.name().to_owned()),
        ip: context.map(Context::stored_address),
        place: context.map(|context| state.places.of(context.client())).unwrap_or_default(),
        user_agent: context.map(|context| context.user_agent().to_owned()),
        detail: match impersonator {
            Some(by) => Some(with_impersonator(event.detail, by)),
            None => event.detail,
        },
        personal: event.personal,
    }
}

/// Nobody who acts as a user passes for the user in the log, whichever slice writes the event.
fn with_impersonator(detail: Option<Value>, by: &str) -> Value {
    let mut detail = detail.unwrap_or_else(|| Value::Object(Map::new()));
    if let Value::Object(facts) = &mut detail {
        facts.insert("impersonated_by".to_owned(), by.into());
    }
    detail
}
