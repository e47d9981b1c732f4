//! The counter in memory, for limits whose loss in a restart only forgives.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use crate::Rate;

/// Keys that are remembered; about 1 MB.
const CAPACITY: usize = 16_384;

/// Keys that all networks share which come when there is no room for keys of their own: whoever has many networks can
/// fill the memory, and must not keep everybody else out by it. They take turns with some others instead.
const SHARED: u64 = 1_024;

/// How long the memory is not gone through again in search of room.
const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_millis(100);

type Key = (IpAddr, u64);

/// Arrival times by network and scope. Scopes are hashed with a random key, so nobody can aim at another's.
#[derive(Debug, Default)]
pub(crate) struct MemoryLimiter {
    hasher: RandomState,
    arrivals: Mutex<Arrivals>,
}

#[derive(Debug, Default)]
struct Arrivals {
    own: HashMap<Key, Timestamp>,
    /// By a share of all keys and the scope: at most [`SHARED`] for each scope.
    shared: HashMap<(u64, u64), Timestamp>,
    swept: Option<Timestamp>,
}

impl MemoryLimiter {
    /// Counts one use.
    ///
    /// # Errors
    /// The seconds until the next one is possible.
    pub(crate) fn check(&self, network: IpAddr, scope: &str, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let key = self.key(network, scope);
        let share = self.hasher.hash_one(network) % SHARED;
        self.lock().arrive(key, share, now, rate)
    }

    /// Takes back one use that was counted.
    pub(crate) fn give_back(&self, network: IpAddr, scope: &str, rate: Rate) {
        let key = self.key(network, scope);
        if let Some(arrival) = self.lock().own.get_mut(&key) {
            *arrival = arrival.checked_sub(signed(rate.interval())).unwrap_or(*arrival);
        }
    }

    /// Says what [`MemoryLimiter::check`] would, and counts nothing.
    ///
    /// # Errors
    /// The seconds until the next use is possible.
    pub(crate) fn peek(&self, network: IpAddr, scope: &str, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let key = self.key(network, scope);
        arrive(self.lock().own.get(&key).copied(), now, rate).map(drop)
    }

    fn key(&self, network: IpAddr, scope: &str) -> Key {
        (network, self.hasher.hash_one(scope))
    }

    fn lock(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrivals {
    fn arrive(&mut self, key: Key, share: u64, now: Timestamp, rate: Rate) -> Result<(), u64> {
        if self.own.len() >= CAPACITY && !self.own.contains_key(&key) {
            self.sweep(now);
            if self.own.len() >= CAPACITY {
                let shared = (share, key.1);
                let next = arrive(self.shared.get(&shared).copied(), now, rate)?;
                self.shared.insert(shared, next);
                return Ok(());
            }
        }
        let next = arrive(self.own.get(&key).copied(), now, rate)?;
        self.own.insert(key, next);
        Ok(())
    }

    /// Forgets what has passed.
    fn sweep(&mut self, now: Timestamp) {
        if self.swept.is_some_and(|swept| now.duration_since(swept).abs() < SWEEP_INTERVAL) {
            return;
        }
        self.swept = Some(now);
        self.own.retain(|_, arrival| *arrival > now);
        self.shared.retain(|_, arrival| *arrival > now);
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// One step of the algorithm: the new arrival time.
///
/// # Errors
/// The whole seconds to wait.
pub(crate) fn arrive(arrival: Option<Timestamp>, now: Timestamp, rate: Rate) -> Result<Timestamp, u64> {
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
    fn a_use_that_was_given_back_is_free_again() {
        let (limiter, rate) = (MemoryLimiter::default(), Rate { limit: 2, window_seconds: 60 });
        let network = IpAddr::from([192, 0, 2, 1]);
        let check = || limiter.check(network, "a", rate, at(0));
        assert_eq!([check(), check(), check()], [Ok(()), Ok(()), Err(30)]);
        limiter.give_back(network, "a", rate);
        assert_eq!([check(), check()], [Ok(()), Err(30)]);
        for _ in 0..9 {
            limiter.give_back(network, "a", rate);
        }
        assert_eq!([check(), check(), check()], [Ok(()), Ok(()), Err(30)], "but nothing beyond the limit");
    }

    #[test]
    fn memory_is_bounded_and_who_comes_late_takes_turns_with_others() {
        let (limiter, rate) = (MemoryLimiter::default(), Rate { limit: 1, window_seconds: 1 });
        let network = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
        let check = |n: usize, now| limiter.check(network(n), "", rate, at(now));
        for n in 0..CAPACITY {
            assert_eq!(check(n, 0), Ok(()));
        }
        assert_eq!(check(0, 0), Err(1), "who is known has a limit of their own");
        let late = (CAPACITY..4 * CAPACITY).filter(|n| check(*n, 0).is_ok()).count();
        assert_eq!(late, SHARED as usize);
        let sizes = || {
            let arrivals = limiter.lock();
            (arrivals.own.len(), arrivals.shared.len())
        };
        assert_eq!(sizes(), (CAPACITY, SHARED as usize));
        assert_eq!(check(5 * CAPACITY, 2_000), Ok(()));
        assert_eq!(sizes(), (1, 0), "what has passed makes room");
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
