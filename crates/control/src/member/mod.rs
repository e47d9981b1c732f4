//! Who works in a workspace, and as what. A role is read for each request, so what changes counts at once.

pub(crate) mod store;

use jiff::Timestamp;
use kiavi_base::{UserId, WorkspaceId};
use serde_json::{Value, json};

use crate::{
    Caller, Control, ControlError, Role, Workspace,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    console::session::Person,
    invitation,
    key::{self, end::ChangedKey},
    standing, view,
};

/// Somebody in a workspace.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
}

/// Somebody as a member of the workspace of this name or id; `None` when it is not there for them.
pub(crate) async fn caller(
    control: &Control,
    person: &Person,
    id_or_slug: &str,
) -> Result<Option<(Workspace, Caller)>, ControlError> {
    let database = &control.parts().database;
    let found = crate::workspace::store::find(database, id_or_slug).await?;
    let Some(workspace) = found else { return Ok(None) };
    let member = store::find(database, &workspace.id, person.user.as_str()).await?;
    Ok(member.map(|member| {
        let caller = Caller::Member {
            user: member.user,
            workspace: workspace.id.clone(),
            role: member.role,
            at: workspace.workplace(),
            proved_at: person.proved_at,
        };
        (workspace, caller)
    }))
}

/// Gives a member another role; `None` when they are not there any more. Invitations that they made end, and keys that they
/// know do what the role may.
///
/// # Errors
/// [`ControlError::RoleAbove`], [`ControlError::LastOwner`], or the database's.
pub(crate) async fn set_role(
    control: &Control,
    actor: &Actor,
    workspace: &WorkspaceId,
    user: &UserId,
    role: Role,
) -> Result<Option<(Member, Vec<ChangedKey>)>, ControlError> {
    refuse_above(actor, role)?;
    let transaction = control.parts().database.begin().await?;
    let Some(before) = held(&transaction, actor, workspace, user).await? else { return Ok(None) };
    if before.role == role {
        return Ok(Some((before, Vec::new())));
    }
    store::put(&transaction, workspace, user, role).await?;
    store::keep_an_owner(&transaction, workspace).await?;
    let detail = json!({ "workspace": workspace, "from": before.role, "to": role });
    tell(control, &transaction, actor, EventType::MemberRoleChanged, user, detail).await?;
    let keys = end_what_they_made(control, &transaction, actor, (workspace, user), Some(role)).await?;
    transaction.commit().await?;
    Ok(Some((Member { role, ..before }, keys)))
}

/// Removes a member, and with them their views, the invitations that they made and the keys that they know, which are
/// answered; `None` when they were not there.
///
/// # Errors
/// As [`set_role`].
pub(crate) async fn remove(
    control: &Control,
    actor: &Actor,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<Option<Vec<ChangedKey>>, ControlError> {
    let transaction = control.parts().database.begin().await?;
    let Some(before) = held(&transaction, actor, workspace, user).await? else { return Ok(None) };
    transaction.execute(&store::DELETE_MEMBER, &[&workspace.as_str(), &user.as_str()]).await?;
    store::keep_an_owner(&transaction, workspace).await?;
    let detail = json!({ "workspace": workspace, "role": before.role });
    tell(control, &transaction, actor, EventType::MemberRemoved, user, detail).await?;
    let keys = end_what_they_made(control, &transaction, actor, (workspace, user), None).await?;
    view::store::delete_of(&transaction, workspace, user).await?;
    transaction.commit().await?;
    Ok(Some(keys))
}

/// Withdraws the invitations of a member who goes or gets another role, and ends what their keys may do beyond it.
async fn end_what_they_made(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    (workspace, user): (&WorkspaceId, &UserId),
    role: Option<Role>,
) -> Result<Vec<ChangedKey>, kiavi_db::DbError> {
    invitation::withdraw_of(control, transaction, actor, workspace, user).await?;
    key::end::follow_member(control, transaction, actor, (workspace, user), role).await
}

/// The member as they are while nobody else changes members of this workspace.
async fn held(
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<Option<Member>, ControlError> {
    standing::lock(transaction, workspace).await?;
    standing::confirm(transaction, actor).await?;
    let found = store::in_transaction(transaction, workspace, user).await?;
    if let Some(member) = &found {
        refuse_above(actor, member.role)?;
    }
    Ok(found)
}

/// Nobody gives or takes a role that may do more than theirs.
pub(crate) fn refuse_above(actor: &Actor, role: Role) -> Result<(), ControlError> {
    match &actor.caller {
        Some(caller) if !caller.may_give(role) => Err(ControlError::RoleAbove),
        _ => Ok(()),
    }
}

async fn tell(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    kind: EventType,
    user: &UserId,
    detail: Value,
) -> Result<(), kiavi_db::DbError> {
    let event = Event { kind, outcome: Outcome::Success, actor, subject: user.as_str(), detail };
    audit::record(control, transaction, &event).await
}
