//! The instance, for the owners of the platform. For everybody else these pages are not there.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use axum::{
    extract::Query,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use jiff::Timestamp;
use kiavi_ipc::survey::ProcessFacts;
use kiavi_pages::{
    EngineRow, EngineState as Shown, HealthCheck, HealthRow, HealthVerdict as Verdict, InstanceHealth,
    InstanceJobs, InstancePlace, InstanceProcesses, InstanceSearch, InstanceTenantRow, InstanceTenants,
    JobRow, JobState as JobShown, JobStepLine, JobTarget, Place, ProcessRow, ServiceRow, StepState,
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    tenant::address,
    tenants::badge,
    visit::{Answer, Here, Stop, Visit, html},
};
use crate::{
    Control, TenantState,
    api::{
        Problem,
        platform::{started, starts_again},
        progress,
    },
    member,
    platform::{
        self, EngineState, Engines, Job, JobState, JobStep,
        health::{Check, HealthVerdict, findings},
        store::{self, EngineOf, Filter, TenantOfInstance},
    },
    tenant::Target,
    watching::EVERYWHERE,
    workspace,
};

/// Rows on a page.
const SHOWN: i64 = 50;
/// Longest text that is searched for.
const MAX_TEXT: usize = 253;

/// Where it is told that these pages may be others by now.
pub(super) const EVENTS: &str = "/instance/events";
/// After how long they are looked at again although no tenant has changed: nobody tells of processes, of the disk and the like,
/// which are looked at when somebody asks.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// What a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    text: String,
    workspace: String,
    state: String,
    /// The name that the page before ended with.
    after: String,
}

impl Asked {
    fn search(&self) -> InstanceSearch {
        let trimmed = |text: &String| text.trim().chars().take(MAX_TEXT).collect();
        InstanceSearch {
            text: trimmed(&self.text),
            workspace: trimmed(&self.workspace),
            state: self.state.clone(),
        }
    }

    /// What the database is asked for: one row more than is shown. `None` when there is no such workspace.
    async fn filter(&self, control: &Control) -> Result<Option<Filter>, Stop> {
        let search = self.search();
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let workspace = match filled(search.workspace) {
            None => None,
            Some(named) => match workspace::store::find(&control.parts().database, &named).await? {
                Some(found) => Some(found.id),
                None => return Ok(None),
            },
        };
        // The database has no text with NUL, and no name has it either.
        let plain = |text: &str| text.to_lowercase().replace('\0', "\u{fffd}");
        let text = filled(search.text).map(|text| plain(&text));
        Ok(Some(Filter { after: plain(&self.after), text, workspace, limit: SHOWN + 1 }))
    }

    /// Cuts off what is on the next page, and answers where that is.
    fn next<R>(&self, place: InstancePlace, rows: &mut Vec<R>, name: impl Fn(&R) -> &str) -> Option<String> {
        let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
        if rows.len() <= shown {
            return None;
        }
        rows.truncate(shown);
        let last = name(rows.last()?);
        let search = self.search();
        let query = [
            ("text", search.text.as_str()),
            ("workspace", search.workspace.as_str()),
            ("state", search.state.as_str()),
            ("after", last),
        ];
        Some(address(place.path(), query.into_iter().filter(|(_, value)| !value.is_empty())))
    }
}

/// `GET /instance`.
pub(super) async fn tenants(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let here = visit.at_instance().await?;
    let database = &here.visit.control.parts().database;
    let state = TenantState::of_text(&asked.state);
    let mut found = match asked.filter(&here.visit.control).await? {
        Some(filter) => store::tenants(database, &filter, state).await?,
        None => Vec::new(),
    };
    let next = asked.next(InstancePlace::Tenants, &mut found, |found| found.tenant.slug.as_str());
    let own = own_workspaces(&here).await?;
    let row = |found| tenant_row(&here, &own, found);
    Ok(html(&InstanceTenants {
        frame: here.visit.frame(),
        top: here.top(Place::Instance).await?,
        search: asked.search(),
        tenants: found.into_iter().map(row).collect(),
        next,
        now: here.visit.control.parts().clock.now(),
    }))
}

/// `GET /instance/events`: one event at each change of a tenant, and from time to time; the page then loads itself again. It
/// tells no more than that, so it may go on for somebody who is removed meanwhile.
pub(super) async fn events(visit: Visit) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Stop> {
    let here = visit.at_instance().await?;
    let control = &here.visit.control;
    let permit = progress::permit(control, &here.actor)?;
    let changes = control.changes().of(EVERYWHERE);
    let events = stream::unfold((changes, permit), |(mut changes, permit)| async {
        // What comes when the time is up is a look at what nobody tells of.
        if let Ok(changed) = timeout(LOOK_AGAIN, changes.changed()).await {
            changed.ok()?;
        }
        Some((Ok(Event::default().data("changed")), (changes, permit)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The names of the workspaces that somebody is a member of.
async fn own_workspaces(here: &Here) -> Result<BTreeSet<String>, Stop> {
    let database = &here.visit.control.parts().database;
    let all = member::store::workspaces_of(database, &here.person.user).await?;
    Ok(all.into_iter().map(|(workspace, _)| workspace.slug.to_string()).collect())
}

fn tenant_row(here: &Here, own: &BTreeSet<String>, found: TenantOfInstance) -> InstanceTenantRow {
    let TenantOfInstance { tenant, workspace, hostnames, database_bytes, backed_up_at } = found;
    let is_open = own.contains(&workspace) && !tenant.is_console();
    let path = is_open.then(|| format!("/w/{workspace}/t/{}", tenant.slug));
    InstanceTenantRow {
        path,
        url: here.visit.control.url_of(&tenant),
        slug: tenant.slug.to_string(),
        workspace,
        hostnames,
        state: badge(tenant.state),
        created: tenant.created_at,
        bytes: database_bytes,
        schema: tenant.schema_version,
        backed_up: backed_up_at,
    }
}

/// `GET /instance/processes`.
pub(super) async fn processes(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let here = visit.at_instance().await?;
    let control = &here.visit.control;
    let survey = platform::survey(control).await.map_err(|error| Problem::internal(&*error))?;
    let (engines, now) = (Engines::of(&survey), control.parts().clock.now());
    let mut found = match asked.filter(control).await? {
        Some(filter) => {
            let which = engines.filter(EngineState::parse(&asked.state));
            store::engines(&control.parts().database, &filter, &which).await?
        }
        None => Vec::new(),
    };
    let next = asked.next(InstancePlace::Processes, &mut found, |found| found.slug.as_str());
    let services = survey.services.into_iter().map(|service| ServiceRow {
        role: service.role,
        process: service.process.map(|facts| process_row(facts, now)),
        failures: service.failures,
    });
    Ok(html(&InstanceProcesses {
        frame: here.visit.frame(),
        top: here.top(Place::Instance).await?,
        is_fully_isolated: survey.is_fully_isolated,
        services: services.collect(),
        search: asked.search(),
        engines: found.into_iter().map(|found| engine_row(found, &engines, now)).collect(),
        next,
        now,
    }))
}

fn process_row(facts: ProcessFacts, now: Timestamp) -> ProcessRow {
    let ProcessFacts { pid, private_bytes, is_confined, .. } = facts;
    ProcessRow { pid, started: started(&facts, now), bytes: private_bytes, is_confined }
}

fn engine_row(found: EngineOf, engines: &Engines, now: Timestamp) -> EngineRow {
    let standing = engines.find(&found.tenant);
    EngineRow {
        slug: found.slug,
        workspace: found.workspace,
        state: engine_shown(standing.map_or(EngineState::Sleeping, |standing| standing.state.into())),
        process: standing.and_then(|standing| standing.process).map(|facts| process_row(facts, now)),
        failures: standing.map_or(0, |standing| standing.failures),
        starts_again: standing.and_then(|standing| starts_again(standing, now)),
    }
}

fn engine_shown(state: EngineState) -> Shown {
    match state {
        EngineState::Sleeping => Shown::Sleeping,
        EngineState::Starting => Shown::Starting,
        EngineState::Running => Shown::Running,
        EngineState::Draining => Shown::Draining,
        EngineState::ReadingLog => Shown::ReadingLog,
        EngineState::Paused => Shown::Paused,
        EngineState::Quarantined => Shown::Quarantined,
    }
}

/// `GET /instance/jobs`.
pub(super) async fn jobs(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let here = visit.at_instance().await?;
    let control = &here.visit.control;
    let mut found = match asked.filter(control).await? {
        Some(filter) => store::jobs(control, &filter, JobState::parse(&asked.state)).await?,
        None => Vec::new(),
    };
    let next = asked.next(InstancePlace::Jobs, &mut found, |found| found.tenant.slug.as_str());
    Ok(html(&InstanceJobs {
        frame: here.visit.frame(),
        top: here.top(Place::Instance).await?,
        search: asked.search(),
        jobs: found.into_iter().map(job_row).collect(),
        next,
    }))
}

fn job_row(found: Job) -> JobRow {
    let Job { tenant, workspace, state, steps } = found;
    let current = steps.iter().position(|step| step.finished_at.is_none());
    let lines = steps.iter().enumerate().map(|(place, step)| step_line(step, Some(place) == current, state));
    JobRow {
        slug: tenant.slug.to_string(),
        workspace,
        target: match tenant.target {
            Target::Running => JobTarget::Running,
            Target::Suspended => JobTarget::Suspended,
            Target::Deleted => JobTarget::Deleted,
            Target::Destroyed => JobTarget::Destroyed,
            Target::Importing => JobTarget::Importing,
            Target::Spare => JobTarget::Spare,
        },
        state: match state {
            JobState::Failed => JobShown::Failed,
            JobState::Running => JobShown::Running,
            JobState::Waiting => JobShown::Waiting,
        },
        failure: tenant.last_error,
        retry: tenant.retry_at,
        steps: lines.collect(),
    }
}

fn step_line(step: &JobStep, is_current: bool, state: JobState) -> JobStepLine {
    let state = match (step.finished_at.is_some(), is_current, state) {
        (true, ..) => StepState::Done,
        (false, true, JobState::Failed) => StepState::Failed,
        (false, true, JobState::Running) => StepState::Current,
        _ => StepState::Waiting,
    };
    JobStepLine { name: step.step.as_str(), state, attempts: step.attempts.into() }
}

/// `GET /instance/health`.
pub(super) async fn health(visit: Visit) -> Answer {
    let here = visit.at_instance().await?;
    let found = findings(&here.visit.control).await.into_iter().map(|finding| HealthRow {
        check: check_shown(finding.check),
        verdict: match finding.verdict {
            HealthVerdict::Ok => Verdict::Ok,
            HealthVerdict::Unchecked => Verdict::Unchecked,
            HealthVerdict::Warning => Verdict::Warning,
            HealthVerdict::Fault => Verdict::Fault,
        },
        fact: finding.fact,
    });
    let findings = found.collect();
    Ok(html(&InstanceHealth { frame: here.visit.frame(), top: here.top(Place::Instance).await?, findings }))
}

fn check_shown(check: Check) -> HealthCheck {
    match check {
        Check::Database => HealthCheck::Database,
        Check::Gateway => HealthCheck::Gateway,
        Check::Outbound => HealthCheck::Outbound,
        Check::Auditor => HealthCheck::Auditor,
        Check::AuditLogs => HealthCheck::AuditLogs,
        Check::Vault => HealthCheck::Vault,
        Check::Jobs => HealthCheck::Jobs,
        Check::Engines => HealthCheck::Engines,
        Check::Backups => HealthCheck::Backups,
        Check::Domains => HealthCheck::Domains,
        Check::Certificates => HealthCheck::Certificates,
        Check::LostTenants => HealthCheck::LostTenants,
        Check::Disk => HealthCheck::Disk,
        Check::Clock => HealthCheck::Clock,
        Check::Isolation => HealthCheck::Isolation,
    }
}
