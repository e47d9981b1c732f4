//! What the reconciler has to do, or cannot do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::StepOf;
use crate::{Step, Tenant};

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// Nobody has begun with it.
    Waiting,
    /// It is under way.
    Running,
    /// A step failed; it is tried again by itself.
    Failed,
}

impl JobState {
    /// All states, those that are worth a look first.
    pub(crate) const ALL: [Self; 3] = [Self::Failed, Self::Running, Self::Waiting];

    /// The stable text form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Failed => "failed",
        }
    }

    /// The state with this text form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A step on a tenant's way to where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobStep {
    pub(crate) step: Step,
    /// When it was last begun.
    pub(crate) started_at: Option<Timestamp>,
    /// When it was done.
    pub(crate) finished_at: Option<Timestamp>,
    /// How often it was begun.
    pub(crate) attempts: i32,
}

/// A tenant that is not where it should be.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) tenant: Tenant,
    /// The slug of its workspace.
    pub(crate) workspace: String,
    pub(crate) state: JobState,
    /// The way to its target, in order.
    pub(crate) steps: Vec<JobStep>,
}

impl Job {
    /// The job of a tenant with what is recorded of its steps, which may have more: of earlier jobs.
    pub(super) fn new(
        tenant: Tenant,
        workspace: String,
        state: JobState,
        way: &[Step],
        recorded: &[StepOf],
    ) -> Self {
        let steps = way.iter().map(|step| {
            let known = recorded.iter().find(|one| one.tenant == tenant.id && one.row.step == *step);
            let known = known.map(|one| &one.row).filter(|row| row.attempts > 0 || row.finished_at.is_some());
            JobStep {
                step: *step,
                started_at: known.map(|row| row.started_at),
                finished_at: known.and_then(|row| row.finished_at),
                attempts: known.map_or(0, |row| row.attempts),
            }
        });
        Self { steps: steps.collect(), workspace, state, tenant }
    }
}
