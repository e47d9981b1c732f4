//! The control plane: tenants, how they come to be and go, and the API that manages them.
//!
//! A request for a tenant is one transaction: its row, its audit event, its idempotency record. What follows is
//! the reconciler's: `requested → secret → role → database → schema → certificate → running`, every step recorded before and
//! after, every step repeatable, so that a crash at any point is followed by the same steps from the one that
//! was not recorded as done. Everything that can be asked for a tenant later is a line of one table, [`operation`]. What the control plane may not do itself, it asks of a [`Privileged`] process;
//! what it does not know, the tenants' tables and settings, of a [`TenantSchema`].
//!
//! Answers come from the database only: whoever watches is told that something changed, and reads again.

mod address;
mod api;
mod attempt;
mod audit;
mod backup;
mod caller;
mod certificate;
mod console;
mod control;
mod domain;
mod ended;
mod engine_end;
mod error;
mod instance;
mod instance_key;
mod invitation;
pub mod isolation;
mod key;
mod limit;
mod log;
mod mail_domain;
mod management;
mod member;
mod meter;
pub mod monitor;
mod name;
mod names;
mod operation;
mod orphans;
mod parts;
mod permission;
mod platform;
mod position;
mod provision;
mod reconcile;
mod rotation;
mod server;
mod settings;
mod standing;
mod step;
mod tenant;
#[cfg(test)]
mod tests;
mod vault_key;
mod view;
mod watching;
mod webhook;
mod workspace;

pub use api::coverage;
pub use audit::{Coverage, EventType, REFUSALS, Writes};
pub use axum::Router;
pub use caller::{Caller, CallerKind};
pub use certificate::{
    AcmeConfig, AcmeIssuer, Answering, ChallengeKind, ExternalAccount, IssueError, Issued, Issuer,
    LocalIssuer, Order as CertificateOrder, Published, RenewalWindow, not_after,
};
pub use console::{CONSOLE_SLUG, SIGN_IN_LABEL};
pub use control::{Control, MIGRATIONS};
pub use domain::ProofDoor;
pub use error::{ControlError, Failure};
pub use log::INSTANCE;
pub use name::{MAX_NAME_LENGTH, NameError, parse_name};
pub use names::{AUDITOR_ROLE, CONTROL_ROLE, OWNER_GROUP, TEMPLATE_DATABASE, TENANT_GROUP};
pub use parts::{
    Address, Adopted, Archived, BaseUrl, ControlParts, DemoMade, DemoOrder, FormerServer, LogStart, OwnHost,
    Privileged, Right, SettingsFacts, TenantEvent, TenantEventKind, TenantSchema, TenantStart, Visit,
};
pub use permission::{Permission, Role, Scopes, Workplace};
pub use platform::health::{Check, HealthFinding, HealthVerdict, clock_finding, disk_finding};
pub use server::{DatabaseServer, ServerError, ServerFinding, ServerVerdict, inspect};
pub use settings::{InvalidPath, NoSuchPlace, SettingsPath, is_secret};
pub use step::Step;
pub use tenant::{Tenant, TenantState, owner_role};
pub use webhook::{new_signing_secret, rotated_signing_secrets};
pub use workspace::Workspace;
