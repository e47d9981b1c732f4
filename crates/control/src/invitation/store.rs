//! The rows of invitations.

use jiff::Timestamp;
use kiavi_base::{UserId, WorkspaceId};
use kiavi_crypto::sha256;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::{Invitation, InvitationState, NewInvitation};
use crate::position::Position;
use crate::{Role, member::store::role, workspace::store::parsed};

macro_rules! state {
    () => {
        "CASE WHEN accepted_at IS NOT NULL THEN 'accepted' WHEN revoked_at IS NOT NULL THEN 'revoked'
              WHEN expires_at <= now() THEN 'expired' ELSE 'open' END"
    };
}

macro_rules! columns {
    () => {
        concat!(
            "id, workspace_id, email, role, invited_by, created_at, sent_at, expires_at, locale, ",
            state!(),
            " AS state"
        )
    };
}

pub(crate) const INVITATION: Sql = Sql::new(
    "INVITATION",
    concat!("SELECT ", columns!(), " FROM invitation WHERE workspace_id = $1 AND id = $2"),
);
pub(crate) const INVITATION_BY_HASH: Sql =
    Sql::new("INVITATION_BY_HASH", concat!("SELECT ", columns!(), " FROM invitation WHERE hash = $1"));
pub(crate) const INVITATIONS_BEFORE: Sql = Sql::new(
    "INVITATIONS_BEFORE",
    concat!(
        "SELECT ",
        columns!(),
        " FROM invitation WHERE workspace_id = $1 AND (created_at, id) < ($2, $3) AND ($4::text IS NULL OR ",
        state!(),
        " = $4) ORDER BY created_at DESC, id DESC LIMIT $5"
    ),
);
pub(crate) const INVITATIONS_FOR: Sql = Sql::new(
    "INVITATIONS_FOR",
    concat!(
        "SELECT ",
        columns!(),
        " FROM invitation WHERE email = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
         ORDER BY created_at LIMIT 20"
    ),
);
pub(crate) const INVITATIONS_TODAY: Sql = Sql::new(
    "INVITATIONS_TODAY",
    "SELECT count(*) FROM invitation WHERE workspace_id = $1 AND created_at > now() - interval '24 hours'",
);
// One whose time is over makes room.
pub(crate) const GIVE_UP_EXPIRED: Sql = Sql::new(
    "GIVE_UP_EXPIRED",
    "UPDATE invitation SET revoked_at = now()
     WHERE workspace_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at <= now()",
);
pub(crate) const INSERT_INVITATION: Sql = Sql::new(
    "INSERT_INVITATION",
    concat!(
        "INSERT INTO invitation (id, workspace_id, email, role, hash, locale, invited_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + interval '7 days')
         ON CONFLICT (workspace_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL DO NOTHING RETURNING ",
        columns!()
    ),
);
pub(crate) const RENEW_INVITATION: Sql = Sql::new(
    "RENEW_INVITATION",
    concat!(
        "UPDATE invitation SET hash = $2, expires_at = now() + interval '7 days'
         WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL
           AND (sent_at IS NULL OR sent_at < now() - interval '5 minutes') RETURNING ",
        columns!()
    ),
);
pub(crate) const INVITATION_SENT: Sql =
    Sql::new("INVITATION_SENT", "UPDATE invitation SET sent_at = now() WHERE id = $1 RETURNING sent_at");
pub(crate) const REVOKE_INVITATION: Sql = Sql::new(
    "REVOKE_INVITATION",
    "UPDATE invitation SET revoked_at = now() WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL",
);
pub(crate) const REVOKE_INVITATIONS_OF: Sql = Sql::new(
    "REVOKE_INVITATIONS_OF",
    "UPDATE invitation SET revoked_at = now()
     WHERE workspace_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING id",
);
// Single use, and for one address: the row count decides.
pub(crate) const ACCEPT_INVITATION: Sql = Sql::new(
    "ACCEPT_INVITATION",
    "UPDATE invitation SET accepted_at = now()
     WHERE id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > clock_timestamp()
     RETURNING workspace_id, role",
);

pub(crate) async fn find(
    database: &Database,
    workspace: &WorkspaceId,
    id: &str,
) -> Result<Option<Invitation>, DbError> {
    let row = database.query_opt(&INVITATION, &[&workspace.as_str(), &id]).await?;
    row.as_ref().map(invitation).transpose()
}

/// The invitation whose newest link has this token.
pub(crate) async fn by_token(database: &Database, token: &str) -> Result<Option<Invitation>, DbError> {
    let row = database.query_opt(&INVITATION_BY_HASH, &[&sha256(token.as_bytes()).as_slice()]).await?;
    row.as_ref().map(invitation).transpose()
}

/// Open invitations for an address, oldest first.
pub(crate) async fn open_for(database: &Database, email: &str) -> Result<Vec<Invitation>, DbError> {
    database.query(&INVITATIONS_FOR, &[&email]).await?.iter().map(invitation).collect()
}

/// Up to `limit` invitations before a position, newest first.
pub(crate) async fn list(
    database: &Database,
    workspace: &WorkspaceId,
    before: &Position,
    state: Option<InvitationState>,
    limit: i64,
) -> Result<Vec<Invitation>, DbError> {
    let (state, Position { at, id }) = (state.map(InvitationState::as_str), before);
    let values: [&(dyn kiavi_db::ToSql + Sync); 5] = [&workspace.as_str(), at, id, &state, &limit];
    database.query(&INVITATIONS_BEFORE, &values).await?.iter().map(invitation).collect()
}

pub(super) async fn made_today(transaction: &Transaction, workspace: &WorkspaceId) -> Result<i64, DbError> {
    Ok(transaction.query_one(&INVITATIONS_TODAY, &[&workspace.as_str()]).await?.try_get(0)?)
}

/// Writes an invitation down; `None` when the address has one.
pub(super) async fn insert(
    transaction: &Transaction,
    id: &str,
    new: &NewInvitation<'_>,
    hash: &[u8; 32],
    invited_by: &str,
) -> Result<Option<Invitation>, DbError> {
    let (workspace, email) = (new.workspace.id.as_str(), new.email.as_str());
    transaction.execute(&GIVE_UP_EXPIRED, &[&workspace, &email]).await?;
    let (role, locale, hash) = (new.role.as_str(), new.locale.tag(), hash.as_slice());
    let values: [&(dyn kiavi_db::ToSql + Sync); 7] =
        [&id, &workspace, &email, &role, &hash, &locale, &invited_by];
    let row = transaction.query_opt(&INSERT_INVITATION, &values).await?;
    row.as_ref().map(invitation).transpose()
}

pub(super) async fn renew(
    transaction: &Transaction,
    id: &str,
    hash: &[u8; 32],
) -> Result<Option<Invitation>, DbError> {
    let row = transaction.query_opt(&RENEW_INVITATION, &[&id, &hash.as_slice()]).await?;
    row.as_ref().map(invitation).transpose()
}

pub(super) async fn sent(database: &Database, id: &str) -> Result<Option<Timestamp>, DbError> {
    let row = database.query_opt(&INVITATION_SENT, &[&id]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Withdraws what a member invited, whose role changes or ends: the ids.
pub(super) async fn revoke_of(
    transaction: &Transaction,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<Vec<String>, DbError> {
    let name = format!("member:{user}");
    let rows = transaction.query(&REVOKE_INVITATIONS_OF, &[&workspace.as_str(), &name]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn accept(
    transaction: &Transaction,
    id: &str,
    email: &str,
) -> Result<Option<(WorkspaceId, Role)>, DbError> {
    let Some(row) = transaction.query_opt(&ACCEPT_INVITATION, &[&id, &email]).await? else { return Ok(None) };
    Ok(Some((parsed(row.try_get("workspace_id")?)?, role(&row)?)))
}

fn invitation(row: &Row) -> Result<Invitation, DbError> {
    let state = match row.try_get("state")? {
        "open" => InvitationState::Open,
        "expired" => InvitationState::Expired,
        "accepted" => InvitationState::Accepted,
        // The statement leaves only this one.
        _ => InvitationState::Revoked,
    };
    Ok(Invitation {
        id: row.try_get("id")?,
        workspace: parsed(row.try_get("workspace_id")?)?,
        email: row.try_get("email")?,
        role: role(row)?,
        invited_by: row.try_get("invited_by")?,
        created_at: row.try_get("created_at")?,
        sent_at: row.try_get("sent_at")?,
        expires_at: row.try_get("expires_at")?,
        locale: row.try_get("locale")?,
        state,
    })
}
