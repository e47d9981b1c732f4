//! The only process that talks to the outside.
//!
//! Each engine has a mail door of its own here. Whose mail arrives on it, which address that mail comes from and
//! which server it leaves by are facts about the door that control states; nothing an engine sends can change them.
//!
//! Each engine has an egress door too: it asks for connections to servers outside, such as those of sign-in
//! providers, and gets the ones that its tenant lists.
//!
//! Control has a door at which it is told what there is in the DNS as proof of a domain, and one to its secret store if that
//! is on a network.
//!
//! Where the databases are on a server on a network, it makes the connections to there for control and engines.
//!
//! A tenant's mail leaves by its own SMTP server if it has one, else by the platform's; in development that is a
//! mailbox in memory that a browser can read.

mod breaker;
mod database;
mod deliver;
mod dns;
mod door;
mod egress;
mod letter;
mod mailbox;
mod own;
mod pace;
mod tally;
mod verdict;
mod web;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{Clock, TenantId};
use kiavi_crypto::{SystemRng, TicketKeys};
use kiavi_http::drain;
use kiavi_ipc::door::{Acceptor, HandedOver};
use kiavi_ipc::mail::{MailRoute, SmtpServer};
use kiavi_ipc::outbound::{FromOutbound, ToOutbound};
use kiavi_ipc::{Channel, Endpoint, Fd, IpcError, Message, Sender};
use kiavi_tls::{TlsServer, Ways};
use rustls_pki_types::CertificateDer;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::database::DatabaseDoor;
use crate::deliver::Transport;
pub use crate::deliver::{Configuration, ConfigurationError, MailConfiguration};
use crate::dns::NameServers;
use crate::egress::{Asker, Egress};
use crate::mailbox::Mailbox;
use crate::own::OwnServer;
use crate::pace::MailPace;
use crate::tally::Tally;

/// How long deliveries in flight may take once the process is to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// How often the launcher is told what was counted, if there is anything.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Everything that outbound holds.
pub struct Outbound {
    mailbox: Option<Arc<Mailbox>>,
    transport: Arc<Transport>,
    egress: Arc<Egress>,
    tally: Arc<Tally>,
    database: Option<Arc<DatabaseDoor>>,
    name_servers: Arc<NameServers>,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    /// Sets up delivery and egress. Reads the system's certificates and which name servers it has, so it comes before the
    /// sandbox is closed.
    ///
    /// # Errors
    /// When the SMTP URL or the database server is not one, or the certificates cannot be kept.
    pub fn new(configuration: Configuration, clock: Arc<dyn Clock>) -> Result<Self, ConfigurationError> {
        let (transport, mailbox) = match configuration.mail {
            MailConfiguration::Mailbox => {
                let mailbox = Arc::new(Mailbox::default());
                (Transport::Mailbox(mailbox.clone(), clock.clone()), Some(mailbox))
            }
            MailConfiguration::Smtp { url, sender_domains, per_tenant_per_minute } => {
                let pace = NonZeroU32::new(per_tenant_per_minute).map(MailPace::new);
                (Transport::platform(&url, &sender_domains, pace)?, None)
            }
        };
        let roots = system_roots();
        let tally = Arc::new(Tally::default());
        let egress =
            Egress::new(roots.iter().map(AsRef::as_ref), configuration.private_egress, tally.clone())?;
        let database = configuration.database.map(|server| server.parse()).transpose()?;
        let database = database.map(|server| Arc::new(DatabaseDoor::new(server)));
        let (transport, egress) = (Arc::new(transport), Arc::new(egress));
        let name_servers = Arc::new(NameServers::new(configuration.name_servers));
        Ok(Self { mailbox, transport, egress, database, name_servers, tally, clock })
    }

    /// The development mailbox's ways in, if there is one.
    fn mailbox_ways(&self) -> Option<Ways> {
        let router = web::router(self.mailbox.clone()?, self.clock.clone());
        let rng = Arc::new(SystemRng);
        let tls = TlsServer::expecting(TicketKeys::random(&*rng), self.clock.clone(), rng);
        // The gateway hands over what is for the mailbox, and a developer's machine has nobody to tell apart.
        Some(Ways::new(router, Arc::new(tls), |_| true, false))
    }

    /// Makes the connection that the launcher asks for, in a task of its own.
    fn connect_database(&self, tasks: &mut JoinSet<()>, request: u64, launcher: Sender<FromOutbound>) {
        let database = self.database.clone();
        tasks.spawn(async move {
            let stream = match database {
                Some(database) => database.connect().await,
                None => None,
            };
            // A launcher that is gone needs no connection.
            let _ = launcher.send(&FromOutbound::Database { request, stream }).await;
        });
    }

    fn transport_of(&self, tenant: &TenantId, server: Option<SmtpServer>) -> Arc<Transport> {
        match server {
            Some(server) => {
                let own = OwnServer::new(tenant.clone(), server, self.egress.clone());
                Arc::new(Transport::Own(own))
            }
            None => self.transport.clone(),
        }
    }

    /// Delivers until told to drain, or the launcher is gone.
    ///
    /// # Errors
    /// When the launcher breaks the protocol.
    pub async fn run(self, launcher: Endpoint<FromOutbound, ToOutbound>) -> Result<(), IpcError> {
        let (to_launcher, mut from_launcher) = launcher.split();
        let ways = self.mailbox_ways();
        let (trigger, drain) = drain();
        let mut doors = JoinSet::new();
        let mut acceptor: Option<Acceptor> = None;
        let mut report = interval(REPORT_EVERY);
        report.set_missed_tick_behavior(MissedTickBehavior::Delay);
        to_launcher.send(&FromOutbound::Ready).await?;
        loop {
            tokio::select! {
                message = from_launcher.receive() => match message? {
                    Some(ToOutbound::MailDoor { tenant, route, door }) => {
                        let door = open(door)?;
                        match MailRoute::open(route) {
                            Ok(route) => {
                                let transport = self.transport_of(&tenant, route.server);
                                doors.spawn(door::serve(tenant, route.sender, door, transport, self.tally.clone()));
                            }
                            Err(error) => tracing::error!(%tenant, %error, "a mail route cannot be read"),
                        }
                    }
                    Some(ToOutbound::EgressDoor { tenant, allowed, door }) => {
                        let asker = Asker::Tenant(tenant);
                        doors.spawn(self.egress.clone().serve(asker, allowed, open(door)?));
                    }
                    Some(ToOutbound::ControlDoor { allowed, door }) => {
                        doors.spawn(self.egress.clone().serve(Asker::Control, allowed, open(door)?));
                    }
                    Some(ToOutbound::ProofDoor { door }) => {
                        doors.spawn(self.name_servers.clone().serve(open(door)?));
                    }
                    Some(ToOutbound::ConnectDatabase { request }) => {
                        self.connect_database(&mut doors, request, to_launcher.clone());
                    }
                    Some(ToOutbound::Door { door }) => acceptor = Some(Acceptor::new(door).map_err(IpcError::Io)?),
                    Some(ToOutbound::Certificates { document }) => {
                        if let Some(ways) = &ways {
                            ways.tls().announce(document);
                        }
                    }
                    Some(ToOutbound::Start { .. }) => {}
                    Some(ToOutbound::Drain) => break,
                    None => return Ok(()),
                },
                accepted = accept(&mut acceptor) => match (accepted?, &ways) {
                    (Some(connection), Some(ways)) => {
                        tokio::spawn(ways.clone().serve(connection, drain.clone()));
                    }
                    (Some(_), None) => {}
                    (None, _) => acceptor = None,
                },
                Some(_) = doors.join_next(), if !doors.is_empty() => {}
                _ = report.tick() => if let Some(report) = self.tally.take() {
                    to_launcher.send(&FromOutbound::Report(report)).await?;
                },
            }
        }
        trigger.start();
        // Engines close their doors as they end, which ends the tasks; what is left is a slow mail server. Until then their
        // last requests may need the database.
        let finish = async {
            loop {
                tokio::select! {
                    ended = doors.join_next() => if ended.is_none() { return },
                    message = from_launcher.receive() => match message {
                        Ok(Some(ToOutbound::ConnectDatabase { request })) => {
                            self.connect_database(&mut doors, request, to_launcher.clone());
                        }
                        Ok(Some(_)) => {}
                        Ok(None) | Err(_) => return,
                    },
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN_LIMIT, finish).await;
        Ok(())
    }
}

fn open<S: Message, R: Message>(door: Fd) -> Result<Endpoint<S, R>, IpcError> {
    Endpoint::new(Channel::from(door.into_owned().map_err(IpcError::Io)?)).map_err(IpcError::Io)
}

/// The certificate authorities that this system believes.
fn system_roots() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate authority of this system cannot be read");
    }
    if found.certs.is_empty() {
        tracing::warn!("this system has no certificate authorities: engines can reach no server by HTTPS");
    }
    found.certs
}

async fn accept(acceptor: &mut Option<Acceptor>) -> Result<Option<HandedOver>, IpcError> {
    match acceptor {
        Some(acceptor) => acceptor.accept().await,
        None => std::future::pending().await,
    }
}
