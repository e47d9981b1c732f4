//! The steps that make a tenant, in their order.

use serde::Serialize;
use utoipa::ToSchema;

use crate::TenantState;

/// One step. Each can be done again without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(as = StepName)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make the tenant's secret and store it.
    Secret,
    /// Make its operating system user's name, its owner role and its runtime role.
    Role,
    /// Copy the hardened template to a database of its own.
    Database,
    /// Make its tables.
    Schema,
    /// Let requests reach it.
    Running,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 5] = [Self::Secret, Self::Role, Self::Database, Self::Schema, Self::Running];

    /// The stable text form.
    pub fn as_str(self) -> &'static str {
        self.state().as_str()
    }

    /// The state of a tenant once this step is done.
    pub fn state(self) -> TenantState {
        match self {
            Self::Secret => TenantState::Secret,
            Self::Role => TenantState::Role,
            Self::Database => TenantState::Database,
            Self::Schema => TenantState::Schema,
            Self::Running => TenantState::Running,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The type of the event that says that the step is done.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Secret => "tenant.secret_created",
            Self::Role => "tenant.role_created",
            Self::Database => "tenant.database_created",
            Self::Schema => "tenant.schema_migrated",
            Self::Running => "tenant.started",
        }
    }

    /// The stable code of the step's failure.
    pub(crate) fn failure_code(self) -> &'static str {
        match self {
            Self::Secret => "secret_failed",
            Self::Role => "role_failed",
            Self::Database => "database_failed",
            Self::Schema => "schema_failed",
            Self::Running => "start_failed",
        }
    }
}

/// What a person is told about a failure code.
pub(crate) fn failure_sentence(code: &str) -> &'static str {
    match code {
        "secret_failed" => "The tenant's secret could not be stored. It is tried again.",
        "role_failed" => "The tenant's database roles could not be made. It is tried again.",
        "database_failed" => "The tenant's database could not be made. It is tried again.",
        "schema_failed" => "The tenant's tables could not be made. It is tried again.",
        "start_failed" => "The tenant's engine could not be made ready. It is tried again.",
        "settings_failed" => "The tenant's settings could not be brought to its engine. It is tried again.",
        "removal_failed" => "The tenant could not be removed yet. It is tried again.",
        _ => "The tenant's progress could not be read. It is tried again.",
    }
}
