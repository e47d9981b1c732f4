//! The statements about logs.

use jiff::Timestamp;
use kiavi_audit::Seen;
use kiavi_base::TenantId;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::Log;

pub(crate) const KEEP_LOG: Sql = Sql::new(
    "KEEP_LOG",
    "WITH before AS (SELECT origin, public_key FROM audit_log WHERE tenant_id = $1)
     INSERT INTO audit_log (tenant_id, origin, public_key) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id) DO UPDATE SET origin = EXCLUDED.origin, public_key = EXCLUDED.public_key
     WHERE (audit_log.origin, audit_log.public_key) IS DISTINCT FROM (EXCLUDED.origin, EXCLUDED.public_key)
     RETURNING (SELECT origin FROM before), (SELECT public_key FROM before)",
);
pub(crate) const LOG: Sql =
    Sql::new("LOG", "SELECT origin, public_key, size, root FROM audit_log WHERE tenant_id = $1");
pub(crate) const LOCK_LOG: Sql = Sql::new(
    "LOCK_LOG",
    "SELECT origin, public_key, size, root FROM audit_log WHERE tenant_id = $1 FOR UPDATE",
);
pub(crate) const SEE_LOG: Sql = Sql::new(
    "SEE_LOG",
    "UPDATE audit_log SET size = $2, root = $3, seen_at = now(),
            refused_size = NULL, refused_root = NULL, refused_at = NULL
     WHERE tenant_id = $1",
);
// Only the first of them is news.
pub(crate) const REFUSE_LOG: Sql = Sql::new(
    "REFUSE_LOG",
    "UPDATE audit_log SET refused_size = $2, refused_root = $3, refused_at = now()
     WHERE tenant_id = $1 AND refused_at IS NULL",
);
pub(crate) const ALARMS: Sql = Sql::new(
    "ALARMS",
    "SELECT l.tenant_id, t.slug, l.size, l.seen_at, l.refused_at FROM audit_log l JOIN tenant t ON t.id = l.tenant_id
     WHERE l.refused_at IS NOT NULL ORDER BY l.refused_at LIMIT 1000",
);
pub(crate) const IS_CONTRADICTED: Sql = Sql::new(
    "IS_CONTRADICTED",
    "SELECT EXISTS (SELECT FROM audit_log WHERE tenant_id = $1 AND refused_at IS NOT NULL)",
);

/// Keeps what is known of a log; what was cosigned of it stays. What was known before, if that was something else.
pub(crate) async fn keep(
    transaction: &Transaction,
    tenant: &TenantId,
    log: &Log,
) -> Result<Option<Log>, DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 3] =
        [&tenant.as_str(), &log.origin, &log.public_key.as_slice()];
    let Some(row) = transaction.query_opt(&KEEP_LOG, &values).await? else { return Ok(None) };
    let (origin, key): (Option<String>, Option<&[u8]>) = (row.try_get(0)?, row.try_get(1)?);
    origin.zip(key).map(|(origin, key)| Ok(Log { origin, public_key: hash(key)? })).transpose()
}

/// A log.
pub(crate) async fn find(database: &Database, tenant: &TenantId) -> Result<Option<Log>, DbError> {
    database.query_opt(&LOG, &[&tenant.as_str()]).await?.as_ref().map(log).transpose()
}

/// What was cosigned of a log last. The outer `None`: there is no such log.
pub(crate) async fn seen(database: &Database, tenant: &TenantId) -> Result<Option<Option<Seen>>, DbError> {
    database.query_opt(&LOG, &[&tenant.as_str()]).await?.as_ref().map(seen_of).transpose()
}

/// A log and what was cosigned of it last, held until the end of the transaction.
pub(crate) async fn lock(
    transaction: &Transaction,
    tenant: &TenantId,
) -> Result<Option<(Log, Option<Seen>)>, DbError> {
    let row = transaction.query_opt(&LOCK_LOG, &[&tenant.as_str()]).await?;
    row.map(|row| Ok((log(&row)?, seen_of(&row)?))).transpose()
}

/// Remembers what is cosigned now.
pub(crate) async fn see(transaction: &Transaction, tenant: &TenantId, seen: Seen) -> Result<(), DbError> {
    let size = i64::try_from(seen.size).unwrap_or(i64::MAX);
    let root = (seen.size > 0).then_some(seen.root.as_slice());
    transaction.execute(&SEE_LOG, &[&tenant.as_str(), &size, &root]).await.map(drop)
}

/// Remembers a checkpoint that contradicts what was cosigned; `false` when there was one already.
pub(crate) async fn refuse(
    transaction: &Transaction,
    tenant: &TenantId,
    size: u64,
    root: &[u8; 32],
) -> Result<bool, DbError> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let changed = transaction.execute(&REFUSE_LOG, &[&tenant.as_str(), &size, &root.as_slice()]).await?;
    Ok(changed > 0)
}

/// A log that contradicts what was cosigned of it.
pub(crate) struct Contradicted {
    pub(crate) tenant: String,
    pub(crate) slug: String,
    /// How many events were cosigned.
    pub(crate) size: i64,
    pub(crate) cosigned_at: Option<Timestamp>,
    pub(crate) contradicted_at: Option<Timestamp>,
}

/// Those that there are, the oldest first.
pub(crate) async fn alarms(database: &Database) -> Result<Vec<Contradicted>, DbError> {
    let rows = database.query(&ALARMS, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Contradicted {
                tenant: row.try_get(0)?,
                slug: row.try_get(1)?,
                size: row.try_get(2)?,
                cosigned_at: row.try_get(3)?,
                contradicted_at: row.try_get(4)?,
            })
        })
        .collect()
}

/// Whether an alarm about a log stands: it has signed another past than the one that was cosigned.
pub(crate) async fn is_contradicted(database: &Database, tenant: &TenantId) -> Result<bool, DbError> {
    let row = database.query_one(&IS_CONTRADICTED, &[&tenant.as_str()]).await?;
    Ok(row.try_get(0)?)
}

fn log(row: &Row) -> Result<Log, DbError> {
    Ok(Log { origin: row.try_get(0)?, public_key: hash(row.try_get(1)?)? })
}

fn seen_of(row: &Row) -> Result<Option<Seen>, DbError> {
    let (size, root): (i64, Option<&[u8]>) = (row.try_get(2)?, row.try_get(3)?);
    root.map(|root| Ok(Seen { size: size.unsigned_abs(), root: hash(root)? })).transpose()
}

fn hash(bytes: &[u8]) -> Result<[u8; 32], DbError> {
    bytes.try_into().map_err(|_| DbError::Value("audit_log has hashes and keys of 32 bytes".to_owned()))
}
