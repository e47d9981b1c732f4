//! What becomes of the keys that a member knows when the member goes, or may do less.
//!
//! A key belongs to its workspace, but a secret is known by who was shown it. So it ends with them; whoever wants to keep
//! the key rotates it before, and its new secret is theirs. Where a member may do less, so may their keys.

use kiavi_base::{UserId, WorkspaceId};
use kiavi_db::{DbError, Sql, Transaction};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::make::tell;
use crate::{Control, Role, Scopes, Workplace, audit::EventType, caller::Actor};

macro_rules! is_active {
    () => {
        "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
    };
}

pub(crate) const KEYS_KNOWN_TO: Sql = Sql::new(
    "KEYS_KNOWN_TO",
    concat!(
        "SELECT id, name, scopes, holder = $2 AS is_current FROM management_key
         WHERE workspace_id = $1 AND (holder = $2 OR (previous_holder = $2 AND previous_expires_at > now())) AND ",
        is_active!(),
        " ORDER BY created_at, id"
    ),
);
pub(crate) const KEYS_BY_HOLDER: Sql = Sql::new(
    "KEYS_BY_HOLDER",
    concat!(
        "SELECT holder, name FROM management_key WHERE workspace_id = $1 AND holder LIKE 'member:%' AND ",
        is_active!(),
        " ORDER BY created_at, id LIMIT 1000"
    ),
);
pub(crate) const NARROW_KEY: Sql =
    Sql::new("NARROW_KEY", "UPDATE management_key SET scopes = $2 WHERE id = $1");
pub(crate) const END_PREVIOUS_SECRET: Sql = Sql::new(
    "END_PREVIOUS_SECRET",
    "UPDATE management_key SET previous_hash = NULL, previous_expires_at = NULL, previous_holder = NULL WHERE id = $1",
);

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyFate {
    /// It was revoked.
    Revoked,
    /// It may do what the new role may, and nothing else.
    Narrowed,
    /// Its secret before the last rotation ended; the one that somebody else made is good.
    PreviousEnded,
}

/// A key that a change of its holder changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ChangedKey {
    /// Its id.
    #[schema(example = "0a1b2c3d4e5f6g7h")]
    pub(crate) id: String,
    /// Its name.
    #[schema(example = "deploy")]
    pub(crate) name: String,
    pub(crate) outcome: KeyFate,
}

/// What is to become of a key whose holder has `role` from now on, or none; `is_current` is whether it is the present
/// secret that they know.
fn fate(scopes: &Scopes, role: Option<Role>, is_current: bool) -> Option<(KeyFate, Scopes)> {
    // A key of a workspace has nothing that is the instance's, so it makes no difference whose the workspace is.
    let left: Vec<_> = match scopes {
        Scopes::All => Vec::new(),
        Scopes::Only(all) => all
            .iter()
            .copied()
            .filter(|one| role.is_some_and(|role| role.may(*one, Workplace::Customer)))
            .collect(),
    };
    let left = Scopes::Only(left);
    match (left == *scopes, is_current) {
        (true, _) if role.is_some() => None,
        (_, false) => Some((KeyFate::PreviousEnded, scopes.clone())),
        (_, true) if left == Scopes::Only(Vec::new()) => Some((KeyFate::Revoked, scopes.clone())),
        (_, true) => Some((KeyFate::Narrowed, left)),
    }
}

/// Ends or narrows, in the transaction of the member's change, what `user` knows of a workspace's keys. The workspace is
/// locked.
pub(crate) async fn follow_member(
    control: &Control,
    transaction: &Transaction,
    actor: &Actor,
    (workspace, user): (&WorkspaceId, &UserId),
    role: Option<Role>,
) -> Result<Vec<ChangedKey>, DbError> {
    let holder = format!("member:{user}");
    let mut changed = Vec::new();
    for row in transaction.query(&KEYS_KNOWN_TO, &[&workspace.as_str(), &holder]).await? {
        let (id, name): (String, String) = (row.try_get("id")?, row.try_get("name")?);
        let scopes = super::store::scopes(&row)?;
        let Some((outcome, left)) = fate(&scopes, role, row.try_get("is_current")?) else { continue };
        let because = json!({ "member": user, "role": role });
        let (kind, detail): (_, Value) = match outcome {
            KeyFate::Revoked => {
                transaction.execute(&super::store::REVOKE_KEY, &[&id]).await?;
                (EventType::ManagementKeyRevoked, json!({ "because": because }))
            }
            KeyFate::Narrowed => {
                transaction.execute(&NARROW_KEY, &[&id, &left.texts()]).await?;
                let detail = json!({ "from": scopes.texts(), "to": left.texts(), "because": because });
                (EventType::ManagementKeyNarrowed, detail)
            }
            KeyFate::PreviousEnded => {
                transaction.execute(&END_PREVIOUS_SECRET, &[&id]).await?;
                (EventType::ManagementKeyPreviousSecretEnded, json!({ "because": because }))
            }
        };
        tell(control, transaction, actor, kind, &id, detail).await?;
        changed.push(ChangedKey { id, name, outcome });
    }
    Ok(changed)
}

/// The names of active keys by the member who knows their secret, for whoever is about to remove one.
pub(crate) async fn by_holder(
    database: &kiavi_db::Database,
    workspace: &WorkspaceId,
) -> Result<Vec<(String, String)>, DbError> {
    let rows = database.query(&KEYS_BY_HOLDER, &[&workspace.as_str()]).await?;
    let of = |row: &kiavi_db::Row| {
        let holder: &str = row.try_get("holder")?;
        Ok((holder.trim_start_matches("member:").to_owned(), row.try_get("name")?))
    };
    rows.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Permission as P;

    #[test]
    fn a_key_does_not_do_more_than_whoever_knows_it() {
        let reads = Scopes::Only(vec![P::TenantRead]);
        let builds = Scopes::Only(vec![P::TenantRead, P::TenantCreate]);
        assert_eq!(fate(&reads, None, true), Some((KeyFate::Revoked, reads.clone())));
        assert_eq!(fate(&reads, None, false), Some((KeyFate::PreviousEnded, reads.clone())));
        assert_eq!(fate(&builds, Some(Role::Developer), true), None);
        assert_eq!(fate(&builds, Some(Role::Viewer), true), Some((KeyFate::Narrowed, reads)));
        assert_eq!(fate(&builds, Some(Role::Viewer), false), Some((KeyFate::PreviousEnded, builds)));
        let none = Scopes::Only(vec![P::KeyManage]);
        assert_eq!(fate(&none, Some(Role::Viewer), true), Some((KeyFate::Revoked, none)));
        assert_eq!(fate(&Scopes::All, Some(Role::Owner), true), Some((KeyFate::Revoked, Scopes::All)));
    }
}
