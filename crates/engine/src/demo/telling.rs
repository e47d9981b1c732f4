//! What happened, in the words of the log: for each deed the event that an engine writes.

use jiff::Timestamp;
use kiavi_base::{EventId, RequestId, Rng};
use kiavi_geo::Place;
use serde_json::{Map, Value, json};

use super::{
    cast::{Person, id, place},
    life::{Ban, DAY, Deed, HOUR, Happening, Life, NOBODY, Way},
};
use crate::audit::{EventRow, EventType as E, Method, Outcome, Past};

/// The browser of strangers.
const SCRIPT: &str = "python-requests/2.32";
/// Where the stranger is who tries many.
const STRANGER: &str = "203.0.113.66";

/// Tells what happened, in its order.
pub(super) struct Teller<'t> {
    pub(super) seed: u64,
    pub(super) people: &'t [Person],
    pub(super) lives: &'t [Life],
    pub(super) rng: &'t dyn Rng,
    /// How often passkeys were offered and asked for since it was told last, and when that began.
    pub(super) offered: [i64; 5],
    pub(super) since: i64,
    /// The request that was told of last: whose, when, and its id.
    pub(super) request: (u32, i64, String),
}

const STEPS: [&str; 5] =
    ["sign_in_offered", "sign_in_started", "creation_offered", "creation_declined", "creation_started"];

/// An event without those that its request adds.
#[derive(Default)]
struct Told {
    is_own: bool,
    subject: Option<String>,
    method: Option<Method<'static>>,
    detail: Option<Value>,
    personal: Option<Value>,
    is_failure: bool,
}

impl<'t> Teller<'t> {
    pub(super) fn new(seed: u64, people: &'t [Person], lives: &'t [Life], rng: &'t dyn Rng) -> Self {
        let request = (NOBODY, i64::MIN, String::new());
        Self { seed, people, lives, rng, offered: [0; 5], since: 0, request }
    }

    /// The events of one deed: none, one, or with one of before that sums up an hour.
    pub(super) fn tell(&mut self, past: &Past<'_>, happening: &Happening) -> Vec<EventRow> {
        let mut rows = Vec::new();
        if happening.at.div_euclid(HOUR) != self.since.div_euclid(HOUR) {
            rows.extend(self.sum_up());
        }
        let steps: &[usize] = match happening.deed {
            Deed::Shown => &[0, 1],
            Deed::Offered { is_declined: true } => &[2, 3],
            Deed::Offered { is_declined: false } => &[2, 4],
            Deed::Asked => &[4],
            _ => &[],
        };
        if !steps.is_empty() {
            if self.offered == [0; 5] {
                self.since = happening.at;
            }
            steps.iter().for_each(|step| self.offered[*step] += 1);
            return rows;
        }
        rows.extend(if happening.person == NOBODY {
            self.stranger(past, happening)
        } else {
            self.own(past, happening)
        });
        for row in &mut rows {
            row.place = row.ip.as_deref().map(place).unwrap_or_default();
        }
        rows
    }

    /// What was offered and asked for, as the engine tells it by itself.
    pub(super) fn sum_up(&mut self) -> Option<EventRow> {
        let counted = std::mem::take(&mut self.offered);
        let facts = STEPS.iter().zip(counted).filter(|(_, count)| *count > 0);
        let facts: Map<String, Value> =
            facts.map(|(step, count)| ((*step).to_owned(), count.into())).collect();
        if facts.is_empty() {
            return None;
        }
        let at = time(self.since);
        Some(EventRow {
            id: EventId::new(at, self.rng),
            at,
            kind: E::PasskeyOffered,
            outcome: Outcome::Success,
            request_id: None,
            actor: None,
            subject: None,
            method: None,
            ip: None,
            place: Place::default(),
            user_agent: None,
            detail: Some(facts.into()),
            personal: None,
        })
    }

    fn own(&mut self, past: &Past<'_>, happening: &Happening) -> Option<EventRow> {
        let place = happening.person as usize;
        let (person, life) = (&self.people[place], &self.lives[place]);
        let (kind, told) = self.told(past, happening, person, life)?;
        let row = self.row(happening, kind, told);
        let device = usize::from(happening.device).min(person.devices.len() - 1);
        Some(match kind {
            E::UserActive => EventRow { actor: Some(person.id.clone()), ..row },
            E::UserBanned => {
                // The first of all is the administrator.
                let by = &self.people[0];
                EventRow {
                    actor: Some(by.id.clone()),
                    ip: Some(by.addresses[0].clone()),
                    user_agent: Some(by.devices[0].agent.to_owned()),
                    request_id: Some(self.request(happening)),
                    ..row
                }
            }
            _ => EventRow {
                ip: Some(person.addresses[device].clone()),
                user_agent: Some(person.devices[device].agent.to_owned()),
                request_id: Some(self.request(happening)),
                ..row
            },
        })
    }

    fn told(
        &self,
        past: &Past<'_>,
        happening: &Happening,
        person: &Person,
        life: &Life,
    ) -> Option<(E, Told)> {
        let at = happening.person;
        let named = |what: &str, number: u16| id(self.seed, what, at, number);
        let about = |method: Method<'static>| Told {
            subject: Some(person.id.clone()),
            method: Some(method),
            ..Told::default()
        };
        let own = |method| Told { is_own: true, ..about(method) };
        let failed = |told: Told, detail: Value| Told { is_failure: true, detail: Some(detail), ..told };
        let address =
            || Told { subject: Some(past.address_reference(&person.email)), ..about(Method::EmailOtp) };
        Some(match happening.deed {
            Deed::Shown | Deed::Offered { .. } | Deed::Asked | Deed::Guessed(_) => return None,
            Deed::CodeRequested { is_known } => {
                let told = if is_known { about(Method::EmailOtp) } else { address() };
                let detail = json!({ "purpose": "sign-in", "sent": true, "cause": null });
                (E::CodeRequested, Told { detail: Some(detail), ..told })
            }
            Deed::CodeRefused(reason) => {
                (E::CodeRefused, failed(address(), json!({ "purpose": "sign-in", "reason": reason })))
            }
            Deed::UserCreated(way) => {
                let personal = Some(json!({ "email": person.email, "name": person.name }));
                (E::UserCreated, Told { personal, is_own: way != Way::Passkey, ..about(method(way)) })
            }
            Deed::SessionCreated(way, number) => {
                let detail = Some(json!({ "session": named("session", number) }));
                (E::SessionCreated, Told { detail, ..own(method(way)) })
            }
            Deed::SessionRevoked(_) => {
                let detail = Some(json!({ "reason": "sign_out" }));
                (E::SessionRevoked, Told { detail, ..own(Method::Session) })
            }
            Deed::SessionRefused(way) => (E::SessionRefused, Told { is_failure: true, ..about(method(way)) }),
            Deed::PasskeyMade(number) => {
                let made = life.passkeys.get(usize::from(number))?.authenticator;
                let device_type = if made.is_synced { "multiDevice" } else { "singleDevice" };
                let detail = json!({
                    "passkey": named("passkey", number), "aaguid": made.aaguid, "device_type": device_type,
                    "attestation": "none",
                });
                (E::PasskeyCreated, Told { detail: Some(detail), ..own(Method::Session) })
            }
            Deed::PasskeyRefused(reason) => {
                let ceremony = if life.passkeys.iter().any(|passkey| passkey.made < happening.at) {
                    "authentication"
                } else {
                    "registration"
                };
                let detail = json!({ "ceremony": ceremony, "reason": reason });
                (E::PasskeyRefused, failed(about(Method::Passkey), detail))
            }
            Deed::AccountLinked(number) => {
                let provider = life.accounts.get(usize::from(number))?.provider;
                let detail = json!({ "provider": provider, "account": named("account", number) });
                (E::AccountLinked, Told { detail: Some(detail), ..own(Method::Provider(provider)) })
            }
            Deed::AccountRefused(provider) => {
                let told = Told { subject: None, ..about(Method::Provider(provider)) };
                (E::AccountRefused, failed(told, json!({ "provider": provider, "cause": "access_denied" })))
            }
            Deed::Active => (E::UserActive, own(Method::Session)),
            Deed::Banned => (E::UserBanned, Told { detail: life.ban.map(banned), ..about(Method::Session) }),
            Deed::Unbanned => {
                let detail = Some(json!({ "reason": "expired" }));
                (E::UserUnbanned, Told { detail, method: None, ..about(Method::Session) })
            }
        })
    }

    /// Strangers have no name. One of them tries for a night; others come from anywhere.
    fn stranger(&mut self, past: &Past<'_>, happening: &Happening) -> Option<EventRow> {
        let Deed::Guessed(number) = happening.deed else { return None };
        let address = format!("user{number}@example.com");
        let told = Told {
            subject: Some(past.address_reference(&address)),
            method: Some(Method::EmailOtp),
            detail: Some(json!({ "purpose": "sign-in", "reason": "missing" })),
            is_failure: true,
            ..Told::default()
        };
        let is_night = happening.at.rem_euclid(DAY) / HOUR == 2;
        let ip = if is_night { STRANGER.to_owned() } else { format!("198.51.100.{}", number % 254 + 1) };
        let request_id = Some(self.request(happening));
        let row = self.row(happening, E::CodeRefused, told);
        Some(EventRow { ip: Some(ip), user_agent: Some(SCRIPT.to_owned()), request_id, ..row })
    }

    fn row(&self, happening: &Happening, kind: E, told: Told) -> EventRow {
        let at = time(happening.at);
        EventRow {
            id: EventId::new(at, self.rng),
            at,
            kind,
            outcome: if told.is_failure { Outcome::Failure } else { Outcome::Success },
            request_id: None,
            actor: told.subject.clone().filter(|_| told.is_own),
            subject: told.subject,
            method: told.method.map(|method| method.name().to_owned()),
            ip: None,
            place: Place::default(),
            user_agent: None,
            detail: told.detail,
            personal: told.personal,
        }
    }

    /// What one person did at one moment was one request.
    fn request(&mut self, happening: &Happening) -> String {
        let (person, at, id) = &self.request;
        if (*person, *at) != (happening.person, happening.at) {
            let id = RequestId::new(time(happening.at), self.rng).to_string();
            self.request = (happening.person, happening.at, id);
            return self.request.2.clone();
        }
        id.clone()
    }
}

fn banned(ban: Ban) -> Value {
    json!({
        "sessions": ban.sessions,
        "changes": {
            "banned": { "from": false, "to": true },
            "banReason": { "from": null, "to": ban.reason },
            "banExpires": { "from": null, "to": ban.until.map(|until| time(until).to_string()) },
        },
    })
}

const fn method(way: Way) -> Method<'static> {
    match way {
        Way::Code => Method::EmailOtp,
        Way::Passkey => Method::Passkey,
        Way::Provider(id) => Method::Provider(id),
    }
}

/// The moment; 1970 for what is none.
pub(super) fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
