//! How much one caller may ask, counted in memory: a bucket that fills by the time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

/// Callers that are remembered. Whoever is past that finds those forgotten first whose bucket is full anyway.
const MAX_REMEMBERED: usize = 8192;

/// A quota: `capacity` at once, refilled within [`Policy::window_seconds`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) capacity: u32,
    pub(crate) window_seconds: u32,
}

/// Requests of one management key or member: 1,200 a minute.
pub(crate) const REQUESTS: Policy = Policy { capacity: 1200, window_seconds: 60 };
/// Requests of one network with no key that is known: 300 a minute, each of them one look into an index. A key has 256 bits,
/// so this is no guard against guessing: it tells a program with a wrong key, and the log, that somebody keeps trying. Who
/// has a good key is not counted here.
pub(crate) const REFUSALS: Policy = Policy { capacity: 300, window_seconds: 60 };

/// Certificates that a tenant's people ask for, beside those that are made by themselves: 10 an hour. The instance may order so
/// many only, for all of its tenants.
pub(crate) const RENEWALS: Policy = Policy { capacity: 10, window_seconds: 3600 };

/// How a caller stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) is_allowed: bool,
    pub(crate) remaining: u32,
    /// Seconds until the bucket is full or, for who is refused, until there is one more.
    pub(crate) seconds: u32,
}

/// The buckets of one policy.
#[derive(Debug)]
pub(crate) struct Limiter {
    policy: Policy,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

impl Limiter {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, buckets: Mutex::default() }
    }

    pub(crate) fn policy(&self) -> Policy {
        self.policy
    }

    /// Takes one from the bucket of `who`, if there is one.
    pub(crate) fn take(&self, who: &str, now: Timestamp) -> Standing {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bucket = self.filled(buckets.get(who), now);
        let is_allowed = bucket.tokens >= 1.0;
        if is_allowed {
            bucket.tokens -= 1.0;
        }
        if buckets.len() >= MAX_REMEMBERED && !buckets.contains_key(who) {
            let capacity = f64::from(self.policy.capacity);
            buckets.retain(|_, known| self.filled(Some(known), now).tokens < capacity);
            // Forgetting anybody gives them a full bucket; forgetting all is bounded and simple.
            if buckets.len() >= MAX_REMEMBERED {
                buckets.clear();
            }
        }
        buckets.insert(who.to_owned(), bucket);
        self.standing(bucket, is_allowed)
    }

    fn per_second(&self) -> f64 {
        f64::from(self.policy.capacity) / f64::from(self.policy.window_seconds)
    }

    fn filled(&self, bucket: Option<&Bucket>, now: Timestamp) -> Bucket {
        let capacity = f64::from(self.policy.capacity);
        let tokens = bucket.map_or(capacity, |bucket| {
            // A clock that was set back fills nothing.
            let elapsed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
            (bucket.tokens + elapsed * self.per_second()).min(capacity)
        });
        Bucket { tokens, at: now }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to a quota, or a window")]
    fn standing(&self, bucket: Bucket, is_allowed: bool) -> Standing {
        let wanted = if is_allowed { f64::from(self.policy.capacity) } else { 1.0 };
        let seconds = ((wanted - bucket.tokens) / self.per_second()).ceil().max(0.0);
        Standing { is_allowed, remaining: bucket.tokens as u32, seconds: seconds as u32 }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_for_each_caller() {
        let limiter = Limiter::new(Policy { capacity: 2, window_seconds: 60 });
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(limiter.take("a", start), Standing { is_allowed: true, remaining: 1, seconds: 30 });
        assert_eq!(limiter.take("a", start), Standing { is_allowed: true, remaining: 0, seconds: 60 });
        assert_eq!(limiter.take("a", start), Standing { is_allowed: false, remaining: 0, seconds: 30 });
        assert!(limiter.take("b", start).is_allowed, "another caller");
        let later = start + SignedDuration::from_secs(30);
        assert!(limiter.take("a", later).is_allowed);
        assert!(!limiter.take("a", start).is_allowed, "a clock that goes back gives nothing");
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::new(Policy { capacity: 2, window_seconds: 60 });
        for number in 0..MAX_REMEMBERED * 2 {
            limiter.take(&number.to_string(), Timestamp::UNIX_EPOCH);
        }
        assert!(limiter.buckets.lock().unwrap().len() <= MAX_REMEMBERED);
    }
}
