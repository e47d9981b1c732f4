//! launcher ↔ engine.

use kiavi_base::TenantId;
use minicbor::{Decode, Encode};

use crate::Fd;
use crate::database::Whereabouts;
use crate::isolation::{Fate, LayerStanding};
use crate::metrics::{EngineReport, StreamsReport};

/// What the launcher tells an engine.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum ToEngine {
    /// The first message: everything the engine is.
    #[n(0)]
    Start {
        /// Whose engine this is; also the name of its database and of its role.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// Settings and secret, see [`crate::SealedDocument`].
        #[n(1)]
        document: Fd,
        /// Where the gateway hands over connections, see [`crate::door`].
        #[n(2)]
        door: Fd,
        /// Where mail goes out, see [`crate::mail`].
        #[n(3)]
        mail: Fd,
        /// Seconds without a request after which the engine ends; `None`: never.
        #[n(4)]
        idle_seconds: Option<u32>,
        /// Where connections to servers outside are asked for, see [`crate::egress`].
        #[n(5)]
        egress: Fd,
        /// Where its database is.
        #[n(6)]
        database: Whereabouts,
        /// What knows where addresses are, at most two, see [`crate::SharedFile`].
        #[n(7)]
        places: Vec<Fd>,
        /// Whether it only reads the log out, over the management door: its tenant is suspended.
        #[n(8)]
        reads_log: bool,
        /// What its TLS is made of, if it has any, see [`crate::certificate::Certificates`].
        #[n(9)]
        certificates: Option<Fd>,
    },
    /// The connection asked for by [`FromEngine::NeedDatabase`]: to the private cluster, connected under the tenant's uid,
    /// or to the server on a network. `None` when PostgreSQL cannot be reached.
    #[n(1)]
    Database {
        /// The socket.
        #[n(0)]
        stream: Option<Fd>,
    },
    /// `outbound` was replaced: mail goes out here from now on.
    #[n(2)]
    Mail {
        /// See [`crate::mail`].
        #[n(0)]
        door: Fd,
    },
    /// `outbound` was replaced: connections to servers outside are asked for here from now on.
    #[n(5)]
    Egress {
        /// See [`crate::egress`].
        #[n(0)]
        door: Fd,
    },
    /// Take no more connections, finish the requests in flight, end.
    #[n(3)]
    Drain,
    /// The gateway was replaced: connections are handed over here from now on.
    #[n(4)]
    Door {
        /// See [`crate::door`].
        #[n(0)]
        door: Fd,
    },
    /// The management door: control speaks HTTP on this stream. Acknowledged by [`FromEngine::ManagementTaken`].
    #[n(6)]
    Management {
        /// On whose behalf. A fact about the connection: nothing in a request can claim it.
        #[n(0)]
        operator: String,
        /// A connected stream socket.
        #[n(1)]
        stream: Fd,
    },
    /// What its TLS is made of from now on. Connections that are open go on with what they began with.
    #[n(7)]
    Certificates {
        /// See [`crate::certificate::Certificates`].
        #[n(0)]
        document: Fd,
    },
    /// The first and only message of a canary, which serves nobody: see [`crate::isolation`].
    #[n(8)]
    Canary {
        /// What to try; `None`: only tell how it is locked down. It stays until the channel closes.
        #[n(0)]
        probe: Option<String>,
        /// Whether the list of system calls is applied first, as an engine applies it.
        #[n(1)]
        is_sealed: bool,
        /// A process of somebody else's.
        #[n(2)]
        victim: u32,
        /// A listening socket of somebody else's.
        #[n(3)]
        socket: String,
    },
    /// A socket on which the engine accepts by itself, for `bench/hand-over`. The product has no such message.
    #[cfg(kiavi_bench_direct_accept)]
    #[n(9)]
    Listener {
        /// A listening TCP socket.
        #[n(0)]
        socket: Fd,
        /// What arrives there.
        #[n(1)]
        kind: crate::door::ListenerKind,
    },
}

/// What an engine asks of the launcher. Nothing here names a tenant: the socket does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromEngine {
    /// Locked down and taking connections.
    #[n(0)]
    Ready,
    /// One more database connection, please.
    #[n(1)]
    NeedDatabase,
    /// Idle: no more connections are taken; the process ends by itself.
    #[n(2)]
    Stopping,
    /// The oldest [`ToEngine::Management`] that was not acknowledged is being served.
    #[n(3)]
    ManagementTaken,
    /// What was answered since the last report.
    #[n(4)]
    Report(#[n(0)] EngineReport),
    /// How the tenant's streams stand, and what was sent since the last report.
    #[n(7)]
    Streams(#[n(0)] StreamsReport),
    /// Events were written into the log. At most once a second.
    #[n(6)]
    Logged,
    /// Ending, though something will have to be done later that nobody asks for: start an engine again then.
    #[n(5)]
    WakeIn {
        /// From now on.
        #[n(0)]
        seconds: u32,
    },
    /// What came of the one thing that a canary tried.
    #[n(8)]
    Tried {
        /// What came of it; `None`: nothing was to be tried.
        #[n(0)]
        fate: Option<Fate>,
        /// What the kernel answered.
        #[n(1)]
        evidence: String,
        /// How the process is locked down.
        #[n(2)]
        layers: Vec<LayerStanding>,
    },
}
