//! Events as they are read: what the body says, with the personal fields of whoever is not forgotten.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use kiavi_audit::{Body, SealedGroup, SubjectId};
use kiavi_crypto::PersonalKey;
use kiavi_db::DbError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{people::is_user, reading::StoredEvent};
use crate::{State, iso_milliseconds};

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
    pub(crate) user_agent: Option<String>,
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

type Behind = HashMap<SubjectId, (String, PersonalKey)>;

/// What stored events say.
///
/// # Errors
/// Those of the statement that finds the keys; or a body is none, which somebody has changed then.
pub(crate) async fn views(state: &State, events: &[StoredEvent]) -> Result<Vec<EventView>, DbError> {
    let decode = |event: &StoredEvent| {
        Body::decode(&event.body).map_err(|error| DbError::Value(format!("audit_event.body: {error}")))
    };
    let bodies = events.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let mut ids = BTreeSet::new();
    bodies.iter().for_each(|body| collect_ids(body, &mut ids));
    let ids: Vec<SubjectId> = ids.into_iter().collect();
    let behind = state.log.people.behind(state, &ids).await?;
    let view = |(event, body): (&StoredEvent, Body)| match body {
        Body::Event(body) => Ok(of_event(event.seq, body, &behind)),
        Body::Before(json) => of_before(event.seq, &json),
    };
    events.iter().zip(bodies).map(view).collect()
}

/// Everybody whom an event names.
fn collect_ids(body: &Body, ids: &mut BTreeSet<SubjectId>) {
    let Body::Event(event) = body else { return };
    let facts = event.facts.iter().flat_map(|facts| facts.values()).filter_map(Value::as_str);
    let names = [&event.actor, &event.subject].into_iter().filter_map(|name| name.as_deref()).chain(facts);
    ids.extend(names.filter_map(|name| name.parse::<SubjectId>().ok()));
    ids.extend(event.sealed.iter().map(|fields| fields.holder));
}

fn of_event(seq: i64, event: kiavi_audit::Event, behind: &Behind) -> EventView {
    let known = |name: &str| name.parse::<SubjectId>().ok().and_then(|id| Some(behind.get(&id)?.0.clone()));
    let named = |name: Option<String>| name.map(|reference| Named { user_id: known(&reference), reference });
    let opened = |wanted: SealedGroup| {
        let fields = event.sealed.iter().find(|fields| fields.group == wanted)?;
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
    let mut facts = event.facts;
    for value in facts.iter_mut().flat_map(|facts| facts.values_mut()) {
        if let Some(user_id) = value.as_str().and_then(known) {
            *value = user_id.into();
        }
    }
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
        user_agent,
        facts: facts.map(Value::Object),
        personal: personal.map(Value::Object),
        is_erased: opened_count < event.sealed.len(),
    }
}

fn of_before(seq: i64, json: &str) -> Result<EventView, DbError> {
    let before: Before = serde_json::from_str(json)
        .map_err(|_| DbError::Value("audit_event.body is none of an event of before".to_owned()))?;
    let named = |name: Option<String>| {
        name.map(|reference| Named {
            user_id: Some(reference.clone()).filter(|name| is_user(name)),
            reference,
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
        user_agent: None,
        facts: before.detail,
        personal: None,
        is_erased: false,
    })
}
