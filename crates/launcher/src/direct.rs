//! Listening sockets for engines that accept by themselves, which is what the hand-over is measured against
//! (`bench/hand-over`). Not in the product.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::OnceLock;

use kiavi_ipc::Fd;
use kiavi_ipc::door::ListenerKind;
use kiavi_ipc::engine::ToEngine;

use crate::child::Process;
use crate::listen::listen_on;

/// The variables that say the ports, by what arrives there.
const PORTS: [(&str, ListenerKind); 2] =
    [("KIAVI_BENCH_DIRECT_PORT", ListenerKind::Plain), ("KIAVI_BENCH_DIRECT_TLS_PORT", ListenerKind::Tls)];

/// Gives an engine that was just started all of them.
pub(crate) fn give(engine: &Process<ToEngine>) {
    static LISTENERS: OnceLock<Vec<(TcpListener, ListenerKind)>> = OnceLock::new();
    for (listener, kind) in LISTENERS.get_or_init(|| PORTS.iter().filter_map(listen).collect()) {
        match listener.try_clone() {
            Ok(socket) => engine.tell(ToEngine::Listener { socket: Fd::from(socket), kind: *kind }),
            Err(error) => tracing::error!(%error, "an engine cannot accept by itself"),
        }
    }
}

fn listen((name, kind): &(&str, ListenerKind)) -> Option<(TcpListener, ListenerKind)> {
    let port = std::env::var(name).ok()?.parse().ok()?;
    match listen_on((Ipv4Addr::LOCALHOST, port).into()) {
        Ok(listener) => Some((listener, *kind)),
        Err(error) => {
            tracing::error!(%error, port, "no engine can accept there by itself");
            None
        }
    }
}
