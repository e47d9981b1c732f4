//! What the control plane is given: everything that it cannot or may not do by itself.

use std::sync::Arc;

use jiff::Timestamp;
use kiavi_base::{Clock, EventId, Hostname, Rng, SecretString, Slug, TenantId};
use kiavi_crypto::{TenantSecret, Zeroizing};
use kiavi_db::{AdminConnection, BoxFuture, Connect, Database};
use kiavi_http::{AccessLog, Edge};
use kiavi_ipc::SealedDocument;
use kiavi_ipc::{isolation::Inspection, survey::Survey};
use kiavi_vault::Vault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::UnixStream;

use crate::{DatabaseServer, Failure, ProofDoor, audit::EventType, certificate::Issuer};

/// Computes the address of a tenant, such as `http://demo.localhost:8080`.
pub type BaseUrl = dyn Fn(&Slug) -> String + Send + Sync;

/// The tenants' schema and settings, which the control plane carries without knowing them.
pub trait TenantSchema: Send + Sync + 'static {
    /// The number of the newest migration. A tenant whose schema is older is migrated at the next start.
    fn version(&self) -> i32;

    /// Brings a tenant's schema to [`TenantSchema::version`]. Objects belong to the role `owner`; the role
    /// `runtime` gets what the engine needs, `auditor` what the process needs that seals the log. `connection` is in the tenant's database, as a member of `owner`.
    /// Doing it twice does nothing.
    fn migrate<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        runtime: &'a str,
        auditor: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Brings an empty database's schema to the migration `version`, for rows of that time. Gives no rights: what follows is
    /// [`TenantSchema::migrate`].
    fn migrate_to<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        version: i32,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The types of the events that its log may have.
    fn event_types(&self) -> Vec<&'static str>;

    /// What becomes of the rows of a table when its tenant is archived. The name is schema and name.
    fn archived(&self, table: &str) -> Archived;

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

    /// The address that mail comes from.
    ///
    /// # Errors
    /// When a document that was not checked has none.
    fn sender_address(&self, settings: &Value) -> Result<String, Failure>;

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

    /// Has the tenant's database know for how long its log is kept, as the settings say. `connection` is there, as its
    /// owner.
    fn settle_retention<'a>(
        &'a self,
        connection: &'a AdminConnection,
        settings: &'a Value,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The same settings for the tenant that the console's people sign in to, whose sign-ins lead back to the console at
    /// `origin`. What an operator changed stays.
    ///
    /// # Errors
    /// When the document is not one of this program's, or the origin is none.
    fn console_settings(&self, settings: &Value, origin: &str) -> Result<Value, Failure>;

    /// The same settings at another address: in development the port may change between two starts.
    ///
    /// # Errors
    /// When the document is not one of this program's, or a tenant cannot have this address.
    fn with_address(&self, settings: &Value, address: &Address) -> Result<Value, Failure>;

    /// What the control plane has to know of settings.
    ///
    /// # Errors
    /// When the document is not one of this program's.
    fn facts(&self, settings: &Value) -> Result<SettingsFacts, Failure>;

    /// How many passkeys there are, of those made before a time if one is named. `connection` is in the tenant's database,
    /// as its owner.
    fn count_passkeys<'a>(
        &'a self,
        connection: &'a AdminConnection,
        before: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<i64, Failure>>;

    /// What the engine's and the auditor's role may do in a tenant's database, each once, and nothing else.
    fn rights(&self) -> Vec<Right>;

    /// Statements that the engine's role must be refused in a tenant's database. They do no harm where they are not.
    fn forbidden(&self) -> Vec<&'static str>;

    /// What there should be in a tenant's database at [`TenantSchema::version`], a line for each object.
    fn objects(&self) -> Vec<&'static str>;

    /// What there is, in the same form and order. `connection` is in the tenant's database, as its owner.
    fn objects_there<'a>(
        &'a self,
        connection: &'a AdminConnection,
    ) -> BoxFuture<'a, Result<Vec<String>, Failure>>;

    /// Has the current text of the tenant's secret wrap what earlier ones do, so that those can end. `connection` is in
    /// the tenant's database, as its owner.
    fn rewrap<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Fills the tenant with people who never were, up to `now`, for development. `connection` is in its database, as its
    /// owner, and not used again.
    fn populate<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
        order: DemoOrder,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<DemoMade, Failure>>;
}

/// Something that a role may do in a tenant's database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Whether it is the auditor's, else the engine's.
    pub is_auditors: bool,
    /// The table as `schema.name`, or the function as `schema.name(types)`.
    pub object: String,
    /// The column, if it is of one only.
    pub column: Option<String>,
    /// The privilege, such as `SELECT` (PostgreSQL manual §5.8).
    pub privilege: String,
}

impl Right {
    /// Whose it is, in words.
    pub(crate) fn whose(&self) -> &'static str {
        if self.is_auditors { "the auditor's role" } else { "the engine's role" }
    }
}

/// Made-up people that are wanted, with a made-up past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoOrder {
    /// How many.
    pub people: u32,
    /// Decides who they are and what they did.
    pub seed: u64,
    /// Whether they may come beside other people.
    pub is_forced: bool,
}

/// What came of a [`DemoOrder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoMade {
    /// They are there, with so many events.
    Now {
        /// How many people.
        people: usize,
        /// How many events.
        events: usize,
    },
    /// They were there already.
    Before,
    /// The tenant has so many users of its own, and nobody insisted.
    Refused(i64),
}

/// What becomes of a table's rows when its tenant is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// They are in the archive.
    Kept,
    /// They are keys of persons, in the part that is kept for a shorter time.
    PersonKeys,
    /// They are left behind: worth nothing, or harmful, in another database.
    Left,
}

/// Where a tenant is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The origin that links lead to.
    pub base_url: String,
    /// The names that it is served under; that of the base URL is among them.
    pub hostnames: Vec<Hostname>,
    /// Names that lead to the base URL.
    pub former: Vec<Hostname>,
}

/// What the control plane has to know of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFacts {
    /// The name that passkeys are made for.
    pub rp_id: String,
    /// How long a browser keeps a session's cookie.
    pub session_lifetime: std::time::Duration,
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
    /// Its data came from an archive.
    Restored,
    /// Its data and its secret were handed out.
    Exported,
    /// It was switched off.
    Suspended,
    /// It was switched on again.
    Resumed,
    /// It was switched off, to be destroyed after a grace period.
    Deleted,
    /// Its deletion was taken back.
    Undeleted,
    /// It has another name, and with it another address.
    Renamed,
    /// The names that it answers to are others.
    HostnamesChanged,
    /// A domain is to be proved to be its own.
    DomainAdded,
    /// A domain is proved to be its own, and served.
    DomainVerified,
    /// The proof of a domain is gone for days.
    DomainLapsed,
    /// It does not have a domain any more, or does not try to.
    DomainRemoved,
    /// It has a new secret; the one before still verifies.
    SecretRotated,
    /// Secrets before its current one have ended.
    SecretRetired,
    /// Its isolation was tried.
    IsolationProved,
    /// Its engine was ended for want of memory, or for what it must not do.
    EngineFailed,
    /// One of its names has a new certificate.
    CertificateIssued,
    /// One of its names was to have a new certificate, and has not.
    CertificateFailed,
    /// A certificate ends soon and could not be renewed.
    CertificateEnding,
    /// Somebody asked for a new certificate.
    CertificateRenewalRequested,
    /// A name that it gave up has no certificate any more.
    CertificateRemoved,
}

impl TenantEventKind {
    /// All kinds.
    pub const ALL: [Self; 22] = [
        Self::Imported,
        Self::Restored,
        Self::Exported,
        Self::Suspended,
        Self::Resumed,
        Self::Deleted,
        Self::Undeleted,
        Self::Renamed,
        Self::HostnamesChanged,
        Self::DomainAdded,
        Self::DomainVerified,
        Self::DomainLapsed,
        Self::DomainRemoved,
        Self::SecretRotated,
        Self::SecretRetired,
        Self::IsolationProved,
        Self::EngineFailed,
        Self::CertificateIssued,
        Self::CertificateFailed,
        Self::CertificateEnding,
        Self::CertificateRenewalRequested,
        Self::CertificateRemoved,
    ];

    /// The event's type in both logs.
    pub const fn as_str(self) -> &'static str {
        self.event().name()
    }

    /// The event of the control plane's own log.
    pub(crate) const fn event(self) -> EventType {
        match self {
            Self::Imported => EventType::TenantImported,
            Self::Restored => EventType::TenantRestored,
            Self::Exported => EventType::TenantExported,
            Self::Suspended => EventType::TenantSuspended,
            Self::Resumed => EventType::TenantResumed,
            Self::Deleted => EventType::TenantDeleted,
            Self::Undeleted => EventType::TenantUndeleted,
            Self::Renamed => EventType::TenantRenamed,
            Self::HostnamesChanged => EventType::TenantHostnamesChanged,
            Self::DomainAdded => EventType::TenantDomainAdded,
            Self::DomainVerified => EventType::TenantDomainVerified,
            Self::DomainLapsed => EventType::TenantDomainLapsed,
            Self::DomainRemoved => EventType::TenantDomainRemoved,
            Self::SecretRotated => EventType::TenantSecretRotated,
            Self::SecretRetired => EventType::TenantSecretRetired,
            Self::IsolationProved => EventType::IsolationProved,
            Self::EngineFailed => EventType::EngineFailed,
            Self::CertificateIssued => EventType::CertificateIssued,
            Self::CertificateFailed => EventType::CertificateFailed,
            Self::CertificateEnding => EventType::CertificateEnding,
            Self::CertificateRenewalRequested => EventType::CertificateRenewalRequested,
            Self::CertificateRemoved => EventType::CertificateRemoved,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
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

    /// The same for a tenant that [`Privileged::tenant_suspended`] has stopped: what is at the other end reads its log out and
    /// does nothing else.
    fn open_log<'a>(
        &'a self,
        start: TenantStart,
        operator: &'a str,
    ) -> BoxFuture<'a, Result<UnixStream, Failure>>;

    /// Stops the tenant's engine. From now on requests to these hostnames are told that it is suspended, and start
    /// nothing.
    fn tenant_suspended<'a>(
        &'a self,
        tenant: &'a TenantId,
        hostnames: Vec<Hostname>,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Takes the uid's name away. The uid is never given another one.
    fn remove_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>>;

    /// The uids of tenants that have a name, with it: what a search for orphans compares with.
    fn accounts(&self) -> BoxFuture<'_, Result<Vec<(u32, TenantId)>, Failure>>;

    /// How all processes stand, and the machine. Starts nothing.
    fn survey(&self) -> BoxFuture<'_, Result<Survey, Failure>>;

    /// How a tenant is isolated, by trying: starts processes as its engine is started, which takes seconds. Of a tenant that is
    /// ready only.
    fn inspect<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<Inspection, Failure>>;

    /// A way to connect to the database server as a tenant's engine does, to try what that may do there; `password` is its
    /// role's, where roles have one.
    fn connect_as(&self, tenant: &TenantId, password: Option<SecretString>) -> Arc<dyn Connect>;

    /// From now on the tenant's log is sealed; [`Privileged::tenant_removed`] ends it.
    fn log_ready(&self, log: LogStart) -> BoxFuture<'_, Result<(), Failure>>;

    /// What the tenant's TLS is made of from now on: [`kiavi_ipc::certificate::Certificates`], sealed. Its engine has it at
    /// once, without dropping a connection, and each one that is started later; [`Privileged::tenant_removed`] ends it.
    /// To be said again after a restart, as everything.
    fn announce_certificates<'a>(
        &'a self,
        tenant: &'a TenantId,
        certificates: SealedDocument,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The same for a host that is no tenant's.
    fn announce_own_certificates(
        &self,
        host: OwnHost,
        certificates: SealedDocument,
    ) -> BoxFuture<'_, Result<(), Failure>>;

    /// What a client of this host is shown who comes by TLS: over a listener of the instance's own, the gateway and whoever serves
    /// the host, as any client comes. A sleeping engine is started by it.
    fn visit<'a>(&'a self, hostname: &'a Hostname) -> BoxFuture<'a, Result<Visit, Failure>>;

    /// Says that control has written into the tenant's log. A hint; whatever comes of it is nobody's failure.
    fn log_written<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, ()>;

    /// Stops the tenant's engine and forgets the tenant.
    fn tenant_removed<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>>;
}

/// What came of a visit by TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// This chain was shown (each DER, the certificate itself first), by somebody who has the certificate's key.
    Shown(Vec<Vec<u8>>),
    /// The host has no certificate: whoever comes is turned away.
    TurnedAway,
    /// No listener takes clients that come by themselves.
    NoListener,
}

/// A host that is no tenant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnHost {
    /// The console's, and the management API's.
    Console,
    /// The development mailbox's.
    Mailbox,
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
    /// The hosts that lead to it, former ones too.
    pub hostnames: Vec<Hostname>,
    /// The settings document, secrets in clear.
    pub settings: Value,
    /// Its secret.
    pub secret: TenantSecret,
    /// The password of its runtime role, where roles have one.
    pub database_password: Option<SecretString>,
}

/// All that a log is sealed with. It cannot be printed.
#[derive(Clone)]
pub struct LogStart {
    /// Whose; also the name of the database that it is in.
    pub tenant: TenantId,
    /// The first line of its checkpoints.
    pub origin: String,
    /// The seed of the key that signs them.
    pub seed: Zeroizing<[u8; 32]>,
    /// Who the auditor is in the database.
    pub role: String,
    /// The role's password, on a server on a network.
    pub password: Option<SecretString>,
}

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
