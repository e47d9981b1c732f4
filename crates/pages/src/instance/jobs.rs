//! What is under way for tenants.

use askama::Template;
use jiff::Timestamp;

use super::{InstancePlace, InstanceSearch};
use crate::{ConsoleTop, Frame, Place, StepState, text::Text, when};

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
