//! Tenants that an instance had before it was brought back, and whose data is still in their archives.

use jiff::Timestamp;
use kiavi_base::{TenantId, WorkspaceId};
use kiavi_db::{Database, DbError, Sql, Transaction};
use serde::Serialize;
use utoipa::ToSchema;

use crate::workspace::store::parsed;

pub(crate) const LOST: Sql = Sql::new(
    "LOST",
    "SELECT l.id, l.slug, w.slug AS workspace, l.lost_at FROM lost_tenant l JOIN workspace w ON w.id = l.workspace_id
     ORDER BY l.slug <> 'console', l.slug",
);
// Under its own name only: a copy to look at is another tenant.
pub(crate) const LOST_WORKSPACE: Sql =
    Sql::new("LOST_WORKSPACE", "SELECT workspace_id FROM lost_tenant WHERE id = $1 AND slug = $2");
// A name that is somebody else's by now stays theirs.
pub(crate) const COME_BACK: Sql = Sql::new(
    "COME_BACK",
    "WITH back AS (DELETE FROM lost_tenant WHERE id = $1 AND slug = $2 RETURNING hostnames, domains),
     names AS (
       INSERT INTO tenant_hostname (hostname, tenant_id, role, proof, release_at, created_at)
       SELECT h.hostname, $3::text, h.role, h.proof, h.release_at, h.created_at FROM back, jsonb_to_recordset(back.hostnames)
         AS h (hostname text, role text, proof text, release_at timestamptz, created_at timestamptz)
       ON CONFLICT DO NOTHING),
     proofs AS (
       INSERT INTO tenant_domain (tenant_id, domain, challenge, state, created_at, verified_at, checked_at, outcome,
                                  failing_since, check_at)
       SELECT $3::text, d.domain, d.challenge, d.state, d.created_at, d.verified_at, d.checked_at, d.outcome,
              d.failing_since, now() FROM back, jsonb_to_recordset(back.domains)
         AS d (domain text, challenge text, state text, created_at timestamptz, verified_at timestamptz,
               checked_at timestamptz, outcome text, failing_since timestamptz)
       ON CONFLICT DO NOTHING)
     SELECT count(*) FROM back",
);

/// A tenant whose data is to be restored.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LostTenant)]
pub(crate) struct Lost {
    /// The id that it had: archives are called by it.
    #[schema(example = "t0a1b2c3d4e5f6g7h8i9j0k1l")]
    pub(crate) id: String,
    /// Its name.
    #[schema(example = "shop")]
    pub(crate) slug: String,
    /// Its workspace.
    pub(crate) workspace: String,
    /// When the instance was brought back.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) lost_at: Timestamp,
}

/// Those that are not back yet, the console's own first.
pub(crate) async fn all(database: &Database) -> Result<Vec<Lost>, DbError> {
    let rows = database.query(&LOST, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Lost {
                id: row.try_get("id")?,
                slug: row.try_get("slug")?,
                workspace: row.try_get("workspace")?,
                lost_at: row.try_get("lost_at")?,
            })
        })
        .collect()
}

/// The workspace of the lost tenant with this id and this name, if it is one.
pub(crate) async fn workspace(
    database: &Database,
    id: &str,
    slug: &str,
) -> Result<Option<WorkspaceId>, DbError> {
    let row = database.query_opt(&LOST_WORKSPACE, &[&id, &slug]).await?;
    row.map(|row| parsed(row.try_get(0)?)).transpose()
}

/// Gives what the lost tenant was reached under to the one that was made of its archive; whether it was lost.
pub(crate) async fn come_back(
    transaction: &Transaction,
    id: &str,
    slug: &str,
    tenant: &TenantId,
) -> Result<bool, DbError> {
    let row = transaction.query_one(&COME_BACK, &[&id, &slug, &tenant.as_str()]).await?;
    Ok(row.try_get::<_, i64>(0)? > 0)
}
