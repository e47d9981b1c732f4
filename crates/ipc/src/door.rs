//! gateway → destination: client connections, handed over.

#[cfg(kiavi_bench_direct_accept)]
mod direct;

use std::net::SocketAddr;

use minicbor::{Decode, Encode};

use crate::{Channel, Endpoint, Fd, IpcError, Receiver, Sender};

/// How a connection came in, which decides what is spoken on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ListenerKind {
    /// Plain HTTP: of development, or of a reverse proxy that speaks TLS with browsers. Also what a gateway hands over
    /// that knows of no kinds.
    #[n(0)]
    #[default]
    Plain,
    /// Plain HTTP of anybody: whoever comes is led to the same place by HTTPS, and a certificate authority finds the
    /// answer to its challenge.
    #[n(1)]
    Redirect,
    /// TLS, which the destination speaks.
    #[n(2)]
    Tls,
}

/// What the gateway sends through a door.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum ToDestination {
    /// A client's connection, with nothing read from it.
    #[n(0)]
    Connection {
        /// Counts up from 1 on each door.
        #[n(0)]
        sequence: u64,
        /// The client's address as the kernel gave it, or a load balancer that may say so.
        #[n(1)]
        peer: SocketAddr,
        /// The connection itself.
        #[n(2)]
        stream: Fd,
        /// How it came in.
        #[n(3)]
        #[cbor(default)]
        kind: ListenerKind,
    },
}

/// What a destination answers.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromDestination {
    /// Every connection up to and including `sequence` has been taken: the gateway may let go of its copies.
    #[n(0)]
    Taken {
        /// The highest sequence taken.
        #[n(0)]
        sequence: u64,
    },
}

/// A connection that the gateway handed over.
#[derive(Debug)]
pub struct HandedOver {
    /// The client's address as the kernel gave it, or a load balancer that may say so.
    pub peer: SocketAddr,
    /// How it came in.
    pub kind: ListenerKind,
    /// The door's running number of the connection.
    pub sequence: u64,
    /// The connection, registered with the current runtime.
    pub stream: tokio::net::TcpStream,
}

/// The destination's side of a door: what `accept` is for a listening socket.
pub struct Acceptor {
    connections: Receiver<ToDestination>,
    taken: Sender<FromDestination>,
    #[cfg(kiavi_bench_direct_accept)]
    direct: direct::Listeners,
}

impl Acceptor {
    /// Registers a door with the current runtime.
    ///
    /// # Errors
    /// When the descriptor is not a socket or the reactor is full.
    pub fn new(door: Fd) -> std::io::Result<Self> {
        let endpoint = Endpoint::new(Channel::from(door.into_owned()?))?;
        let (taken, connections) = endpoint.split();
        Ok(Self {
            connections,
            taken,
            #[cfg(kiavi_bench_direct_accept)]
            direct: direct::Listeners::default(),
        })
    }

    /// The next connection, already acknowledged; `None` when the gateway is gone, or has broken the protocol, of which the log
    /// tells: it could end whoever it reaches otherwise. Cancel-safe up to the moment a connection has arrived. Two system calls
    /// on top of those of the connection itself.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub async fn accept(&mut self) -> Result<Option<HandedOver>, IpcError> {
        #[cfg(not(kiavi_bench_direct_accept))]
        let received = self.connections.receive().await;
        #[cfg(kiavi_bench_direct_accept)]
        let received = tokio::select! {
            received = self.connections.receive() => received,
            accepted = self.direct.accept() => return accepted.map(Some),
        };
        let (sequence, peer, stream, kind) = match received {
            Ok(Some(ToDestination::Connection { sequence, peer, stream, kind })) => {
                (sequence, peer, stream, kind)
            }
            Ok(None) => return Ok(None),
            Err(IpcError::Malformed(why)) => {
                tracing::error!(why, "the gateway broke the door's protocol: the door is closed");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        // A full queue of acknowledgements is no harm: they are cumulative, the next one covers this.
        match self.taken.try_send(&FromDestination::Taken { sequence }) {
            Ok(_) | Err(IpcError::Closed) => {}
            Err(e) => return Err(e),
        }
        let stream = std::net::TcpStream::from(stream.into_owned().map_err(IpcError::Io)?);
        stream.set_nonblocking(true).map_err(IpcError::Io)?;
        let stream = tokio::net::TcpStream::from_std(stream).map_err(IpcError::Io)?;
        Ok(Some(HandedOver { peer, kind, sequence, stream }))
    }

    /// Accepts on this listening socket, too: see [`crate::engine::ToEngine::Listener`].
    ///
    /// # Errors
    /// When the descriptor is not a listening socket.
    #[cfg(kiavi_bench_direct_accept)]
    pub fn listen(&mut self, socket: Fd, kind: ListenerKind) -> std::io::Result<()> {
        self.direct.add(socket, kind)
    }

    /// Takes no more: the gateway asks for another door, what it already sent can still be accepted.
    pub fn stop(&self) {
        self.connections.stop_receiving();
    }
}
