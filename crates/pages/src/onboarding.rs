//! A tenant's first minutes in the console: asking for it, its being made, its first user.

use askama::Template;

use crate::{ConsoleTop, Frame, Notice, Place, text::Text};

/// The form of a new tenant.
#[derive(Debug, Clone, Template)]
#[template(path = "new-tenant.html")]
pub struct NewTenant {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The name, as typed.
    pub name: String,
    /// The address that a tenant named `name` has, `https://name.example.com`.
    pub address: String,
    /// What is wrong with the name.
    pub notice: Option<Notice>,
}

/// A step of a tenant's making.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MakingStep {
    /// Its secret is stored.
    Secret,
    /// Its system user and its database roles are there.
    Role,
    /// Its database is there.
    Database,
    /// Its tables are there.
    Schema,
    /// Its names are to have certificates.
    Certificate,
    /// Requests reach it.
    Running,
}

impl MakingStep {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Secret => text.tenant_step_secret(),
            Self::Role => text.tenant_step_role(),
            Self::Database => text.tenant_step_database(),
            Self::Schema => text.tenant_step_schema(),
            Self::Certificate => text.tenant_step_certificate(),
            Self::Running => text.tenant_step_running(),
        }
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Current,
    /// Done.
    Done,
    /// It did not work, and is tried again.
    Failed,
}

impl StepState {
    pub(crate) const fn is_done(self) -> bool {
        matches!(self, Self::Done)
    }

    pub(crate) const fn is_current(self) -> bool {
        matches!(self, Self::Current | Self::Failed)
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Current => "current",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Waiting => text.tenant_step_waiting(),
            Self::Current => text.tenant_step_current(),
            Self::Done => text.tenant_step_done(),
            Self::Failed => text.state_failed(),
        }
    }
}

/// One step and how far it is.
#[derive(Debug, Clone, Copy)]
pub struct StepLine {
    /// Which step.
    pub step: MakingStep,
    /// How far it is.
    pub state: StepState,
}

/// How far a tenant is that does not run yet.
#[derive(Debug, Clone)]
pub struct Progress {
    /// All steps, in their order.
    pub steps: Vec<StepLine>,
    /// The stable code of what failed last, while it is tried again.
    pub failure: Option<String>,
}

/// The only user of a tenant, who was active today.
#[derive(Debug, Clone)]
pub struct FirstUser {
    /// Who.
    pub email: String,
    /// Whether it is who looks at the page.
    pub is_you: bool,
    /// The path of the event with which they signed in.
    pub event: String,
}
