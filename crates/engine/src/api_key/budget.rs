//! What programs may cost: they get their own database connections, their own counters and a bounded number of
//! places, so that however many of them come, a person who signs in waits for none of them.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;
use kiavi_db::Database;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{HEADER, claim::Claims, verify};
use crate::{ApiError, Settings, State, audit::REFUSALS_WRITTEN, engine::API, rate_limit::MemoryLimiter};

/// Keys that are being looked up at the same time; they wait in one line.
const PLACES: usize = 512;
/// Counters of keys are the same wherever they are shown.
const ANYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
/// The counter of keys that do not exist.
const UNKNOWN: &str = "unknown";

/// The means that uses of keys share.
pub(crate) struct Budget {
    /// The tenant's database over connections of its own.
    pub(crate) database: Database,
    /// The uses, in batches over the same.
    pub(super) claims: Claims,
    limiter: MemoryLimiter,
    places: Semaphore,
}

/// More keys at once than there are places.
#[derive(Debug, thiserror::Error)]
#[error("more API keys are being verified than there are places")]
struct Full;

impl Budget {
    pub(crate) fn new(database: &Database) -> Self {
        let database = database.apart();
        Self {
            claims: Claims::new(database.clone()),
            database,
            limiter: MemoryLimiter::default(),
            places: Semaphore::new(PLACES),
        }
    }

    /// Counts one look at the key with this hash.
    ///
    /// # Errors
    /// The seconds until the next one is possible.
    pub(super) fn count_key(&self, state: &State, hash: &str) -> Result<(), u64> {
        let Some(rate) = state.settings.api_key.requests_per_key else { return Ok(()) };
        self.limiter.check(ANYWHERE, hash, rate, state.clock.now())
    }

    /// Refuses a network that has shown too many keys that do not exist, before anything else is done for it.
    ///
    /// # Errors
    /// The seconds until it may try again.
    pub(crate) fn check_network(&self, state: &State, network: IpAddr) -> Result<(), u64> {
        let Some(rate) = state.settings.api_key.unknown_per_network else { return Ok(()) };
        self.limiter.peek(network, UNKNOWN, rate, state.clock.now())
    }

    /// Counts a key that does not exist against the network that showed it.
    pub(super) fn count_unknown(&self, state: &State, network: IpAddr) {
        if let Some(rate) = state.settings.api_key.unknown_per_network {
            // Over the limit it is refused next time.
            let _ = self.limiter.check(network, UNKNOWN, rate, state.clock.now());
        }
    }

    /// Whether a refusal is still to be written to the audit log.
    pub(super) fn logs_refusal(&self, state: &State, network: IpAddr) -> bool {
        self.limiter.check(network, "refused", REFUSALS_WRITTEN, state.clock.now()).is_ok()
    }

    /// A place in the line.
    ///
    /// # Errors
    /// 503 when there is none.
    pub(super) fn place(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.places.try_acquire().map_err(|_| ApiError::unavailable(Full))
    }
}

/// Whether a request is counted here in place of the general limit of people. It shows a key and goes where every
/// key is looked at, so showing a wrong one evades nothing. `path` is that of the route.
pub(crate) fn has_own_budget(settings: &Settings, path: &str, headers: &HeaderMap) -> bool {
    let Some(route) = path.strip_prefix(API) else { return false };
    let is_looked_at = match route == verify::PATH {
        true => settings.api_key.verify_route,
        false => settings.api_key.sessions,
    };
    is_looked_at && headers.get(HEADER).is_some_and(|value| !value.is_empty())
}
