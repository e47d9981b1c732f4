//! The rows of management keys.

use jiff::SignedDuration;
use kiavi_base::WorkspaceId;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::{KeyState, ManagementKey, NewKey};
use crate::position::Position;
use crate::{Scopes, workspace::store::parsed};

macro_rules! state {
    () => {
        "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'active' END"
    };
}

macro_rules! columns {
    () => {
        concat!(
            "id, name, workspace_id, scopes, last4, created_by, holder, created_at, expires_at, ",
            "last_used_on::text AS last_used_on, revoked_at, ",
            "CASE WHEN previous_expires_at > now() THEN previous_expires_at END AS previous_expires_at, ",
            state!(),
            " AS state"
        )
    };
}

// The day is told whether it has to be written: once a day.
pub(crate) const KEY_BY_HASH: Sql = Sql::new(
    "KEY_BY_HASH",
    "SELECT id, workspace_id, scopes, CASE WHEN hash = $1 THEN holder ELSE coalesce(previous_holder, holder) END AS holder,
            last_used_on IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date AS is_first_today
     FROM management_key
     WHERE (hash = $1 OR (previous_hash = $1 AND previous_expires_at > now()))
       AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
);
pub(crate) const KEY_USED: Sql = Sql::new(
    "KEY_USED",
    "UPDATE management_key SET last_used_on = (now() AT TIME ZONE 'UTC')::date WHERE id = $1",
);
// `$2` is the only workspace that the caller sees, or NULL.
pub(crate) const KEY_BY_ID: Sql = Sql::new(
    "KEY_BY_ID",
    concat!(
        "SELECT ",
        columns!(),
        " FROM management_key WHERE id = $1 AND ($2::text IS NULL OR workspace_id = $2)"
    ),
);
pub(crate) const KEYS_BEFORE: Sql = Sql::new(
    "KEYS_BEFORE",
    concat!(
        "SELECT ",
        columns!(),
        " FROM management_key
         WHERE ($1::text IS NULL OR workspace_id = $1) AND (created_at, id) < ($2, $3)
           AND ($4::text IS NULL OR ",
        state!(),
        " = $4)
         ORDER BY created_at DESC, id DESC LIMIT $5"
    ),
);
pub(crate) const INSERT_KEY: Sql = Sql::new(
    "INSERT_KEY",
    concat!(
        "INSERT INTO management_key (id, hash, name, workspace_id, scopes, last4, created_by, expires_at, holder)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ",
        columns!()
    ),
);
pub(crate) const HAS_KEYS: Sql = Sql::new("HAS_KEYS", "SELECT EXISTS (SELECT FROM management_key)");
pub(crate) const ROTATE_KEY: Sql = Sql::new(
    "ROTATE_KEY",
    concat!(
        "UPDATE management_key
         SET previous_hash = hash, previous_expires_at = now() + make_interval(secs => $4), previous_holder = holder,
             hash = $2, last4 = $3, holder = $5
         WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) RETURNING ",
        columns!()
    ),
);
pub(crate) const REVOKE_KEY: Sql = Sql::new(
    "REVOKE_KEY",
    "UPDATE management_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL",
);
pub(crate) const REVOKE_KEYS_BY_NAME: Sql = Sql::new(
    "REVOKE_KEYS_BY_NAME",
    "UPDATE management_key SET revoked_at = now()
     WHERE name = $1 AND created_by = 'control' AND revoked_at IS NULL",
);

/// What a good key opens.
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) scopes: Scopes,
    /// Who knows the secret that opened it.
    pub(super) holder: String,
}

/// What is stored of a secret.
pub(super) struct Stored {
    pub(super) hash: [u8; 32],
    pub(super) last4: String,
    /// Who is shown it.
    pub(super) holder: String,
}

/// The key with this hash, if it is good now. Notes the day.
pub(super) async fn by_hash(database: &Database, hash: &[u8; 32]) -> Result<Option<Opened>, DbError> {
    let Some(row) = database.query_opt(&KEY_BY_HASH, &[&hash.as_slice()]).await? else { return Ok(None) };
    let id: String = row.try_get("id")?;
    if row.try_get("is_first_today")? {
        database.execute(&KEY_USED, &[&id]).await?;
    }
    let holder = row.try_get("holder")?;
    Ok(Some(Opened { id, workspace: workspace(&row)?, scopes: scopes(&row)?, holder }))
}

/// One key, if it is in the workspace `own`, or wherever it is.
pub(crate) async fn find(
    database: &Database,
    own: Option<&WorkspaceId>,
    id: &str,
) -> Result<Option<ManagementKey>, DbError> {
    let row = database.query_opt(&KEY_BY_ID, &[&id, &own.map(WorkspaceId::as_str)]).await?;
    row.as_ref().map(key).transpose()
}

/// Up to `limit` keys before a position, newest first.
pub(crate) async fn list(
    database: &Database,
    own: Option<&WorkspaceId>,
    before: &Position,
    state: Option<KeyState>,
    limit: i64,
) -> Result<Vec<ManagementKey>, DbError> {
    let (own, state) = (own.map(WorkspaceId::as_str), state.map(KeyState::as_str));
    let rows = database.query(&KEYS_BEFORE, &[&own, &before.at, &before.id, &state, &limit]).await?;
    rows.iter().map(key).collect()
}

pub(super) async fn insert(
    transaction: &Transaction,
    id: &str,
    new: &NewKey,
    stored: &Stored,
    created_by: &str,
) -> Result<ManagementKey, DbError> {
    let NewKey { name, workspace, scopes, expires_at } = new;
    let (workspace, scopes) = (workspace.as_ref().map(WorkspaceId::as_str), scopes.texts());
    let (hash, last4) = (stored.hash.as_slice(), &stored.last4);
    let values: [&(dyn kiavi_db::ToSql + Sync); 9] =
        [&id, &hash, name, &workspace, &scopes, last4, &created_by, expires_at, &stored.holder];
    key(&transaction.query_one(&INSERT_KEY, &values).await?)
}

pub(super) async fn rotate(
    transaction: &Transaction,
    id: &str,
    stored: &Stored,
    overlap: SignedDuration,
) -> Result<Option<ManagementKey>, DbError> {
    let (hash, overlap) = (stored.hash.as_slice(), overlap.as_secs_f64());
    let values: [&(dyn kiavi_db::ToSql + Sync); 5] = [&id, &hash, &stored.last4, &overlap, &stored.holder];
    let row = transaction.query_opt(&ROTATE_KEY, &values).await?;
    row.as_ref().map(key).transpose()
}

fn key(row: &Row) -> Result<ManagementKey, DbError> {
    let state = match row.try_get("state")? {
        "active" => KeyState::Active,
        "expired" => KeyState::Expired,
        // The statement leaves only this one.
        _ => KeyState::Revoked,
    };
    Ok(ManagementKey {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        workspace: workspace(row)?,
        scopes: scopes(row)?,
        last4: row.try_get("last4")?,
        created_by: row.try_get("created_by")?,
        holder: row.try_get("holder")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_on: row.try_get("last_used_on")?,
        previous_expires_at: row.try_get("previous_expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
        state,
    })
}

fn workspace(row: &Row) -> Result<Option<WorkspaceId>, DbError> {
    row.try_get::<_, Option<&str>>("workspace_id")?.map(parsed).transpose()
}

pub(super) fn scopes(row: &Row) -> Result<Scopes, DbError> {
    Ok(Scopes::from_stored(&row.try_get::<_, Vec<&str>>("scopes")?))
}
