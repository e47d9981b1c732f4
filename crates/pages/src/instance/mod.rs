//! The instance in the console, for the owners of the platform: all tenants, processes, jobs, and whether all is well.

mod health;
mod jobs;
mod processes;

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Place, TenantState, backups::size, text::Text, when};
pub use health::{HealthCheck, HealthRow, HealthVerdict, InstanceHealth};
pub use jobs::{InstanceJobs, JobRow, JobState, JobStepLine, JobTarget};
pub use processes::{EngineRow, EngineState, InstanceProcesses, ProcessRow, ServiceRow};

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
