//! The only process that talks to the outside.
//!
//! Each engine has a mail door of its own here. Whose mail arrives on it, and which address that mail comes
//! from, are facts about the door that the launcher states; nothing an engine sends can change them.
//!
//! In development, mail goes to a mailbox in memory that a browser can read; otherwise to an SMTP server.

mod deliver;
mod door;
mod mailbox;
mod web;

use std::sync::Arc;

use kiavi_base::Clock;
use kiavi_http::{ConnectionInfo, drain, serve_connection};
use kiavi_ipc::door::{Acceptor, HandedOver};
use kiavi_ipc::outbound::{FromOutbound, ToOutbound};
use kiavi_ipc::{Endpoint, IpcError};
use tokio::task::JoinSet;

use crate::deliver::Transport;
pub use crate::deliver::{Configuration, ConfigurationError, MailConfiguration};
use crate::mailbox::Mailbox;

/// How long deliveries in flight may take once the process is to end.
const DRAIN_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// Everything that outbound holds.
pub struct Outbound {
    mailbox: Option<Arc<Mailbox>>,
    transport: Arc<Transport>,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    /// Sets up delivery. Reads the system's certificates, so it comes before the sandbox is closed.
    ///
    /// # Errors
    /// When the SMTP URL is not one.
    pub fn new(configuration: Configuration, clock: Arc<dyn Clock>) -> Result<Self, ConfigurationError> {
        let (transport, mailbox) = match configuration.mail {
            MailConfiguration::Mailbox => {
                let mailbox = Arc::new(Mailbox::default());
                (Transport::Mailbox(mailbox.clone(), clock.clone()), Some(mailbox))
            }
            MailConfiguration::Smtp(url) => (Transport::smtp(&url)?, None),
        };
        Ok(Self { mailbox, transport: Arc::new(transport), clock })
    }

    /// Delivers until told to drain, or the launcher is gone.
    ///
    /// # Errors
    /// When the launcher breaks the protocol.
    pub async fn run(self, launcher: Endpoint<FromOutbound, ToOutbound>) -> Result<(), IpcError> {
        let (to_launcher, mut from_launcher) = launcher.split();
        let router = self.mailbox.map(|mailbox| web::router(mailbox, self.clock));
        let (trigger, drain) = drain();
        let mut doors = JoinSet::new();
        let mut acceptor: Option<Acceptor> = None;
        to_launcher.send(&FromOutbound::Ready).await?;
        loop {
            tokio::select! {
                message = from_launcher.receive() => match message? {
                    Some(ToOutbound::MailDoor { tenant, sender, door }) => {
                        let door = Endpoint::new(door.into_owned().map_err(IpcError::Io)?.into()).map_err(IpcError::Io)?;
                        doors.spawn(door::serve(tenant, sender, door, self.transport.clone()));
                    }
                    Some(ToOutbound::Door { door }) => acceptor = Some(Acceptor::new(door).map_err(IpcError::Io)?),
                    Some(ToOutbound::Start { .. }) => {}
                    Some(ToOutbound::Drain) => break,
                    None => return Ok(()),
                },
                accepted = accept(&mut acceptor) => match (accepted?, &router) {
                    (Some(HandedOver { peer, sequence, stream }), Some(router)) => {
                        let info = ConnectionInfo { peer, sequence };
                        tokio::spawn(serve_connection(stream, info, router.clone(), drain.clone()));
                    }
                    (Some(_), None) => {}
                    (None, _) => acceptor = None,
                },
                Some(_) = doors.join_next(), if !doors.is_empty() => {}
            }
        }
        trigger.start();
        // Engines close their doors as they end, which ends the tasks; what is left is a slow mail server.
        let _ = tokio::time::timeout(DRAIN_LIMIT, async { while doors.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

async fn accept(acceptor: &mut Option<Acceptor>) -> Result<Option<HandedOver>, IpcError> {
    match acceptor {
        Some(acceptor) => acceptor.accept().await,
        None => std::future::pending().await,
    }
}
