//! What the hand-over is measured against (`bench/hand-over`): a destination that accepts by itself. Not in the product.

use std::task::Poll;

use tokio::net::TcpListener;

use super::{HandedOver, ListenerKind};
use crate::{Fd, IpcError};

/// Listening sockets of one destination.
#[derive(Default)]
pub(super) struct Listeners {
    sockets: Vec<(TcpListener, ListenerKind)>,
    /// Running number of the last connection.
    sequence: u64,
}

impl Listeners {
    pub(super) fn add(&mut self, socket: Fd, kind: ListenerKind) -> std::io::Result<()> {
        let listener = std::net::TcpListener::from(socket.into_owned()?);
        listener.set_nonblocking(true)?;
        // As the gateway does: accepted sockets have it from the listening one.
        rustix::net::sockopt::set_tcp_nodelay(&listener, true)?;
        self.sockets.push((TcpListener::from_std(listener)?, kind));
        Ok(())
    }

    /// The next connection of any of them.
    pub(super) async fn accept(&mut self) -> Result<HandedOver, IpcError> {
        let sockets = &self.sockets;
        let (stream, peer, kind) = std::future::poll_fn(|context| {
            for (listener, kind) in sockets {
                if let Poll::Ready(accepted) = listener.poll_accept(context) {
                    return Poll::Ready(accepted.map(|(stream, peer)| (stream, peer, *kind)));
                }
            }
            Poll::Pending
        })
        .await
        .map_err(IpcError::Io)?;
        self.sequence += 1;
        Ok(HandedOver { peer, kind, sequence: self.sequence, stream })
    }
}
