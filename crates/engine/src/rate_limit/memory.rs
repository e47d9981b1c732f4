//! The counter in memory, for limits whose loss in a restart only forgives.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::Rate;

/// Keys that are remembered; about 1 MB.
const CAPACITY: usize = 16_384;

/// Arrival times by network and scope. Scopes are hashed with a random key, so nobody can aim at another's.
#[derive(Debug, Default)]
pub(crate) struct MemoryLimiter {
    hasher: RandomState,
    arrivals: Mutex<HashMap<(IpAddr, u64), Timestamp>>,
}

impl MemoryLimiter {
    /// Counts one use.
    ///
    /// # Errors
    /// The seconds until the next one is possible.
    pub(crate) fn check(&self, network: IpAddr, scope: &str, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let key = self.key(network, scope);
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if arrivals.len() >= CAPACITY && !arrivals.contains_key(&key) {
            arrivals.retain(|_, arrival| *arrival > now);
            if arrivals.len() >= CAPACITY {
                // More networks at once than can be told apart: each new one waits for the others to pass.
                return Err(1);
            }
        }
        let next = arrive(arrivals.get(&key).copied(), now, rate)?;
        arrivals.insert(key, next);
        Ok(())
    }

    /// Says what [`MemoryLimiter::check`] would, and counts nothing.
    ///
    /// # Errors
    /// The seconds until the next use is possible.
    pub(crate) fn peek(&self, network: IpAddr, scope: &str, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let key = self.key(network, scope);
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrive(arrivals.get(&key).copied(), now, rate).map(drop)
    }

    fn key(&self, network: IpAddr, scope: &str) -> (IpAddr, u64) {
        (network, self.hasher.hash_one(scope))
    }
}

/// One step of the algorithm: the new arrival time, or the whole seconds to wait.
fn arrive(arrival: Option<Timestamp>, now: Timestamp, rate: Rate) -> Result<Timestamp, u64> {
    let signed = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    let arrival = arrival.map_or(now, |arrival| arrival.max(now));
    let ahead = arrival.duration_since(now);
    let tolerance = signed(rate.tolerance());
    if ahead <= tolerance {
        return Ok(arrival.checked_add(signed(rate.interval())).unwrap_or(arrival));
    }
    let wait = ahead.saturating_sub(tolerance);
    let whole = u64::try_from(wait.as_secs()).unwrap_or(1);
    Err(whole.saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn the_whole_limit_at_once_then_one_an_interval() {
        let (limiter, rate) = (MemoryLimiter::default(), Rate { limit: 3, window_seconds: 30 });
        let check = |scope, now| limiter.check(IpAddr::from([192, 0, 2, 1]), scope, rate, at(now));
        let peek = |now| limiter.peek(IpAddr::from([192, 0, 2, 1]), "a", rate, at(now));
        for _ in 0..3 {
            assert_eq!((peek(0), check("a", 0)), (Ok(()), Ok(())));
        }
        assert_eq!(peek(0), Err(10));
        assert_eq!(check("a", 0), Err(10));
        assert_eq!(check("a", 9_500), Err(1));
        assert_eq!(check("b", 0), Ok(()));
        assert_eq!(check("a", 10_000), Ok(()));
        assert_eq!(check("a", 10_000), Err(10));
    }

    #[test]
    fn memory_is_bounded_and_what_has_passed_makes_room() {
        let (limiter, rate) = (MemoryLimiter::default(), Rate { limit: 1, window_seconds: 1 });
        let network = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
        for n in 0..CAPACITY {
            assert_eq!(limiter.check(network(n), "", rate, at(0)), Ok(()));
        }
        assert_eq!(limiter.check(network(CAPACITY), "", rate, at(0)), Err(1));
        assert_eq!(limiter.check(network(CAPACITY), "", rate, at(2_000)), Ok(()));
    }

    proptest! {
        /// In no window of any length w do more uses pass than limit + w / interval.
        #[test]
        fn never_more_than_the_rate(
            limit in 1u32..20, window in 1u32..60, steps in proptest::collection::vec(0i64..3_000, 1..200),
        ) {
            let rate = Rate { limit, window_seconds: window };
            let (mut now, mut arrival, mut passed) = (0, None, Vec::new());
            for step in steps {
                now += step;
                match arrive(arrival, at(now), rate) {
                    Ok(next) => {
                        arrival = Some(next);
                        passed.push(now);
                    }
                    Err(wait) => {
                        let later = at(now + i64::try_from(wait).unwrap() * 1_000);
                        prop_assert!(arrive(arrival, later, rate).is_ok(), "the wait was too short");
                    }
                }
            }
            let interval = f64::from(window) * 1_000.0 / f64::from(limit);
            for (first, start) in passed.iter().enumerate() {
                for (count, end) in passed[first..].iter().enumerate() {
                    let allowed = f64::from(limit) + f64::from(i32::try_from(end - start).unwrap()) / interval;
                    prop_assert!((count + 1) as f64 <= allowed + 1e-3);
                }
            }
        }
    }
}
