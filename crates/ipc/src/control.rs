//! launcher ↔ control.

use kiavi_base::{Hostname, TenantId};
use minicbor::{Decode, Encode};

use crate::Fd;
use crate::egress::AllowList;
use crate::survey::FailureKind;

/// What the launcher tells control.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum ToControl {
    /// The first message.
    #[n(0)]
    Start {
        /// Configuration as JSON, see [`crate::SealedDocument`].
        #[n(0)]
        document: Fd,
        /// The listening local socket of the management API; whoever can open it is the operator.
        #[n(1)]
        local: Fd,
        /// Where metrics are asked for: a bound, listening TCP socket.
        #[n(2)]
        monitor: Option<Fd>,
        /// What the vault is opened with, see [`crate::SealedDocument`].
        #[n(3)]
        vault: Fd,
        /// The database server, if it is one on a network, see [`crate::database::DatabaseServer`].
        #[n(4)]
        database: Option<Fd>,
    },
    /// The answer to [`FromControl::NeedDatabase`].
    #[n(1)]
    Database {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// The socket; `None` when PostgreSQL cannot be reached.
        #[n(1)]
        stream: Option<Fd>,
    },
    /// The answer to a request that changes something.
    #[n(2)]
    Done {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// Whether it was done; the launcher's log has the cause of a failure.
        #[n(1)]
        succeeded: bool,
    },
    /// Console connections are handed over here from now on.
    #[n(3)]
    Door {
        /// See [`crate::door`].
        #[n(0)]
        door: Fd,
    },
    /// Finish what is in flight, end.
    #[n(4)]
    Drain,
    /// The answer to [`FromControl::Measure`].
    #[n(5)]
    Measured {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// See [`crate::metrics::Measurements`]; `None` when there is no memory for it.
        #[n(1)]
        document: Option<Fd>,
    },
    /// The answer to [`FromControl::NeedAccounts`].
    #[n(6)]
    Accounts {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// A list of `[uid, tenant]` as JSON, see [`crate::SealedDocument`]; `None` when there is no cluster.
        #[n(1)]
        document: Option<Fd>,
    },
    /// Connections to the servers of the instance's own configuration are asked for here from now on.
    #[n(7)]
    Egress {
        /// See [`crate::egress`].
        #[n(0)]
        door: Fd,
    },
    /// The auditor asks for cosignatures here from now on, see [`crate::witness`].
    #[n(8)]
    Witness {
        /// A channel.
        #[n(0)]
        door: Fd,
    },
    /// Proofs of domains are looked up here from now on.
    #[n(9)]
    Proofs {
        /// See [`crate::proof`].
        #[n(0)]
        door: Fd,
    },
    /// The answer to [`FromControl::Inspect`].
    #[n(11)]
    Inspected {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// See [`crate::isolation::Inspection`]; `None` when the tenant cannot be inspected now, or there is no memory for it.
        #[n(1)]
        document: Option<Fd>,
    },
    /// The answer to [`FromControl::NeedVisit`].
    #[n(12)]
    Visiting {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// The connection; `None` when there is no such listener, or none can be made.
        #[n(1)]
        stream: Option<Fd>,
    },
    /// A tenant's engine was ended for a reason that its log has to tell.
    #[n(13)]
    EngineFailed {
        /// Whose.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// Why.
        #[n(1)]
        reason: FailureKind,
    },
    /// The answer to [`FromControl::Survey`].
    #[n(10)]
    Surveyed {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// See [`crate::survey::Survey`]; `None` when there is no memory for it.
        #[n(1)]
        document: Option<Fd>,
    },
}

/// What control asks of the launcher.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromControl {
    /// The instance is usable: control serves, and every tenant that should run is known to the launcher.
    #[n(0)]
    Ready {
        /// What tells an operator how to reach it (JSON), see [`crate::SealedDocument`].
        #[n(0)]
        document: Fd,
    },
    /// A connection to PostgreSQL; to the private cluster under control's own account.
    #[n(1)]
    NeedDatabase {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// Give the uid a name that PostgreSQL's `peer` authentication finds.
    #[n(2)]
    AddAccount {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Never used before.
        #[n(1)]
        uid: u32,
        /// The account's name.
        #[n(2)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// From now on the tenant's engine may be started. Replaces what was said before about this tenant.
    #[n(3)]
    TenantReady {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Who.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// The account of its engine.
        #[n(2)]
        uid: u32,
        /// Where it is reached.
        #[n(3)]
        #[cbor(with = "crate::codec::texts")]
        hostnames: Vec<Hostname>,
        /// The way that its mail takes, see [`crate::mail::MailRoute`]. Nothing that its engine sees.
        #[n(4)]
        mail: Fd,
        /// Settings and secret, see [`crate::SealedDocument`].
        #[n(5)]
        document: Fd,
        /// Differs whenever settings, secret or mail route do: a running engine is replaced only then.
        #[n(6)]
        version: u64,
        /// The servers outside that its engine may reach.
        #[n(7)]
        egress: AllowList,
        /// Whether its engine may owe something that nobody will ask for: it is started to look.
        #[n(8)]
        is_owing: bool,
    },
    /// Stop the tenant's engine and forget the tenant.
    #[n(4)]
    TenantRemoved {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Who.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// Hand one end of a pair to the tenant's engine, started if it sleeps: control speaks HTTP on the other end,
    /// on behalf of an operator.
    #[n(5)]
    OpenManagement {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose engine.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// Who asks, for the tenant's log.
        #[n(2)]
        operator: String,
        /// A connected stream socket.
        #[n(3)]
        stream: Fd,
    },
    /// What does the launcher know of all processes?
    #[n(6)]
    Measure {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// Stop the tenant's engine, and have the gateway answer that it is suspended. Replaces what was said before about
    /// this tenant.
    #[n(7)]
    TenantSuspended {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Who.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// Where it was reached.
        #[n(2)]
        #[cbor(with = "crate::codec::texts")]
        hostnames: Vec<Hostname>,
    },
    /// Take a tenant's uid its name away.
    #[n(8)]
    RemoveAccount {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// The tenant's.
        #[n(1)]
        uid: u32,
        /// The account's name.
        #[n(2)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// The accounts of tenants, answered with [`ToControl::Accounts`].
    #[n(9)]
    NeedAccounts {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// From now on the tenant's log is sealed. Replaces what was said before about it; [`FromControl::TenantRemoved`] ends
    /// it.
    #[n(10)]
    LogReady {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// The log's name and key, see [`crate::log::LogDocument`].
        #[n(2)]
        document: Fd,
    },
    /// Control has written into the tenant's log.
    #[n(11)]
    LogWritten {
        /// Whose.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// Another instance has what this one would need alone: control ends, and an instance that was not usable yet with it.
    #[n(12)]
    InUse {
        /// Who, and what to do about it, for people.
        #[n(0)]
        reason: String,
    },
    /// As [`FromControl::OpenManagement`], for a tenant that is suspended: its engine reads its log out and does nothing else.
    /// It is started for that with what is said here.
    #[n(13)]
    OpenLog {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose log.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// The account of its engine.
        #[n(2)]
        uid: u32,
        /// Settings and secret, see [`crate::SealedDocument`].
        #[n(3)]
        document: Fd,
        /// Who asks, for the tenant's log.
        #[n(4)]
        operator: String,
        /// A connected stream socket.
        #[n(5)]
        stream: Fd,
    },
    /// How do all processes stand, and the machine?
    #[n(14)]
    Survey {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// What the tenant's TLS is made of from now on. Its engine has it at once, if one runs, and drops no connection.
    /// Replaces what was said before about it; [`FromControl::TenantRemoved`] ends it.
    #[n(15)]
    TenantCertificates {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// See [`crate::certificate::Certificates`].
        #[n(2)]
        document: Fd,
    },
    /// What the development mailbox's TLS is made of from now on.
    #[n(16)]
    MailboxCertificates {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// See [`crate::certificate::Certificates`].
        #[n(1)]
        document: Fd,
    },
    /// Find out how a tenant is isolated, by trying it: see [`crate::isolation`].
    #[n(17)]
    Inspect {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose. It must be one that [`FromControl::TenantReady`] has announced.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// A connection to the private cluster under the account of a tenant that was announced, to try what that may do there;
    /// answered with [`ToControl::Database`].
    #[n(18)]
    NeedTenantDatabase {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose account.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// A connection to a listener of the instance's own for clients that speak TLS and come by themselves, as one of them would
    /// make it; answered with [`ToControl::Visiting`].
    #[n(19)]
    NeedVisit {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// [`FromControl::TenantReady`] is going to come for this tenant: until then, who asks for its hostnames waits. Nothing
    /// changes for a tenant that the launcher knows already.
    #[n(20)]
    TenantExpected {
        /// Who.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// Where it is reached.
        #[n(1)]
        #[cbor(with = "crate::codec::texts")]
        hostnames: Vec<Hostname>,
    },
    /// The launcher has been told of every tenant that has hostnames: whoever asks for another one may be told that there is
    /// none.
    #[n(21)]
    HostsKnown,
}
