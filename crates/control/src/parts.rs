//! What the control plane is given: everything that it cannot or may not do by itself.

use std::sync::Arc;

use kiavi_base::{Clock, EventId, Hostname, Rng, Slug, TenantId};
use kiavi_crypto::TenantSecret;
use kiavi_db::{AdminConnection, BoxFuture, Connect, Database};
use kiavi_http::AccessLog;
use kiavi_vault::Vault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::UnixStream;

use crate::Failure;

/// Computes the address of a tenant, such as `http://demo.localhost:8080`.
pub type BaseUrl = dyn Fn(&Slug) -> String + Send + Sync;

/// The tenants' schema and settings, which the control plane carries without knowing them.
pub trait TenantSchema: Send + Sync + 'static {
    /// The number of the newest migration. A tenant whose schema is older is migrated at the next start.
    fn version(&self) -> i32;

    /// Brings a tenant's schema to [`TenantSchema::version`]. Objects belong to the role `owner`; the role
    /// `runtime` gets what the engine needs. `connection` is in the tenant's database, as a member of `owner`.
    /// Doing it twice does nothing.
    fn migrate<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        runtime: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The settings of a new tenant.
    ///
    /// # Errors
    /// When a tenant cannot have this base URL.
    fn default_settings(&self, slug: &Slug, base_url: &str) -> Result<Value, Failure>;

    /// The document with every default filled in, when a tenant may have it. The error is told to whoever proposed
    /// the document and names the first thing that is wrong.
    ///
    /// # Errors
    /// When the document is refused.
    fn check_settings(&self, settings: &Value) -> Result<Value, Failure>;

    /// The settings of a new tenant that takes over from a Better Auth server, and what that means for its people. The
    /// error is told to whoever moves.
    ///
    /// # Errors
    /// When a tenant cannot have this base URL, or nothing of the kind can have been there.
    fn adopt(&self, slug: &Slug, base_url: &str, former: &FormerServer) -> Result<Adopted, Failure>;

    /// Writes an event into the tenant's own log, in the transaction that is open on `connection`, which is in the
    /// tenant's database as its owner.
    fn record<'a>(
        &'a self,
        connection: &'a AdminConnection,
        event: TenantEvent<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The same settings with another base URL: in development the port may change between two starts.
    ///
    /// # Errors
    /// When the document is not one of this program's, or a tenant cannot have this base URL.
    fn with_base_url(&self, settings: &Value, base_url: &str) -> Result<Value, Failure>;
}

/// What is known of the Better Auth server that a tenant takes over from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormerServer {
    /// Its base URL.
    pub base_url: Option<String>,
    /// The prefix of its cookies.
    pub cookie_prefix: Option<String>,
    /// What it signs tokens with.
    pub algorithm: Option<String>,
    /// Whether its secret comes along.
    pub brings_secret: bool,
    /// Whether it has passkeys.
    pub has_passkeys: bool,
    /// Whether it signs tokens.
    pub has_tokens: bool,
    /// How long ago the oldest of its living sessions began, in days.
    pub oldest_session_days: u32,
    /// The providers that its accounts are linked at.
    pub providers: Vec<String>,
}

/// What a tenant begins with that takes over.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// Its settings.
    pub settings: Value,
    /// What changes for its people and programs.
    pub warnings: Vec<String>,
    /// Whether who is signed in there is signed in here.
    pub stays_signed_in: bool,
}

/// Something that happened to a tenant as a whole.
#[derive(Debug, Clone)]
pub struct TenantEvent<'a> {
    /// The id that the event has in the control plane's log, too.
    pub id: EventId,
    /// What happened.
    pub kind: TenantEventKind,
    /// Who asked, as engines are told it.
    pub operator: &'a str,
    /// Facts.
    pub detail: &'a Value,
}

/// What may happen to a tenant as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantEventKind {
    /// Its data came from another server.
    Imported,
    /// Its data and its secret were handed out.
    Exported,
}

impl TenantEventKind {
    /// The event's type in both logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "tenant.imported",
            Self::Exported => "tenant.exported",
        }
    }
}

/// What only the privileged process may do. Every call may come again after it has succeeded.
pub trait Privileged: Send + Sync + 'static {
    /// Gives the uid its name: the tenant's id, which is what PostgreSQL's `peer` method asks for.
    fn add_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>>;

    /// From now on requests to these hostnames start the tenant's engine.
    fn tenant_ready(&self, start: TenantStart) -> BoxFuture<'_, Result<(), Failure>>;

    /// A connection to the tenant's engine, which is started if it sleeps. The engine knows every request on it to be
    /// `operator`'s.
    fn open_management<'a>(
        &'a self,
        tenant: &'a TenantId,
        operator: &'a str,
    ) -> BoxFuture<'a, Result<UnixStream, Failure>>;

    /// Stops the tenant's engine and forgets the tenant.
    fn tenant_removed<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>>;
}

/// All that an engine is started with. It cannot be printed: the settings have their secrets in clear.
#[derive(Clone)]
pub struct TenantStart {
    /// Also the name of the database and of the runtime role.
    pub id: TenantId,
    /// The operating system user.
    pub uid: u32,
    /// The person's name for it.
    pub slug: Slug,
    /// The hosts it answers for.
    pub hostnames: Vec<Hostname>,
    /// The settings document, secrets in clear.
    pub settings: Value,
    /// Its secret.
    pub secret: TenantSecret,
}

/// What [`crate::Control::open`] needs.
pub struct ControlParts {
    /// The control plane's own database, as the role that owns it.
    pub database: Database,
    /// The name of that database; provisioning logs in there too.
    pub database_name: String,
    /// Opens connections to the server as the control plane's operating system user.
    pub connect: Arc<dyn Connect>,
    /// Where secrets are kept.
    pub vault: Arc<dyn Vault>,
    /// The privileged process.
    pub privileged: Arc<dyn Privileged>,
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
    /// Whether the console page is shown to everybody who can reach its host.
    pub development: bool,
    /// The command that the console page tells people to create a tenant with.
    pub create_command: String,
}
