//! Streams: the sealed log, event after event, for a server of the tenant's own: syslog, or a store that speaks S3.
//!
//! 1. A stream is in the settings, where it leads and by what credentials; how far it is, is in `kiavi.audit_stream`.
//! 2. What is sent are sealed events, in the order of their indexes, without one left out. A webhook is told at the moment
//!    of an event and may choose; a stream is a copy of the log, and whoever has it can hold it to a bundle.
//! 3. A worker for each stream (`relay`) leases it, reads the next events, writes them down as their destination has them
//!    (`syslog`, `bucket`), sends them (`send`), and records what became of it. What fails is repeated with growing pauses,
//!    for as long as it takes: the log waits. After a day of failures somebody is told, once.
//! 4. An event is sent again if a process dies between sending and recording: at least once, and always with its index.
//! 5. Events of the auditor and of control are not told of here; a stream looks for them once an hour, and the engine is
//!    started for that.

mod bucket;
mod flow;
mod progress;
mod relay;
mod routes;
mod send;
mod settings;
mod store;
mod syslog;
#[cfg(test)]
mod tests;
mod wire;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_db::Sql;

use crate::State;

pub(crate) use progress::Streams;
pub(crate) use relay::run;
pub(crate) use settings::validate;
pub use settings::{Destination, StreamSettings};
pub(crate) use store::forget_removed;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// The operators' routes; to anybody else they are not there.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/audit/streams", get(routes::streams))
        .route("/audit/streams/retry", post(routes::retry))
        .route("/audit/streams/move", post(routes::move_to))
}
