//! The process that seals the tenants' logs. It holds the keys that checkpoints are signed with, which no engine does,
//! and may read and write nothing in a tenant's database but the log.
//!
//! A round of a log is one transaction for each batch of events: those that are not in the tree yet become its next
//! leaves, the tiles of the tree grow, and a checkpoint is signed ([`seal`]). Which events are new is told by their
//! number: the greatest that was sealed, and the numbers below it that were missing ([`gaps`]). Transaction ids and
//! snapshots are not looked at, because one that is open in another tenant's database would hold those back.
//! Then the witness is asked to cosign ([`witness`]); a log that contradicts what the witness has seen is sealed no
//! further, because what would be signed then is a second history.
//!
//! What is older than a tenant keeps its log for is removed ([`prune`]), as the database allows and no sooner: hashes stay.
//!
//! What the database tells of changes that no event explains ([`unexplained`]) is counted on its way into the log, and
//! somebody is told.
//!
//! A log is worked on when events were written, each hour for its heartbeat, and at the start ([`schedule`]).

mod connect;
mod cosign;
mod gaps;
mod heartbeat;
mod key;
mod process;
mod prune;
mod schedule;
mod seal;
mod store;
mod tally;
mod unexplained;
mod witness;

#[cfg(test)]
mod tests;

pub use process::Auditor;
