//! The rows of certificates. Times come from the process's clock, not the database's: they are compared with those in
//! certificates.

use jiff::Timestamp;
use kiavi_base::{Hostname, TenantId};
use kiavi_db::{Database, DbError, Row, Sql, ToSql, Transaction};

use super::{Certificate, CertificateState, Leaf, Present, issuer::IssueError, leaf};
use crate::workspace::store::parsed;

macro_rules! columns {
    () => {
        "c.id, c.tenant_id, c.hostname, c.state, c.next_attempt_at, c.attempts, c.attempted_at, c.error, c.error_detail,
         c.issuer, c.chain, c.key_version, c.issued_by, c.serial, c.fingerprint, c.not_before, c.not_after, c.issued_at,
         c.window_start, c.window_end"
    };
}

// A name is asked for once its tenant is reached under it, because it is asked there; what there is is renewed whatever
// else is under way.
macro_rules! served {
    () => {
        "(c.tenant_id IS NULL OR EXISTS (SELECT FROM tenant t WHERE t.id = c.tenant_id AND t.target = 'running'
            AND t.reached > 0 AND (c.chain IS NOT NULL OR t.reached >= t.asked)))"
    };
}

pub(crate) const CERTIFICATES: Sql = Sql::new(
    "CERTIFICATES",
    concat!(
        "SELECT ",
        columns!(),
        " FROM certificate c WHERE c.tenant_id IS NOT DISTINCT FROM $1::text ORDER BY c.hostname"
    ),
);
pub(crate) const CERTIFICATE: Sql = Sql::new(
    "CERTIFICATE",
    concat!(
        "SELECT ",
        columns!(),
        " FROM certificate c WHERE c.tenant_id IS NOT DISTINCT FROM $1::text AND c.hostname = $2"
    ),
);
pub(crate) const INSERT_CERTIFICATE: Sql = Sql::new(
    "INSERT_CERTIFICATE",
    "INSERT INTO certificate (tenant_id, hostname, requested_at, next_attempt_at) VALUES ($1::text, $2, $3, $3)
     ON CONFLICT (coalesce(tenant_id, ''), hostname) DO NOTHING",
);
pub(crate) const DELETE_CERTIFICATE: Sql =
    Sql::new("DELETE_CERTIFICATE", "DELETE FROM certificate WHERE id = $1");
pub(crate) const HASTEN_CERTIFICATE: Sql = Sql::new(
    "HASTEN_CERTIFICATE",
    "UPDATE certificate SET next_attempt_at = least(next_attempt_at, $2) WHERE id = $1",
);
// Whoever takes one makes it until then, or another attempt does.
pub(crate) const TAKE_CERTIFICATE: Sql = Sql::new(
    "TAKE_CERTIFICATE",
    concat!(
        "UPDATE certificate c SET next_attempt_at = $3, attempted_at = $2 WHERE c.id = $1 AND c.next_attempt_at <= $2
         RETURNING ",
        columns!()
    ),
);
pub(crate) const DUE_CERTIFICATES: Sql = Sql::new(
    "DUE_CERTIFICATES",
    concat!(
        "SELECT c.id FROM certificate c WHERE c.next_attempt_at <= $1 AND ",
        served!(),
        // Names that have none first, but what has not failed before what has.
        " ORDER BY c.attempts > 0, c.chain IS NOT NULL, c.next_attempt_at LIMIT 64"
    ),
);
pub(crate) const DUE_OF_TENANT: Sql = Sql::new(
    "DUE_OF_TENANT",
    "SELECT id FROM certificate WHERE next_attempt_at <= $1 AND tenant_id = $2 ORDER BY hostname",
);
pub(crate) const NEXT_CERTIFICATE: Sql = Sql::new(
    "NEXT_CERTIFICATE",
    concat!(
        "SELECT least(min(c.next_attempt_at), min(c.window_look_at)) FROM certificate c WHERE ",
        served!()
    ),
);
pub(crate) const CERTIFICATE_ISSUED: Sql = Sql::new(
    "CERTIFICATE_ISSUED",
    "UPDATE certificate SET state = 'issued', attempts = 0, error = NULL, error_detail = NULL, next_attempt_at = $2,
            issuer = $3, chain = $4, key_version = $5, issued_by = $6, serial = $7, fingerprint = $8, not_before = $9,
            not_after = $10, issued_at = $11, window_start = NULL, window_end = NULL, window_look_at = $12,
            alarmed_at = NULL, public_key = $13
     WHERE id = $1",
);
pub(crate) const WITHOUT_PUBLIC_KEY: Sql = Sql::new(
    "WITHOUT_PUBLIC_KEY",
    "SELECT id, chain FROM certificate WHERE chain IS NOT NULL AND public_key IS NULL ORDER BY id LIMIT 64",
);
pub(crate) const KEEP_PUBLIC_KEY: Sql =
    Sql::new("KEEP_PUBLIC_KEY", "UPDATE certificate SET public_key = $3 WHERE id = $1 AND chain = $2");
pub(crate) const CERTIFICATE_FAILED: Sql = Sql::new(
    "CERTIFICATE_FAILED",
    "UPDATE certificate SET state = 'failed', attempts = attempts + 1, error = $3, error_detail = $4,
            next_attempt_at = $2
     WHERE id = $1",
);
pub(crate) const LOOKS_DUE: Sql = Sql::new(
    "LOOKS_DUE",
    concat!(
        "SELECT ",
        columns!(),
        " FROM certificate c WHERE c.window_look_at <= $1 AND c.issuer = $2 AND ",
        served!(),
        " ORDER BY c.window_look_at LIMIT 16"
    ),
);
pub(crate) const LOOKED: Sql = Sql::new(
    "LOOKED",
    "UPDATE certificate SET window_start = $3, window_end = $4, window_look_at = $5,
            next_attempt_at = coalesce($6, next_attempt_at)
     WHERE id = $1 AND serial = $2",
);
pub(crate) const ENDING_CERTIFICATES: Sql = Sql::new(
    "ENDING_CERTIFICATES",
    concat!(
        "SELECT ",
        columns!(),
        " FROM certificate c WHERE c.alarmed_at IS NULL AND c.not_after <= $1 ORDER BY c.not_after LIMIT 64"
    ),
);
pub(crate) const CERTIFICATE_ALARMED: Sql = Sql::new(
    "CERTIFICATE_ALARMED",
    "UPDATE certificate SET alarmed_at = $2 WHERE id = $1 AND alarmed_at IS NULL",
);
// Those that end soon although they should have been renewed, and names that have none after several attempts.
pub(crate) const TROUBLED_CERTIFICATES: Sql = Sql::new(
    "TROUBLED_CERTIFICATES",
    "SELECT t.id, t.slug, c.hostname, c.not_after, c.error FROM certificate c LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE (c.alarmed_at IS NOT NULL OR c.chain IS NULL AND c.attempts > 0)
       AND (t.id IS NULL OR t.target = 'running')
     ORDER BY c.not_after NULLS LAST, c.hostname LIMIT 1000",
);
pub(crate) const CERTIFICATES_BY_STATE: Sql = Sql::new(
    "CERTIFICATES_BY_STATE",
    "SELECT state, count(*) FROM certificate GROUP BY state ORDER BY state",
);
pub(crate) const FIRST_END: Sql = Sql::new("FIRST_END", "SELECT min(not_after) FROM certificate");
pub(crate) const TAKE_ORDER: Sql = Sql::new(
    "TAKE_ORDER",
    "INSERT INTO certificate_order (at) SELECT $1::timestamptz
     WHERE (SELECT count(*) FROM certificate_order WHERE at > $2::timestamptz) < $3::bigint",
);
pub(crate) const FORGET_ORDERS: Sql =
    Sql::new("FORGET_ORDERS", "DELETE FROM certificate_order WHERE at <= $1");
pub(crate) const FIRST_ORDER: Sql =
    Sql::new("FIRST_ORDER", "SELECT min(at) FROM certificate_order WHERE at > $1");
pub(crate) const ACCOUNT: Sql = Sql::new("ACME_ACCOUNT", "SELECT url FROM acme_account WHERE directory = $1");
pub(crate) const KEEP_ACCOUNT: Sql = Sql::new(
    "KEEP_ACCOUNT",
    "INSERT INTO acme_account (directory, url) VALUES ($1, $2) ON CONFLICT (directory) DO UPDATE SET url = EXCLUDED.url",
);

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[
    &CERTIFICATES,
    &CERTIFICATE,
    &INSERT_CERTIFICATE,
    &DELETE_CERTIFICATE,
    &HASTEN_CERTIFICATE,
    &TAKE_CERTIFICATE,
    &DUE_CERTIFICATES,
    &DUE_OF_TENANT,
    &NEXT_CERTIFICATE,
    &CERTIFICATE_ISSUED,
    &WITHOUT_PUBLIC_KEY,
    &KEEP_PUBLIC_KEY,
    &CERTIFICATE_FAILED,
    &LOOKS_DUE,
    &LOOKED,
    &ENDING_CERTIFICATES,
    &CERTIFICATE_ALARMED,
    &TROUBLED_CERTIFICATES,
    &CERTIFICATES_BY_STATE,
    &FIRST_END,
    &TAKE_ORDER,
    &FORGET_ORDERS,
    &FIRST_ORDER,
    &ACCOUNT,
    &KEEP_ACCOUNT,
];

/// Those of a tenant's names, or the instance's own.
pub(crate) async fn list(
    database: &Database,
    tenant: Option<&TenantId>,
) -> Result<Vec<Certificate>, DbError> {
    let tenant = tenant.map(TenantId::as_str);
    database.query(&CERTIFICATES, &[&tenant]).await?.iter().map(read).collect()
}

/// The one of this name.
pub(crate) async fn find(
    database: &Database,
    tenant: Option<&TenantId>,
    hostname: &Hostname,
) -> Result<Option<Certificate>, DbError> {
    let tenant = tenant.map(TenantId::as_str);
    database.query_opt(&CERTIFICATE, &[&tenant, &hostname.as_str()]).await?.as_ref().map(read).transpose()
}

/// A name is to have one.
pub(super) async fn want(
    database: &Database,
    tenant: Option<&TenantId>,
    hostname: &Hostname,
    now: Timestamp,
) -> Result<(), DbError> {
    let tenant = tenant.map(TenantId::as_str);
    database.execute(&INSERT_CERTIFICATE, &[&tenant, &hostname.as_str(), &now]).await.map(drop)
}

/// It is made now.
pub(super) async fn hasten(database: &Database, id: i64, now: Timestamp) -> Result<(), DbError> {
    database.execute(&HASTEN_CERTIFICATE, &[&id, &now]).await.map(drop)
}

/// One that is due, which nobody else takes until `until`.
pub(super) async fn take(
    database: &Database,
    id: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Certificate>, DbError> {
    database.query_opt(&TAKE_CERTIFICATE, &[&id, &now, &until]).await?.as_ref().map(read).transpose()
}

/// The ids of those that are due; of one tenant's, wherever it is on its way.
pub(super) async fn due(
    database: &Database,
    now: Timestamp,
    tenant: Option<&TenantId>,
) -> Result<Vec<i64>, DbError> {
    let rows = match tenant {
        Some(tenant) => database.query(&DUE_OF_TENANT, &[&now, &tenant.as_str()]).await?,
        None => database.query(&DUE_CERTIFICATES, &[&now]).await?,
    };
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// When something is due.
pub(super) async fn next(database: &Database) -> Result<Option<Timestamp>, DbError> {
    Ok(database.query_one(&NEXT_CERTIFICATE, &[]).await?.try_get(0)?)
}

/// There is a new one. Whether it is still wanted.
pub(super) async fn issued(
    transaction: &Transaction,
    id: i64,
    present: &Present,
    public_key: &str,
    renew_at: Timestamp,
    look_at: Option<Timestamp>,
) -> Result<bool, DbError> {
    let Present { issuer, chain, key_version, leaf, issued_at } = present;
    let version = i32::try_from(*key_version).map_err(|_| DbError::Value("key_version".to_owned()))?;
    let values: [&(dyn ToSql + Sync); 13] = [
        &id,
        &renew_at,
        issuer,
        chain,
        &version,
        &leaf.issued_by,
        &leaf.serial,
        &leaf.fingerprint,
        &leaf.not_before,
        &leaf.not_after,
        issued_at,
        &look_at,
        &public_key,
    ];
    Ok(transaction.execute(&CERTIFICATE_ISSUED, &values).await? > 0)
}

/// Notes the public keys of certificates that were there before they were noted.
pub(crate) async fn note_public_keys(database: &Database) -> Result<(), DbError> {
    loop {
        let rows = database.query(&WITHOUT_PUBLIC_KEY, &[]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let (id, chain): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            // One that cannot be read has no key that another could have.
            let public_key = leaf::contents(&chain).map(|contents| contents.public_key).unwrap_or_default();
            database.execute(&KEEP_PUBLIC_KEY, &[&id, &chain, &public_key]).await?;
        }
    }
}

/// There is no new one. Whether it is still wanted.
pub(super) async fn failed(
    transaction: &Transaction,
    id: i64,
    error: &IssueError,
    again_at: Timestamp,
) -> Result<bool, DbError> {
    let values: [&(dyn ToSql + Sync); 4] = [&id, &again_at, &error.code(), &error.detail()];
    Ok(transaction.execute(&CERTIFICATE_FAILED, &values).await? > 0)
}

/// Those whose authority is to be asked for its window.
pub(super) async fn looks_due(
    database: &Database,
    now: Timestamp,
    issuer: &str,
) -> Result<Vec<Certificate>, DbError> {
    database.query(&LOOKS_DUE, &[&now, &issuer]).await?.iter().map(read).collect()
}

/// What the authority said, when it is asked again, and when the certificate is renewed if that changes.
pub(super) async fn looked(
    database: &Database,
    certificate: &Certificate,
    window: Option<(Timestamp, Timestamp)>,
    look_at: Timestamp,
    renew_at: Option<Timestamp>,
) -> Result<(), DbError> {
    let serial = certificate.present.as_ref().map(|present| present.leaf.serial.as_str());
    let (start, end) = window.unzip();
    let values: [&(dyn ToSql + Sync); 6] = [&certificate.id, &serial, &start, &end, &look_at, &renew_at];
    database.execute(&LOOKED, &values).await.map(drop)
}

/// Those that end before this time, and nobody was told.
pub(super) async fn ending(database: &Database, before: Timestamp) -> Result<Vec<Certificate>, DbError> {
    database.query(&ENDING_CERTIFICATES, &[&before]).await?.iter().map(read).collect()
}

/// Notes that an order is made; `false` when there were `max` since `since`.
pub(super) async fn take_order(
    database: &Database,
    now: Timestamp,
    since: Timestamp,
    max: i64,
) -> Result<bool, DbError> {
    database.execute(&FORGET_ORDERS, &[&since]).await?;
    Ok(database.execute(&TAKE_ORDER, &[&now, &since, &max]).await? > 0)
}

/// The first order since.
pub(super) async fn first_order(database: &Database, since: Timestamp) -> Result<Option<Timestamp>, DbError> {
    Ok(database.query_one(&FIRST_ORDER, &[&since]).await?.try_get(0)?)
}

/// Notes who we are to an authority.
pub(super) async fn keep_account(database: &Database, directory: &str, url: &str) -> Result<(), DbError> {
    database.execute(&KEEP_ACCOUNT, &[&directory, &url]).await.map(drop)
}

/// Who we are to an authority, as a URL; `None` before the first order.
pub(crate) async fn account(database: &Database, directory: &str) -> Result<Option<String>, DbError> {
    let row = database.query_opt(&ACCOUNT, &[&directory]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// A certificate that somebody should look at.
pub(crate) struct Troubled {
    /// Its tenant's id and name; `None`: the instance's own.
    pub(crate) tenant: Option<(String, String)>,
    pub(crate) hostname: String,
    /// When it ends; `None` when there is none.
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) error: Option<String>,
}

/// Those that end soon, and names without one; the thousand that end first.
pub(crate) async fn troubled(database: &Database) -> Result<Vec<Troubled>, DbError> {
    let rows = database.query(&TROUBLED_CERTIFICATES, &[]).await?;
    rows.iter()
        .map(|row| {
            let (id, slug): (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Troubled {
                tenant: id.zip(slug),
                hostname: row.try_get(2)?,
                not_after: row.try_get(3)?,
                error: row.try_get(4)?,
            })
        })
        .collect()
}

fn read(row: &Row) -> Result<Certificate, DbError> {
    let state: &str = row.try_get("state")?;
    let tenant: Option<&str> = row.try_get("tenant_id")?;
    let window: (Option<Timestamp>, Option<Timestamp>) =
        (row.try_get("window_start")?, row.try_get("window_end")?);
    Ok(Certificate {
        id: row.try_get("id")?,
        tenant: tenant.map(parsed).transpose()?,
        hostname: parsed(row.try_get("hostname")?)?,
        state: CertificateState::parse(state)
            .ok_or_else(|| DbError::Value(format!("certificate.state {state}")))?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        attempts: row.try_get("attempts")?,
        attempted_at: row.try_get("attempted_at")?,
        error: row.try_get("error")?,
        error_detail: row.try_get("error_detail")?,
        present: present(row)?,
        window: window.0.zip(window.1),
    })
}

fn present(row: &Row) -> Result<Option<Present>, DbError> {
    let Some(chain) = row.try_get::<_, Option<String>>("chain")? else { return Ok(None) };
    let version: i32 = row.try_get("key_version")?;
    Ok(Some(Present {
        issuer: row.try_get("issuer")?,
        chain,
        key_version: u32::try_from(version)
            .map_err(|_| DbError::Value("certificate.key_version".to_owned()))?,
        leaf: Leaf {
            issued_by: row.try_get("issued_by")?,
            serial: row.try_get("serial")?,
            fingerprint: row.try_get("fingerprint")?,
            not_before: row.try_get("not_before")?,
            not_after: row.try_get("not_after")?,
        },
        issued_at: row.try_get("issued_at")?,
    }))
}
