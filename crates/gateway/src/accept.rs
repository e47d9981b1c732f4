//! From a listening socket to a connection whose host is known.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::Hostname;
use kiavi_ipc::{Fd, IpcError};
use rustix::net::RecvFlags;
use tokio::io::Interest;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::answer::{self, Refusal};
use crate::dispatch::Event;
use crate::peek::{Glance, MAX_PEEK_BYTES, glance};
use crate::tally::{self, Arrivals};

/// How long a client may take for its request's head.
const PEEK_DEADLINE: Duration = Duration::from_secs(5);

/// The most connections whose host is not known yet; the oldest makes room for a new one.
const MAX_PEEKING: usize = 4096;

/// The same, of one customer's network.
const MAX_PEEKING_PER_NETWORK: usize = 512;

/// Bits of an IPv6 address that name one customer's network; the rest is theirs to vary (RFC 6177 §2).
const IPV6_NETWORK_BITS: u32 = 64;

/// A pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A client's connection, not registered with any reactor, nothing read from it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) peer: SocketAddr,
    pub(crate) stream: Fd,
}

/// Whose connections are counted together: those of an IPv4 address, or of an IPv6 network.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let host = u128::MAX >> IPV6_NETWORK_BITS;
            Ipv6Addr::from_bits(address.to_bits() & !host).into()
        }
        address => address,
    }
}

/// Takes over a listening socket.
pub(crate) fn listener(socket: Fd) -> Result<TcpListener, IpcError> {
    let listener = std::net::TcpListener::from(socket.into_owned().map_err(IpcError::Io)?);
    listener.set_nonblocking(true).map_err(IpcError::Io)?;
    TcpListener::from_std(listener).map_err(IpcError::Io)
}

/// Accepts for ever; a connection whose host is known becomes an [`Event::Arrived`].
pub(crate) async fn accept(listener: TcpListener, arrivals: Arc<Arrivals>, events: mpsc::Sender<Event>) {
    let mut peeking = Peeking::default();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let task =
                    tokio::spawn(arrive(stream, peer, arrivals.arrived(), arrivals.clone(), events.clone()));
                peeking.add(network(peer.ip()), task.abort_handle());
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

async fn arrive(
    stream: TcpStream,
    peer: SocketAddr,
    _peeking: tally::Peeking,
    arrivals: Arc<Arrivals>,
    events: mpsc::Sender<Event>,
) {
    // A handful of requests follow on each connection, all small.
    let _ = stream.set_nodelay(true);
    match tokio::time::timeout(PEEK_DEADLINE, host(&stream)).await {
        Ok(Ok(Some(hostname))) => {
            let Ok(stream) = stream.into_std() else { return };
            let client = Client { peer, stream: Fd::from(stream) };
            // The dispatcher outlives every listener.
            let _ = events.send(Event::Arrived { hostname, client }).await;
        }
        Ok(Ok(None)) => {
            arrivals.refused();
            answer::refuse(stream, Refusal::BadRequest).await;
        }
        Ok(Err(_)) | Err(_) => {}
    }
}

/// The host that the connection's first request names; `None` when it does not name one.
async fn host(stream: &TcpStream) -> io::Result<Option<Hostname>> {
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
            Glance::Host(host) => return Ok(Some(host)),
            Glance::Unusable => return Ok(None),
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
    fn add(&mut self, network: IpAddr, task: AbortHandle) {
        // The common case: everything before has long been handed over.
        while self.0.front().is_some_and(|(_, oldest)| oldest.is_finished()) {
            self.0.pop_front();
        }
        if self.0.len() >= MAX_PEEKING_PER_NETWORK {
            self.0.retain(|(_, task)| !task.is_finished());
            if self.0.iter().filter(|(other, _)| *other == network).count() >= MAX_PEEKING_PER_NETWORK {
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

    fn counted(address: &str) -> String {
        network(address.parse().unwrap()).to_string()
    }

    #[test]
    fn one_customer_is_counted_once() {
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(counted("2001:db8:1:3::1"), counted("2001:db8:1:2::1"));
    }

    #[tokio::test]
    async fn who_has_many_addresses_pushes_out_their_own_connections_only() {
        let waiting = || tokio::spawn(std::future::pending::<()>());
        let mut peeking = Peeking::default();
        let other = waiting();
        peeking.add(network("192.0.2.7".parse().unwrap()), other.abort_handle());
        let own: Vec<_> = (0..2 * MAX_PEEKING_PER_NETWORK).map(|_| waiting()).collect();
        for (number, task) in own.iter().enumerate() {
            let address = format!("2001:db8::{number:x}").parse().unwrap();
            peeking.add(network(address), task.abort_handle());
            tokio::task::yield_now().await;
        }
        assert_eq!(own.iter().filter(|task| !task.is_finished()).count(), MAX_PEEKING_PER_NETWORK);
        assert!(!other.is_finished());
    }
}
