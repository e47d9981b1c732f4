//! What a tenant is to the control plane.

pub(crate) mod create;
pub(crate) mod store;

use jiff::Timestamp;
use kiavi_base::{Hostname, Slug, TenantId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Step;

/// How far a tenant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// Written down; nothing exists yet.
    Requested,
    /// It has a secret.
    Secret,
    /// It has its roles and its operating system user.
    Role,
    /// It has its database.
    Database,
    /// Its tables are there.
    Schema,
    /// Its names are to have certificates.
    Certificate,
    /// Requests reach it.
    Running,
    /// Switched off by an operator: no engine runs, and its names say so.
    Suspended,
    /// As suspended, and to be destroyed when its grace period is over.
    Deleted,
    /// Nobody's yet: made in advance for the next who asks.
    Spare,
    /// A step failed; it is tried again by itself.
    Failed,
    /// Everything it has is being destroyed.
    Deleting,
}

impl TenantState {
    const ALL: [Self; 12] = [
        Self::Requested,
        Self::Secret,
        Self::Role,
        Self::Database,
        Self::Schema,
        Self::Certificate,
        Self::Running,
        Self::Suspended,
        Self::Deleted,
        Self::Spare,
        Self::Failed,
        Self::Deleting,
    ];

    /// The stable text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Secret => "secret",
            Self::Role => "role",
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Certificate => "certificate",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Spare => "spare",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }

    fn parse(text: &str) -> Self {
        // The column's CHECK leaves no other.
        Self::of_text(text).unwrap_or(Self::Failed)
    }

    /// The state with this text form.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a tenant is meant to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobTarget)]
pub(crate) enum Target {
    /// Requests reach it.
    Running,
    /// Switched off.
    Suspended,
    /// Suspended until its grace period is over, then destroyed.
    Deleted,
    /// Nothing is left of it.
    Destroyed,
    /// Nothing yet: it is being filled with another server's data, by who brings it.
    Importing,
    /// Ready for a name.
    Spare,
}

impl Target {
    /// All targets.
    pub(crate) const ALL: &[Self] =
        &[Self::Running, Self::Suspended, Self::Deleted, Self::Destroyed, Self::Importing, Self::Spare];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Destroyed => "destroyed",
            Self::Importing => "importing",
            Self::Spare => "spare",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        // The column's CHECK leaves no other.
        Self::ALL.iter().copied().find(|target| target.as_str() == text).unwrap_or(Self::Running)
    }

    /// The way there, in order. Those that are recorded as done are passed over.
    ///
    /// Whatever ends an engine comes first, so that nothing stands in the way of switching a tenant off. Destroying
    /// begins with the secrets: removing a few small files is quickly done, cannot be undone, and makes noise of what
    /// is sealed under them wherever copies may be; a database that could not be dropped yet is then one that nobody
    /// can open fully. Keys that go last would outlive a removal that is stuck.
    pub(crate) const fn steps(self) -> &'static [Step] {
        use Step::{
            Certificate, Closed, Database, Dropped, Removed, Role, Running, Schema, Secret, Shredded,
            Stopped, Unlisted,
        };
        match self {
            Self::Running => &[Secret, Role, Database, Schema, Certificate, Running],
            Self::Suspended => &[Stopped, Secret, Certificate],
            Self::Deleted => &[Stopped],
            Self::Destroyed => &[Closed, Shredded, Dropped, Unlisted, Removed],
            Self::Importing | Self::Spare => &[Secret, Role, Database, Schema],
        }
    }

    /// The state of a tenant that has got there.
    pub(crate) const fn state(self) -> TenantState {
        match self {
            Self::Running => TenantState::Running,
            Self::Suspended => TenantState::Suspended,
            Self::Deleted => TenantState::Deleted,
            Self::Destroyed => TenantState::Deleting,
            Self::Importing => TenantState::Schema,
            Self::Spare => TenantState::Spare,
        }
    }
}

/// A tenant as the control plane's database has it.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Its name.
    pub slug: Slug,
    /// Its operating system user.
    pub uid: u32,
    /// How far it is.
    pub state: TenantState,
    /// The code of the last failure, while it lasts.
    pub last_error: Option<String>,
    /// When what failed is tried again, while it lasts.
    pub(crate) retry_at: Option<Timestamp>,
    /// Its settings document; secrets in it are references into the vault.
    pub settings: Value,
    /// Counts the changes of the settings, from 1.
    pub settings_version: i32,
    /// The version that its engines are started with and that its own log tells of.
    pub(crate) settings_delivered: i32,
    /// The name that its base URL has, if that is not the one of its slug.
    pub(crate) primary_hostname: Option<Hostname>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Why it is suspended or deleted, in the operator's words.
    pub reason: Option<String>,
    /// When everything it has will be destroyed, if it is deleted.
    pub destroy_at: Option<Timestamp>,
    pub(crate) target: Target,
    /// Counts what was asked for it, and how much of that is done.
    pub(crate) asked: i32,
    pub(crate) reached: i32,
    /// The newest migration that its tables have; 0 before there are any.
    pub(crate) schema_version: i32,
    /// What is to be done to the secret, and the version in the vault that it is to be done to.
    pub(crate) secret_change: Option<(SecretChange, u32)>,
}

/// What is done to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretChange {
    /// A new text comes before those that there are.
    Rotate,
    /// All but the current text go.
    Retire,
}

impl SecretChange {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Retire => "retire",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Rotate, Self::Retire].into_iter().find(|change| change.as_str() == text)
    }
}

impl Tenant {
    /// Whether everything that was asked for it is done.
    pub(crate) fn is_settled(&self) -> bool {
        self.reached >= self.asked
    }

    /// Whether a change of the settings is still on its way.
    pub(crate) fn has_undelivered_settings(&self) -> bool {
        self.settings_delivered < self.settings_version
    }

    /// The role that owns the tenant's tables; nobody can log in as it.
    pub fn owner_role(&self) -> String {
        owner_role(&self.id)
    }
}

/// The role that owns the tables of a tenant.
pub fn owner_role(tenant: &TenantId) -> String {
    format!("{tenant}_owner")
}
