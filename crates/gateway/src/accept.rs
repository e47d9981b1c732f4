//! From a listening socket to a connection whose host is known.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{Hostname, Network, network_of};
use kiavi_ipc::door::ListenerKind;
use kiavi_ipc::{Fd, IpcError};
use rustix::net::RecvFlags;
use tokio::io::Interest;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::answer::{self, Pages, Refusal};
use crate::dispatch::Event;
use crate::hello;
use crate::peek::{Glance, MAX_PEEK_BYTES, glance};
use crate::proxy::{self, Header};
use crate::tally::{self, Arrivals};

/// How long a client may take for its request's head.
const PEEK_DEADLINE: Duration = Duration::from_secs(5);

/// The most connections whose host is not known yet; the oldest makes room for a new one.
const MAX_PEEKING: usize = 4096;

/// The same, of one customer's network.
const MAX_PEEKING_PER_NETWORK: usize = 512;

/// A pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A client's connection, not registered with any reactor, nothing read from it but a PROXY protocol header.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// The host that its first bytes name.
    pub(crate) hostname: Hostname,
    pub(crate) peer: SocketAddr,
    pub(crate) kind: ListenerKind,
    pub(crate) stream: Fd,
}

/// A listening socket, and what arrives there.
pub(crate) struct Listener {
    socket: TcpListener,
    kind: ListenerKind,
    /// The load balancers that alone may connect.
    proxies: Option<Arc<[Network]>>,
}

impl Listener {
    /// Takes over a listening socket.
    pub(crate) fn new(
        socket: Fd,
        kind: ListenerKind,
        proxies: Option<Vec<Network>>,
    ) -> Result<Self, IpcError> {
        let listener = std::net::TcpListener::from(socket.into_owned().map_err(IpcError::Io)?);
        listener.set_nonblocking(true).map_err(IpcError::Io)?;
        // A handful of requests follow on each connection, all small. Accepted sockets have it from the listening one.
        rustix::net::sockopt::set_tcp_nodelay(&listener, true).map_err(|error| IpcError::Io(error.into()))?;
        let socket = TcpListener::from_std(listener).map_err(IpcError::Io)?;
        Ok(Self { socket, kind, proxies: proxies.map(Into::into) })
    }

    /// Whether whoever is at this address may connect.
    fn admits(&self, peer: SocketAddr) -> bool {
        let is_one = |network: &Network| network.contains(peer.ip());
        self.proxies.as_ref().is_none_or(|proxies| proxies.iter().any(is_one))
    }
}

/// Accepts for ever; a connection whose host is known becomes an [`Event::Arrived`].
pub(crate) async fn accept(
    listener: Listener,
    arrivals: Arc<Arrivals>,
    events: mpsc::Sender<Event>,
    pages: Pages,
) {
    let mut peeking = Peeking::default();
    let (kind, is_proxied) = (listener.kind, listener.proxies.is_some());
    loop {
        match listener.socket.accept().await {
            // Whoever is no load balancer could say to be anybody.
            Ok((_, peer)) if !listener.admits(peer) => {
                tracing::debug!("somebody connects where only load balancers may");
                arrivals.refused();
            }
            Ok((stream, peer)) => {
                let arrived = Arrived { stream, peer, kind, is_proxied, pages };
                let task =
                    tokio::spawn(arrive(arrived, arrivals.arrived(), arrivals.clone(), events.clone()));
                peeking.add(network_of(peer.ip()), task.abort_handle(), is_proxied);
            }
            // The client was gone before it was accepted.
            Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A connection of which nothing is known.
struct Arrived {
    stream: TcpStream,
    peer: SocketAddr,
    kind: ListenerKind,
    is_proxied: bool,
    pages: Pages,
}

async fn arrive(
    arrived: Arrived,
    _peeking: tally::Peeking,
    arrivals: Arc<Arrivals>,
    events: mpsc::Sender<Event>,
) {
    let Arrived { stream, peer, kind, is_proxied, pages } = arrived;
    let looked_at = async {
        let client = if is_proxied { client(&stream).await? } else { None };
        Ok::<_, io::Error>((client.unwrap_or(peer), host(&stream, kind).await?))
    };
    let refusal = match tokio::time::timeout(PEEK_DEADLINE, looked_at).await {
        Ok(Ok((peer, Found::Host(hostname)))) => {
            let Ok(stream) = stream.into_std() else { return };
            let client = Client { hostname, peer, kind, stream: Fd::from(stream) };
            // The dispatcher outlives every listener.
            let _ = events.send(Event::Arrived { client }).await;
            return;
        }
        Ok(Ok((_, Found::Nothing(refusal)))) => refusal,
        Ok(Err(_)) | Err(_) => return,
    };
    arrivals.refused();
    answer::refuse(stream, kind, refusal, pages).await;
}

/// What a connection's first bytes say.
enum Found {
    Host(Hostname),
    Nothing(Refusal),
}

/// The host that the connection's first bytes name.
async fn host(stream: &TcpStream, kind: ListenerKind) -> io::Result<Found> {
    let glance = match kind {
        ListenerKind::Tls => hello::glance,
        ListenerKind::Plain | ListenerKind::Redirect => glance,
    };
    let mut seen = 0;
    loop {
        let mut buffer = [0; 2048];
        let mut large = Vec::new();
        let buffer = if seen < buffer.len() {
            &mut buffer[..]
        } else {
            large.resize(MAX_PEEK_BYTES, 0);
            &mut large[..]
        };
        seen = peek_beyond(stream, buffer, seen).await?;
        match glance(&buffer[..seen]) {
            Glance::Unfinished if seen == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Glance::Unfinished => {}
            Glance::Host(host) => return Ok(Found::Host(host)),
            Glance::Nameless => return Ok(Found::Nothing(Refusal::Nameless)),
            Glance::Unusable => return Ok(Found::Nothing(Refusal::BadRequest)),
        }
    }
}

/// Reads a PROXY protocol header away, exactly, and answers whose the connection is; `None` for one of the load
/// balancer's own. Whatever is no header ends the connection.
async fn client(stream: &TcpStream) -> io::Result<Option<SocketAddr>> {
    let (mut buffer, mut seen) = ([0; proxy::MAX_HEADER], 0);
    loop {
        let before = seen;
        seen = peek_beyond(stream, &mut buffer, seen).await?;
        match proxy::read(&buffer[..seen]) {
            Header::Unfinished if seen == before => return Err(io::ErrorKind::UnexpectedEof.into()),
            Header::Unfinished => {}
            Header::Whole { length, client } => {
                // They lie in the socket, so one call has them all.
                let (read, _) = rustix::net::recv(stream, &mut buffer[..length], RecvFlags::DONTWAIT)?;
                return if read == length { Ok(client) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
            Header::Malformed => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Peeks once there are more than `seen` bytes, or none will come.
///
/// Readiness is edge-triggered: reporting "would block" for bytes already seen makes the reactor wait for the
/// next segment instead of spinning on what is there.
async fn peek_beyond(stream: &TcpStream, buffer: &mut [u8], seen: usize) -> io::Result<usize> {
    let length = buffer.len();
    stream
        .async_io(Interest::READABLE, || {
            let (peeked, _) = rustix::net::recv(stream, &mut *buffer, RecvFlags::PEEK | RecvFlags::DONTWAIT)?;
            if peeked > seen || peeked == 0 || peeked == length {
                Ok(peeked)
            } else {
                Err(io::ErrorKind::WouldBlock.into())
            }
        })
        .await
}

/// The connections being peeked at, oldest first.
#[derive(Default)]
struct Peeking(VecDeque<(IpAddr, AbortHandle)>);

impl Peeking {
    /// Those of a load balancer come from one address: how many of one client's it passes on is its own affair.
    fn add(&mut self, network: IpAddr, task: AbortHandle, is_proxied: bool) {
        // The common case: everything before has long been handed over.
        while self.0.front().is_some_and(|(_, oldest)| oldest.is_finished()) {
            self.0.pop_front();
        }
        if self.0.len() >= MAX_PEEKING_PER_NETWORK {
            self.0.retain(|(_, task)| !task.is_finished());
            let own = || self.0.iter().filter(|(other, _)| *other == network).count();
            if !is_proxied && own() >= MAX_PEEKING_PER_NETWORK {
                let oldest = self.0.iter().position(|(other, _)| *other == network);
                self.drop_connection(oldest);
            } else if self.0.len() >= MAX_PEEKING {
                self.drop_connection(Some(0));
            }
        }
        self.0.push_back((network, task));
    }

    fn drop_connection(&mut self, index: Option<usize>) {
        if let Some((_, task)) = index.and_then(|index| self.0.remove(index)) {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_has_many_addresses_pushes_out_their_own_connections_only() {
        let waiting = || tokio::spawn(std::future::pending::<()>());
        let mut peeking = Peeking::default();
        let other = waiting();
        peeking.add(network_of("192.0.2.7".parse().unwrap()), other.abort_handle(), false);
        let own: Vec<_> = (0..2 * MAX_PEEKING_PER_NETWORK).map(|_| waiting()).collect();
        for (number, task) in own.iter().enumerate() {
            let address = format!("2001:db8::{number:x}").parse().unwrap();
            peeking.add(network_of(address), task.abort_handle(), false);
            tokio::task::yield_now().await;
        }
        assert_eq!(own.iter().filter(|task| !task.is_finished()).count(), MAX_PEEKING_PER_NETWORK);
        assert!(!other.is_finished());
    }
}
