//! Counting connections, for the launcher to add up, and knowing how many are looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kiavi_ipc::metrics::GatewayReport;

/// What happened since it was last told, before a connection's host was known.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    accepted: AtomicU64,
    bad_requests: AtomicU64,
    peeking: AtomicU64,
}

/// A connection that is looked at, until this is dropped.
pub(crate) struct Peeking(Arc<Arrivals>);

impl Arrivals {
    /// A connection was accepted and is being looked at.
    pub(crate) fn arrived(self: &Arc<Self>) -> Peeking {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.peeking.fetch_add(1, Ordering::Relaxed);
        Peeking(self.clone())
    }

    /// It named no single host.
    pub(crate) fn refused(&self) {
        self.bad_requests.fetch_add(1, Ordering::Relaxed);
    }

    /// How many are looked at.
    pub(crate) fn peeking(&self) -> u64 {
        self.peeking.load(Ordering::Relaxed)
    }

    /// Moves the counters into `report` and states the gauge there.
    pub(crate) fn tell(&self, report: &mut GatewayReport) {
        report.accepted += self.accepted.swap(0, Ordering::Relaxed);
        report.bad_requests += self.bad_requests.swap(0, Ordering::Relaxed);
        report.peeking = self.peeking();
    }
}

impl Drop for Peeking {
    fn drop(&mut self) {
        self.0.peeking.fetch_sub(1, Ordering::Relaxed);
    }
}
