//! The body of an event: what of it is sealed, under whose key, and what stands in the index beside it.

use std::{borrow::Cow, collections::BTreeSet};

use kiavi_audit::{Facts, SealedFields, SealedGroup};
use kiavi_base::Rng;
use kiavi_db::{Database, DbError, Transaction};
use serde_json::{Value, json};

use super::{
    EventRow, EventType,
    people::{Found, Person, is_user, visitors_of},
    store::LogRow,
    traits::Traits,
};
use crate::State;

/// Facts that name users. In the log a name stands there that means somebody only while the log knows them.
const PEOPLE: &[&str] = &["impersonated_by"];

/// What an event becomes in the log. In the transaction that makes a user the user's key goes along.
///
/// # Errors
/// Those of the keys' statements.
pub(super) async fn seal(
    state: &State,
    database: &Database,
    transaction: Option<&Transaction>,
    row: &EventRow,
) -> Result<LogRow, DbError> {
    let people = &state.log.people;
    if let (EventType::UserCreated, Some(transaction), Some(user)) = (row.kind, transaction, &row.subject) {
        people.expect(transaction, state, user).await?;
    }
    let visitors = visitors_of(row.at);
    let mut named: BTreeSet<&str> =
        [&row.actor, &row.subject].into_iter().filter_map(Option::as_deref).collect();
    named.extend(PEOPLE.iter().filter_map(|fact| row.detail.as_ref()?.get(fact)?.as_str()));
    named.retain(|name| is_user(name));
    if row.ip.is_some() {
        let is_nobodys = ![&row.actor, &row.subject].iter().any(|name| name.as_deref().is_some_and(is_user));
        named.extend(is_nobodys.then_some(visitors.as_str()));
    }
    let named: Vec<&str> = named.into_iter().collect();
    let mut found = people.find(state, database, &named).await?;
    if row.ip.is_some() && requester(row, &found).is_none() && !named.contains(&visitors.as_str()) {
        // Whom it names is not there (any more).
        found.extend(people.find(state, database, &[&visitors]).await?);
    }
    let body = encoded(state.rng(), row, &found, &visitors)?;
    let (ip_token, traits) = match &row.ip {
        Some(ip) => {
            let traits = people.trait_key(state, database).await?;
            let traits = traits.of(row.place, row.user_agent.as_deref().unwrap_or_default());
            (Some(people.address_token(state, database, ip).await?), traits)
        }
        None => Default::default(),
    };
    let mut sealed = log_row(row, &found, (ip_token, traits), body);
    if transaction.is_some() && is_held(row) {
        sealed.people.clear();
    }
    Ok(sealed)
}

/// The columns of the index, beside the body.
pub(super) fn log_row(
    row: &EventRow,
    found: &Found,
    (ip_token, traits): (Option<Vec<u8>>, Traits),
    body: Vec<u8>,
) -> LogRow {
    let is_known = |name: &String| is_user(name) && found.get(name).is_some();
    let indexed = |name: &Option<String>| name.clone().filter(|name| !is_user(name) || is_known(name));
    let mut people: Vec<String> = [&row.actor, &row.subject].into_iter().flatten().cloned().collect();
    people.retain(is_known);
    people.dedup();
    LogRow {
        id: row.id,
        at: row.at,
        kind: row.kind.name(),
        outcome: row.outcome,
        request_id: row.request_id.clone(),
        actor: indexed(&row.actor),
        subject: indexed(&row.subject),
        method: row.method.clone(),
        ip_token,
        traits,
        body,
        requester: people.first().cloned(),
        people,
    }
}

/// Whether the transaction of an event has the row of whom it names, so that they cannot be deleted, and so forgotten, before
/// its COMMIT: the session that it tells of refers to it. A sign-in need not ask for that again.
fn is_held(row: &EventRow) -> bool {
    row.kind == EventType::SessionCreated && row.actor == row.subject
}

/// Whose request it was: the actor's if that is a user, else the subject's.
fn requester<'f>(row: &EventRow, found: &'f Found) -> Option<&'f Person> {
    [&row.actor, &row.subject].into_iter().find_map(|name| found.get(name.as_deref()?))
}

/// The bytes that are sealed into the log.
pub(super) fn encoded(
    rng: &dyn Rng,
    row: &EventRow,
    found: &Found,
    visitors: &str,
) -> Result<Vec<u8>, DbError> {
    // The log's name for somebody; others are called what they are, and who is not there is not named.
    let told = |name: &Option<String>| match name.as_deref() {
        Some(name) if is_user(name) => found.get(name).map(|person| person.id.to_string()),
        name => name.map(str::to_owned),
    };
    let mut sealed = Vec::new();
    if let Some(ip) = &row.ip {
        let mut fields = json!({ "ip": ip, "user_agent": row.user_agent });
        if let Some(country) = row.place.country {
            fields["country"] = country.as_str().into();
        }
        if let Some(network) = row.place.network {
            fields["network"] = network.to_string().into();
        }
        let holder = requester(row, found).or_else(|| found.get(visitors));
        sealed.extend(sealed_fields(rng, row, holder, SealedGroup::Request, &fields)?);
    }
    if let Some(personal) = &row.personal {
        let holder = row.subject.as_deref().and_then(|subject| found.get(subject));
        sealed.extend(sealed_fields(rng, row, holder, SealedGroup::Subject, personal)?);
    }
    let event = kiavi_audit::Event {
        id: row.id,
        kind: row.kind.name().to_owned(),
        outcome: row.outcome,
        at: row.at,
        request_id: row.request_id.clone(),
        actor: told(&row.actor),
        subject: told(&row.subject),
        method: row.method.clone(),
        facts: row.detail.as_ref().map(|detail| facts_of(detail, row.personal.as_ref(), found)),
        sealed,
    };
    encode(event).map(|(_, body)| body)
}

/// The event and its bytes. Of facts that are too long or too deep for an entry of the log it says that they are left out.
pub(super) fn encode(mut event: kiavi_audit::Event) -> Result<(kiavi_audit::Event, Vec<u8>), DbError> {
    if let Ok(body) = event.encode() {
        return Ok((event, body));
    }
    event.facts = Some(Facts::from_iter([("omitted".to_owned(), true.into())]));
    let body = event.encode().map_err(|error| DbError::Value(error.to_string()))?;
    Ok((event, body))
}

fn sealed_fields(
    rng: &dyn Rng,
    row: &EventRow,
    holder: Option<&Person>,
    group: SealedGroup,
    fields: &Value,
) -> Result<Option<SealedFields>, DbError> {
    let (Some(holder), Value::Object(fields)) = (holder, without_fractions(fields).into_owned()) else {
        return Ok(None);
    };
    let sealed = SealedFields::seal(rng, (holder.id, &holder.key), row.id, group, &fields);
    sealed.map(Some).map_err(|error| DbError::Value(error.to_string()))
}

/// Facts that name nobody.
pub(super) fn facts(detail: &Value) -> Facts {
    facts_of(detail, None, &Found::default())
}

/// Facts as the log has them: who is named by a user id is called what the log calls them, and what is told among the
/// personal fields is told there only.
fn facts_of(detail: &Value, personal: Option<&Value>, found: &Found) -> Facts {
    let mut detail = without_fractions(detail).into_owned();
    if let Some(personal) = personal {
        take_out(&mut detail, personal);
    }
    let Value::Object(mut facts) = detail else { return Facts::new() };
    for (fact, value) in facts.iter_mut().filter(|(fact, _)| PEOPLE.contains(&fact.as_str())) {
        debug_assert!(value.is_string(), "{fact} names nobody");
        if let Some(name) = value.as_str().filter(|name| is_user(name)) {
            *value = found.get(name).map(|person| person.id.to_string()).into();
        }
    }
    facts
}

/// Removes from `facts` what `personal` tells; where the facts are of fields, that there is such a field stays.
fn take_out(facts: &mut Value, personal: &Value) {
    let (Some(facts), Some(personal)) = (facts.as_object_mut(), personal.as_object()) else { return };
    for (name, told) in personal {
        match facts.get_mut(name) {
            Some(inner) if inner.is_object() && told.is_object() => take_out(inner, told),
            Some(_) => drop(facts.remove(name)),
            None => {}
        }
    }
}

/// The same with numbers that are no integers as text: the encoding of the log has no fractions.
fn without_fractions(value: &Value) -> Cow<'_, Value> {
    let has_fraction = |value: &Value| matches!(value, Value::Number(number) if number.is_f64());
    fn any(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
        test(value)
            || match value {
                Value::Array(items) => items.iter().any(|item| any(item, test)),
                Value::Object(fields) => fields.values().any(|field| any(field, test)),
                _ => false,
            }
    }
    fn replace(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => *value = Value::String(number.to_string()),
            Value::Array(items) => items.iter_mut().for_each(replace),
            Value::Object(fields) => fields.values_mut().for_each(replace),
            _ => {}
        }
    }
    if !any(value, &has_fraction) {
        return Cow::Borrowed(value);
    }
    let mut value = value.clone();
    replace(&mut value);
    Cow::Owned(value)
}
