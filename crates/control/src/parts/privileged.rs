//! The privileged process, as the control plane asks it.

use std::sync::Arc;

use kiavi_base::{Hostname, SecretString, Slug, TenantId};
use kiavi_crypto::{TenantSecret, Zeroizing};
use kiavi_db::{BoxFuture, Connect};
use kiavi_ipc::SealedDocument;
use kiavi_ipc::{isolation::Inspection, survey::Survey};
use serde_json::Value;
use tokio::net::UnixStream;

use crate::Failure;

/// What only the privileged process may do. Every call may come again after it has succeeded.
pub trait Privileged: Send + Sync + 'static {
    /// Gives the uid its name: the tenant's id, which is what PostgreSQL's `peer` method asks for.
    fn add_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>>;

    /// [`Privileged::tenant_ready`] is going to come for this tenant: until then, requests to these hostnames wait. Nothing changes
    /// for one that came already.
    fn tenant_expected<'a>(
        &'a self,
        tenant: &'a TenantId,
        hostnames: Vec<Hostname>,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Every tenant that has hostnames was told of. Until then a request to another one waits, too; from now on there is nobody
    /// there.
    fn hosts_known(&self) -> BoxFuture<'_, Result<(), Failure>>;

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
