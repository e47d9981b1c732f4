//! The rows of proofs.

use kiavi_db::{Database, DbError, Row, Sql};

use super::report::SignedReport;

pub(crate) const INSERT_PROOF: Sql = Sql::new(
    "INSERT_PROOF",
    "INSERT INTO isolation_proof (id, tenant_id, outcome, fingerprint, report) VALUES ($1, $2, $3, $4, $5)",
);
pub(crate) const PROOFS: Sql = Sql::new(
    "PROOFS",
    "SELECT report FROM isolation_proof WHERE tenant_id = $1 ORDER BY proved_at DESC, id DESC LIMIT $2",
);
pub(crate) const PROOF: Sql =
    Sql::new("PROOF", "SELECT report FROM isolation_proof WHERE tenant_id = $1 AND id = $2");
// How many there were in an hour, and in how many seconds there is room for another.
pub(crate) const PROOFS_OF_AN_HOUR: Sql = Sql::new(
    "PROOFS_OF_AN_HOUR",
    "SELECT count(*), coalesce(ceil(extract(epoch FROM min(proved_at) + interval '1 hour' - now()))::int, 0)
     FROM isolation_proof WHERE tenant_id = $1 AND proved_at > now() - interval '1 hour'",
);
// They are in the tenant's own log for as long as that is kept, by their digests.
pub(crate) const FORGET_PROOFS: Sql = Sql::new(
    "FORGET_PROOFS",
    "DELETE FROM isolation_proof WHERE tenant_id = $1 AND proved_at < now() - interval '400 days'",
);
pub(crate) const SAME_FINGERPRINT: Sql = Sql::new(
    "SAME_FINGERPRINT",
    "SELECT tenant_id FROM isolation_proof WHERE fingerprint = $2 AND tenant_id <> $1 LIMIT 1",
);
pub(crate) const SAME_LOG_KEY: Sql = Sql::new(
    "SAME_LOG_KEY",
    "SELECT other.tenant_id FROM audit_log own JOIN audit_log other
       ON other.public_key = own.public_key AND other.tenant_id <> own.tenant_id
     WHERE own.tenant_id = $1 LIMIT 1",
);
pub(crate) const SAME_CERTIFICATE_KEY: Sql = Sql::new(
    "SAME_CERTIFICATE_KEY",
    "SELECT coalesce(tenant_id, 'the instance') FROM certificate
     WHERE public_key = $2 AND tenant_id IS DISTINCT FROM $1::text LIMIT 1",
);
pub(crate) const ANOTHER_TENANT: Sql = Sql::new(
    "ANOTHER_TENANT",
    "SELECT id FROM tenant WHERE id <> $1 AND schema_version > 0 ORDER BY created_at, id LIMIT 1",
);

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[
    &INSERT_PROOF,
    &PROOFS,
    &PROOF,
    &PROOFS_OF_AN_HOUR,
    &FORGET_PROOFS,
    &SAME_FINGERPRINT,
    &SAME_LOG_KEY,
    &SAME_CERTIFICATE_KEY,
    &ANOTHER_TENANT,
];

/// A tenant's proofs, the newest first.
pub(crate) async fn proofs(
    database: &Database,
    tenant: &str,
    limit: i64,
) -> Result<Vec<SignedReport>, DbError> {
    database.query(&PROOFS, &[&tenant, &limit]).await?.iter().map(read).collect()
}

/// A tenant's proof of this id.
pub(crate) async fn proof(
    database: &Database,
    tenant: &str,
    id: &str,
) -> Result<Option<SignedReport>, DbError> {
    database.query_opt(&PROOF, &[&tenant, &id]).await?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<SignedReport, DbError> {
    let report: serde_json::Value = row.try_get(0)?;
    serde_json::from_value(report).map_err(|_| DbError::Value("not a report on isolation".to_owned()))
}
