//! Customers' accounts. Every tenant is in one, and so is every management key that is not the instance's own.

pub(crate) mod store;

use jiff::Timestamp;
use kiavi_base::{Slug, WorkspaceId};
use serde_json::json;

use crate::{
    Caller, Control, ControlError, Role, Workplace,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    member::store as members,
    standing,
};

/// The slug of the workspace that every instance has.
pub(crate) const DEFAULT: &str = "default";
/// Longest name, in characters.
pub(crate) const MAX_NAME: usize = 100;

/// A workspace as the control plane's database has it.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Workspace {
    /// Whose it is. A workspace keeps its slug for ever, so this never changes.
    pub(crate) fn workplace(&self) -> Workplace {
        if self.slug.as_str() == DEFAULT { Workplace::Platform } else { Workplace::Customer }
    }
}

/// Makes a workspace. A member who makes one is its owner.
///
/// # Errors
/// [`ControlError::WorkspaceTaken`], or the database's.
pub(crate) async fn create(
    control: &Control,
    actor: &Actor,
    slug: &Slug,
    name: &str,
) -> Result<Workspace, ControlError> {
    let parts = control.parts();
    let id = WorkspaceId::random(&*parts.rng);
    let transaction = parts.database.begin().await?;
    standing::confirm(&transaction, actor).await?;
    let Some(workspace) = store::insert(&transaction, &id, slug, name).await? else {
        return Err(ControlError::WorkspaceTaken(slug.clone()));
    };
    let event = Event {
        kind: EventType::WorkspaceCreated,
        outcome: Outcome::Success,
        actor,
        subject: id.as_str(),
        detail: json!({ "slug": slug, "name": name }),
    };
    audit::record(control, &transaction, &event).await?;
    if let Some(Caller::Member { user, .. }) = &actor.caller {
        members::put(&transaction, &id, user, Role::Owner).await?;
    }
    transaction.commit().await?;
    Ok(workspace)
}

/// Gives a workspace another name; `None` when it is gone.
///
/// # Errors
/// The database's.
pub(crate) async fn rename(
    control: &Control,
    actor: &Actor,
    workspace: &Workspace,
    name: &str,
) -> Result<Option<Workspace>, ControlError> {
    let transaction = control.parts().database.begin().await?;
    let id = workspace.id.as_str();
    let Some(row) = transaction.query_opt(&store::RENAME_WORKSPACE, &[&id, &name]).await? else {
        return Ok(None);
    };
    let (kind, outcome) = (EventType::WorkspaceRenamed, Outcome::Success);
    let detail = json!({ "from": workspace.name, "to": name });
    audit::record(control, &transaction, &Event { kind, outcome, actor, subject: id, detail }).await?;
    let renamed = store::workspace(&row)?;
    transaction.commit().await?;
    Ok(Some(renamed))
}

/// Whether a workspace can be called this: 1 to [`MAX_NAME`] characters, none of them a control character, and not
/// only blanks.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.chars().count())
        && !text.trim().is_empty()
        && !text.chars().any(char::is_control)
}
