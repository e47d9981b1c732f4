//! Whether all is well. What `kiavi doctor` says of an instance that runs, it has from here.

mod backups;
mod certificates;
mod machine;

use std::time::Duration;

use kiavi_base::Locale;
use kiavi_db::DbError;
use kiavi_ipc::{
    metrics::{LOG_STATES, Measurements},
    survey::{EngineState, Survey},
};
use kiavi_pages::{DomainSince, HealthFact, NotLooked};
use serde::Serialize;
use utoipa::ToSchema;

pub use machine::{clock_finding, disk_finding};

use super::store;
use crate::{
    Control,
    domain::{
        DomainState,
        store::{self as domains_store, Unproved},
    },
    instance::lost,
    log,
    tenant::store::BACKLOG,
};

/// How long a part may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(3);
/// How old the oldest event may get that is not sealed, in seconds.
const SEALED_WITHIN: u64 = 60;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthCheck)]
pub enum Check {
    /// The control plane's database.
    Database,
    /// The process that accepts connections.
    Gateway,
    /// The process that reaches other servers.
    Outbound,
    /// The process that seals logs.
    Auditor,
    /// What was cosigned of logs.
    AuditLogs,
    /// Where secrets are kept.
    Vault,
    /// What is under way for tenants.
    Jobs,
    /// Tenants' processes.
    Engines,
    /// Archives, and trials to restore them.
    Backups,
    /// Proofs of tenants' domains.
    Domains,
    /// Certificates of names that are served.
    Certificates,
    /// Tenants whose data is not restored yet.
    LostTenants,
    /// Room on the disk.
    Disk,
    /// The machine's clock.
    Clock,
    /// The layers of the sandbox.
    Isolation,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthVerdict {
    /// As it should be.
    Ok,
    /// It could not be looked at.
    Unchecked,
    /// It works, and somebody should look at it.
    Warning,
    /// Something does not work.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HealthFinding {
    /// What.
    pub check: Check,
    /// How it is.
    pub verdict: HealthVerdict,
    /// What was found, and what to do; for people.
    #[schema(example = "12.3 GB are free (41%)")]
    pub detail: String,
    /// The same, for readers of other languages.
    #[serde(skip)]
    pub fact: HealthFact,
}

use HealthVerdict::{Fault, Ok as Good, Unchecked, Warning};

impl HealthFinding {
    fn new(check: Check, verdict: HealthVerdict, fact: HealthFact) -> Self {
        Self { check, verdict, detail: fact.told(Locale::En), fact }
    }
}

/// Everything, in the order of [`Check`]. What does not answer is a finding, too.
pub(crate) async fn findings(control: &Control) -> Vec<HealthFinding> {
    let (survey, vault) = tokio::join!(super::survey(control), vault(control));
    let survey = survey
        .inspect_err(|error| tracing::error!(%error, "the launcher does not say how everything stands"))
        .ok();
    let mut findings = vec![database(control, survey.as_ref()).await];
    match &survey {
        Some(survey) => findings.extend(processes(&survey.measured)),
        None => findings.extend(
            [Check::Gateway, Check::Outbound, Check::Auditor]
                .map(|check| unchecked(check, NotLooked::Launcher)),
        ),
    }
    findings.push(in_database(Check::AuditLogs, logs(control)).await);
    findings.push(vault);
    findings.push(in_database(Check::Jobs, jobs(control)).await);
    findings.extend(survey.as_ref().map(engines));
    findings.push(in_database(Check::Backups, backups::finding(control)).await);
    findings.push(in_database(Check::Domains, domains(control)).await);
    if control.parts().issuer.is_some() {
        findings.push(in_database(Check::Certificates, certificates::finding(control)).await);
    }
    // Few instances have ever been brought back.
    let lost = in_database(Check::LostTenants, lost_tenants(control)).await;
    findings.extend((lost.verdict != Good).then_some(lost));
    if let Some(survey) = &survey {
        findings.push(disk_finding(survey.disk));
        findings.push(clock_finding(survey.clock));
        findings.push(machine::isolation(survey.is_fully_isolated, survey.limits));
    }
    findings
}

fn unchecked(check: Check, why: NotLooked) -> HealthFinding {
    HealthFinding::new(check, Unchecked, HealthFact::Unchecked(why))
}

/// What asking the database came to.
async fn in_database(
    check: Check,
    question: impl Future<Output = Result<HealthFinding, DbError>>,
) -> HealthFinding {
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(finding)) => finding,
        Ok(Err(_)) | Err(_) => unchecked(check, NotLooked::Database),
    }
}

async fn database(control: &Control, survey: Option<&Survey>) -> HealthFinding {
    let question = control.parts().database.query_opt(&BACKLOG, &[]);
    let answers = tokio::time::timeout(PATIENCE, question).await.is_ok_and(|answer| answer.is_ok());
    match (answers, survey.is_none_or(|survey| survey.measured.has_postgres)) {
        (true, true) => HealthFinding::new(Check::Database, Good, HealthFact::DatabaseAnswers),
        _ => HealthFinding::new(Check::Database, Fault, HealthFact::DatabaseSilent),
    }
}

fn processes(measured: &Measurements) -> [HealthFinding; 3] {
    let runs = |check, is_there: bool, without: HealthFact| match is_there {
        true => HealthFinding::new(check, Good, HealthFact::ProcessRuns),
        false => HealthFinding::new(check, Fault, without),
    };
    let auditor = match (measured.has_auditor, measured.auditor.oldest_seconds) {
        (true, seconds) if seconds > SEALED_WITHIN => {
            let behind = LOG_STATES.iter().zip(measured.auditor.logs).find(|(state, _)| **state == "behind");
            let logs = behind.map_or(0, |(_, count)| count);
            HealthFinding::new(Check::Auditor, Warning, HealthFact::AuditorBehind { seconds, logs })
        }
        (is_there, _) => runs(Check::Auditor, is_there, HealthFact::AuditorDown),
    };
    [
        runs(Check::Gateway, measured.has_gateway, HealthFact::GatewayDown),
        runs(Check::Outbound, measured.has_outbound, HealthFact::OutboundDown),
        auditor,
    ]
}

async fn logs(control: &Control) -> Result<HealthFinding, DbError> {
    let alarms = log::store::alarms(&control.parts().database).await?;
    if alarms.is_empty() {
        return Ok(HealthFinding::new(Check::AuditLogs, Good, HealthFact::LogsHold));
    }
    let slugs = alarms.into_iter().map(|alarm| alarm.slug).collect();
    Ok(HealthFinding::new(Check::AuditLogs, Fault, HealthFact::LogsContradict(slugs)))
}

async fn vault(control: &Control) -> HealthFinding {
    match tokio::time::timeout(PATIENCE, control.parts().vault.health()).await {
        Ok(health) => match health.fault {
            None => HealthFinding::new(Check::Vault, Good, HealthFact::VaultWorks(health.driver.to_string())),
            Some(fault) => {
                let verdict = if fault.is_temporary() { Warning } else { Fault };
                HealthFinding::new(Check::Vault, verdict, HealthFact::VaultFault(fault.to_string()))
            }
        },
        Err(_) => HealthFinding::new(Check::Vault, Warning, HealthFact::VaultSilent),
    }
}

async fn jobs(control: &Control) -> Result<HealthFinding, DbError> {
    let (all, failed) = store::count_jobs(&control.parts().database).await?;
    Ok(match (all, failed) {
        (0, _) => HealthFinding::new(Check::Jobs, Good, HealthFact::JobsNone),
        (all, 0) => HealthFinding::new(Check::Jobs, Good, HealthFact::JobsUnderWay(counted(all))),
        (all, failed) => {
            let fact = HealthFact::JobsFailed { failed: counted(failed), all: counted(all) };
            HealthFinding::new(Check::Jobs, Warning, fact)
        }
    })
}

fn engines(survey: &Survey) -> HealthFinding {
    let count = |state| survey.engines.iter().filter(|engine| engine.state == state).count() as u64;
    match (count(EngineState::Quarantined), count(EngineState::Paused)) {
        (0, 0) => {
            let running = survey.engines.iter().filter(|engine| engine.process.is_some()).count() as u64;
            HealthFinding::new(Check::Engines, Good, HealthFact::EnginesRun(running))
        }
        (0, paused) => HealthFinding::new(Check::Engines, Warning, HealthFact::EnginesPaused(paused)),
        (count, _) => HealthFinding::new(Check::Engines, Fault, HealthFact::EnginesQuarantined(count)),
    }
}

/// Domains whose proof is gone, and those that wait for theirs for days. Both are served, or not, as before.
async fn domains(control: &Control) -> Result<HealthFinding, DbError> {
    let alarms = domains_store::unproved(&control.parts().database).await?;
    let told = |state| -> Vec<DomainSince> {
        let found = alarms.iter().filter(|one| one.state == state);
        let one = |one: &Unproved| DomainSince {
            domain: one.domain.clone(),
            tenant: one.slug.clone(),
            since: one.since,
        };
        found.map(one).collect()
    };
    let (lapsed, pending) = (told(DomainState::Lapsed), told(DomainState::Pending));
    Ok(match lapsed.is_empty() && pending.is_empty() {
        true => HealthFinding::new(Check::Domains, Good, HealthFact::DomainsHold),
        false => HealthFinding::new(Check::Domains, Warning, HealthFact::DomainsUnproved { lapsed, pending }),
    })
}

/// Tenants that the instance had before it was brought back, and that are not restored yet.
async fn lost_tenants(control: &Control) -> Result<HealthFinding, DbError> {
    let lost = lost::all(&control.parts().database).await?;
    if lost.is_empty() {
        return Ok(HealthFinding::new(Check::LostTenants, Good, HealthFact::NoneLost));
    }
    let slugs = lost.into_iter().map(|tenant| tenant.slug).collect();
    Ok(HealthFinding::new(Check::LostTenants, Fault, HealthFact::Lost(slugs)))
}

/// What a database counts is not negative.
fn counted(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_wait_to_be_sealed_are_a_warning_and_no_auditor_is_a_fault() {
        let mut measured = Measurements { has_auditor: true, ..Measurements::default() };
        let auditor = |measured: &Measurements| processes(measured)[2].verdict;
        assert_eq!(auditor(&measured), Good);
        measured.auditor.oldest_seconds = SEALED_WITHIN + 1;
        assert_eq!(auditor(&measured), Warning);
        assert_eq!(auditor(&Measurements::default()), Fault);
    }
}
