//! Events as they are read: what the body says, with the personal fields of whoever is not forgotten.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use kiavi_audit::{Body, Facts, SealedFields, SealedGroup, SubjectId};
use kiavi_base::Device;
use kiavi_crypto::PersonalKey;
use kiavi_db::DbError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{people::is_user, reading::StoredEvent};
use crate::{State, iso_milliseconds, user};

/// An event as operators see it.
#[derive(Debug, Serialize)]
pub(crate) struct EventView {
    pub(crate) id: String,
    /// Its number in the tenant's database; numbers have gaps.
    pub(crate) seq: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) outcome: String,
    #[serde(serialize_with = "iso_milliseconds")]
    pub(crate) at: Timestamp,
    pub(crate) request_id: Option<String>,
    pub(crate) actor: Option<Named>,
    pub(crate) subject: Option<Named>,
    pub(crate) method: Option<String>,
    pub(crate) ip: Option<String>,
    /// Where that was: a country, and a network.
    pub(crate) country: Option<String>,
    pub(crate) network: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// What the user agent tells, in words.
    pub(crate) browser: Option<&'static str>,
    #[serde(rename = "os")]
    pub(crate) system: Option<&'static str>,
    pub(crate) device: Option<&'static str>,
    pub(crate) facts: Option<Value>,
    /// What is personal of the subject.
    pub(crate) personal: Option<Value>,
    /// Whether something is sealed here whose key is gone.
    pub(crate) is_erased: bool,
}

/// Whom an event names.
#[derive(Debug, Serialize)]
pub(crate) struct Named {
    /// As the log has it.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// The user's id, as long as the log knows it.
    pub(crate) user_id: Option<String>,
    /// Their e-mail address now, in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
}

/// An event of before, as its row had it.
#[derive(Deserialize)]
struct Before {
    id: String,
    at: Timestamp,
    #[serde(rename = "type")]
    kind: String,
    outcome: String,
    request_id: Option<String>,
    actor: Option<String>,
    subject: Option<String>,
    method: Option<String>,
    detail: Option<Value>,
}

/// Whom ids of the log stand for, those who are not forgotten.
pub(super) type Behind = HashMap<SubjectId, (String, PersonalKey)>;

/// What of events somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All that they say.
    Whole,
    /// What happened, and where the request came from: neither what is personal of the subject nor words for the device.
    Request,
}

/// What stored events say.
///
/// # Errors
/// Those of the statement that finds the keys; or a body is none, which somebody has changed then.
pub(crate) async fn views(state: &State, events: &[StoredEvent]) -> Result<Vec<EventView>, DbError> {
    views_of(state, events, Part::Whole).await
}

/// A part of what stored events say; the rest is as if it were not there.
///
/// # Errors
/// As of [`views`].
pub(super) async fn views_of(
    state: &State,
    events: &[StoredEvent],
    part: Part,
) -> Result<Vec<EventView>, DbError> {
    let bodies = events.iter().map(|event| decoded(&event.body)).collect::<Result<Vec<_>, _>>()?;
    let behind = behind(state, &bodies).await?;
    let view = |(event, body): (&StoredEvent, Body)| match body {
        Body::Event(body) => Ok(of_event(event.seq, body, &behind, part)),
        Body::Before(json) => of_before(event.seq, &json),
    };
    events.iter().zip(bodies).map(view).collect()
}

fn decoded(body: &[u8]) -> Result<Body, DbError> {
    Body::decode(body).map_err(|error| DbError::Value(format!("audit_event.body: {error}")))
}

/// The facts of a body, as the log has them: who is named there is called what the log calls them.
///
/// # Errors
/// It is none.
pub(super) fn facts_in(body: &[u8]) -> Result<Option<Value>, DbError> {
    match decoded(body)? {
        Body::Event(event) => Ok(event.facts.map(Value::Object)),
        Body::Before(json) => Ok(before(&json)?.detail),
    }
}

/// Who is behind the ids that bodies name: one statement.
///
/// # Errors
/// Those of the statement.
pub(super) async fn behind<'b>(
    state: &State,
    bodies: impl IntoIterator<Item = &'b Body>,
) -> Result<Behind, DbError> {
    let mut ids = BTreeSet::new();
    bodies.into_iter().for_each(|body| collect_ids(body, &mut ids));
    let ids: Vec<SubjectId> = ids.into_iter().collect();
    state.log.people.behind(state, &ids).await
}

/// The id of the user whom a name of the log stands for, as long as it knows them.
pub(super) fn known(behind: &Behind, name: &str) -> Option<String> {
    Some(behind.get(&name.parse::<SubjectId>().ok()?)?.0.clone())
}

/// Puts users' ids in place of the names that the log has for them, in facts.
pub(super) fn name_users(facts: &mut Facts, behind: &Behind) {
    for value in facts.values_mut() {
        if let Some(user_id) = value.as_str().and_then(|name| known(behind, name)) {
            *value = user_id.into();
        }
    }
}

/// Tells by which address people know those whom events name: one statement.
///
/// # Errors
/// Those of the statement.
pub(super) async fn tell_addresses(state: &State, events: &mut [EventView]) -> Result<(), DbError> {
    let mut named: Vec<&mut Named> =
        events.iter_mut().flat_map(|event| [&mut event.actor, &mut event.subject]).flatten().collect();
    let ids: BTreeSet<&str> = named.iter().filter_map(|named| named.user_id.as_deref()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = ids.into_iter().collect();
    let addresses: HashMap<_, _> = user::store::addresses(&state.database, &ids).await?.into_iter().collect();
    for named in &mut named {
        named.email = named.user_id.as_ref().and_then(|id| addresses.get(id).cloned());
    }
    Ok(())
}

/// Everybody whom an event names.
fn collect_ids(body: &Body, ids: &mut BTreeSet<SubjectId>) {
    let Body::Event(event) = body else { return };
    let facts = event.facts.iter().flat_map(|facts| facts.values()).filter_map(Value::as_str);
    let names = [&event.actor, &event.subject].into_iter().filter_map(|name| name.as_deref()).chain(facts);
    ids.extend(names.filter_map(|name| name.parse::<SubjectId>().ok()));
    ids.extend(event.sealed.iter().map(|fields| fields.holder));
}

fn of_event(seq: i64, event: kiavi_audit::Event, behind: &Behind, part: Part) -> EventView {
    let named = |name: Option<String>| {
        name.map(|reference| Named { user_id: known(behind, &reference), reference, email: None })
    };
    let is_wanted = |fields: &&SealedFields| part == Part::Whole || fields.group == SealedGroup::Request;
    let opened = |wanted: SealedGroup| {
        let fields = event.sealed.iter().filter(is_wanted).find(|fields| fields.group == wanted)?;
        let (_, key) = behind.get(&fields.holder)?;
        fields.open(key, event.id).ok()
    };
    let (mut request, personal) = (opened(SealedGroup::Request), opened(SealedGroup::Subject));
    let opened_count = usize::from(request.is_some()) + usize::from(personal.is_some());
    let mut taken = |field: &str| match request.as_mut()?.remove(field)? {
        Value::String(text) => Some(text),
        _ => None,
    };
    let (ip, user_agent) = (taken("ip"), taken("user_agent"));
    let (country, network) = (taken("country"), taken("network"));
    let told_by = user_agent.as_deref().filter(|_| part == Part::Whole);
    let device = Device::of(told_by.unwrap_or_default());
    let mut facts = event.facts;
    facts.iter_mut().for_each(|facts| name_users(facts, behind));
    EventView {
        id: event.id.to_string(),
        seq,
        kind: event.kind,
        outcome: event.outcome.name().to_owned(),
        at: event.at,
        request_id: event.request_id,
        actor: named(event.actor),
        subject: named(event.subject),
        method: event.method,
        ip,
        country,
        network,
        user_agent,
        browser: device.browser(),
        system: device.system(),
        device: device.device(),
        facts: facts.map(Value::Object),
        personal: personal.map(Value::Object),
        is_erased: opened_count < event.sealed.iter().filter(is_wanted).count(),
    }
}

fn before(json: &str) -> Result<Before, DbError> {
    serde_json::from_str(json)
        .map_err(|_| DbError::Value("audit_event.body is none of an event of before".to_owned()))
}

fn of_before(seq: i64, json: &str) -> Result<EventView, DbError> {
    let before = before(json)?;
    let named = |name: Option<String>| {
        name.map(|reference| Named {
            user_id: Some(reference.clone()).filter(|name| is_user(name)),
            reference,
            email: None,
        })
    };
    Ok(EventView {
        id: before.id,
        seq,
        kind: before.kind,
        outcome: before.outcome,
        at: before.at,
        request_id: before.request_id,
        actor: named(before.actor),
        subject: named(before.subject),
        method: before.method,
        ip: None,
        country: None,
        network: None,
        user_agent: None,
        browser: None,
        system: None,
        device: None,
        facts: before.detail,
        personal: None,
        is_erased: false,
    })
}
