//! What the control plane is given: everything that it cannot or may not do by itself.

mod event;
mod privileged;
mod schema;

use std::sync::Arc;

use kiavi_base::{Clock, Hostname, Rng, Slug};
use kiavi_db::Database;
use kiavi_http::{AccessLog, Edge};
use kiavi_vault::Vault;

pub use event::{TenantEvent, TenantEventKind};
pub use privileged::{LogStart, OwnHost, Privileged, TenantStart, Visit};
pub use schema::{
    Address, Adopted, Archived, DemoMade, DemoOrder, FormerServer, Right, SettingsFacts, TenantSchema,
};

use crate::{DatabaseServer, ProofDoor, certificate::Issuer};

/// Computes the address of a tenant, such as `http://demo.localhost:8080`.
pub type BaseUrl = dyn Fn(&Slug) -> String + Send + Sync;

/// What [`crate::Control::open`] needs.
pub struct ControlParts {
    /// The control plane's own database, as the role that owns it.
    pub database: Database,
    /// The server that it is on, and the tenants' databases with it.
    pub server: DatabaseServer,
    /// Where secrets are kept.
    pub vault: Arc<dyn Vault>,
    /// The privileged process.
    pub privileged: Arc<dyn Privileged>,
    /// The way to the DNS.
    pub proofs: Arc<ProofDoor>,
    /// Who makes certificates; `None`: nobody, something in front of the instance speaks TLS.
    pub issuer: Option<Arc<dyn Issuer>>,
    /// The hosts of the instance itself that are to have certificates: the console's, and in development the mailbox's.
    pub own_hosts: Vec<(OwnHost, Hostname)>,
    /// The tenants' schema.
    pub schema: Arc<dyn TenantSchema>,
    /// Dates audit events' ids.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, keys and secrets.
    pub rng: Arc<dyn Rng>,
    /// The address of a tenant.
    pub base_url_for: Arc<BaseUrl>,
    /// Where requests are counted and logged.
    pub access: Arc<AccessLog>,
    /// The reverse proxies in front.
    pub edge: Edge,
    /// The instance's own domain, which names of logs begin with.
    pub domain: String,
    /// The origin of the console, such as `http://console.localhost:8080`.
    pub console_origin: String,
    /// Another one, by TLS, of a developer's instance.
    pub console_tls_origin: Option<String>,
    /// How many tenants are made in advance, so that the next who asks for one has it at once.
    pub spares: u16,
    /// How long a deleted tenant can be brought back.
    pub deletion_grace: std::time::Duration,
    /// The command that the console page tells people to create a tenant with.
    pub create_command: String,
    /// Whether it is `kiavi dev`, whose console shows the pages themselves, too.
    pub is_development: bool,
}
