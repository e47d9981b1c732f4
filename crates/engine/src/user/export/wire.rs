//! The JSON of a copy. Members are named as in the API; what is added later is a new member.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use serde_json::Value;

use crate::{
    State,
    account::{Account, AccountView},
    api_key::ApiKey,
    audit::{EventView, Told},
    iso_milliseconds, optional_iso_milliseconds,
    passkey::Passkey,
    session::Session,
    user::User,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountCopy<'a> {
    format: &'static str,
    application: &'a str,
    address: &'a str,
    #[serde(serialize_with = "iso_milliseconds")]
    made_at: Timestamp,
    user: &'a User,
    accounts: Vec<AccountView<'a>>,
    passkeys: Vec<PasskeyCopy<'a>>,
    sessions: Vec<SessionCopy<'a>>,
    api_keys: Vec<KeyCopy<'a>>,
    events: Vec<EventCopy>,
    /// Whether the oldest events are there too.
    events_are_complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PasskeyCopy<'a> {
    #[serde(flatten)]
    passkey: &'a Passkey,
    last_used_on: Option<Date>,
}

/// Without its token. Where somebody acts as the person, address and device are not the person's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionCopy<'a> {
    id: &'a str,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    updated_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    expires_at: Timestamp,
    by: By,
    ip_address: Option<&'a str>,
    user_agent: Option<&'a str>,
}

/// What it is and what it may do, and not what opens it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyCopy<'a> {
    id: &'a str,
    name: Option<&'a str>,
    start: Option<&'a str>,
    enabled: Option<bool>,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    last_request: Option<Timestamp>,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventCopy {
    id: String,
    r#type: String,
    outcome: String,
    #[serde(serialize_with = "iso_milliseconds")]
    at: Timestamp,
    method: Option<String>,
    by: By,
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// What the event says of the person.
    personal: Option<Value>,
}

/// Who did something.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum By {
    /// The person.
    Own,
    /// Somebody else, or nobody knows.
    Other,
}

impl<'a> AccountCopy<'a> {
    /// With nothing but the user.
    pub(super) fn new(state: &'a State, user: &'a User) -> Self {
        Self {
            format: "kiavi-account-copy-1",
            application: &state.settings.app_name,
            address: state.settings.base_url.origin(),
            made_at: state.clock.now(),
            user,
            accounts: Vec::new(),
            passkeys: Vec::new(),
            sessions: Vec::new(),
            api_keys: Vec::new(),
            events: Vec::new(),
            events_are_complete: true,
        }
    }

    pub(super) fn accounts(self, accounts: &'a [Account]) -> Self {
        Self { accounts: accounts.iter().map(AccountView::from).collect(), ..self }
    }

    pub(super) fn passkeys(self, passkeys: &'a [Passkey], used: &HashMap<String, Date>) -> Self {
        let copy =
            |passkey: &'a Passkey| PasskeyCopy { passkey, last_used_on: used.get(&passkey.id).copied() };
        Self { passkeys: passkeys.iter().map(copy).collect(), ..self }
    }

    pub(super) fn sessions(self, sessions: &'a [Session]) -> Self {
        let copy = |session: &'a Session| {
            let by = if session.impersonated_by.is_none() { By::Own } else { By::Other };
            SessionCopy {
                id: &session.id,
                created_at: session.created_at,
                updated_at: session.updated_at,
                expires_at: session.expires_at,
                by,
                ip_address: session.ip_address.as_deref().filter(|_| by == By::Own),
                user_agent: session.user_agent.as_deref().filter(|_| by == By::Own),
            }
        };
        Self { sessions: sessions.iter().map(copy).collect(), ..self }
    }

    pub(super) fn api_keys(self, keys: &'a [ApiKey]) -> Self {
        let copy = |key: &'a ApiKey| KeyCopy {
            id: &key.id,
            name: key.name.as_deref(),
            start: key.start.as_deref(),
            enabled: key.enabled,
            created_at: key.created_at,
            last_request: key.last_request,
            expires_at: key.expires_at,
        };
        Self { api_keys: keys.iter().map(copy).collect(), ..self }
    }

    pub(super) fn events(self, told: Told) -> Self {
        let copy = |event: EventView| {
            let is_own = event.actor.and_then(|actor| actor.user_id).is_some_and(|id| id == self.user.id);
            let is_acted = event.facts.as_ref().is_some_and(|facts| facts.get("impersonated_by").is_some());
            let by = if is_own && !is_acted { By::Own } else { By::Other };
            EventCopy {
                id: event.id,
                r#type: event.kind,
                outcome: event.outcome,
                at: event.at,
                method: event.method,
                by,
                ip_address: event.ip.filter(|_| by == By::Own),
                user_agent: event.user_agent.filter(|_| by == By::Own),
                personal: event.personal,
            }
        };
        let events = told.events.into_iter().map(copy).collect();
        Self { events, events_are_complete: told.is_complete, ..self }
    }
}
