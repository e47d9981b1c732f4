//! Whether all is well. What `kiavi doctor` says of an instance that runs, it has from here.

mod backups;
mod certificates;
mod machine;

use std::time::Duration;

use kiavi_db::DbError;
use kiavi_ipc::{
    metrics::{LOG_STATES, Measurements},
    survey::{EngineState, Survey},
};
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
/// Names that a sentence has; more are counted.
const NAMED: usize = 20;

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
    #[schema(example = "12.3 GB are free (41 %)")]
    pub detail: String,
}

use HealthVerdict::{Fault, Ok as Good, Unchecked, Warning};

impl HealthFinding {
    fn new(check: Check, verdict: HealthVerdict, detail: impl Into<String>) -> Self {
        Self { check, verdict, detail: detail.into() }
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
                .map(|check| unchecked(check, "the launcher does not answer")),
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

fn unchecked(check: Check, why: &str) -> HealthFinding {
    HealthFinding::new(check, Unchecked, format!("not checked: {why}"))
}

/// What asking the database came to.
async fn in_database(
    check: Check,
    question: impl Future<Output = Result<HealthFinding, DbError>>,
) -> HealthFinding {
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(finding)) => finding,
        Ok(Err(_)) | Err(_) => unchecked(check, "the database does not answer"),
    }
}

async fn database(control: &Control, survey: Option<&Survey>) -> HealthFinding {
    let question = control.parts().database.query_opt(&BACKLOG, &[]);
    let answers = tokio::time::timeout(PATIENCE, question).await.is_ok_and(|answer| answer.is_ok());
    match (answers, survey.is_none_or(|survey| survey.measured.has_postgres)) {
        (true, true) => HealthFinding::new(Check::Database, Good, "it answers"),
        _ => HealthFinding::new(Check::Database, Fault, "it does not answer: nobody can sign in"),
    }
}

fn processes(measured: &Measurements) -> [HealthFinding; 3] {
    let runs = |check, is_there: bool, without: &str| match is_there {
        true => HealthFinding::new(check, Good, "it runs"),
        false => HealthFinding::new(check, Fault, format!("it does not run: {without}")),
    };
    let auditor = match (measured.has_auditor, measured.auditor.oldest_seconds) {
        (true, seconds) if seconds > SEALED_WITHIN => {
            let behind = LOG_STATES.iter().zip(measured.auditor.logs).find(|(state, _)| **state == "behind");
            let behind = behind.map_or(0, |(_, count)| count);
            let detail = format!("events have waited {seconds} s to be sealed, in {behind} logs");
            HealthFinding::new(Check::Auditor, Warning, detail)
        }
        (is_there, _) => runs(Check::Auditor, is_there, "events are written, and sealed when it is back"),
    };
    [
        runs(Check::Gateway, measured.has_gateway, "nobody is let in"),
        runs(Check::Outbound, measured.has_outbound, "mail waits, and no provider is reached"),
        auditor,
    ]
}

async fn logs(control: &Control) -> Result<HealthFinding, DbError> {
    let alarms = log::store::alarms(&control.parts().database).await?;
    if alarms.is_empty() {
        let detail = "none contradicts what its witness has seen";
        return Ok(HealthFinding::new(Check::AuditLogs, Good, detail));
    }
    let detail = format!(
        "those of {} contradict what their witness has seen, and are sealed no further: was a database replaced by an \
         older copy? See docs/operations.md",
        names(alarms.iter().map(|alarm| alarm.slug.as_str()))
    );
    Ok(HealthFinding::new(Check::AuditLogs, Fault, detail))
}

async fn vault(control: &Control) -> HealthFinding {
    match tokio::time::timeout(PATIENCE, control.parts().vault.health()).await {
        Ok(health) => match health.fault {
            None => HealthFinding::new(Check::Vault, Good, format!("secrets can be had ({})", health.driver)),
            Some(fault) => {
                let verdict = if fault.is_temporary() { Warning } else { Fault };
                HealthFinding::new(Check::Vault, verdict, fault.to_string())
            }
        },
        Err(_) => HealthFinding::new(Check::Vault, Warning, "the store does not answer in time"),
    }
}

async fn jobs(control: &Control) -> Result<HealthFinding, DbError> {
    let (all, failed) = store::count_jobs(&control.parts().database).await?;
    Ok(match (all, failed) {
        (0, _) => HealthFinding::new(Check::Jobs, Good, "every tenant is where it should be"),
        (all, 0) => HealthFinding::new(Check::Jobs, Good, format!("{all} under way")),
        (all, failed) => {
            let detail = format!("{failed} of {all} failed, and are tried again: see kiavi instance jobs");
            HealthFinding::new(Check::Jobs, Warning, detail)
        }
    })
}

fn engines(survey: &Survey) -> HealthFinding {
    let count = |state| survey.engines.iter().filter(|engine| engine.state == state).count();
    match (count(EngineState::Quarantined), count(EngineState::Paused)) {
        (0, 0) => {
            let running = survey.engines.iter().filter(|engine| engine.process.is_some()).count();
            HealthFinding::new(Check::Engines, Good, format!("{running} run, the others sleep"))
        }
        (0, paused) => {
            let detail = format!("{paused} failed, and are started again after a pause");
            HealthFinding::new(Check::Engines, Warning, detail)
        }
        (quarantined, _) => {
            let detail = format!(
                "{quarantined} in quarantine after forbidden system calls, and not started any more: look at the log"
            );
            HealthFinding::new(Check::Engines, Fault, detail)
        }
    }
}

/// Domains whose proof is gone, and those that wait for theirs for days. Both are served, or not, as before.
async fn domains(control: &Control) -> Result<HealthFinding, DbError> {
    let alarms = domains_store::unproved(&control.parts().database).await?;
    let told = |state: DomainState| {
        let found = alarms.iter().filter(|one| one.state == state);
        let text = |one: &Unproved| {
            format!("{} of {} since {}", one.domain, one.slug, one.since.strftime("%Y-%m-%d"))
        };
        found.map(text).collect::<Vec<_>>().join(", ")
    };
    let parts = [
        ("lapsed, the record is gone", told(DomainState::Lapsed)),
        ("pending, the record never came", told(DomainState::Pending)),
    ];
    let parts = parts.iter().filter(|(_, which)| !which.is_empty());
    let parts: Vec<_> = parts.map(|(what, which)| format!("{what}: {which}")).collect();
    Ok(match parts.is_empty() {
        true => {
            let detail = "none has lapsed, and none waits for its record for days";
            HealthFinding::new(Check::Domains, Good, detail)
        }
        false => HealthFinding::new(Check::Domains, Warning, parts.join("; ")),
    })
}

/// Tenants that the instance had before it was brought back, and that are not restored yet.
async fn lost_tenants(control: &Control) -> Result<HealthFinding, DbError> {
    let lost = lost::all(&control.parts().database).await?;
    if lost.is_empty() {
        return Ok(HealthFinding::new(Check::LostTenants, Good, "the data of every tenant is here"));
    }
    let which = names(lost.iter().map(|tenant| tenant.slug.as_str()));
    let detail = format!("restore these from their archives: {which}");
    Ok(HealthFinding::new(Check::LostTenants, Fault, detail))
}

/// Some names, and how many more there are.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<_> = all.collect();
    let more = all.len().saturating_sub(NAMED);
    let some = all[..all.len() - more].join(", ");
    if more > 0 { format!("{some} and {more} more") } else { some }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_some_names_and_a_number() {
        let all: Vec<_> = (0..NAMED + 3).map(|i| format!("t{i}")).collect();
        let told = names(all.iter().map(String::as_str));
        assert!(told.starts_with("t0, t1") && told.ends_with("t19 and 3 more"), "{told}");
        assert_eq!(names(["a"].into_iter()), "a");
    }

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
