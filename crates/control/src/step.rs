//! Every step of every operation: what it is called, what it leads to, and what is said about it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{TenantState, audit::EventType};

/// One step. Each can be done again without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(as = StepName)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make the tenant's secret and store it, or change it as was asked.
    Secret,
    /// Make its operating system user's name, its owner role and its runtime role.
    Role,
    /// Copy the hardened template to a database of its own.
    Database,
    /// Make its tables, or bring them forward.
    Schema,
    /// See to it that each of its names gets a certificate. Names that have none yet hold nothing up.
    Certificate,
    /// Let requests reach it.
    Running,
    /// End its engine and have its names answered in its place.
    Stopped,
    /// End its engine and give its names back.
    Closed,
    /// Destroy its secrets: what is sealed under them, in backups too, is noise from here on.
    Shredded,
    /// Drop its database and its roles.
    Dropped,
    /// Take its operating system user's name away.
    Unlisted,
    /// Forget it, but for the log.
    Removed,
}

/// What there is to know about a step beside what it does.
struct Facts {
    name: &'static str,
    /// The state of a tenant once it is done, on the way to a target that has not been reached.
    state: TenantState,
    /// The type of the event that says that it is done.
    event: EventType,
    /// The stable code of its failure.
    failure: &'static str,
    /// What a person is told about its failure.
    sentence: &'static str,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 12] = [
        Self::Secret,
        Self::Role,
        Self::Database,
        Self::Schema,
        Self::Certificate,
        Self::Running,
        Self::Stopped,
        Self::Closed,
        Self::Shredded,
        Self::Dropped,
        Self::Unlisted,
        Self::Removed,
    ];

    #[rustfmt::skip]
    const fn facts(self) -> Facts {
        use TenantState as State;
        let (name, state, event, failure, sentence) = match self {
            Self::Secret => ("secret", State::Secret, EventType::TenantSecretCreated, "secret_failed",
                "The tenant's secret could not be stored. What runs goes on with the one before. It is tried again."),
            Self::Role => ("role", State::Role, EventType::TenantRoleCreated, "role_failed",
                "The tenant's database roles could not be made. It is tried again."),
            Self::Database => ("database", State::Database, EventType::TenantDatabaseCreated, "database_failed",
                "The tenant's database could not be made. It is tried again."),
            Self::Schema => ("schema", State::Schema, EventType::TenantSchemaMigrated, "schema_failed",
                "The tenant's tables could not be brought forward. An engine that runs goes on as before. It is tried again."),
            Self::Certificate => ("certificate", State::Certificate, EventType::TenantCertificateRequested, "certificate_failed",
                "The tenant's certificates could not be asked for. It is tried again."),
            Self::Running => ("running", State::Running, EventType::TenantStarted, "start_failed",
                "The tenant's engine could not be made ready. It is tried again."),
            Self::Stopped => ("stopped", State::Schema, EventType::TenantStopped, "stop_failed",
                "The tenant's engine could not be stopped. It is tried again."),
            Self::Closed => ("closed", State::Deleting, EventType::TenantClosed, "removal_failed", REMOVAL),
            Self::Shredded => ("shredded", State::Deleting, EventType::TenantSecretDestroyed, "removal_failed", REMOVAL),
            Self::Dropped => ("dropped", State::Deleting, EventType::TenantDatabaseDropped, "removal_failed", REMOVAL),
            Self::Unlisted => ("unlisted", State::Deleting, EventType::TenantAccountRemoved, "removal_failed", REMOVAL),
            Self::Removed => ("removed", State::Deleting, EventType::TenantRemoved, "removal_failed", REMOVAL),
        };
        Facts { name, state, event, failure, sentence }
    }

    /// The stable text form.
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// The state of a tenant once this step is done and others are not.
    pub fn state(self) -> TenantState {
        self.facts().state
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The type of the event that says that the step is done.
    pub(crate) fn event(self) -> EventType {
        self.facts().event
    }

    /// The stable code of the step's failure.
    pub(crate) fn failure_code(self) -> &'static str {
        self.facts().failure
    }
}

const REMOVAL: &str = "The tenant could not be removed yet. It is tried again.";

/// The code of a failure to bring changed settings to the engine, which is no step: it may come at any time.
pub(crate) const SETTINGS_FAILED: &str = "settings_failed";
/// The code of a failure to have the tenant's own log tell what was asked.
pub(crate) const NEWS_FAILED: &str = "log_failed";
/// The code of a failure of any step: the secret store did not answer.
pub(crate) const VAULT_UNAVAILABLE: &str = "vault_unavailable";
/// The code of a failure to read how far a tenant is.
pub(crate) const PROGRESS_UNKNOWN: &str = "progress_unknown";

/// What a person is told about a failure code.
pub(crate) fn failure_sentence(code: &str) -> &'static str {
    match code {
        VAULT_UNAVAILABLE => "The secret store cannot be reached. It is tried again.",
        SETTINGS_FAILED => "The tenant's settings could not be brought to its engine. It is tried again.",
        NEWS_FAILED => "The tenant's own log could not be told. It is tried again.",
        code => Step::ALL
            .into_iter()
            .find(|step| step.failure_code() == code)
            .map_or("The tenant's progress could not be read. It is tried again.", |step| {
                step.facts().sentence
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_name_of_its_own() {
        for step in Step::ALL {
            assert_eq!(Step::parse(step.as_str()), Some(step));
            assert_eq!(serde_json::to_value(step).unwrap(), step.as_str());
            assert!(!failure_sentence(step.failure_code()).contains("progress"));
        }
    }
}
