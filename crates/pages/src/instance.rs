//! The instance in the console, for the owners of the platform: all tenants, processes, jobs, and whether all is well.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, HealthFact, Place, StepState, TenantState, backups::size, text::Text, when};

/// The pages of the instance, in the order of their menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstancePlace {
    /// All tenants.
    Tenants,
    /// What runs.
    Processes,
    /// What is under way.
    Jobs,
    /// Whether all is well.
    Health,
}

impl InstancePlace {
    pub(crate) const ALL: [Self; 4] = [Self::Tenants, Self::Processes, Self::Jobs, Self::Health];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Tenants => "/instance",
            Self::Processes => "/instance/processes",
            Self::Jobs => "/instance/jobs",
            Self::Health => "/instance/health",
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Tenants => text.instance_tenants(),
            Self::Processes => text.instance_processes(),
            Self::Jobs => text.instance_jobs(),
            Self::Health => text.instance_health(),
        }
    }
}

/// What a list is narrowed to, as the form has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceSearch {
    /// A part of a name or a domain, or an id.
    pub text: String,
    /// The name of a workspace.
    pub workspace: String,
    /// The key of a state.
    pub state: String,
}

impl InstanceSearch {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The tenants of all workspaces.
#[derive(Debug, Clone, Template)]
#[template(path = "instance-tenants.html")]
pub struct InstanceTenants {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// What was searched for.
    pub search: InstanceSearch,
    /// The tenants, by name.
    pub tenants: Vec<InstanceTenantRow>,
    /// The path of the page after this one.
    pub next: Option<String>,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

/// A tenant of any workspace.
#[derive(Debug, Clone)]
pub struct InstanceTenantRow {
    /// Its name.
    pub slug: String,
    /// Its pages, for who is a member of its workspace.
    pub path: Option<String>,
    /// The name of its workspace in addresses.
    pub workspace: String,
    /// Its sign-in page's site.
    pub url: String,
    /// Domains of its own.
    pub hostnames: Vec<String>,
    /// Where it is in its life.
    pub state: TenantState,
    /// When it was asked for.
    pub created: Timestamp,
    /// Size of its database, in bytes.
    pub bytes: Option<i64>,
    /// The newest migration that its tables have.
    pub schema: i32,
    /// When its newest archive was made.
    pub backed_up: Option<Timestamp>,
}

impl InstanceTenants {
    pub(crate) fn place(&self) -> InstancePlace {
        InstancePlace::Tenants
    }

    /// The states that can be looked for: key and words.
    pub(crate) fn states(&self) -> Vec<(&'static str, String)> {
        let text = self.frame.text();
        vec![
            ("running", TenantState::Running.words(text)),
            ("suspended", TenantState::Suspended.words(text)),
            ("failed", TenantState::Failed.words(text)),
            ("deleted", TenantState::Deleting.words(text)),
        ]
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// Size, schema and backup in a line.
    pub(crate) fn about(&self, row: &InstanceTenantRow) -> String {
        let text = self.frame.text();
        let size = row.bytes.map(|bytes| text.instance_size(&size(text, bytes)));
        let schema = (row.schema > 0).then(|| text.instance_schema(&row.schema.to_string()));
        let backup = row.backed_up.map(|at| text.instance_backed_up(&self.ago(&at)));
        let backup = backup.unwrap_or_else(|| text.instance_unbacked());
        size.into_iter().chain(schema).chain([backup]).collect::<Vec<_>>().join(" · ")
    }
}

/// What an engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineState {
    /// It starts with the next request.
    Sleeping,
    /// It is not ready yet.
    Starting,
    /// It serves.
    Running,
    /// It finishes what it began.
    Draining,
    /// It reads out the log of a suspended tenant.
    ReadingLog,
    /// It failed, and waits until it is started again.
    Paused,
    /// It is started no more.
    Quarantined,
}

impl EngineState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Sleeping,
        Self::Starting,
        Self::Draining,
        Self::ReadingLog,
        Self::Paused,
        Self::Quarantined,
    ];

    /// As addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sleeping => "sleeping",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::ReadingLog => "reading_log",
            Self::Paused => "paused",
            Self::Quarantined => "quarantined",
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Sleeping => text.state_idle(),
            Self::Starting => text.instance_starting(),
            Self::Running => text.state_running(),
            Self::Draining => text.instance_draining(),
            Self::ReadingLog => text.instance_reading_log(),
            Self::Paused => text.instance_paused(),
            Self::Quarantined => text.state_quarantined(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Running | Self::ReadingLog => "good",
            Self::Starting | Self::Draining | Self::Paused => "warn",
            Self::Quarantined => "bad",
            Self::Sleeping => "",
        }
    }
}

/// A process of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct ProcessRow {
    /// Its number.
    pub pid: u32,
    /// When it was started.
    pub started: Option<Timestamp>,
    /// Memory of its own, in bytes.
    pub bytes: Option<u64>,
    /// Whether the sandbox holds it.
    pub is_confined: Option<bool>,
}

impl ProcessRow {
    pub(crate) fn size(&self, text: &Text) -> Option<String> {
        self.bytes.map(|bytes| size(text, i64::try_from(bytes).unwrap_or(i64::MAX)))
    }

    pub(crate) fn sandbox(&self, text: &Text) -> String {
        match self.is_confined {
            Some(true) => text.instance_confined(),
            Some(false) => text.instance_unconfined(),
            None => "–".to_owned(),
        }
    }
}

/// A process that every instance has.
#[derive(Debug, Clone)]
pub struct ServiceRow {
    /// What it is there for.
    pub role: String,
    /// `None`: it does not run.
    pub process: Option<ProcessRow>,
    /// How often it failed in a row.
    pub failures: u32,
}

/// A tenant's engine.
#[derive(Debug, Clone)]
pub struct EngineRow {
    /// The tenant's name.
    pub slug: String,
    /// The name of its workspace in addresses.
    pub workspace: String,
    /// What it does.
    pub state: EngineState,
    /// `None`: it does not run.
    pub process: Option<ProcessRow>,
    /// How often it failed in a row.
    pub failures: u32,
    /// When it may be started again.
    pub starts_again: Option<Timestamp>,
}

/// What runs.
#[derive(Debug, Clone, Template)]
#[template(path = "instance-processes.html")]
pub struct InstanceProcesses {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// Whether every layer of the sandbox is required.
    pub is_fully_isolated: bool,
    /// The processes that every instance has.
    pub services: Vec<ServiceRow>,
    /// What was searched for.
    pub search: InstanceSearch,
    /// The engines, by the names of their tenants.
    pub engines: Vec<EngineRow>,
    /// The path of the page after this one.
    pub next: Option<String>,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

impl InstanceProcesses {
    pub(crate) fn place(&self) -> InstancePlace {
        InstancePlace::Processes
    }

    pub(crate) fn states(&self) -> Vec<(&'static str, String)> {
        EngineState::ALL.map(|state| (state.key(), state.words(self.frame.text()))).to_vec()
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    pub(crate) fn starts_again(&self, at: &Timestamp) -> String {
        let (date, time) = when::utc_seconds(self.frame.text(), *at);
        self.frame.text().instance_starts_again(&date, &time)
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// A step failed.
    Failed,
    /// It is under way.
    Running,
    /// Nobody has begun.
    Waiting,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Failed, Self::Running, Self::Waiting];

    /// As addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Failed => text.state_failed(),
            Self::Running => text.tenant_step_current(),
            Self::Waiting => text.tenant_step_waiting(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Failed => "bad",
            Self::Running => "warn",
            Self::Waiting => "",
        }
    }
}

/// What a tenant is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobTarget {
    /// Requests reach it.
    Running,
    /// Switched off.
    Suspended,
    /// Switched off until it is destroyed.
    Deleted,
    /// Nothing is left of it.
    Destroyed,
    /// Filled with data from elsewhere.
    Importing,
    /// Ready for a name.
    Spare,
}

impl JobTarget {
    /// Every target.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Suspended, Self::Deleted, Self::Destroyed, Self::Importing, Self::Spare];

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Running => text.job_to_run(),
            Self::Suspended => text.job_to_suspend(),
            Self::Deleted => text.job_to_delete(),
            Self::Destroyed => text.job_to_destroy(),
            Self::Importing => text.job_to_import(),
            Self::Spare => text.job_to_spare(),
        }
    }
}

/// A step of a job.
#[derive(Debug, Clone)]
pub struct JobStepLine {
    /// Its stable name.
    pub name: &'static str,
    /// How far it is.
    pub state: StepState,
    /// How often it was begun.
    pub attempts: i64,
}

/// What is under way for a tenant.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// The tenant's name.
    pub slug: String,
    /// The name of its workspace in addresses.
    pub workspace: String,
    /// What it is to become.
    pub target: JobTarget,
    /// How it stands.
    pub state: JobState,
    /// The stable code of what failed last.
    pub failure: Option<String>,
    /// When it is tried again.
    pub retry: Option<Timestamp>,
    /// The way there.
    pub steps: Vec<JobStepLine>,
}

/// What is under way.
#[derive(Debug, Clone, Template)]
#[template(path = "instance-jobs.html")]
pub struct InstanceJobs {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// What was searched for.
    pub search: InstanceSearch,
    /// The jobs, by the names of their tenants.
    pub jobs: Vec<JobRow>,
    /// The path of the page after this one.
    pub next: Option<String>,
}

impl InstanceJobs {
    pub(crate) fn place(&self) -> InstancePlace {
        InstancePlace::Jobs
    }

    pub(crate) fn states(&self) -> Vec<(&'static str, String)> {
        JobState::ALL.map(|state| (state.key(), state.words(self.frame.text()))).to_vec()
    }

    pub(crate) fn retries(&self, at: &Timestamp) -> String {
        let (date, time) = when::utc_seconds(self.frame.text(), *at);
        self.frame.text().job_retries(&date, &time)
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it, and the control plane what each is")]
pub enum HealthCheck {
    Database,
    Gateway,
    Outbound,
    Auditor,
    AuditLogs,
    Vault,
    Jobs,
    Engines,
    Backups,
    Domains,
    Certificates,
    LostTenants,
    Disk,
    Clock,
    Isolation,
}

impl HealthCheck {
    /// Every check.
    pub const ALL: [Self; 15] = [
        Self::Database,
        Self::Gateway,
        Self::Outbound,
        Self::Auditor,
        Self::AuditLogs,
        Self::Vault,
        Self::Jobs,
        Self::Engines,
        Self::Backups,
        Self::Domains,
        Self::Certificates,
        Self::LostTenants,
        Self::Disk,
        Self::Clock,
        Self::Isolation,
    ];

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Database => text.health_database(),
            Self::Gateway => text.health_gateway(),
            Self::Outbound => text.health_outbound(),
            Self::Auditor => text.health_auditor(),
            Self::AuditLogs => text.health_audit_logs(),
            Self::Vault => text.health_vault(),
            Self::Jobs => text.instance_jobs(),
            Self::Engines => text.instance_engines(),
            Self::Backups => text.backups_title(),
            Self::Domains => text.domains_title(),
            Self::Certificates => text.certificates_title(),
            Self::LostTenants => text.health_lost_tenants(),
            Self::Disk => text.health_disk(),
            Self::Clock => text.health_clock(),
            Self::Isolation => text.health_isolation(),
        }
    }
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthVerdict {
    /// As it should be.
    Ok,
    /// It could not be looked at.
    Unchecked,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Fault,
}

impl HealthVerdict {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Ok => text.health_ok(),
            Self::Unchecked => text.health_unchecked(),
            Self::Warning => text.health_warning(),
            Self::Fault => text.health_fault(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Ok => "good",
            Self::Unchecked => "",
            Self::Warning => "warn",
            Self::Fault => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct HealthRow {
    /// What.
    pub check: HealthCheck,
    /// How it is.
    pub verdict: HealthVerdict,
    /// What was found.
    pub fact: HealthFact,
}

/// Whether all is well.
#[derive(Debug, Clone, Template)]
#[template(path = "instance-health.html")]
pub struct InstanceHealth {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// What was looked at.
    pub findings: Vec<HealthRow>,
}

impl InstanceHealth {
    pub(crate) fn place(&self) -> InstancePlace {
        InstancePlace::Health
    }
}
