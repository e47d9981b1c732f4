//! The rows of workspaces.

use kiavi_base::{Slug, WorkspaceId};
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::Workspace;
use crate::Caller;

macro_rules! columns {
    () => {
        "id, slug, name, created_at"
    };
}

pub(crate) const WORKSPACE_BY_ID: Sql =
    Sql::new("WORKSPACE_BY_ID", concat!("SELECT ", columns!(), " FROM workspace WHERE id = $1"));
pub(crate) const WORKSPACE_BY_SLUG: Sql =
    Sql::new("WORKSPACE_BY_SLUG", concat!("SELECT ", columns!(), " FROM workspace WHERE slug = $1"));
// `$1` is the only workspace that the caller sees, or NULL; `$4` a person, for those that they are a member of.
pub(crate) const WORKSPACES_AFTER: Sql = Sql::new(
    "WORKSPACES_AFTER",
    concat!(
        "SELECT ",
        columns!(),
        " FROM workspace WHERE ($1::text IS NULL OR id = $1) AND slug > $2
           AND ($4::text IS NULL OR id IN (SELECT workspace_id FROM member WHERE user_id = $4))
         ORDER BY slug LIMIT $3"
    ),
);
pub(crate) const INSERT_WORKSPACE: Sql = Sql::new(
    "INSERT_WORKSPACE",
    concat!(
        "INSERT INTO workspace (id, slug, name) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING RETURNING ",
        columns!()
    ),
);

/// The workspace with this id or, failing that, this slug.
pub(crate) async fn find(database: &Database, id_or_slug: &str) -> Result<Option<Workspace>, DbError> {
    let row = match id_or_slug.parse::<WorkspaceId>() {
        Ok(id) => database.query_opt(&WORKSPACE_BY_ID, &[&id.as_str()]).await?,
        // What cannot be a slug is not asked for: the database has no text with every character.
        Err(_) => match id_or_slug.parse::<Slug>() {
            Ok(slug) => database.query_opt(&WORKSPACE_BY_SLUG, &[&slug.as_str()]).await?,
            Err(_) => None,
        },
    };
    row.as_ref().map(workspace).transpose()
}

/// Up to `limit` workspaces by slug, after `slug`, of those that the caller sees: a member all of theirs.
pub(crate) async fn list(
    database: &Database,
    caller: &Caller,
    slug: &str,
    limit: i64,
) -> Result<Vec<Workspace>, DbError> {
    let (own, member) = match caller {
        Caller::Member { user, .. } => (None, Some(user.as_str())),
        other => (other.workspace().map(WorkspaceId::as_str), None),
    };
    database.query(&WORKSPACES_AFTER, &[&own, &slug, &limit, &member]).await?.iter().map(workspace).collect()
}

pub(crate) const RENAME_WORKSPACE: Sql = Sql::new(
    "RENAME_WORKSPACE",
    concat!("UPDATE workspace SET name = $2 WHERE id = $1 RETURNING ", columns!()),
);

/// Writes a new workspace down. `None` when the slug is taken.
pub(crate) async fn insert(
    transaction: &Transaction,
    id: &WorkspaceId,
    slug: &Slug,
    name: &str,
) -> Result<Option<Workspace>, DbError> {
    let row = transaction.query_opt(&INSERT_WORKSPACE, &[&id.as_str(), &slug.as_str(), &name]).await?;
    row.as_ref().map(workspace).transpose()
}

pub(crate) fn workspace(row: &Row) -> Result<Workspace, DbError> {
    Ok(Workspace {
        id: parsed(row.try_get("id")?)?,
        slug: parsed(row.try_get("slug")?)?,
        name: row.try_get("name")?,
        created_at: row.try_get("created_at")?,
    })
}

/// A column's text as what it is.
pub(crate) fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|_| DbError::Value(format!("not a {}", std::any::type_name::<T>())))
}
