//! How many mails of one tenant the platform's server is given: its good name is all tenants', and an engine that is no longer
//! itself is held back by none of its own limits.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kiavi_base::TenantId;
use tokio::time::Instant;

/// In which as many may leave at once as in the long run in each.
const WINDOW: Duration = Duration::from_secs(60);

/// Tenants that are remembered before it is looked who has been quiet long enough to be forgotten.
const TIDY_AT: usize = 1_024;

/// The paces of all tenants; they outlive the engines.
pub(crate) struct MailPace {
    /// The time that one mail costs.
    interval: Duration,
    /// For each tenant the moment up to which its mails are paid for (the generic cell rate algorithm).
    arrivals: Mutex<HashMap<TenantId, Instant>>,
}

impl MailPace {
    /// As many for each tenant in a minute.
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self { interval: WINDOW / per_minute.get(), arrivals: Mutex::default() }
    }

    /// Whether one more mail of the tenant may leave now.
    pub(crate) fn admits(&self, tenant: &TenantId, now: Instant) -> bool {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if arrivals.len() >= TIDY_AT && !arrivals.contains_key(tenant) {
            arrivals.retain(|_, arrival| *arrival > now);
        }
        let arrival = arrivals.get(tenant).copied().unwrap_or(now).max(now) + self.interval;
        let is_admitted = arrival.duration_since(now) <= WINDOW;
        if is_admitted {
            arrivals.insert(tenant.clone(), arrival);
        }
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(letter: &str) -> TenantId {
        format!("t{}", letter.repeat(24)).parse().unwrap()
    }

    #[test]
    fn a_minutes_mails_may_leave_at_once_and_then_one_at_a_time() {
        let pace = MailPace::new(NonZeroU32::new(10).unwrap());
        let (one, other, start) = (tenant("a"), tenant("b"), Instant::now());
        assert_eq!((0..50).filter(|_| pace.admits(&one, start)).count(), 10);
        assert!(pace.admits(&other, start), "others are not held back");
        let later = start + Duration::from_secs(6);
        assert_eq!((0..50).filter(|_| pace.admits(&one, later)).count(), 1);
        let much_later = start + Duration::from_secs(600);
        assert_eq!((0..50).filter(|_| pace.admits(&one, much_later)).count(), 10, "nothing is saved up");
    }

    #[test]
    fn who_is_quiet_is_forgotten() {
        let pace = MailPace::new(NonZeroU32::new(60).unwrap());
        let start = Instant::now();
        let name = |number: usize| format!("t{number:024}").parse().unwrap();
        for number in 0..TIDY_AT {
            assert!(pace.admits(&name(number), start));
        }
        assert!(pace.admits(&tenant("z"), start + WINDOW));
        assert_eq!(pace.arrivals.lock().unwrap().len(), 1);
    }
}
