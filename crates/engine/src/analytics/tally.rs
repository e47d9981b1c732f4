//! What events count for. This is all that decides it, whether an event has just been written or is read years later.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use kiavi_audit::{Body, Event, Facts, SubjectId};
use kiavi_crypto::sha256;
use serde::Deserialize;

use super::{day::Calendar, funnel::Step};
use crate::audit::EventType;

/// New users.
pub(super) const NEW_USERS: &str = "new_users";
/// Sign-ins by method.
pub(super) const SIGN_INS: &str = "sign_ins";
/// Refused sign-ins by cause.
pub(super) const FAILURES: &str = "failures";
/// What becomes of passkeys: [`Step`]s, and the ends below.
pub(super) const PASSKEYS: &str = "passkeys";

/// A passkey was made.
pub(super) const CREATION_COMPLETED: &str = "creation_completed";
/// None was, although an authenticator answered.
pub(super) const CREATION_FAILED: &str = "creation_failed";
/// An authenticator's answer signed nobody in.
pub(super) const SIGN_IN_FAILED: &str = "sign_in_failed";

/// The events that count for anything.
pub(super) const COUNTED: &[EventType] = &[
    EventType::SessionCreated,
    EventType::UserActive,
    EventType::UserCreated,
    EventType::SessionRefused,
    EventType::CodeRefused,
    EventType::LinkRefused,
    EventType::PasskeyOffered,
    EventType::PasskeyCreated,
    EventType::PasskeyRefused,
    EventType::PasskeyCounterRegressed,
    EventType::AccountRefused,
];

/// A person as figures know them: their name in the log.
pub(super) type Subject = [u8; 16];

/// What some events come to.
#[derive(Default)]
pub(super) struct Tally {
    /// Who was there on which day.
    pub(super) active: BTreeSet<(Date, Subject)>,
    /// By day, metric and key.
    pub(super) counts: BTreeMap<(Date, &'static str, String), i64>,
}

/// An event of before there was a log, as far as it counts.
#[derive(Deserialize)]
struct Before {
    at: Timestamp,
    #[serde(rename = "type")]
    kind: String,
    subject: Option<String>,
    method: Option<String>,
    detail: Option<Facts>,
}

/// What of an event counts.
struct Counted<'e> {
    kind: &'e str,
    day: Date,
    subject: Option<Subject>,
    method: Option<&'e str>,
    facts: Option<&'e Facts>,
}

impl Tally {
    /// Adds an event.
    pub(super) fn add(&mut self, body: &Body, calendar: &Calendar) {
        match body {
            Body::Event(event) => self.count(&of_event(event, calendar)),
            Body::Before(json) => {
                if let Ok(event) = serde_json::from_str::<Before>(json) {
                    self.count(&of_before(&event, calendar));
                }
            }
        }
    }

    fn count(&mut self, event: &Counted<'_>) {
        let Some(kind) = COUNTED.iter().copied().find(|kind| kind.name() == event.kind) else { return };
        match kind {
            EventType::UserActive => self.active.extend(event.subject.map(|who| (event.day, who))),
            EventType::SessionCreated => {
                self.active.extend(event.subject.map(|who| (event.day, who)));
                self.one_more(event.day, SIGN_INS, event.method.unwrap_or_default());
            }
            EventType::UserCreated => self.one_more(event.day, NEW_USERS, ""),
            EventType::PasskeyOffered => {
                for step in Step::ALL {
                    self.more(event.day, PASSKEYS, step.name(), event.number(step.name()));
                }
            }
            EventType::PasskeyCreated => self.one_more(event.day, PASSKEYS, CREATION_COMPLETED),
            _ => {
                if event.is_of_sign_in() {
                    self.one_more(event.day, FAILURES, &event.cause());
                }
                if matches!(kind, EventType::PasskeyRefused | EventType::PasskeyCounterRegressed) {
                    let end = if event.is_of_sign_in() { SIGN_IN_FAILED } else { CREATION_FAILED };
                    self.one_more(event.day, PASSKEYS, end);
                }
            }
        }
    }

    fn one_more(&mut self, day: Date, metric: &'static str, key: &str) {
        self.more(day, metric, key, 1);
    }

    fn more(&mut self, day: Date, metric: &'static str, key: &str, count: i64) {
        if count > 0 {
            *self.counts.entry((day, metric, key.to_owned())).or_default() += count;
        }
    }
}

fn of_event<'e>(event: &'e Event, calendar: &Calendar) -> Counted<'e> {
    let subject = event.subject.as_deref().and_then(|name| name.parse::<SubjectId>().ok());
    Counted {
        kind: &event.kind,
        day: calendar.day(event.at),
        subject: subject.map(|id| *id.as_bytes()),
        method: event.method.as_deref(),
        facts: event.facts.as_ref(),
    }
}

/// Events of before name people by their user ids. What the log calls them now is not asked: it would be forgotten with
/// them, and then the figures of before would change.
fn of_before<'e>(event: &'e Before, calendar: &Calendar) -> Counted<'e> {
    let stand_in = |user_id: &String| {
        let mut subject = Subject::default();
        subject.copy_from_slice(&sha256(user_id.as_bytes())[..16]);
        subject
    };
    Counted {
        kind: &event.kind,
        day: calendar.day(event.at),
        subject: event.subject.as_ref().map(stand_in),
        method: event.method.as_deref(),
        facts: event.detail.as_ref(),
    }
}

impl Counted<'_> {
    fn fact(&self, name: &str) -> Option<&str> {
        self.facts?.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> i64 {
        self.facts.and_then(|facts| facts.get(name)?.as_i64()).unwrap_or_default()
    }

    /// Codes also prove addresses, and ceremonies also make passkeys.
    fn is_of_sign_in(&self) -> bool {
        self.fact("purpose").is_none_or(|purpose| purpose == "sign-in")
            && self.fact("ceremony").is_none_or(|ceremony| ceremony == "authentication")
    }

    /// The type of the event, and what it says besides of why.
    fn cause(&self) -> String {
        match self.fact("reason").or_else(|| self.fact("cause")) {
            Some(reason) => format!("{}: {reason}", self.kind),
            None => self.kind.to_owned(),
        }
    }
}
