//! A tenant's settings: one versioned document, taken or refused as a whole.
//!
//! A change is one transaction: the new version, the tenant's row, the event in the control plane's log. What
//! follows is the reconciler's: the launcher gets the new document, which replaces the running engine, and the new
//! engine writes the same event, under the same id, into the tenant's own log. Secrets are kept in the vault, see
//! [`secrets`].

mod diff;
mod path;
pub(crate) mod secrets;
pub(crate) mod store;

use kiavi_base::EventId;
use serde_json::{Value, json};

pub(crate) use diff::{Change, diff, merge};
pub use path::{InvalidPath, NoSuchPlace, SettingsPath};
pub use secrets::is_secret;

use crate::{
    Control, ControlError, Tenant,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
};
use secrets::{Keep, SecretError};

/// What belongs to the instance and not to the document's author.
const FIXED: [&str; 4] = ["version", "base_url", "hostnames", "former_hostnames"];
/// The largest list of changes that an event tells with values, in bytes of JSON; a larger one has paths only.
const MAX_CHANGES: usize = 16 * 1024;
/// Characters of an item that is wrong, in a message.
const MOST_QUOTED: usize = 60;

/// A document that somebody wants a tenant to have.
pub(crate) struct Proposal {
    /// The whole document. Masked secrets stand for those that are there.
    pub(crate) document: Value,
    /// Why, for whoever reads the versions.
    pub(crate) comment: Option<String>,
    /// Check it, and change nothing.
    pub(crate) is_trial: bool,
}

/// What became of a proposal.
pub(crate) struct Decided {
    /// The version that is current now.
    pub(crate) version: i32,
    /// What differs from the document before; nothing when it was the same.
    pub(crate) changes: Vec<Change>,
    /// The document as it is stored.
    pub(crate) document: Value,
}

/// Makes a proposal the settings of `tenant`, which is the tenant as the proposal's author saw it.
///
/// # Errors
/// [`ControlError::InvalidSettings`] names the first thing that is wrong; [`ControlError::SettingsChangedMeanwhile`]
/// when `tenant` is not how things are any more.
pub(crate) async fn change(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    proposal: Proposal,
) -> Result<Decided, ControlError> {
    let parts = control.parts();
    let (vault, stored) = (&*parts.vault, &tenant.settings);
    let opened = secrets::opened(vault, &tenant.id, stored).await?;
    let clear = secrets::unmasked(with_fixed(proposal.document, stored), &opened)?;
    let normal = check(control, &clear, &opened)?;
    let keep = if proposal.is_trial { Keep::Not } else { Keep::In(vault, &tenant.id) };
    let document = secrets::sealed(keep, normal, stored, &opened).await?;
    let changes = diff(stored, &document);
    if changes.is_empty() || proposal.is_trial {
        return Ok(Decided { version: tenant.settings_version, changes, document });
    }
    let written = write(control, actor, tenant, &document, &changes, proposal.comment.as_deref()).await?;
    let version = written.ok_or(ControlError::SettingsChangedMeanwhile)?;
    Ok(Decided { version, changes, document })
}

/// Writes the version after that of `tenant`, with its event; `None` when there is a newer one already. `document`
/// has references for secrets.
pub(crate) async fn write(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    document: &Value,
    changes: &[Change],
    comment: Option<&str>,
) -> Result<Option<i32>, kiavi_db::DbError> {
    let parts = control.parts();
    let event = EventId::new(parts.clock.now(), &*parts.rng);
    let (version, changes) = (tenant.settings_version + 1, told(changes));
    let new = store::NewVersion { document, changes: &changes, actor: &actor.name(), comment, event };
    let transaction = parts.database.begin().await?;
    if !store::change(&transaction, &tenant.id, tenant.settings_version, &new).await? {
        return Ok(None);
    }
    let told = Event {
        kind: EventType::SettingsChanged,
        outcome: Outcome::Success,
        actor,
        subject: tenant.id.as_str(),
        detail: json!({ "version": version, "changes": changes, "comment": comment }),
    };
    audit::record_as(&transaction, event, &told).await?;
    transaction.commit().await?;
    control.changed(tenant);
    control.wake_reconciler();
    Ok(Some(version))
}

/// The changes as logs have them.
fn told(changes: &[Change]) -> Value {
    let whole = json!(changes);
    if whole.to_string().len() <= MAX_CHANGES {
        return whole;
    }
    changes.iter().map(|change| json!({ "path": change.path })).collect()
}

/// The document with what is not its author's, where that is left out.
fn with_fixed(mut document: Value, stored: &Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        for name in FIXED {
            if let Some(known) = stored.get(name) {
                members.entry(name).or_insert_with(|| known.clone());
            }
        }
    }
    document
}

/// The document without what is not its author's.
pub(crate) fn without_fixed(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| !FIXED.contains(&name.as_str()));
    }
    document
}

/// The checked document with every default filled in. Both documents are in clear.
fn check(control: &Control, document: &Value, current: &Value) -> Result<Value, ControlError> {
    let schema = &control.parts().schema;
    let invalid = |text: String| ControlError::InvalidSettings(text);
    let normal = schema
        .check_settings(document)
        .map_err(|error| invalid(what_is_wrong(control, document, current, error.to_string())))?;
    match FIXED.into_iter().find(|name| normal.get(name) != current.get(name)) {
        Some(name) => Err(invalid(format!("{name} belongs to the instance and cannot be changed here"))),
        None => Ok(normal),
    }
}

/// What is wrong with a document that the schema refuses for the reason `text`: the first difference to the current one that makes
/// it wrong by itself, if there is one, and the item of a list that does. The schema knows what is wrong, and not always where.
fn what_is_wrong(control: &Control, document: &Value, current: &Value, text: String) -> String {
    let is_wrong = |path: &SettingsPath, value: Option<&Value>| {
        let mut single = current.clone();
        let is_set = path.set(&mut single, value.cloned()).is_ok();
        is_set && control.parts().schema.check_settings(&single).is_err()
    };
    let differences = diff::differences(current, document);
    let Some((path, _, value)) = differences.iter().find(|(path, _, value)| is_wrong(path, *value)) else {
        return text;
    };
    let place = path.to_string();
    let text = if text.starts_with(&place) { text } else { format!("{place}: {text}") };
    let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    match wrong_item(items, |items| is_wrong(path, Some(&items.into()))) {
        // No list has secrets; what is not a text may have them in it.
        Some(Value::String(item)) => format!("{text}: {}", shortened(item)),
        _ => text,
    }
}

/// The first item that makes a list wrong by itself. Lists have ten thousand of them, so it is found by halves.
fn wrong_item(items: &[Value], is_wrong: impl Fn(&[Value]) -> bool) -> Option<&Value> {
    let mut rest = items;
    while rest.len() > 1 {
        let (first, second) = rest.split_at(rest.len() / 2);
        rest = if is_wrong(first) { first } else { second };
    }
    rest.first().filter(|_| is_wrong(rest))
}

/// A text in quotation marks, as much of it as a message can have.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

impl From<SecretError> for ControlError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::NothingToKeep(_) | SecretError::TooLong(_) => {
                Self::InvalidSettings(error.to_string())
            }
            SecretError::Vault(error) => error.into(),
            SecretError::Missing(_) => Self::Settings(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_item_of_a_list_is_found_with_few_questions() {
        let is_wrong = |items: &[Value]| items.iter().any(|item| item == "wrong");
        let of = |wrong: &[usize], length: usize| -> Vec<Value> {
            (0..length)
                .map(|place| if wrong.contains(&place) { "wrong".into() } else { place.into() })
                .collect()
        };
        for (wrong, length) in [(&[0][..], 1), (&[2], 3), (&[3, 4], 5), (&[9_999], 10_000)] {
            let items = of(wrong, length);
            let asked = std::cell::Cell::new(0);
            let found = wrong_item(&items, |items| {
                asked.set(asked.get() + 1);
                is_wrong(items)
            });
            assert!(std::ptr::eq(found.unwrap(), &raw const items[wrong[0]]), "{wrong:?} of {length}");
            assert!(asked.get() <= 16, "{}", asked.get());
        }
        assert_eq!(wrong_item(&of(&[], 7), is_wrong), None, "what is wrong is the list");
        assert_eq!(wrong_item(&[], is_wrong), None);
    }

    #[test]
    fn an_item_is_quoted_as_far_as_it_fits_a_message() {
        assert_eq!(shortened("no\nwhere"), r#""no\nwhere""#);
        let long = "ä".repeat(MOST_QUOTED);
        assert_eq!(shortened(&long), format!("\"{long}\""));
        assert_eq!(shortened(&format!("{long}b")), format!("\"{long}\"…"));
    }
}
