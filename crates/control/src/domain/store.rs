//! The rows of domains.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Hostname, TenantId};
use kiavi_db::{Database, DbError, Row, Sql, ToSql};

use super::{Domain, DomainState, Outcome};
use crate::workspace::store::parsed;

macro_rules! domain_columns {
    () => {
        "tenant_id, domain, challenge, state, created_at, verified_at, checked_at, outcome, failing_since"
    };
}

pub(crate) const DOMAINS: Sql = Sql::new(
    "DOMAINS",
    concat!("SELECT ", domain_columns!(), " FROM tenant_domain WHERE tenant_id = $1 ORDER BY domain"),
);
pub(crate) const DOMAIN: Sql = Sql::new(
    "DOMAIN",
    concat!("SELECT ", domain_columns!(), " FROM tenant_domain WHERE tenant_id = $1 AND domain = $2"),
);
// The tenant's row is locked, so nobody adds another meanwhile.
pub(crate) const INSERT_DOMAIN: Sql = Sql::new(
    "INSERT_DOMAIN",
    "INSERT INTO tenant_domain (tenant_id, domain, challenge, check_at)
     SELECT $1::text, $2::text, $3::text, now() + make_interval(secs => $5::double precision)
      WHERE (SELECT count(*) FROM tenant_domain WHERE tenant_id = $1::text) < $4::bigint
        AND NOT EXISTS (SELECT FROM tenant_hostname WHERE tenant_id = $1::text AND hostname = $2::text)",
);
pub(crate) const VERIFY_DOMAIN: Sql = Sql::new(
    "VERIFY_DOMAIN",
    "UPDATE tenant_domain SET state = 'verified', verified_at = now(), checked_at = now(), outcome = 'proved',
            failing_since = NULL, check_at = now() + make_interval(secs => $3::double precision)
     WHERE tenant_id = $1 AND domain = $2 AND state <> 'verified'",
);
pub(crate) const LAPSE_DOMAIN: Sql = Sql::new(
    "LAPSE_DOMAIN",
    "UPDATE tenant_domain SET state = 'lapsed'
     WHERE tenant_id = $1 AND domain = $2 AND state = 'verified'
       AND failing_since <= now() - make_interval(secs => $3::double precision)
     RETURNING failing_since",
);
pub(crate) const DELETE_DOMAIN: Sql = Sql::new(
    "DELETE_DOMAIN",
    "DELETE FROM tenant_domain WHERE tenant_id = $1 AND domain = $2 RETURNING state",
);
pub(crate) const LOSE_DOMAIN: Sql = Sql::new(
    "LOSE_DOMAIN",
    "DELETE FROM tenant_domain WHERE tenant_id = $1 AND domain = $2 AND state = 'lapsed'",
);
pub(crate) const LAPSED_ELSEWHERE: Sql = Sql::new(
    "LAPSED_ELSEWHERE",
    "SELECT tenant_id FROM tenant_domain WHERE domain = $2 AND tenant_id <> $1 AND state = 'lapsed'",
);
// What is not answered says nothing about the proof. `$5` is NULL where it is not looked for again.
pub(crate) const NOTE_CHECK: Sql = Sql::new(
    "NOTE_CHECK",
    concat!(
        "UPDATE tenant_domain SET checked_at = now(), outcome = $4,
            failing_since = CASE WHEN state = 'pending' OR $4 = 'proved' THEN NULL
                                 WHEN $4 = 'unanswered' THEN failing_since
                                 ELSE coalesce(failing_since, now()) END,
            check_at = now() + make_interval(secs => $5::double precision)
         WHERE tenant_id = $1 AND domain = $2 AND state = $3 RETURNING ",
        domain_columns!()
    ),
);
// Who takes one looks at it within the hour, or another look does.
pub(crate) const TAKE_DUE_DOMAINS: Sql = Sql::new(
    "TAKE_DUE_DOMAINS",
    concat!(
        "UPDATE tenant_domain SET check_at = now() + interval '1 hour'
         WHERE (tenant_id, domain) IN (
           SELECT d.tenant_id, d.domain FROM tenant_domain d JOIN tenant t ON t.id = d.tenant_id
           WHERE d.check_at <= now() AND t.target IN ('running', 'suspended')
           ORDER BY d.check_at LIMIT 16 FOR UPDATE OF d SKIP LOCKED)
         RETURNING ",
        domain_columns!()
    ),
);
pub(crate) const NEXT_DOMAIN_CHECK: Sql = Sql::new(
    "NEXT_DOMAIN_CHECK",
    "SELECT extract(epoch FROM min(d.check_at) - now())::double precision
     FROM tenant_domain d JOIN tenant t ON t.id = d.tenant_id WHERE t.target IN ('running', 'suspended')",
);
pub(crate) const DOMAINS_BY_STATE: Sql =
    Sql::new("DOMAINS_BY_STATE", "SELECT state, count(*) FROM tenant_domain GROUP BY state ORDER BY state");

// Those that somebody should look at: lapsed ones, and those that have waited for their record for days.
pub(crate) const UNPROVED_DOMAINS: Sql = Sql::new(
    "UNPROVED_DOMAINS",
    "SELECT t.id, t.slug, d.domain, d.state, CASE d.state WHEN 'lapsed' THEN d.failing_since ELSE d.created_at END AS since,
            d.check_at
     FROM tenant_domain d JOIN tenant t ON t.id = d.tenant_id
     WHERE d.state = 'lapsed' OR d.state = 'pending' AND d.created_at < now() - interval '3 days'
     ORDER BY d.state, since LIMIT 1000",
);

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[
    &DOMAINS,
    &DOMAIN,
    &INSERT_DOMAIN,
    &VERIFY_DOMAIN,
    &LAPSE_DOMAIN,
    &DELETE_DOMAIN,
    &LOSE_DOMAIN,
    &LAPSED_ELSEWHERE,
    &NOTE_CHECK,
    &TAKE_DUE_DOMAINS,
    &NEXT_DOMAIN_CHECK,
    &DOMAINS_BY_STATE,
    &UNPROVED_DOMAINS,
];

/// The domains of a tenant.
pub(crate) async fn list(database: &Database, tenant: &TenantId) -> Result<Vec<Domain>, DbError> {
    database.query(&DOMAINS, &[&tenant.as_str()]).await?.iter().map(read).collect()
}

/// The tenant's domain of this name.
pub(crate) async fn find(
    database: &Database,
    tenant: &TenantId,
    domain: &Hostname,
) -> Result<Option<Domain>, DbError> {
    let row = database.query_opt(&DOMAIN, &[&tenant.as_str(), &domain.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

/// Notes what there was, and when to look again. `None` when the domain is gone or in another state by now.
pub(super) async fn note(
    database: &Database,
    looked_at: &Domain,
    outcome: Outcome,
    again_in: Option<Duration>,
) -> Result<Option<Domain>, DbError> {
    let Domain { tenant, domain, state, .. } = looked_at;
    let seconds = again_in.map(|pause| pause.as_secs_f64());
    let values: [&(dyn ToSql + Sync); 5] =
        [&tenant.as_str(), &domain.as_str(), &state.as_str(), &outcome.as_str(), &seconds];
    let row = database.query_opt(&NOTE_CHECK, &values).await?;
    row.as_ref().map(read).transpose()
}

/// Domains whose time has come, which nobody else takes meanwhile.
pub(super) async fn take_due(database: &Database) -> Result<Vec<Domain>, DbError> {
    database.query(&TAKE_DUE_DOMAINS, &[]).await?.iter().map(read).collect()
}

/// The tenants other than this one whose proof of the domain has lapsed: at most one.
pub(super) async fn lapsed_elsewhere(
    database: &Database,
    tenant: &TenantId,
    domain: &Hostname,
) -> Result<Option<TenantId>, DbError> {
    let row = database.query_opt(&LAPSED_ELSEWHERE, &[&tenant.as_str(), &domain.as_str()]).await?;
    row.map(|row| parsed(row.try_get(0)?)).transpose()
}

/// A domain that somebody should look at.
pub(crate) struct Unproved {
    pub(crate) tenant: String,
    pub(crate) slug: String,
    pub(crate) domain: String,
    pub(crate) state: DomainState,
    /// Since when its proof is missing, or when it was added.
    pub(crate) since: Timestamp,
    /// When it is looked for again by itself.
    pub(crate) check_at: Option<Timestamp>,
}

/// Lapsed domains, and those that wait for their record for more than three days; the oldest thousand.
pub(crate) async fn unproved(database: &Database) -> Result<Vec<Unproved>, DbError> {
    let rows = database.query(&UNPROVED_DOMAINS, &[]).await?;
    rows.iter()
        .map(|row| {
            let state: &str = row.try_get("state")?;
            Ok(Unproved {
                tenant: row.try_get("id")?,
                slug: row.try_get("slug")?,
                domain: row.try_get("domain")?,
                state: DomainState::parse(state)
                    .ok_or_else(|| DbError::Value(format!("tenant_domain.state {state}")))?,
                since: row.try_get("since")?,
                check_at: row.try_get("check_at")?,
            })
        })
        .collect()
}

fn read(row: &Row) -> Result<Domain, DbError> {
    let (state, outcome): (&str, Option<&str>) = (row.try_get("state")?, row.try_get("outcome")?);
    Ok(Domain {
        tenant: parsed(row.try_get("tenant_id")?)?,
        domain: parsed(row.try_get("domain")?)?,
        challenge: row.try_get("challenge")?,
        state: DomainState::parse(state)
            .ok_or_else(|| DbError::Value(format!("tenant_domain.state {state}")))?,
        created_at: row.try_get("created_at")?,
        verified_at: row.try_get("verified_at")?,
        checked_at: row.try_get("checked_at")?,
        outcome: outcome.and_then(Outcome::parse),
        failing_since: row.try_get("failing_since")?,
    })
}
