//! What somebody asks the log.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use kiavi_audit::{Outcome, SubjectId};
use kiavi_base::{DeviceTrait, EmailAddress, EventId, RequestId};
use kiavi_db::DbError;
use kiavi_geo::{Country, NetworkNumber};
use kiavi_http::expanded;

use super::{EventType, address_references, people::is_user, reading::Bounds};
use crate::{ApiError, State, admin::parameters::Parameters, user};

/// Events on a page that asks for no other number.
const DEFAULT_LIMIT: i64 = 50;
/// Events on any page.
const MAX_LIMIT: i64 = 1_000;
/// How long before and after its id's time a request's events may have happened.
const REQUEST_LIFE: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(1), SignedDuration::from_secs(60));

/// Most who may have done it, in one question.
const MAX_ACTORS: usize = 8;
/// Characters of a day, `2026-11-26`.
const DAY_LENGTH: usize = 10;

/// What is expected where something is named.
const EVENT_ID: &str = "The id of an event is expected";
const TIME: &str =
    "A time is expected (RFC 3339), such as 2026-11-26T20:00:00Z, or a day, such as 2026-11-26";
const EMAIL: &str = "An e-mail address is expected";
const REQUEST_ID: &str = "The id of a request is expected, which has letters, digits and hyphens";

/// The filters of a list or of a live view, as they are written.
#[derive(Default)]
pub(super) struct Filters {
    id: Option<EventId>,
    kinds: Option<Vec<&'static str>>,
    outcome: Option<&'static str>,
    actors: Vec<String>,
    subject: Option<String>,
    email: Option<String>,
    ip: Option<String>,
    country: Option<Country>,
    network: Option<NetworkNumber>,
    device: Vec<(DeviceTrait, &'static str)>,
    request_id: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// The filters as the index knows them.
#[derive(Default)]
pub(super) struct Question {
    pub(super) kinds: Option<Vec<&'static str>>,
    pub(super) outcomes: Option<Vec<&'static str>>,
    /// One of these did it.
    pub(super) actors: Option<Vec<String>>,
    /// One of these it is about.
    pub(super) subjects: Option<Vec<String>>,
    /// Either one did it or it is about one of them.
    pub(super) people: Option<Vec<String>>,
    pub(super) ip_token: Option<Vec<u8>>,
    pub(super) country: Option<i64>,
    pub(super) network: Option<i64>,
    /// All of these.
    pub(super) device: Option<Vec<i64>>,
    pub(super) request_id: Option<String>,
}

/// Which part of the answer.
pub(super) struct Page {
    pub(super) bounds: Bounds,
    pub(super) limit: i64,
}

impl Filters {
    /// Takes the filters from a query; issues are noted there. Days are those of `zone`.
    pub(super) fn take(query: &mut Parameters<'_>, zone: &TimeZone) -> Self {
        let (from, to) = span(query, zone);
        let outcome = query.choice("outcome", &["", "success", "failure"], "");
        Self {
            id: checked(query, "id", EVENT_ID, |text| text.parse().ok()),
            kinds: kinds(query),
            outcome: Some(outcome).filter(|outcome| !outcome.is_empty()),
            actors: actors(query),
            subject: text(query, "subject"),
            email: checked(query, "email", EMAIL, address),
            ip: checked(query, "ip", "An IP address is expected", |text| {
                text.parse::<IpAddr>().ok().map(expanded)
            }),
            country: checked(query, "country", "A country is two letters, such as FR", |text| {
                text.parse().ok()
            }),
            network: checked(
                query,
                "network",
                "A network is the number of an autonomous system, such as AS3215",
                |text| text.parse().ok(),
            ),
            device: DeviceTrait::ALL.into_iter().filter_map(|of| Some((of, word(query, of)?))).collect(),
            request_id: checked(query, "request_id", REQUEST_ID, |text| {
                text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-').then(|| text.to_owned())
            }),
            from,
            to,
        }
    }

    /// Takes what only lists have.
    pub(super) fn page(&self, query: &mut Parameters<'_>) -> Page {
        let cursor = checked(query, "cursor", EVENT_ID, |text| text.parse::<EventId>().ok());
        let limit = checked(query, "limit", "A number is expected", |text| text.parse::<i64>().ok())
            .unwrap_or(DEFAULT_LIMIT);
        let mut bounds = self.bounds();
        bounds.narrow(None, cursor);
        Page { bounds, limit: limit.clamp(1, MAX_LIMIT) }
    }

    /// Between which ids the events are that are asked for.
    pub(super) fn bounds(&self) -> Bounds {
        let mut bounds = Bounds { from: self.from.map(first_at), before: self.to.map(first_at) };
        if let Some(at) = self.request_id.as_deref().and_then(RequestId::time_in) {
            let (earliest, latest) = (at.checked_sub(REQUEST_LIFE.0), at.checked_add(REQUEST_LIFE.1));
            bounds.narrow(earliest.ok().map(first_at), latest.ok().map(first_at));
        }
        if let Some(id) = self.id {
            bounds.narrow(Some(id), id.next());
        }
        bounds
    }

    /// The names of the filters that something is asked for by, which tell of nobody.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let asked = [
            ("id", self.id.is_some()),
            ("type", self.kinds.is_some()),
            ("outcome", self.outcome.is_some()),
            ("actor", !self.actors.is_empty()),
            ("subject", self.subject.is_some()),
            ("email", self.email.is_some()),
            ("ip", self.ip.is_some()),
            ("country", self.country.is_some()),
            ("network", self.network.is_some()),
            ("request_id", self.request_id.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
        ];
        let asked = asked.into_iter().filter_map(|(name, is_asked)| is_asked.then_some(name));
        asked.chain(self.device.iter().map(|(of, _)| of.name())).collect()
    }

    /// Whether nothing that happens from `now` on is asked for.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.to.is_some_and(|to| to <= now)
    }

    /// Finds out whom and what the filters name.
    ///
    /// # Errors
    /// Those of the statements.
    pub(super) async fn resolve(self, state: &State) -> Result<Question, ApiError> {
        let mut question = Question {
            kinds: self.kinds,
            outcomes: self.outcome.map(|outcome| vec![outcome]),
            request_id: self.request_id,
            ..Question::default()
        };
        if !self.actors.is_empty() {
            let mut actors = Vec::new();
            for name in self.actors {
                match is_address(&name) {
                    true => actors.extend(at_address(state, &name).await?),
                    false => actors.push(indexed(state, name).await?),
                }
            }
            question.actors = Some(actors);
        }
        if let Some(subject) = self.subject {
            question.subjects = Some(vec![indexed(state, subject).await?]);
        }
        if let Some(email) = self.email {
            question.people = Some(at_address(state, &email).await?);
        }
        if let Some(ip) = self.ip {
            let token = state.log.people.address_token(state, &state.database, &ip).await?;
            question.ip_token = Some(token);
        }
        if self.country.is_some() || self.network.is_some() || !self.device.is_empty() {
            let key = state.log.people.trait_key(state, &state.database).await?;
            question.country = self.country.map(|country| key.country(country));
            question.network = self.network.map(|number| key.network(number));
            let device: Vec<_> = self.device.into_iter().map(|(of, word)| key.device(of, word)).collect();
            question.device = Some(device).filter(|tokens| !tokens.is_empty());
        }
        Ok(question)
    }
}

/// Whoever the index knows by an address: the user who has it, and the address itself.
async fn at_address(state: &State, email: &str) -> Result<Vec<String>, DbError> {
    let found = user::store::find_by_email(&state.database, email).await?;
    let mut people = address_references(state, email);
    people.extend(found.map(|user| user.id));
    Ok(people)
}

/// The name in the index: that of the log stands there only for those who are forgotten.
async fn indexed(state: &State, name: String) -> Result<String, DbError> {
    let Ok(id) = name.parse::<SubjectId>() else { return Ok(name) };
    let behind = state.log.people.behind(state, &[id]).await?;
    Ok(behind.into_values().next().map_or(name, |(user_id, _)| user_id))
}

/// The types that one or several patterns mean, with commas between: `session.created`, `session.*`, `*`; `-session.*` is all
/// but these.
fn kinds(query: &mut Parameters<'_>) -> Option<Vec<&'static str>> {
    let patterns = query.one("type").filter(|text| !text.is_empty())?;
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for pattern in patterns.split(',') {
        let (names, pattern) = match pattern.strip_prefix('-') {
            Some(rest) => (&mut unwanted, rest),
            None => (&mut wanted, pattern),
        };
        let meant = EventType::meant_by(pattern);
        if meant.is_empty() {
            query.issue("type", &format!("No event has the type {pattern}"));
        }
        names.extend(meant.iter().map(|kind| kind.name()));
    }
    if !patterns.split(',').any(|pattern| !pattern.starts_with('-')) {
        wanted.extend(EventType::ALL.iter().map(|kind| kind.name()));
    }
    wanted.retain(|kind| !unwanted.contains(kind));
    wanted.sort_unstable();
    wanted.dedup();
    (wanted.len() < EventType::ALL.len()).then_some(wanted)
}

/// Those who did it, by their addresses or as the log calls them; one of them did.
fn actors(query: &mut Parameters<'_>) -> Vec<String> {
    let named = query.all("actor").unwrap_or_default().into_iter().filter(|name| !name.is_empty());
    let (mut actors, mut issue) = (Vec::new(), None);
    for name in named {
        let is_text = !name.contains('\0');
        let known = if is_address(&name) { address(&name) } else { is_text.then_some(name) };
        match known {
            Some(name) => actors.push(name),
            None => issue = Some("An e-mail address, or a name as the log has it, is expected"),
        }
    }
    if actors.len() > MAX_ACTORS {
        issue = Some("No more than 8 are expected");
    }
    issue.into_iter().for_each(|issue| query.issue("actor", issue));
    actors
}

/// Whether a name of somebody is an address.
fn is_address(name: &str) -> bool {
    name.contains('@') && is_user(name)
}

/// An address as it is stored.
fn address(text: &str) -> Option<String> {
    text.parse::<EmailAddress>().ok().map(|email| email.as_str().to_owned())
}

/// The first moment that is asked for, and the first that is not any more.
fn span(query: &mut Parameters<'_>, zone: &TimeZone) -> (Option<Timestamp>, Option<Timestamp>) {
    let from = checked(query, "from", TIME, |text| moment(text, zone, Some));
    let to = checked(query, "to", TIME, |text| moment(text, zone, |day| day.tomorrow().ok()));
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        query.issue("to", "The end is expected to be after the beginning");
    }
    (from, to)
}

/// A moment; of a day the midnight with which `begins` of it begins.
fn moment(text: &str, zone: &TimeZone, begins: impl Fn(Date) -> Option<Date>) -> Option<Timestamp> {
    match text.parse::<Date>().ok().filter(|_| text.len() == DAY_LENGTH) {
        Some(day) => Some(begins(day)?.to_zoned(zone.clone()).ok()?.timestamp()),
        None => text.parse().ok(),
    }
}

fn text(query: &mut Parameters<'_>, name: &str) -> Option<String> {
    checked(query, name, "A text has no zero bytes", |text| (!text.contains('\0')).then(|| text.to_owned()))
}

/// A word that tells of a device, as long as there is such a word.
fn word(query: &mut Parameters<'_>, of: DeviceTrait) -> Option<&'static str> {
    let expected = format!("One of these is expected: {}", of.words().collect::<Vec<_>>().join(", "));
    checked(query, of.name(), &expected, |text| of.words().find(|word| word.eq_ignore_ascii_case(text)))
}

/// A value that is there and not empty; what cannot be read is an issue, which says what is `expected`.
fn checked<T>(
    query: &mut Parameters<'_>,
    name: &str,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = query.one(name).filter(|text| !text.is_empty())?;
    let value = read(&text);
    if value.is_none() {
        query.issue(name, expected);
    }
    value
}

/// The least id that an event of this moment can have.
fn first_at(at: Timestamp) -> EventId {
    EventId::first_at(at)
}

/// The stable names of outcomes, for questions that name none.
pub(super) const OUTCOMES: [&str; 2] = [Outcome::Success.name(), Outcome::Failure.name()];
