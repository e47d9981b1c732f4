//! Listening sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use kiavi_base::Network;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, getsockname, socket_with};

use crate::config::{ListenerKind, Listening, Names};

/// Connections of one listener that wait until the gateway accepts them, as many as it looks at at once; `net.core.somaxconn`
/// bounds it further. Who comes when there are more waits for seconds, until the kernel tries again (listen(2)).
const BACKLOG: i32 = 4_096;

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

/// Listens where a changed configuration says, when there are sockets already: those that it names are kept, for what arrives
/// there from now on, and the others are closed. An address that cannot be listened on is said and left out: whoever is served
/// elsewhere goes on being served.
pub(crate) fn listen_again(all: &[Listening], sockets: Vec<Listener>) -> Vec<Listener> {
    let bound = |listener: Listener| address_of(&listener).ok().map(|address| (address, listener));
    let mut left: Vec<_> = sockets.into_iter().filter_map(bound).collect();
    let mut listeners = Vec::new();
    for Listening { addresses, kind, proxies } in all {
        for (index, address) in addresses.iter().enumerate() {
            let is_same = |(bound, listener): &(SocketAddr, Listener)| {
                // Port 0 took a free one, which it has since.
                let has_port =
                    bound.port() == address.port() || address.port() == 0 && listener.kind == *kind;
                bound.ip() == address.ip() && has_port
            };
            let socket = match left.iter().position(is_same) {
                Some(at) => left.remove(at).1.socket,
                None => match listen_on(*address) {
                    Ok(socket) => {
                        tracing::info!(%address, "listening there, too, from now on");
                        socket.into()
                    }
                    // As at a start: not every machine has IPv6.
                    Err(_) if index > 0 && address.ip().is_loopback() => continue,
                    Err(error) => {
                        tracing::error!(%error, %address, "cannot listen there; a restart tries it again");
                        continue;
                    }
                },
            };
            listeners.push(Listener { socket, kind: *kind, proxies: proxies.clone() });
        }
    }
    for (address, _) in left {
        tracing::info!(%address, "not listening there any more");
    }
    listeners
}

fn address_of(listener: &Listener) -> std::io::Result<SocketAddr> {
    Ok(SocketAddr::try_from(getsockname(&listener.socket)?)?)
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
    // The standard library sets SO_REUSEADDR, so that a restart does not wait for old connections. It has 128 of them wait.
    let listener = TcpListener::bind(address)?;
    rustix::net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A connection to the first listener for clients that speak TLS and come by no load balancer, as one of them makes it. Nothing
/// is waited for: the kernel accepts in the listener's place.
pub(crate) fn visit(listeners: &[Listener]) -> Option<OwnedFd> {
    let is_open = |listener: &&Listener| listener.kind == ListenerKind::Tls && listener.proxies.is_none();
    let connected = connect_to(listeners.iter().find(is_open)?);
    connected.inspect_err(|error| tracing::error!(%error, "cannot visit the instance's own listener")).ok()
}

fn connect_to(listener: &Listener) -> std::io::Result<OwnedFd> {
    let mut address = address_of(listener)?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    match connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_free_port_is_shared_and_a_taken_one_is_named() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (listeners, port) = listen(&[any, SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0))]).unwrap();
        assert!(port > 0 && !listeners.is_empty());
        let taken = SocketAddr::from(([127, 0, 0, 1], port));
        assert!(listen(&[taken]).unwrap_err().to_string().contains(&taken.to_string()));
    }

    #[test]
    fn hundreds_can_come_before_the_first_is_accepted() {
        let listener = listen_on((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let come = || TcpStream::connect_timeout(&address, Duration::from_secs(5));
        let here: Result<Vec<_>, _> = (0..300).map(|_| come()).collect();
        assert_eq!(here.unwrap().len(), 300);
    }

    fn listener(kind: ListenerKind, is_proxied: bool) -> (Listener, SocketAddr) {
        let socket = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        (Listener { socket: socket.into(), kind, proxies: is_proxied.then(Vec::new) }, address)
    }

    #[test]
    fn a_visit_is_made_where_clients_speak_tls_and_come_by_themselves() {
        let (plain, _) = listener(ListenerKind::Plain, false);
        let (proxied, _) = listener(ListenerKind::Tls, true);
        assert!(visit(&[plain, proxied]).is_none());
        let (plain, _) = listener(ListenerKind::Plain, false);
        let (open, address) = listener(ListenerKind::Tls, false);
        let listeners = [plain, open];
        let stream = std::net::TcpStream::from(visit(&listeners).unwrap());
        let accepting = TcpListener::from(listeners[1].socket.try_clone().unwrap());
        assert_eq!(accepting.accept().unwrap().1, stream.local_addr().unwrap());
        assert_eq!(stream.peer_addr().unwrap().port(), address.port());
    }

    #[test]
    fn a_changed_configuration_keeps_sockets_makes_others_and_closes_the_rest() {
        let ((kept, at), (closed, gone)) =
            (listener(ListenerKind::Plain, false), listener(ListenerKind::Tls, false));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let taken = TcpListener::bind(any).unwrap();
        let wanted = [
            Listening::new(ListenerKind::Redirect, vec![at]),
            Listening::new(ListenerKind::Tls, vec![any, taken.local_addr().unwrap()]),
        ];
        let listeners = listen_again(&wanted, vec![closed, kept]);
        let kinds: Vec<_> = listeners.iter().map(|listener| listener.kind).collect();
        assert_eq!(kinds, [ListenerKind::Redirect, ListenerKind::Tls]);
        assert_eq!(address_of(&listeners[0]).unwrap(), at);
        assert!(TcpListener::bind(gone).is_ok(), "nobody listens there");
        // Once more, nothing changes.
        let bound = address_of(&listeners[1]).unwrap();
        let again = listen_again(&wanted, listeners);
        assert_eq!(address_of(&again[1]).unwrap(), bound);
    }
}
