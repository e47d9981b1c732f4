//! What happened, as typed events. A change writes its event in its own transaction, so that neither exists
//! without the other; a refusal writes it in a statement of its own before the answer leaves.

mod kinds;
mod store;

use std::fmt::Write as _;

use kiavi_base::EventId;
use kiavi_crypto::hmac_sha256;
use kiavi_db::{AdminConnection, Database, DbError, Sql, Transaction};
use serde_json::{Map, Value};

use crate::{
    Context, State,
    webhook::{self, Recipients},
};

pub use kinds::EventType;
pub(crate) use store::EventRow;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was not.
    Failure,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
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

/// One event. The request adds time, ids, address and user agent.
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
}

impl<'a> Event<'a> {
    /// An event that only has a kind and an outcome.
    pub const fn new(kind: EventType, outcome: Outcome) -> Self {
        Self { kind, outcome, actor: None, subject: None, method: None, detail: None }
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
    write(transaction, state, row(state, Some(context), event)).await
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
    let row = row(state, Some(context), event);
    let (recipients, publication) = publication(state, &row);
    if recipients.is_empty() {
        return store::insert_alone(database, row, None).await;
    }
    let database = database.clone();
    then_wake(state, recipients, async move { store::insert_alone(&database, row, publication).await }).await
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
    let row = EventRow { id: id.to_string(), ..row(state, Some(context), event) };
    let (recipients, publication) = publication(state, &row);
    let database = state.database.clone();
    then_wake(state, recipients, async move { store::insert_once(&database, row, publication).await }).await
}

/// Writes an event of the engine itself into the transaction of the change it tells of.
pub(crate) async fn record_own(
    transaction: &Transaction,
    state: &State,
    event: Event<'_>,
) -> Result<(), DbError> {
    write(transaction, state, row(state, None, event)).await
}

/// Writes a row into a transaction, with what is owed of it to endpoints of webhooks, which are told of it at the end.
async fn write(transaction: &Transaction, state: &State, row: EventRow) -> Result<(), DbError> {
    let (recipients, publication) = publication(state, &row);
    if !recipients.is_empty() {
        let state = state.clone();
        transaction.after_commit(move || state.webhooks.wake(recipients));
    }
    store::insert(transaction, row, publication).await
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
        state.webhooks.wake(recipients);
        outcome
    });
    written.await.unwrap_or_else(|error| Err(DbError::Value(error.to_string())))
}

/// Writes an event of the control plane's into the transaction that is open on `connection`, which belongs to the owner
/// of the tenant's tables: for what happens to a tenant as a whole, while no engine runs. `operator` is who asked, as
/// engines are told it.
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
    store::insert_by_control(connection, &id.to_string(), kind.name(), operator, detail).await
}

/// Stands for an address in the log: a keyed hash, so that the log holds no address and yet shows that two events
/// are about the same one.
pub fn address_reference(state: &State, address: &str) -> String {
    let hash = hmac_sha256(&state.keys.rate_limit, format!("audit\0{address}").as_bytes());
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
        id: EventId::new(now, state.rng()).to_string(),
        at: now,
        kind: event.kind,
        outcome: event.outcome.name(),
        request_id: context.map(|context| context.request_id().to_string()),
        actor: event.actor.map(str::to_owned).or(operator),
        subject: event.subject.map(str::to_owned),
        method: method.map(|method| method.name().to_owned()),
        ip: context.map(Context::stored_address),
        user_agent: context.map(|context| context.user_agent().to_owned()),
        detail: match impersonator {
            Some(by) => Some(with_impersonator(event.detail, by)),
            None => event.detail,
        },
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
