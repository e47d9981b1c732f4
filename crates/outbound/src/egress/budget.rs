//! How much one tenant may ask for (RT-8 of the red-team plan: a port scan, or a flood, by way of outbound).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Connections that a tenant may ask for in a second.
pub(super) const PER_SECOND: u32 = 10;

/// Connections of a tenant that are being made at a time.
pub(super) const AT_ONCE: usize = 32;

/// Names of a tenant that are being looked up at a time. Each takes a thread, for as long as the slowest name
/// server takes; there are 48 (`max_blocking_threads` of the process).
const LOOKUPS_AT_ONCE: usize = 8;

/// One tenant's budget.
pub(super) struct Budget {
    second: Mutex<Second>,
    places: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
}

struct Second {
    began: Instant,
    used: u32,
}

/// The tenant asks for more than its budget.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OverBudget {
    /// For the first time in this second: worth a line in the log.
    pub(super) is_first: bool,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            second: Mutex::new(Second { began: now, used: 0 }),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            lookups: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)),
        }
    }

    /// Counts one request. The place is free again once it is dropped.
    pub(super) fn admit(&self, now: Instant) -> Result<OwnedSemaphorePermit, OverBudget> {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(second.began) >= Duration::from_secs(1) {
            *second = Second { began: now, used: 0 };
        }
        second.used = second.used.saturating_add(1);
        if second.used > PER_SECOND {
            return Err(OverBudget { is_first: second.used == PER_SECOND + 1 });
        }
        let is_first = second.used == 1;
        self.places.clone().try_acquire_owned().map_err(|_| OverBudget { is_first })
    }

    /// Waits until a name may be looked up. To be held until the lookup itself has ended, wanted or not.
    pub(super) async fn lookup(&self) -> Option<OwnedSemaphorePermit> {
        self.lookups.clone().acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_ten_requests_and_the_eleventh_is_worth_a_line() {
        let start = Instant::now();
        let budget = Budget::new(start);
        for _ in 0..PER_SECOND {
            assert!(budget.admit(start).is_ok());
        }
        assert_eq!(budget.admit(start).unwrap_err(), OverBudget { is_first: true });
        assert_eq!(budget.admit(start).unwrap_err(), OverBudget { is_first: false });
        assert!(budget.admit(start + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn what_is_under_way_is_bounded_however_slowly_it_came() {
        let start = Instant::now();
        let budget = Budget::new(start);
        let mut places = Vec::new();
        for second in 0..AT_ONCE {
            places.push(budget.admit(start + Duration::from_secs(second as u64)).unwrap());
        }
        let later = start + Duration::from_secs(100);
        assert_eq!(budget.admit(later).unwrap_err(), OverBudget { is_first: true });
        places.pop();
        assert!(budget.admit(later).is_ok());
    }
}
