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
    let normal = schema.check_settings(document).map_err(|error| {
        let text = error.to_string();
        match first_wrong(control, document, current) {
            Some(path) if !text.starts_with(&path) => invalid(format!("{path}: {text}")),
            _ => invalid(text),
        }
    })?;
    match FIXED.into_iter().find(|name| normal.get(name) != current.get(name)) {
        Some(name) => Err(invalid(format!("{name} belongs to the instance and cannot be changed here"))),
        None => Ok(normal),
    }
}

/// The first difference to the current document that makes it wrong by itself: the schema knows what is wrong, and
/// not always where.
fn first_wrong(control: &Control, document: &Value, current: &Value) -> Option<String> {
    let schema = &control.parts().schema;
    diff::differences(current, document).into_iter().find_map(|(path, _, value)| {
        let mut single = current.clone();
        path.set(&mut single, value.cloned()).ok()?;
        schema.check_settings(&single).is_err().then(|| path.to_string())
    })
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
