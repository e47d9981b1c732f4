//! The rows of members.

use kiavi_base::{UserId, WorkspaceId};
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::Member;
use crate::position::Position;
use crate::{ControlError, Role, Workspace, workspace::store as workspaces, workspace::store::parsed};

macro_rules! columns {
    () => {
        "m.user_id, m.role, m.created_at, p.email, p.name FROM member m JOIN person p ON p.id = m.user_id"
    };
}

pub(crate) const MEMBER: Sql =
    Sql::new("MEMBER", concat!("SELECT ", columns!(), " WHERE m.workspace_id = $1 AND m.user_id = $2"));
pub(crate) const MEMBERS_AFTER: Sql = Sql::new(
    "MEMBERS_AFTER",
    concat!(
        "SELECT ",
        columns!(),
        " WHERE m.workspace_id = $1 AND (m.created_at, m.user_id) > ($2, $3) ORDER BY m.created_at, m.user_id LIMIT $4"
    ),
);
pub(crate) const MEMBER_BY_EMAIL: Sql = Sql::new(
    "MEMBER_BY_EMAIL",
    concat!("SELECT ", columns!(), " WHERE m.workspace_id = $1 AND p.email = $2"),
);
pub(crate) const PUT_MEMBER: Sql = Sql::new(
    "PUT_MEMBER",
    "INSERT INTO member (workspace_id, user_id, role) VALUES ($1, $2, $3)
     ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role",
);
// Whoever is a member keeps the role that they have.
pub(crate) const JOIN_MEMBER: Sql = Sql::new(
    "JOIN_MEMBER",
    "INSERT INTO member (workspace_id, user_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
);
pub(crate) const DELETE_MEMBER: Sql =
    Sql::new("DELETE_MEMBER", "DELETE FROM member WHERE workspace_id = $1 AND user_id = $2");
pub(crate) const OWNERS: Sql =
    Sql::new("OWNERS", "SELECT count(*) FROM member WHERE workspace_id = $1 AND role = 'owner'");
pub(crate) const WORKSPACES_OF_PERSON: Sql = Sql::new(
    "WORKSPACES_OF_PERSON",
    "SELECT w.id, w.slug, w.name, w.created_at, m.role FROM member m JOIN workspace w ON w.id = m.workspace_id
     WHERE m.user_id = $1 ORDER BY w.name, w.slug",
);

pub(crate) async fn find(
    database: &Database,
    workspace: &WorkspaceId,
    user: &str,
) -> Result<Option<Member>, DbError> {
    let row = database.query_opt(&MEMBER, &[&workspace.as_str(), &user]).await?;
    row.as_ref().map(member).transpose()
}

pub(crate) async fn by_email(
    database: &Database,
    workspace: &WorkspaceId,
    email: &str,
) -> Result<Option<Member>, DbError> {
    let rows = database.query(&MEMBER_BY_EMAIL, &[&workspace.as_str(), &email]).await?;
    rows.first().map(member).transpose()
}

pub(super) async fn in_transaction(
    transaction: &Transaction,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<Option<Member>, DbError> {
    let row = transaction.query_opt(&MEMBER, &[&workspace.as_str(), &user.as_str()]).await?;
    row.as_ref().map(member).transpose()
}

/// Up to `limit` members after a position, the first who came first.
pub(crate) async fn list(
    database: &Database,
    workspace: &WorkspaceId,
    after: &Position,
    limit: i64,
) -> Result<Vec<Member>, DbError> {
    let Position { at, id } = after;
    database.query(&MEMBERS_AFTER, &[&workspace.as_str(), at, id, &limit]).await?.iter().map(member).collect()
}

pub(crate) async fn put(
    transaction: &Transaction,
    workspace: &WorkspaceId,
    user: &UserId,
    role: Role,
) -> Result<(), DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 3] = [&workspace.as_str(), &user.as_str(), &role.as_str()];
    transaction.execute(&PUT_MEMBER, &values).await.map(drop)
}

/// Refuses what would leave a workspace without an owner; nothing may be committed then.
pub(super) async fn keep_an_owner(
    transaction: &Transaction,
    workspace: &WorkspaceId,
) -> Result<(), ControlError> {
    let owners: i64 =
        transaction.query_one(&OWNERS, &[&workspace.as_str()]).await?.try_get(0).map_err(DbError::from)?;
    if owners > 0 { Ok(()) } else { Err(ControlError::LastOwner) }
}

/// The workspaces that somebody is a member of, by name, and as what.
pub(crate) async fn workspaces_of(
    database: &Database,
    user: &UserId,
) -> Result<Vec<(Workspace, Role)>, DbError> {
    let rows = database.query(&WORKSPACES_OF_PERSON, &[&user.as_str()]).await?;
    rows.iter().map(|row| Ok((workspaces::workspace(row)?, role(row)?))).collect()
}

fn member(row: &Row) -> Result<Member, DbError> {
    Ok(Member {
        user: parsed(row.try_get("user_id")?)?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        role: role(row)?,
        created_at: row.try_get("created_at")?,
    })
}

pub(crate) fn role(row: &Row) -> Result<Role, DbError> {
    let text: &str = row.try_get("role")?;
    Role::parse(text).ok_or_else(|| DbError::Value("a role".into()))
}
