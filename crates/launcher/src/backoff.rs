//! When a process that ended badly may be started again.

use std::collections::VecDeque;
use std::time::Duration;

use minicbor::{Decode, Encode};
use tokio::time::Instant;

/// The first delay; it doubles with every further failure.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A process that ran this long without failing starts afresh.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// This many security exits …
const SECURITY_EXITS: usize = 5;

/// … within this time put a process into quarantine.
const SECURITY_WINDOW: Duration = Duration::from_secs(600);

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It crashed, was killed, or reported failure.
    Crash,
    /// The kernel ended it because it tried what its sandbox forbids (SIGSYS), or this process did because it broke its
    /// channel's protocol.
    Security,
    /// The kernel ended it because its control group had no memory left.
    OutOfMemory,
}

impl Failure {
    const ALL: [Self; 3] = [Self::Crash, Self::Security, Self::OutOfMemory];

    /// The stable text form, as the reason in metrics and answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Security => "forbidden_call",
            Self::OutOfMemory => "out_of_memory",
        }
    }
}

/// What a supervisor remembers of a process's failures.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    last: Option<Instant>,
    reason: Option<Failure>,
    security: VecDeque<Instant>,
}

/// The same on its way to another program. Times are milliseconds before that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BackoffState {
    #[n(0)]
    failures: u32,
    #[n(1)]
    last: Option<u64>,
    #[n(2)]
    security: Vec<u64>,
    /// Optional, because programs before this leave none.
    #[n(3)]
    reason: Option<String>,
}

/// When the next start may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// At this time, which may have passed.
    At(Instant),
    /// Not until an operator has looked at it.
    Quarantined,
}

impl Backoff {
    /// Takes note of a failure.
    pub(crate) fn failed(&mut self, failure: Failure, now: Instant) {
        self.failures = self.failures(now) + 1;
        self.last = Some(now);
        self.reason = Some(failure);
        if failure == Failure::Security {
            self.security.push_back(now);
            while self.security.front().is_some_and(|at| now.duration_since(*at) > SECURITY_WINDOW) {
                self.security.pop_front();
            }
        }
    }

    /// When the next start may be. A first failure costs no delay: those who wait did not cause it.
    pub(crate) fn next(&self, now: Instant) -> Next {
        if self.security.len() >= SECURITY_EXITS {
            return Next::Quarantined;
        }
        Next::At(self.last.map_or(now, |last| last + self.delay()))
    }

    /// How often it failed in a row; none of it counts any more once it ran well.
    pub(crate) fn failures(&self, now: Instant) -> u32 {
        let is_forgiven =
            self.last.is_some_and(|last| now.duration_since(last) > FORGIVEN_AFTER + self.delay());
        if is_forgiven { 0 } else { self.failures }
    }

    /// How it failed last, while that counts.
    pub(crate) fn reason(&self, now: Instant) -> Option<Failure> {
        self.reason.filter(|_| self.failures(now) > 0)
    }

    /// As it is handed over.
    pub(crate) fn written(&self, now: Instant) -> BackoffState {
        let ago = |at: &Instant| u64::try_from(now.duration_since(*at).as_millis()).unwrap_or(u64::MAX);
        let security = self.security.iter().map(ago).collect();
        let reason = self.reason.map(|reason| reason.as_str().to_owned());
        BackoffState { failures: self.failures, last: self.last.as_ref().map(ago), security, reason }
    }

    /// As it was handed over.
    pub(crate) fn resumed(state: &BackoffState, now: Instant) -> Self {
        // A time from before the clock began is long ago.
        let at = |ago: &u64| now.checked_sub(Duration::from_millis(*ago));
        let security = state.security.iter().filter_map(at).collect();
        let reason = Failure::ALL.into_iter().find(|one| state.reason.as_deref() == Some(one.as_str()));
        Self { failures: state.failures, last: state.last.as_ref().and_then(at), security, reason }
    }

    fn delay(&self) -> Duration {
        match self.failures {
            0 | 1 => Duration::ZERO,
            n => FIRST_DELAY.saturating_mul(1 << (n - 2).min(6)).min(LONGEST_DELAY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(count: usize, gap: Duration) -> Vec<u64> {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        (0..count)
            .map(|_| {
                backoff.failed(Failure::Crash, now);
                let Next::At(at) = backoff.next(now) else { panic!("quarantined") };
                let delay = at - now;
                now = at + gap;
                delay.as_secs()
            })
            .collect()
    }

    #[test]
    fn delays_double_from_one_second_to_one_minute_after_a_free_first_restart() {
        assert_eq!(delays(9, Duration::from_millis(1)), [0, 1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_process_that_ran_well_for_a_minute_is_forgiven() {
        assert_eq!(delays(3, Duration::from_secs(121)), [0, 0, 0]);
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        backoff.failed(Failure::Crash, now);
        backoff.failed(Failure::Crash, now);
        assert_eq!(backoff.failures(now), 2);
        assert_eq!(backoff.reason(now), Some(Failure::Crash));
        let later = now + Duration::from_secs(62);
        assert_eq!((backoff.failures(later), backoff.reason(later)), (0, None));
    }

    #[test]
    fn five_security_exits_within_ten_minutes_are_quarantine_and_four_are_not() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        for _ in 0..4 {
            backoff.failed(Failure::Security, now);
            now += Duration::from_secs(120);
        }
        assert_ne!(backoff.next(now), Next::Quarantined);
        backoff.failed(Failure::Security, now);
        assert_eq!(backoff.next(now), Next::Quarantined);
    }

    #[test]
    fn another_program_remembers_failures_and_quarantine() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        for _ in 0..4 {
            backoff.failed(Failure::Security, now);
            now += Duration::from_millis(10);
        }
        let bytes = minicbor::to_vec(backoff.written(now)).unwrap();
        let mut resumed = Backoff::resumed(&minicbor::decode(&bytes).unwrap(), now);
        assert_eq!(resumed.next(now), backoff.next(now));
        assert_eq!(resumed.reason(now), Some(Failure::Security));
        resumed.failed(Failure::Security, now);
        assert_eq!(resumed.next(now), Next::Quarantined);
        let again = Backoff::resumed(&resumed.written(now), now);
        assert_eq!(again.next(now), Next::Quarantined);
    }

    #[test]
    fn security_exits_that_are_far_apart_are_ordinary_failures() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        for _ in 0..20 {
            backoff.failed(Failure::Security, now);
            assert_ne!(backoff.next(now), Next::Quarantined);
            now += SECURITY_WINDOW / 3;
        }
    }
}
