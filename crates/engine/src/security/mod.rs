//! What operators see of the limits, and do about them.
//!
//! 1. `catalogue` is every limit of the settings: by what it counts, where its counters are, and what the log tells of it.
//! 2. `overview` says how many requests each has refused, and whose they were; `lock_outs` whom one keeps out now.
//! 3. `unlock` starts the counters anew that keep somebody out: one transaction with its event.
//! 4. `dry_run` counts the uses of the last days again, as the log has them, by a rate that somebody thinks of.
//!
//! Nothing is counted for this when it happens: the log has it. So what the log does not have is said, too: of refusals beyond
//! ten a minute and network there is only a number ([`crate::audit`]), and some limits count what leaves no event. Whoever is
//! named here is named as in the log: an address by its keyed hash, and by itself where the log knows the user.
//!
//! To everybody but operators these paths are not there.

mod catalogue;
mod dry_run;
mod lock_outs;
mod networks;
mod overview;
mod people;
mod replay;
mod routes;
mod sources;
#[cfg(test)]
mod tests;
mod unlock;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};

use crate::State;

/// How far back the log is read.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the newest figures are about, and as long as any limit may keep somebody out.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Events that are read for one answer; beyond it says how far it got.
const MOST: i64 = 20_000;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/security/limits", get(routes::limits))
        .route("/security/lock-outs", get(routes::lock_outs))
        .route("/security/unlock", post(routes::unlock))
        .route("/security/dry-run", get(routes::dry_run))
}

fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}
