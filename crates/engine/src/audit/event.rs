//! What slices say happened, and what its request adds.

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_geo::Place;
use serde_json::{Map, Value};

use super::{EventType, Outcome};
use crate::{Context, State};

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

/// One event. The request adds time, ids, address, place and user agent.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventType,
    /// How it ended.
    pub outcome: Outcome,
    /// The user who did it, if one was signed in. On a connection of the management door it is the operator.
    pub actor: Option<&'a str>,
    /// Whom it is about: a user id, or the [`address_reference`](super::address_reference) of an address nobody has.
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

pub(super) fn row(state: &State, context: Option<&Context>, event: Event<'_>) -> EventRow {
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
