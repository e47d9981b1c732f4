//! TLS as a process of the product serves it: with certificates of its own that come while it runs, and for one host's
//! clients only.
//!
//! ```text
//! handed-over connection ─► ClientHello ─► certificate by SNI ─► handshake (≤ 10 s) ─► h2 or http/1.1
//!                                             │ none                 │ acme-tls/1
//!                                             ▼ alert, a line        ▼ closed: the certificate was the answer
//! ```
//!
//! Nothing is computed before the first connection: a process that nobody visits by TLS has read no key.

mod config;
#[cfg(test)]
mod tests;
mod tickets;
mod visit;
mod ways;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kiavi_base::{Clock, Rng};
use kiavi_crypto::TicketKeys;
use kiavi_http::Networks;
use kiavi_ipc::Fd;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::Opened;
use crate::tickets::Tickets;
pub use crate::visit::{VISIT_DEADLINE, visit};
pub use crate::ways::Ways;

/// How long a handshake may take, from the first byte on.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Handshakes that are under way at a time; more wait, within their deadline. Each holds some 20 kB.
pub const MAX_HANDSHAKES: usize = 2_048;

/// The same, of one customer's network; more are refused, so that nobody has all others wait.
pub const MAX_HANDSHAKES_PER_NETWORK: usize = 128;

/// A fatal alert in clear (RFC 8446 §6, RFC 6066 §3): there are no keys yet.
const UNRECOGNIZED_NAME: &[u8] = &[21, 3, 3, 0, 2, 2, 112];

/// Between two lines that say that a certificate is missing.
const MISSING_INTERVAL: Duration = Duration::from_secs(60);

/// What a client speaks once the connection is encrypted (RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1: also a client that names no protocol.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Why there is no encrypted connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The client broke the handshake off, or speaks no TLS that is spoken here.
    #[error("the handshake failed")]
    Handshake(#[from] io::Error),
    /// It took longer than [`HANDSHAKE_DEADLINE`].
    #[error("the handshake took too long")]
    Deadline,
    /// There is no certificate for the name that the client wants, or it names none.
    #[error("there is no certificate for this name")]
    NoCertificate,
    /// The client's network has [`MAX_HANDSHAKES_PER_NETWORK`] under way.
    #[error("too many handshakes of one network")]
    Busy,
}

/// The TLS of one process. What it is made of comes, and comes anew, by [`TlsServer::announce`].
pub struct TlsServer {
    current: watch::Sender<Option<Arc<Announced>>>,
    /// Whether there will be something, so that who comes before waits for it.
    is_expecting: bool,
    tickets: Arc<Tickets>,
    handshakes: Semaphore,
    networks: Networks,
    /// When it was last said that a certificate is missing.
    missed: Mutex<Option<Instant>>,
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsServer(…)")
    }
}

/// A document, and what was made of it once it was needed.
struct Announced {
    document: Fd,
    opened: std::sync::OnceLock<Option<Opened>>,
}

impl Announced {
    fn opened(&self, tickets: &Arc<Tickets>) -> Option<&Opened> {
        let open = || match Opened::new(self.document.clone(), tickets.clone()) {
            Ok(opened) => Some(opened),
            Err(error) => {
                tracing::error!(%error, "the certificates cannot be used: there is no TLS");
                None
            }
        };
        self.opened.get_or_init(open).as_ref()
    }
}

impl TlsServer {
    /// TLS without certificates, for now. Tickets of sessions are sealed with `keys`.
    pub fn new(keys: TicketKeys, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self {
            current: watch::Sender::new(None),
            is_expecting: false,
            tickets: Arc::new(Tickets::new(keys, clock, rng)),
            handshakes: Semaphore::new(MAX_HANDSHAKES),
            networks: Networks::new(MAX_HANDSHAKES_PER_NETWORK),
            missed: Mutex::new(None),
        }
    }

    /// The same where certificates are on their way: whoever comes before they were announced for the first time waits for them,
    /// as long as a handshake may take. Without them whoever came would be told that there is no such host.
    pub fn expecting(keys: TicketKeys, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { is_expecting: true, ..Self::new(keys, clock, rng) }
    }

    /// From now on connections begin with these certificates, a document as
    /// [`kiavi_ipc::certificate::Certificates::seal`] makes it. Those that are open go on.
    pub fn announce(&self, document: Fd) {
        let announced = Announced { document, opened: std::sync::OnceLock::new() };
        self.current.send_replace(Some(Arc::new(announced)));
    }

    /// What is answered at `/.well-known/acme-challenge/TOKEN`, if anything is (RFC 8555 §8.3).
    pub fn key_authorization(&self, token: &str) -> Option<String> {
        self.current()?.opened(&self.tickets)?.key_authorization(token).map(str::to_owned)
    }

    fn current(&self) -> Option<Arc<Announced>> {
        self.current.borrow().clone()
    }

    /// What there is, or will be.
    async fn expected(&self) -> Option<Arc<Announced>> {
        if self.is_expecting {
            // The sender is here, so it is not gone.
            let _ = self.current.subscribe().wait_for(Option::is_some).await;
        }
        self.current()
    }

    /// The encrypted connection, and what is spoken on it. `None` when the client was a certificate authority that wanted
    /// to see the answer to its challenge (RFC 8737 §3) and has seen it. `client` is at the other end.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub async fn accept<S>(
        &self,
        stream: S,
        client: IpAddr,
    ) -> Result<Option<(TlsStream<S>, Protocol)>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let _place = self.networks.enter(client).ok_or(TlsError::Busy)?;
        timeout(HANDSHAKE_DEADLINE, self.handshake(stream)).await.unwrap_or(Err(TlsError::Deadline))
    }

    async fn handshake<S>(&self, stream: S) -> Result<Option<(TlsStream<S>, Protocol)>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // Never closed, so there is always a permit in the end.
        let _permit = self.handshakes.acquire().await.map_err(io::Error::other)?;
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let announced = self.expected().await;
        let opened = announced.as_ref().and_then(|announced| announced.opened(&self.tickets));
        let Some(opened) = opened.filter(|opened| opened.has_certificate(&start.client_hello())) else {
            self.missing(start.client_hello().server_name());
            let mut stream = start.io;
            stream.write_all(UNRECOGNIZED_NAME).await?;
            stream.shutdown().await?;
            return Err(TlsError::NoCertificate);
        };
        let mut stream = start.into_stream(opened.config()).await?;
        match stream.get_ref().1.alpn_protocol() {
            Some(config::ACME_TLS_1) => {
                // RFC 8737 §3: closed once the handshake is done.
                stream.shutdown().await?;
                Ok(None)
            }
            Some(config::HTTP_2) => Ok(Some((stream, Protocol::Http2))),
            _ => Ok(Some((stream, Protocol::Http1))),
        }
    }

    /// Says once in a while that somebody comes for a name in vain.
    fn missing(&self, name: Option<&str>) {
        let now = Instant::now();
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.is_none_or(|last| now.duration_since(last) >= MISSING_INTERVAL) {
            *missed = Some(now);
            let name = name.unwrap_or("(none)");
            tracing::warn!(name, "no certificate for this name: who comes by TLS is turned away");
        }
    }
}
