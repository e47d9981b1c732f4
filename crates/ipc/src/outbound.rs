//! launcher ↔ outbound.

use kiavi_base::TenantId;
use minicbor::{Decode, Encode};

use crate::Fd;
use crate::egress::AllowList;
use crate::metrics::OutboundReport;

/// What the launcher tells outbound.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum ToOutbound {
    /// The first message.
    #[n(0)]
    Start {
        /// Configuration as JSON, see [`crate::SealedDocument`].
        #[n(0)]
        document: Fd,
    },
    /// An engine's mail door.
    #[n(1)]
    MailDoor {
        /// Whose mail arrives there.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// Whom it comes from and where it leaves, see [`crate::mail::MailRoute`].
        #[n(1)]
        route: Fd,
        /// See [`crate::mail`].
        #[n(2)]
        door: Fd,
    },
    /// The development mailbox's connections are handed over here from now on.
    #[n(2)]
    Door {
        /// See [`crate::door`].
        #[n(0)]
        door: Fd,
    },
    /// Finish the deliveries in flight, end.
    #[n(3)]
    Drain,
    /// An engine's way to servers outside.
    #[n(4)]
    EgressDoor {
        /// Whose engine asks there.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// What it may reach.
        #[n(1)]
        allowed: AllowList,
        /// See [`crate::egress`].
        #[n(2)]
        door: Fd,
    },
    /// Control's way to servers outside.
    #[n(5)]
    ControlDoor {
        /// What it may reach.
        #[n(0)]
        allowed: AllowList,
        /// See [`crate::egress`].
        #[n(1)]
        door: Fd,
    },
    /// A connection to the database server that the configuration names, please.
    #[n(6)]
    ConnectDatabase {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// Control asks for proofs of domains here from now on.
    #[n(7)]
    ProofDoor {
        /// See [`crate::proof`].
        #[n(0)]
        door: Fd,
    },
    /// What the development mailbox's TLS is made of from now on.
    #[n(8)]
    Certificates {
        /// See [`crate::certificate::Certificates`].
        #[n(0)]
        document: Fd,
    },
}

/// What outbound tells the launcher.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromOutbound {
    /// Locked down and delivering.
    #[n(0)]
    Ready,
    /// What happened since the last report.
    #[n(1)]
    Report(#[n(0)] OutboundReport),
    /// The answer to [`ToOutbound::ConnectDatabase`].
    #[n(2)]
    Database {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// A connected TCP socket of which outbound has kept no copy; `None` when the server cannot be reached.
        #[n(1)]
        stream: Option<Fd>,
    },
}
