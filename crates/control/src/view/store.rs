//! The rows of views. Every statement names whose they are.

use kiavi_base::{TenantId, UserId, WorkspaceId};
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde_json::{Value, json};

use super::{List, NewView, View};

macro_rules! columns {
    () => {
        "id, list, name, filters, created_at"
    };
}

const VIEWS: Sql = Sql::new(
    "VIEWS",
    concat!(
        "SELECT ",
        columns!(),
        " FROM saved_view WHERE tenant_id = $1 AND owner = $2 ORDER BY lower(name), id"
    ),
);
// Keys of two numbers and keys of one are different locks.
const LOCK_VIEWS: Sql =
    Sql::new("LOCK_VIEWS", "SELECT pg_advisory_xact_lock(hashtext($1::text), hashtext($2::text))");
const COUNT_VIEWS: Sql =
    Sql::new("COUNT_VIEWS", "SELECT count(*) FROM saved_view WHERE tenant_id = $1 AND owner = $2");
const HAS_VIEW: Sql = Sql::new(
    "HAS_VIEW",
    "SELECT 1 FROM saved_view WHERE tenant_id = $1 AND owner = $2 AND list = $3 AND name = $4",
);
const INSERT_VIEW: Sql = Sql::new(
    "INSERT_VIEW",
    concat!(
        "INSERT INTO saved_view (id, tenant_id, owner, list, name, filters) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, owner, list, name) DO NOTHING RETURNING ",
        columns!()
    ),
);
const RENAME_VIEW: Sql = Sql::new(
    "RENAME_VIEW",
    concat!(
        "UPDATE saved_view SET name = $4 WHERE id = $1 AND tenant_id = $2 AND owner = $3 RETURNING ",
        columns!()
    ),
);
const DELETE_VIEW: Sql =
    Sql::new("DELETE_VIEW", "DELETE FROM saved_view WHERE id = $1 AND tenant_id = $2 AND owner = $3");
const DELETE_VIEWS_OF: Sql = Sql::new(
    "DELETE_VIEWS_OF",
    "DELETE FROM saved_view v USING tenant t WHERE t.id = v.tenant_id AND t.workspace_id = $1 AND v.owner = $2",
);

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[
    &VIEWS,
    &LOCK_VIEWS,
    &COUNT_VIEWS,
    &HAS_VIEW,
    &INSERT_VIEW,
    &RENAME_VIEW,
    &DELETE_VIEW,
    &DELETE_VIEWS_OF,
];

/// Somebody's views of a tenant's lists, by name.
pub(crate) async fn list(database: &Database, tenant: &TenantId, owner: &str) -> Result<Vec<View>, DbError> {
    database.query(&VIEWS, &[&tenant.as_str(), &owner]).await?.iter().map(view).collect()
}

/// From here to the end of the transaction nobody else adds to or renames somebody's views of a tenant.
pub(super) async fn lock(transaction: &Transaction, tenant: &TenantId, owner: &str) -> Result<(), DbError> {
    transaction.query_one(&LOCK_VIEWS, &[&tenant.as_str(), &owner]).await.map(drop)
}

pub(super) async fn count(transaction: &Transaction, tenant: &TenantId, owner: &str) -> Result<i64, DbError> {
    Ok(transaction.query_one(&COUNT_VIEWS, &[&tenant.as_str(), &owner]).await?.try_get(0)?)
}

pub(super) async fn has(
    transaction: &Transaction,
    tenant: &TenantId,
    owner: &str,
    list: List,
    name: &str,
) -> Result<bool, DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 4] = [&tenant.as_str(), &owner, &list.as_str(), &name];
    Ok(transaction.query_opt(&HAS_VIEW, &values).await?.is_some())
}

/// Writes a view down; `None` where its owner has one of this name.
pub(super) async fn insert(
    transaction: &Transaction,
    (tenant, owner): (&TenantId, &str),
    id: &str,
    name: &str,
    new: &NewView,
) -> Result<Option<View>, DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 6] =
        [&id, &tenant.as_str(), &owner, &new.list.as_str(), &name, &json!(new.filters)];
    transaction.query_opt(&INSERT_VIEW, &values).await?.as_ref().map(view).transpose()
}

pub(super) async fn rename(
    transaction: &Transaction,
    (tenant, owner): (&TenantId, &str),
    id: &str,
    name: &str,
) -> Result<Option<View>, DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 4] = [&id, &tenant.as_str(), &owner, &name];
    transaction.query_opt(&RENAME_VIEW, &values).await?.as_ref().map(view).transpose()
}

/// Whether there was one.
pub(super) async fn delete(
    transaction: &Transaction,
    tenant: &TenantId,
    owner: &str,
    id: &str,
) -> Result<bool, DbError> {
    Ok(transaction.execute(&DELETE_VIEW, &[&id, &tenant.as_str(), &owner]).await? == 1)
}

/// Ends what a member has saved who is removed from a workspace.
pub(crate) async fn delete_of(
    transaction: &Transaction,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<(), DbError> {
    let owner = format!("member:{user}");
    transaction.execute(&DELETE_VIEWS_OF, &[&workspace.as_str(), &owner]).await.map(drop)
}

fn view(row: &Row) -> Result<View, DbError> {
    let (list, filters): (&str, Value) = (row.try_get("list")?, row.try_get("filters")?);
    let unreadable = |what: &str| DbError::Value(format!("saved_view.{what}"));
    Ok(View {
        id: row.try_get("id")?,
        list: List::parse(list).ok_or_else(|| unreadable("list"))?,
        name: row.try_get("name")?,
        filters: serde_json::from_value(filters).map_err(|_| unreadable("filters"))?,
        created_at: row.try_get("created_at")?,
    })
}
