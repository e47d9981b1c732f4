//! What a tenant is to the control plane.

pub(crate) mod create;
pub(crate) mod store;

use jiff::Timestamp;
use kiavi_base::{Slug, TenantId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

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
    /// Requests reach it.
    Running,
    /// A step failed; it is tried again by itself.
    Failed,
    /// Everything it has is being destroyed.
    Deleting,
}

impl TenantState {
    /// The stable text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Secret => "secret",
            Self::Role => "role",
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "requested" => Self::Requested,
            "secret" => Self::Secret,
            "role" => Self::Role,
            "database" => Self::Database,
            "schema" => Self::Schema,
            "running" => Self::Running,
            "deleting" => Self::Deleting,
            // The column's CHECK leaves only this one.
            _ => Self::Failed,
        }
    }
}

/// What a tenant is meant to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Running,
    Deleted,
    /// Nothing yet: it is being filled with another server's data, by who brings it.
    Importing,
}

impl Target {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Deleted => "deleted",
            Self::Importing => "importing",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "deleted" => Self::Deleted,
            "importing" => Self::Importing,
            // The column's CHECK leaves only this one.
            _ => Self::Running,
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
    /// Its settings document; secrets in it are references into the vault.
    pub settings: Value,
    /// Counts the changes of the settings, from 1.
    pub settings_version: i32,
    /// The version that its engines are started with and that its own log tells of.
    pub(crate) settings_delivered: i32,
    /// When it was asked for.
    pub created_at: Timestamp,
    pub(crate) target: Target,
}

impl Tenant {
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
