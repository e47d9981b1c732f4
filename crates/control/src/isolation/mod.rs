//! Proving a tenant's isolation: everything that should hold is tried and looked at, and the report is signed and kept.
//!
//! A proof is made of what the launcher finds out by canaries and from the kernel ([`process`]), of what the tenant's role may do
//! at the database server ([`database`]), and of keys, accounts and names. It tells what is, also where a layer is left out on
//! purpose. The event of the report's digest is in the tenant's log, which the auditor seals; the report has a signature of the
//! instance's as well, so that the file alone can be verified.

mod certificate;
mod database;
mod process;
pub(crate) mod report;
pub(crate) mod store;
mod titles;

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kiavi_base::{EventId, ExposeSecret};
use kiavi_crypto::{Ed25519SigningKey, Purpose, sha256};
use kiavi_db::{DbError, Row};
use kiavi_ipc::isolation::Inspection;
use serde_json::json;

use self::{process::Found, report::hex};
pub use self::{
    report::{Check, FORMAT, Report, SignedReport, Unverified, Verdict},
    titles::TITLES,
};
use crate::{
    Control, ControlError, Tenant, TenantEventKind, address,
    audit::{self, Event, Outcome},
    caller::Actor,
    error::chain,
    instance_key, provision,
    tenant::Target,
};

/// Proofs of one tenant in an hour: each starts some fifty processes, one after the other.
const AN_HOUR: i64 = 12;

/// Before what fingerprints are hashes of, so that they are of nothing else.
const FINGERPRINT: &[u8] = b"kiavi isolation fingerprint/1\n";

/// Tenants whose proof is being made.
#[derive(Debug, Default)]
pub(crate) struct Proving(Mutex<HashSet<String>>);

/// Ends with the proof, however that ends.
struct Turn<'a> {
    proving: &'a Proving,
    tenant: String,
}

impl Proving {
    fn begin(&self, tenant: &str) -> Option<Turn<'_>> {
        let is_first = self.all().insert(tenant.to_owned());
        is_first.then(|| Turn { proving: self, tenant: tenant.to_owned() })
    }

    fn all(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.proving.all().remove(&self.tenant);
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProofError {
    #[error("the tenant does not run, so there is nothing to try")]
    NotRunning,
    #[error("a proof of this tenant is being made")]
    UnderWay,
    #[error("there were as many proofs as there may be in an hour")]
    TooMany { seconds: u32 },
    #[error("the launcher could not try it")]
    Privileged(#[source] crate::Failure),
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<DbError> for ProofError {
    fn from(error: DbError) -> Self {
        Self::Control(error.into())
    }
}

/// Tries everything, and keeps what was found.
pub(crate) async fn prove(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
) -> Result<SignedReport, ProofError> {
    if tenant.target != Target::Running || !tenant.is_settled() {
        return Err(ProofError::NotRunning);
    }
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let _turn = control.proving().begin(id).ok_or(ProofError::UnderWay)?;
    let row = parts.database.query_one(&store::PROOFS_OF_AN_HOUR, &[&id]).await?;
    let (count, seconds): (i64, i32) = (value(&row, 0)?, value(&row, 1)?);
    if count >= AN_HOUR {
        return Err(ProofError::TooMany { seconds: seconds.unsigned_abs() });
    }
    let inspection = parts.privileged.inspect(&tenant.id).await.map_err(ProofError::Privileged)?;
    let mut checks = process::checks(&inspection, &tenant.id);
    checks.extend(database::checks(control, &tenant.id).await?);
    let fingerprint = fingerprint(control, tenant).await?;
    checks.extend(own(control, tenant, &inspection, &fingerprint).await?);
    let event = EventId::new(parts.clock.now(), &*parts.rng);
    let outcome = checks.iter().fold(Verdict::NotApplicable, |worst, check| worst.worse(check.outcome));
    let report = Report {
        format: FORMAT.to_owned(),
        id: event.to_string(),
        tenant: id.to_owned(),
        slug: tenant.slug.to_string(),
        instance: parts.domain.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: parts.clock.now().to_string(),
        asked_by: actor.name().into_owned(),
        outcome,
        checks,
    };
    let signed = SignedReport::sign(report, &key(control).await?);
    keep(control, actor, tenant, event, &signed, &fingerprint).await?;
    Ok(signed)
}

/// The instance's key for reports.
async fn key(control: &Control) -> Result<Ed25519SigningKey, ControlError> {
    let seed = instance_key::of(control, "isolation-key").await.map_err(ControlError::of_step)?;
    let seed: &[u8; 32] = seed
        .expose_secret()
        .try_into()
        .map_err(|_| ControlError::of_step(crate::error::StepError::SecretMissing))?;
    Ok(Ed25519SigningKey::from_seed(seed))
}

/// One transaction: the report, and its event in both logs.
async fn keep(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    event: EventId,
    signed: &SignedReport,
    fingerprint: &str,
) -> Result<(), ProofError> {
    let (parts, id, report) = (control.parts(), tenant.id.as_str(), &signed.report);
    let outcome = match report.outcome {
        Verdict::NotApplicable => Verdict::Held,
        outcome => outcome,
    };
    let of = |wanted: Verdict| -> Vec<&str> {
        let checks = report.checks.iter().filter(|check| check.outcome == wanted);
        checks.map(|check| check.id.as_str()).collect()
    };
    let detail = json!({
        "digest": signed.digest, "key": signed.key, "outcome": outcome.as_str(),
        "broken": of(Verdict::Broken), "unknown": of(Verdict::Unknown),
    });
    let body = serde_json::to_value(signed).map_err(|error| DbError::Value(error.to_string()))?;
    let kind = TenantEventKind::IsolationProved;
    let transaction = parts.database.begin().await?;
    let values: [&(dyn kiavi_db::ToSql + Sync); 5] =
        [&report.id, &id, &outcome.as_str(), &fingerprint, &body];
    transaction.execute(&store::INSERT_PROOF, &values).await?;
    transaction.execute(&store::FORGET_PROOFS, &[&id]).await?;
    provision::keep_news(&transaction, &tenant.id, &event, kind, &actor.name(), &detail).await?;
    let outcome = if outcome == Verdict::Held { Outcome::Success } else { Outcome::Failure };
    let told = Event { kind: kind.event(), outcome, actor, subject: id, detail };
    audit::record_as(&transaction, event, &told).await?;
    transaction.commit().await?;
    // What the tenant's log is not told now it is told with the next change of the tenant.
    if let Err(error) = provision::tell_news(control, tenant).await {
        tracing::warn!(tenant = id, error = chain(&error), "a tenant's log does not have its proof yet");
    }
    control.changed(tenant);
    Ok(())
}

/// A hash of what is derived from the tenant's secret, by which secrets can be compared that nobody sees.
async fn fingerprint(control: &Control, tenant: &Tenant) -> Result<String, ControlError> {
    let secret = provision::current_secret(control, tenant).await.map_err(ControlError::of_step)?;
    let derived = [FINGERPRINT, &secret.subkey(Purpose::UserHandle)].concat();
    Ok(hex(&sha256(&derived)))
}

/// What is the tenant's own: keys, account, ways in and out.
async fn own(
    control: &Control,
    tenant: &Tenant,
    inspection: &Inspection,
    fingerprint: &str,
) -> Result<Vec<Check>, ControlError> {
    let (database, id) = (&control.parts().database, tenant.id.as_str());
    let other = database.query_opt(&store::SAME_FINGERPRINT, &[&id, &fingerprint]).await?;
    let secret = unique(other.as_ref(), format!("fingerprint {fingerprint}"))?.check("keys.secret");
    let other = database.query_opt(&store::SAME_LOG_KEY, &[&id]).await?;
    let log_key = match crate::log::verifiers(control, &tenant.id).await? {
        Some((_, key, _)) => unique(other.as_ref(), format!("key {key}"))?,
        None => {
            let mut found = Found::default();
            found.note(Verdict::Unknown, "its log is not sealed yet");
            found
        }
    };
    let hostnames = address::address(control, tenant).await?;
    let wanted: HashSet<_> = hostnames.hostnames.into_iter().chain(hostnames.former).collect();
    Ok(vec![
        secret,
        log_key.check("keys.log"),
        account(tenant, inspection),
        hosts(&wanted, inspection),
        egress(inspection),
        certificate::check(control, tenant, &wanted).await?,
    ])
}

/// Something of which no other tenant may have the same.
fn unique(other: Option<&Row>, what: String) -> Result<Found, DbError> {
    let mut found = Found::default();
    match other {
        Some(row) => {
            found.note(Verdict::Broken, format!("{what} is that of {}, too", value::<String>(row, 0)?))
        }
        None => found.note(Verdict::Held, what),
    }
    Ok(found)
}

fn account(tenant: &Tenant, inspection: &Inspection) -> Check {
    let mut found = Found::default();
    let (uid, known) = (tenant.uid, inspection.uid);
    match (known == uid, inspection.sharing_account.as_slice()) {
        (false, _) => {
            found.note(Verdict::Broken, format!("the launcher starts it as {known}, and {uid} is its own"))
        }
        (true, []) => found
            .note(Verdict::Held, format!("uid {uid}, which was nobody's before and will be nobody's after")),
        (true, [other, ..]) => found.note(Verdict::Broken, format!("uid {uid} is that of {other}, too")),
    }
    found.check("account.unique")
}

fn hosts(wanted: &HashSet<kiavi_base::Hostname>, inspection: &Inspection) -> Check {
    let mut found = Found::default();
    for hostname in &inspection.hostnames {
        match wanted.contains(hostname) {
            true => found.note(Verdict::Held, hostname.to_string()),
            false => found.note(Verdict::Broken, format!("{hostname} leads to it, and is not among its own")),
        }
    }
    for hostname in wanted.iter().filter(|hostname| !inspection.hostnames.contains(hostname)) {
        found.note(Verdict::Broken, format!("{hostname} does not lead to it"));
    }
    found.check("ways.hostnames")
}

fn egress(inspection: &Inspection) -> Check {
    let mut found = Found::default();
    for server in &inspection.egress {
        found.note(Verdict::Held, server);
    }
    if inspection.egress.is_empty() {
        found.note(Verdict::Held, "none");
    }
    found.check("ways.egress")
}

fn value<'a, T: kiavi_db::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, DbError> {
    row.try_get(column).map_err(DbError::from)
}
