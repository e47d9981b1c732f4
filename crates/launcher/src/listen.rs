//! Listening sockets.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use kiavi_base::Network;

use crate::config::{ListenerKind, Listening, Names};

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: is another program using it, or has this machine no such address?")]
pub struct ListenError {
    address: SocketAddr,
    #[source]
    source: std::io::Error,
}

/// A listening socket, and what arrives there.
pub(crate) struct Listener {
    pub(crate) socket: OwnedFd,
    pub(crate) kind: ListenerKind,
    pub(crate) proxies: Option<Vec<Network>>,
}

/// Listens everywhere. Puts the ports of sockets that took a free one where the names want to know them.
pub(crate) fn listen_all(all: &[Listening], names: &mut Names) -> Result<Vec<Listener>, ListenError> {
    let mut listeners = Vec::new();
    for Listening { addresses, kind, proxies } in all {
        let (sockets, port) = listen(addresses)?;
        let wanted = match kind {
            ListenerKind::Plain => &mut names.port,
            ListenerKind::Tls => &mut names.tls_port,
            ListenerKind::Redirect => &mut None,
        };
        if *wanted == Some(0) {
            *wanted = Some(port);
        }
        let listener = |socket| Listener { socket, kind: *kind, proxies: proxies.clone() };
        listeners.extend(sockets.into_iter().map(listener));
    }
    Ok(listeners)
}

/// Listens on all of `addresses`. Port 0 takes a free one, which further addresses with port 0 share; answers it. A
/// loopback address after the first may be missing: not every machine has IPv6.
pub(crate) fn listen(addresses: &[SocketAddr]) -> Result<(Vec<OwnedFd>, u16), ListenError> {
    let (mut listeners, mut first_port) = (Vec::new(), 0);
    for (index, address) in addresses.iter().enumerate() {
        let mut address = *address;
        if address.port() == 0 {
            address.set_port(first_port);
        }
        match listen_on(address) {
            Ok(listener) => {
                if first_port == 0 {
                    let bound = listener.local_addr().map_err(|source| ListenError { address, source })?;
                    first_port = bound.port();
                }
                listeners.push(listener.into());
            }
            Err(error) if index > 0 && address.ip().is_loopback() => {
                tracing::info!(%error, %address, "not listening there");
            }
            Err(source) => return Err(ListenError { address, source }),
        }
    }
    Ok((listeners, first_port))
}

/// Listens on one address.
pub(crate) fn listen_on(address: SocketAddr) -> std::io::Result<TcpListener> {
    // The standard library sets SO_REUSEADDR, so that a restart does not wait for old connections.
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_shared_and_a_taken_one_is_named() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (listeners, port) = listen(&[any, SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0))]).unwrap();
        assert!(port > 0 && !listeners.is_empty());
        let taken = SocketAddr::from(([127, 0, 0, 1], port));
        assert!(listen(&[taken]).unwrap_err().to_string().contains(&taken.to_string()));
    }
}
