//! launcher ↔ auditor.

use kiavi_base::TenantId;
use minicbor::{Decode, Encode};

use crate::Fd;
use crate::metrics::AuditorReport;

/// What the launcher tells the auditor.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum ToAuditor {
    /// The first message.
    #[n(0)]
    Start {
        /// The database server, if it is one on a network, see [`crate::database::DatabaseServer`].
        #[n(0)]
        database: Option<Fd>,
    },
    /// From now on this tenant's log is sealed. Replaces what was said before about it.
    #[n(1)]
    Log {
        /// Whose log; also the name of the database that it is in.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// The log's name and key, see [`LogDocument`].
        #[n(1)]
        document: Fd,
    },
    /// The tenant is gone, and its log with it.
    #[n(2)]
    LogRemoved {
        /// Whose.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// Events were written into this log. A hint: what it does not tell of is found within the hour.
    #[n(3)]
    Written {
        /// Whose.
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// The answer to [`FromAuditor::NeedDatabase`].
    #[n(4)]
    Database {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// The socket; `None` when PostgreSQL cannot be reached.
        #[n(1)]
        stream: Option<Fd>,
    },
    /// The witness is asked here from now on, see [`crate::witness`].
    #[n(5)]
    Witness {
        /// A channel.
        #[n(0)]
        door: Fd,
    },
    /// Seal what was written, end.
    #[n(6)]
    Drain,
}

/// What the auditor tells the launcher.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromAuditor {
    /// Locked down and sealing.
    #[n(0)]
    Ready,
    /// A connection to PostgreSQL; to the private cluster under the auditor's own account.
    #[n(1)]
    NeedDatabase {
        /// Names the answer.
        #[n(0)]
        request: u64,
    },
    /// What happened since the last report.
    #[n(2)]
    Report(#[n(0)] AuditorReport),
}
