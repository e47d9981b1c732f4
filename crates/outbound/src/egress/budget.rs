//! How much one tenant may ask for (RT-8 of the red-team plan: a port scan, or a flood, by way of outbound).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The time that one connection costs: ten a second in the long run.
const INTERVAL: Duration = Duration::from_millis(100);

/// Connections that a tenant which has been quiet may ask for at once: a crowd that signs in at the same time, with
/// two or three connections each.
pub(super) const BURST: u32 = 50;

/// How long a connection beyond that waits for its turn; the engine gives up after 5 s in all.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Connections of a tenant that are being made, or wait for their turn, at a time.
pub(super) const AT_ONCE: usize = 64;

/// Refusals are worth a line in the log this often.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// Names of a tenant that are being looked up at a time. Each takes a thread, for as long as the slowest name
/// server takes; there are 48 (`max_blocking_threads` of the process).
const LOOKUPS_AT_ONCE: usize = 8;

/// One tenant's budget.
pub(crate) struct Budget {
    pace: Mutex<Pace>,
    places: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
}

/// The generic cell rate algorithm: the moment up to which connections are paid for.
struct Pace {
    arrival: Instant,
    logged: Option<Instant>,
}

/// A connection that may be made.
#[derive(Debug)]
pub(super) struct Admission {
    /// Not before this time.
    pub(super) at: Instant,
    /// Free again once it is dropped.
    pub(super) place: OwnedSemaphorePermit,
}

/// The tenant asks for more than its budget.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OverBudget {
    /// Not told within the last second: worth a line in the log.
    pub(super) is_news: bool,
}

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            pace: Mutex::new(Pace { arrival: now, logged: None }),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            lookups: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)),
        }
    }

    /// Counts one request.
    pub(super) fn admit(&self, now: Instant) -> Result<Admission, OverBudget> {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = pace.arrival.max(now) + INTERVAL;
        let ahead = arrival.duration_since(now);
        let wait = ahead.saturating_sub(INTERVAL * BURST);
        match self.places.clone().try_acquire_owned() {
            Ok(place) if wait <= LONGEST_WAIT => {
                pace.arrival = arrival;
                Ok(Admission { at: now + wait, place })
            }
            _ => {
                let is_news = pace.logged.is_none_or(|logged| now.duration_since(logged) >= LOG_INTERVAL);
                if is_news {
                    pace.logged = Some(now);
                }
                Err(OverBudget { is_news })
            }
        }
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
    fn a_crowd_is_served_at_once_and_the_rest_takes_turns_for_a_while() {
        let start = Instant::now();
        let budget = Budget::new(start);
        let mut waits = Vec::new();
        let refused = loop {
            match budget.admit(start) {
                Ok(admission) => waits.push(admission.at - start),
                Err(refused) => break refused,
            }
        };
        assert_eq!(waits.iter().filter(|wait| wait.is_zero()).count(), BURST as usize);
        assert_eq!(waits.last(), Some(&LONGEST_WAIT));
        assert_eq!(refused, OverBudget { is_news: true });
        assert_eq!(budget.admit(start).unwrap_err(), OverBudget { is_news: false });
        assert_eq!(budget.admit(start + INTERVAL).unwrap().at, start + INTERVAL + LONGEST_WAIT);
        let later = start + Duration::from_secs(60);
        assert_eq!(budget.admit(later).unwrap().at, later);
    }

    #[test]
    fn what_is_under_way_is_bounded_however_slowly_it_came() {
        let start = Instant::now();
        let budget = Budget::new(start);
        let mut places = Vec::new();
        for second in 0..AT_ONCE {
            places.push(budget.admit(start + Duration::from_secs(second as u64)).unwrap());
        }
        let later = start + Duration::from_secs(1_000);
        assert_eq!(budget.admit(later).unwrap_err(), OverBudget { is_news: true });
        places.pop();
        assert!(budget.admit(later).is_ok());
    }
}
