//! The engine as a process: a function of the descriptors that it is given.
//!
//! Client connections come through the gateway's door, database connections from the launcher, connections to
//! servers outside from outbound, which takes mail as well. Nothing here opens anything.

mod database;
mod mail;
mod serve;

use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{Clock, Rng, TenantId};
use kiavi_crypto::{TenantSecret, TicketKeys};
use kiavi_db::{Database, Login, Secured};
use kiavi_egress::{Client, Outlet};
use kiavi_geo::Places;
use kiavi_http::{AccessLog, SecurityContact, with_security_txt};
use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::{Endpoint, Fd, IpcError};
use kiavi_tls::{TlsServer, Ways};

use crate::{Engine, EngineParts, InvalidParts, Settings};

/// What a process serves, as the launcher's first message says.
pub struct Assignment {
    /// Whose engine this is.
    pub tenant: TenantId,
    /// The tenant's settings.
    pub settings: Settings,
    /// The tenant's secret.
    pub secret: TenantSecret,
    /// Where the gateway hands over connections.
    pub door: Fd,
    /// Where mail leaves.
    pub mail: Fd,
    /// Where connections to servers outside are asked for.
    pub egress: Fd,
    /// How the database server is recognised and the engine known to it, if it is one on a network.
    pub database: Option<Secured>,
    /// A connection to that server on which nothing has been said.
    pub connected: Option<Fd>,
    /// What the tenant's TLS is made of, if it has any.
    pub certificates: Option<Fd>,
    /// What knows where addresses are.
    pub places: Places,
    /// Whether it reads the log of a tenant out that is suspended, and does nothing else.
    pub reads_log: bool,
    /// How long to stay without a request; `None`: for ever.
    pub idle: Option<Duration>,
    /// Where requests are counted and logged.
    pub access: Arc<AccessLog>,
    /// Whether each answer closes its connection.
    pub closes_connections: bool,
    /// Whom its host names for vulnerabilities.
    pub security: SecurityContact,
    /// Gives back what the allocator keeps for later; called when nothing has been asked for a while.
    pub release_free_memory: fn(),
}

/// Why an engine process ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The settings do not make an engine.
    #[error(transparent)]
    Parts(#[from] InvalidParts),
    /// Another process is gone or broke the protocol.
    #[error(transparent)]
    Ipc(#[from] IpcError),
    /// The kernel refused something.
    #[error("the reactor failed")]
    Io(#[from] std::io::Error),
    /// The process could not be locked down.
    #[error("the sandbox could not be closed")]
    Seal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Serves one tenant until it has been idle for long enough, is told to drain, or the launcher is gone.
///
/// `seal` closes the sandbox; it is called once everything is set up and before any byte from outside is read.
///
/// # Errors
/// See [`ProcessError`].
pub async fn run<E>(
    assignment: Assignment,
    launcher: Endpoint<FromEngine, ToEngine>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    seal: impl FnOnce() -> Result<(), E>,
) -> Result<(), ProcessError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Assignment {
        tenant,
        settings,
        secret,
        door,
        mail: mail_door,
        egress: egress_door,
        database: secured,
        connected,
        certificates,
        places,
        reads_log,
        idle,
        access,
        closes_connections,
        security,
        release_free_memory,
    } = assignment;
    let (origin, time) = (settings.base_url.origin().to_owned(), clock.clone());
    let (to_launcher, from_launcher) = launcher.split();
    let connections = Arc::new(database::LauncherConnect::new(to_launcher.clone(), secured, connected));
    let login = Login { user: tenant.as_str().to_owned(), database: tenant.as_str().to_owned() };
    let is_writer = settings.session.is_kept_in_memory && !reads_log;
    let open = if is_writer { Database::as_writer } else { Database::new };
    let database = open(connections.clone(), login);
    // Whoever waits for this engine asks the database something. The server lets us in while the rest is made.
    database.open_lane();
    tokio::task::yield_now().await;
    let mail = Arc::new(mail::Outlet::default());
    mail.open(mail_door)?;
    let outlet = Arc::new(Outlet::default());
    outlet.replace(egress_door);
    let roots = settings.egress.extra_roots.clone();
    let egress = Arc::new(Client::new(settings.egress_hosts(), roots, outlet.clone(), clock.clone()));
    let tls = TlsServer::new(TicketKeys::of(&secret), clock.clone(), rng.clone());
    if let Some(document) = certificates {
        tls.announce(document);
    }
    let engine = Engine::new(EngineParts {
        settings,
        secret,
        database,
        mail: mail.clone(),
        egress,
        places,
        clock,
        rng,
        access,
    })?;
    let router = if reads_log { engine.log_router() } else { engine.router() };
    let router = with_security_txt(router, &security, origin, time);
    let state = engine.state().clone();
    let is_served = move |host: &str| state.settings.has_host(host);
    let ways = Ways::new(router, Arc::new(tls), is_served, closes_connections);
    let work = if reads_log { serve::Work::Log } else { serve::Work::All };
    let rest = serve::Rest { end: idle, release_free_memory };
    let server = serve::Server::new(engine, ways, connections, (mail, outlet), rest, work);
    let door = serve::open(door)?;
    seal().map_err(|error| ProcessError::Seal(error.into()))?;
    to_launcher.send(&FromEngine::Ready).await?;
    server.run(door, from_launcher, to_launcher).await
}
