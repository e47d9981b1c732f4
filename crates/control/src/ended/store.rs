//! The rows of what has ended.

use std::collections::HashSet;

use jiff::Timestamp;
use kiavi_base::TenantId;
use kiavi_db::{Database, DbError, Sql, Transaction};

use super::Kind;
use crate::workspace::store::parsed;

pub(crate) const FAMILY: Sql = Sql::new("FAMILY", "SELECT family FROM tenant_family WHERE tenant_id = $1");
pub(crate) const JOIN_FAMILY: Sql = Sql::new(
    "JOIN_FAMILY",
    "INSERT INTO tenant_family (tenant_id, family) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);
// Those that are here and have the tables.
pub(crate) const FAMILY_HERE: Sql = Sql::new(
    "FAMILY_HERE",
    "SELECT t.id FROM tenant t LEFT JOIN tenant_family f ON f.tenant_id = t.id
     WHERE coalesce(f.family, t.id) = $1 AND t.schema_version = $2 AND t.target <> 'importing' ORDER BY t.id",
);
// Whether the instance has, or had, this tenant: whatever ended there was told to it. And whether it was brought back since,
// and what it was told last is lost.
pub(crate) const HAS_HAD: Sql = Sql::new(
    "HAS_HAD",
    "SELECT EXISTS (SELECT FROM tenant WHERE id = $1)
         OR EXISTS (SELECT FROM audit_event WHERE subject = $1 AND type = 'tenant.requested'),
            EXISTS (SELECT FROM lost_tenant WHERE id = $1)",
);
pub(crate) const INSERT_ENDED: Sql = Sql::new(
    "INSERT_ENDED",
    "INSERT INTO ended (family, kind, digest, at)
     SELECT $1::text, e.* FROM unnest($2::text[], $3::bytea[], $4::timestamptz[]) AS e (kind, digest, at)
     ON CONFLICT DO NOTHING",
);
pub(crate) const DELETE_ENDED: Sql = Sql::new(
    "DELETE_ENDED",
    "DELETE FROM ended WHERE family = $1 AND kind = $2 AND digest = ANY ($3::bytea[])",
);
pub(crate) const ENDED: Sql = Sql::new("ENDED", "SELECT digest FROM ended WHERE family = $1 AND kind = $2");

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(super) const STATEMENTS: &[&Sql] =
    &[&FAMILY, &JOIN_FAMILY, &FAMILY_HERE, &HAS_HAD, &INSERT_ENDED, &DELETE_ENDED, &ENDED];

/// Something that ended.
pub(super) struct Ending {
    pub(super) kind: Kind,
    pub(super) digest: [u8; 32],
    pub(super) at: Timestamp,
}

/// The family of a tenant, whether it is here or not.
pub(crate) async fn family(database: &Database, tenant: &str) -> Result<String, DbError> {
    let row = database.query_opt(&FAMILY, &[&tenant]).await?;
    let known: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(known.unwrap_or_else(|| tenant.to_owned()))
}

/// Writes down that a tenant was made of an archive of another.
pub(crate) async fn join_family(
    transaction: &Transaction,
    tenant: &TenantId,
    family: &str,
) -> Result<(), DbError> {
    transaction.execute(&JOIN_FAMILY, &[&tenant.as_str(), &family]).await.map(drop)
}

/// The tenants of a family that are here, with tables of this version.
pub(super) async fn family_here(
    database: &Database,
    family: &str,
    version: i32,
) -> Result<Vec<TenantId>, DbError> {
    let rows = database.query(&FAMILY_HERE, &[&family, &version]).await?;
    rows.iter().map(|row| parsed(row.try_get(0)?)).collect()
}

/// Whether what ended in this tenant was told to this instance, and whether some of that is lost.
pub(super) async fn has_had(database: &Database, tenant: &str) -> Result<(bool, bool), DbError> {
    let row = database.query_one(&HAS_HAD, &[&tenant]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Keeps what ended, and forgets what is there again.
pub(super) async fn keep(
    transaction: &Transaction,
    family: &str,
    endings: &[Ending],
    switched_on: &[[u8; 32]],
) -> Result<(), DbError> {
    if !endings.is_empty() {
        let kinds: Vec<&str> = endings.iter().map(|ending| ending.kind.as_str()).collect();
        let digests: Vec<&[u8]> = endings.iter().map(|ending| &ending.digest[..]).collect();
        let times: Vec<Timestamp> = endings.iter().map(|ending| ending.at).collect();
        transaction.execute(&INSERT_ENDED, &[&family, &kinds, &digests, &times]).await?;
    }
    if !switched_on.is_empty() {
        let digests: Vec<&[u8]> = switched_on.iter().map(|digest| &digest[..]).collect();
        transaction.execute(&DELETE_ENDED, &[&family, &Kind::ApiKeyOff.as_str(), &digests]).await?;
    }
    Ok(())
}

/// All that is known to have ended of a kind.
pub(super) async fn ended(
    database: &Database,
    family: &str,
    kind: Kind,
) -> Result<HashSet<[u8; 32]>, DbError> {
    let digest = |row: &kiavi_db::Row| {
        let digest: &[u8] = row.try_get(0)?;
        digest.try_into().map_err(|_| DbError::Value("ended.digest has 32 bytes".to_owned()))
    };
    database.query(&ENDED, &[&family, &kind.as_str()]).await?.iter().map(digest).collect()
}
