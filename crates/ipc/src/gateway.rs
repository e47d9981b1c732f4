//! launcher ↔ gateway.

use kiavi_base::{Hostname, Network, TenantId};
use minicbor::{Decode, Encode};

use crate::Fd;
use crate::door::ListenerKind;
use crate::metrics::GatewayReport;

/// Who serves a hostname.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Destination {
    /// A tenant's engine.
    #[n(0)]
    Tenant(
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        TenantId,
    ),
    /// The control plane.
    #[n(1)]
    Console,
    /// The development mailbox.
    #[n(2)]
    Mailbox,
    /// Nobody: a tenant that is suspended. The gateway says so itself and asks for no door.
    #[n(3)]
    Suspended,
}

/// What the launcher tells the gateway.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum ToGateway {
    /// Accept on this listening socket.
    #[n(0)]
    Listener {
        /// A bound, listening TCP socket.
        #[n(0)]
        socket: Fd,
        /// What arrives there.
        #[n(1)]
        kind: ListenerKind,
        /// If connections there come by load balancers, and each begins with a PROXY protocol header: where these are.
        /// Nobody else may connect.
        #[n(2)]
        #[cbor(with = "crate::codec::optional_texts")]
        proxies: Option<Vec<Network>>,
    },
    /// Connections for `hostname` go to `destination`.
    #[n(1)]
    Route {
        /// The name in `Host`, without port.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        hostname: Hostname,
        /// Who serves it.
        #[n(1)]
        destination: Destination,
    },
    /// The hostname is served no longer.
    #[n(2)]
    RouteRemoved {
        /// As in [`ToGateway::Route`].
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        hostname: Hostname,
    },
    /// The destination takes connections here from now on.
    #[n(3)]
    Door {
        /// Who.
        #[n(0)]
        destination: Destination,
        /// See [`crate::door`].
        #[n(1)]
        door: Fd,
    },
    /// The destination cannot be started now: answer what waits for it with 503.
    #[n(4)]
    Unavailable {
        /// Who.
        #[n(0)]
        destination: Destination,
    },
    /// Accept no more, end once the queues are empty.
    #[n(5)]
    Drain,
    /// Every hostname that is served has its [`ToGateway::Route`]: there is none under any other. Until this is said, who asks
    /// for another waits, and is told to come again when it takes too long.
    #[n(6)]
    HostsKnown,
}

/// What the gateway may say.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromGateway {
    /// A connection waits for this destination, and no door to it is open.
    #[n(0)]
    NeedDoor {
        /// Who.
        #[n(0)]
        destination: Destination,
    },
    /// What happened since the last report.
    #[n(1)]
    Report(#[n(0)] GatewayReport),
}
