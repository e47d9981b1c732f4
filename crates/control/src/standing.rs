//! Whether whoever asks still is who they were when their request came in.
//!
//! What a request may do is found out at its beginning. Where that gives power that lasts (a key, a role, an invitation),
//! it is looked at again in the transaction of the change, in turn with what takes power away: so nobody who is removed
//! leaves something behind that they made at the same moment.

use kiavi_base::WorkspaceId;
use kiavi_db::{DbError, Sql, Transaction};

use crate::{Caller, ControlError, Scopes, caller::Actor};

// Changes of one workspace's members and keys take turns. Not FOR UPDATE, which would hold up everything that is made in
// the workspace: a foreign key locks the row that it names.
pub(crate) const LOCK_WORKSPACE: Sql =
    Sql::new("LOCK_WORKSPACE", "SELECT 1 FROM workspace WHERE id = $1 FOR NO KEY UPDATE");
pub(crate) const ROLE_NOW: Sql =
    Sql::new("ROLE_NOW", "SELECT role FROM member WHERE workspace_id = $1 AND user_id = $2");
pub(crate) const SCOPES_NOW: Sql = Sql::new(
    "SCOPES_NOW",
    "SELECT scopes FROM management_key
     WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR SHARE",
);

/// From here to the end of the transaction nobody else changes members or keys of this workspace.
pub(crate) async fn lock(transaction: &Transaction, workspace: &WorkspaceId) -> Result<(), DbError> {
    transaction.query_opt(&LOCK_WORKSPACE, &[&workspace.as_str()]).await.map(drop)
}

/// Refuses whoever may not do what they could when their request came in; the control plane itself always can.
///
/// # Errors
/// [`ControlError::NotAnyMore`], or the database's; nothing may be committed then.
pub(crate) async fn confirm(transaction: &Transaction, actor: &Actor) -> Result<(), ControlError> {
    if let Some(workspace) = actor.caller.as_ref().and_then(Caller::workspace) {
        lock(transaction, workspace).await?;
    }
    let is_same = match &actor.caller {
        None | Some(Caller::LocalOperator) => true,
        Some(Caller::Member { user, workspace, role, .. }) => {
            let row = transaction.query_opt(&ROLE_NOW, &[&workspace.as_str(), &user.as_str()]).await?;
            let now = row.map(|row| row.try_get::<_, String>(0)).transpose().map_err(DbError::from)?;
            now.as_deref() == Some(role.as_str())
        }
        Some(Caller::ManagementKey { id, scopes, .. }) => {
            let row = transaction.query_opt(&SCOPES_NOW, &[id]).await?;
            let now = row.as_ref().map(|row| row.try_get::<_, Vec<&str>>(0)).transpose();
            now.map_err(DbError::from)?.is_some_and(|now| Scopes::from_stored(&now) == *scopes)
        }
    };
    if is_same { Ok(()) } else { Err(ControlError::NotAnyMore) }
}
