//! Which log is worked on when. No I/O, and time is an argument.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use kiavi_base::TenantId;
use tokio::time::Instant;

/// Between two rounds of a log that has nothing left to do: a checkpoint a second is enough.
pub(crate) const ROUND_INTERVAL: Duration = Duration::from_secs(1);
/// After a round that left events behind, whichever log's: so many times as long as the round took, and at most so long. What
/// was written during an outage must not take the machine from those who sign in: without a rest 300,000 events are sealed in
/// 8.5 s, at three quarters of the sign-ins (`bench/audit-seal`).
const BACKLOG_REST: u32 = 2;
const LONGEST_REST: Duration = Duration::from_secs(1);
/// The pause after a failure, doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Between two attempts to have a checkpoint cosigned while the witness is away.
const WITNESS_PAUSE: Duration = Duration::from_secs(10);
/// Between two looks at a log that contradicts what the witness has seen.
const REFUSED_PAUSE: Duration = Duration::from_secs(600);

/// How a log stands, in the order of [`kiavi_ipc::metrics::LOG_STATES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not looked at yet.
    Unknown,
    /// Sealed and cosigned.
    Cosigned,
    /// Sealed; the witness is still to cosign.
    Sealed,
    /// With events that wait.
    Behind,
    /// It contradicts what the witness has seen.
    Refused,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// How the log stands.
    pub(crate) standing: Standing,
    /// How long it is until there is something to do unasked: the next heartbeat, mostly.
    pub(crate) until_next: Duration,
}

/// A round that failed is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed;

/// All logs; `W` is what a round works with, kept between two of them.
pub(crate) struct Schedule<W> {
    logs: HashMap<TenantId, Log<W>>,
    /// Logs that nobody works on, by when they are due.
    due: BTreeSet<(Instant, TenantId)>,
    /// Until when backlogs rest.
    backlogs_rest_until: Option<Instant>,
    /// Whether everything that waits is sealed as fast as it goes, because the process ends.
    is_ending: bool,
}

struct Log<W> {
    standing: Standing,
    /// `None` while a round is under way.
    due: Option<Instant>,
    /// Not before this, whatever happens.
    not_before: Instant,
    /// Since when events are known to wait.
    waiting_since: Option<Instant>,
    /// Hinted at while a round was under way, which may have missed what the hint is about.
    is_hinted: bool,
    failures: u32,
    worker: Option<W>,
    /// Since when it is worked on, or nobody works on it.
    since: Instant,
}

impl<W> Default for Schedule<W> {
    fn default() -> Self {
        Self { logs: HashMap::new(), due: BTreeSet::new(), backlogs_rest_until: None, is_ending: false }
    }
}

impl<W> Schedule<W> {
    /// Takes a log up, with what its rounds begin with. One that is known begins anew.
    pub(crate) fn add(&mut self, tenant: TenantId, worker: W, now: Instant) {
        self.remove(&tenant);
        self.due.insert((now, tenant.clone()));
        let log = Log {
            standing: Standing::Unknown,
            due: Some(now),
            not_before: now,
            waiting_since: None,
            is_hinted: false,
            failures: 0,
            worker: Some(worker),
            since: now,
        };
        self.logs.insert(tenant, log);
    }

    /// Ends a log. A round that is under way ends by itself, and is nobody's then.
    pub(crate) fn remove(&mut self, tenant: &TenantId) {
        if let Some(Log { due: Some(due), .. }) = self.logs.remove(tenant) {
            self.due.remove(&(due, tenant.clone()));
        }
    }

    /// Events were written.
    pub(crate) fn hint(&mut self, tenant: &TenantId, now: Instant) {
        let Some(log) = self.logs.get_mut(tenant) else { return };
        log.waiting_since.get_or_insert(now);
        if log.due.is_none() {
            log.is_hinted = true;
        } else {
            let at = log.not_before.max(now);
            self.bring_forward(tenant, at);
        }
    }

    /// The witness is there: what waits for it is due.
    pub(crate) fn witness_is_there(&mut self, now: Instant) {
        let waiting = |log: &Log<W>| matches!(log.standing, Standing::Sealed | Standing::Refused);
        let waiting: Vec<_> =
            self.logs.iter().filter(|(_, log)| waiting(log)).map(|(id, _)| id.clone()).collect();
        waiting.iter().for_each(|tenant| self.bring_forward(tenant, now));
    }

    /// What is due first, to be worked on: the caller gives its worker back by [`Schedule::ended`].
    pub(crate) fn next(&mut self, now: Instant) -> Option<(TenantId, W)> {
        let (_, tenant) = self.due.first().filter(|(due, _)| *due <= now).cloned()?;
        self.due.pop_first();
        let log = self.logs.get_mut(&tenant)?;
        (log.due, log.is_hinted, log.since) = (None, false, now);
        Some((tenant, log.worker.take()?))
    }

    /// When something is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// A round has ended. What is no longer sealed, or was begun anew meanwhile, is dropped.
    pub(crate) fn ended(
        &mut self,
        tenant: &TenantId,
        worker: W,
        outcome: Result<Ended, Failed>,
        now: Instant,
    ) {
        let Some(log) = self.logs.get_mut(tenant).filter(|log| log.due.is_none()) else { return };
        log.worker = Some(worker);
        let worked = now.duration_since(std::mem::replace(&mut log.since, now));
        let pause = match outcome {
            Err(Failed) => {
                log.standing =
                    if log.standing == Standing::Refused { Standing::Refused } else { Standing::Behind };
                log.waiting_since.get_or_insert(now);
                let pause = FIRST_PAUSE.saturating_mul(1 << log.failures.min(6)).min(LONGEST_PAUSE);
                log.failures += 1;
                log.not_before = now + pause;
                pause
            }
            Ok(Ended { standing, until_next }) => {
                (log.standing, log.failures) = (standing, 0);
                match standing {
                    // The others' turn first.
                    Standing::Behind if self.is_ending => Duration::ZERO,
                    Standing::Behind => {
                        let rest = (worked * BACKLOG_REST).min(LONGEST_REST);
                        let until = self.backlogs_rest_until.map_or(now, |until| until.max(now)) + rest;
                        self.backlogs_rest_until = Some(until);
                        log.not_before = until;
                        until - now
                    }
                    Standing::Refused => {
                        log.not_before = now + REFUSED_PAUSE;
                        REFUSED_PAUSE
                    }
                    _ => {
                        log.waiting_since = log.is_hinted.then_some(now);
                        log.not_before = now + ROUND_INTERVAL;
                        match (log.is_hinted, standing) {
                            (true, _) => ROUND_INTERVAL,
                            (false, Standing::Sealed) => until_next.min(WITNESS_PAUSE),
                            (false, _) => until_next,
                        }
                    }
                }
            }
        };
        log.due = Some(now + pause);
        self.due.insert((now + pause, tenant.clone()));
    }

    /// The workers of logs that nobody has worked on for so long.
    pub(crate) fn resting(
        &mut self,
        at_least: Duration,
        now: Instant,
    ) -> impl Iterator<Item = (&TenantId, &mut W)> {
        let resting = move |log: &Log<W>| now.duration_since(log.since) >= at_least;
        let logs = self.logs.iter_mut().filter(move |(_, log)| resting(log));
        logs.filter_map(|(tenant, log)| Some((tenant, log.worker.as_mut()?)))
    }

    /// Makes everything due that events are known to wait in, and nothing else.
    pub(crate) fn only_what_waits(&mut self, now: Instant) {
        self.is_ending = true;
        self.due.clear();
        for (tenant, log) in &mut self.logs {
            if log.waiting_since.is_some() && log.due.is_some() && log.standing != Standing::Refused {
                log.due = Some(now);
                self.due.insert((now, tenant.clone()));
            }
        }
    }

    /// How many logs stand how, and for how long events have waited at most.
    pub(crate) fn standings(&self, now: Instant) -> ([u64; 5], Duration) {
        let mut counts = [0; 5];
        let mut oldest = Duration::ZERO;
        for log in self.logs.values() {
            counts[log.standing as usize] += 1;
            let waited = log.waiting_since.map(|since| now.duration_since(since));
            oldest = oldest.max(waited.unwrap_or_default());
        }
        (counts, oldest)
    }

    fn bring_forward(&mut self, tenant: &TenantId, at: Instant) {
        let Some(log) = self.logs.get_mut(tenant) else { return };
        if let Some(due) = log.due.filter(|due| *due > at) {
            self.due.remove(&(due, tenant.clone()));
            log.due = Some(at);
            self.due.insert((at, tenant.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    fn tenant(letter: &str) -> TenantId {
        format!("t{}", letter.repeat(24)).parse().unwrap()
    }

    fn ended(standing: Standing) -> Result<Ended, Failed> {
        Ok(Ended { standing, until_next: HOUR })
    }

    /// A schedule with one log, in which a round is under way.
    fn at_work() -> (Schedule<()>, TenantId, Instant) {
        let (mut schedule, log, now) = (Schedule::default(), tenant("a"), Instant::now());
        schedule.add(log.clone(), (), now);
        assert_eq!(schedule.next(now), Some((log.clone(), ())), "a new log is looked at");
        assert_eq!(schedule.next(now), None, "and by one at a time");
        (schedule, log, now)
    }

    #[test]
    fn events_are_sealed_within_a_second_and_heartbeats_within_the_hour() {
        let (mut schedule, log, now) = at_work();
        schedule.ended(&log, (), ended(Standing::Cosigned), now);
        assert_eq!(schedule.next_due(), Some(now + HOUR));
        schedule.hint(&log, now);
        assert_eq!(schedule.next_due(), Some(now + SECOND), "not twice in a second");
        schedule.hint(&log, now + 5 * SECOND);
        assert_eq!(schedule.next_due(), Some(now + SECOND), "never put off");
        assert!(schedule.next(now + SECOND).is_some());
    }

    #[test]
    fn a_hint_during_a_round_is_not_lost() {
        let (mut schedule, log, now) = at_work();
        schedule.hint(&log, now);
        schedule.ended(&log, (), ended(Standing::Cosigned), now);
        assert_eq!(schedule.next_due(), Some(now + SECOND));
    }

    #[test]
    fn backlogs_leave_the_machine_to_others_most_of_the_time() {
        let (mut schedule, log, start) = at_work();
        let (other, tenth) = (tenant("b"), SECOND / 10);
        schedule.add(other.clone(), (), start);
        assert_eq!(schedule.next(start), Some((other.clone(), ())));
        let now = start + tenth;
        schedule.ended(&log, (), ended(Standing::Behind), now);
        schedule.ended(&other, (), ended(Standing::Behind), now);
        schedule.hint(&other, now);
        assert_eq!(schedule.next_due(), Some(now + 2 * tenth), "it rests for twice its work");
        assert_eq!(schedule.next(now + 4 * tenth), Some((log, ())));
        assert_eq!(schedule.next(now + 4 * tenth), Some((other.clone(), ())), "one after the other");
        let now = now + 60 * SECOND;
        schedule.ended(&other, (), ended(Standing::Behind), now);
        assert_eq!(schedule.next_due(), Some(now + LONGEST_REST));
    }

    #[test]
    fn at_the_end_backlogs_do_not_rest() {
        let (mut schedule, log, now) = at_work();
        schedule.only_what_waits(now);
        schedule.ended(&log, (), ended(Standing::Behind), now + SECOND);
        assert_eq!(schedule.next_due(), Some(now + SECOND));
    }

    #[test]
    fn failures_make_pauses_and_hints_do_not_shorten_them() {
        let (mut schedule, log, mut now) = at_work();
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            schedule.ended(&log, (), Err(Failed), now);
            schedule.hint(&log, now);
            assert_eq!(schedule.next_due(), Some(now + seconds * SECOND));
            now += seconds * SECOND;
            assert!(schedule.next(now).is_some());
        }
        assert!(schedule.standings(now).1 >= 60 * SECOND);
        schedule.ended(&log, (), ended(Standing::Cosigned), now);
        assert_eq!(schedule.standings(now), ([0, 1, 0, 0, 0], Duration::ZERO));
    }

    #[test]
    fn what_waits_for_the_witness_is_due_when_it_comes() {
        let (mut schedule, log, now) = at_work();
        schedule.ended(&log, (), ended(Standing::Sealed), now);
        assert_eq!(schedule.next_due(), Some(now + WITNESS_PAUSE));
        schedule.witness_is_there(now);
        assert_eq!(schedule.next(now), Some((log.clone(), ())));
        schedule.ended(&log, (), ended(Standing::Refused), now);
        schedule.hint(&log, now);
        assert_eq!(schedule.next_due(), Some(now + REFUSED_PAUSE), "it is sealed no further");
    }

    #[test]
    fn a_log_that_is_gone_is_gone_and_one_that_is_anew_begins_anew() {
        let (mut schedule, log, now) = at_work();
        schedule.remove(&log);
        schedule.ended(&log, (), ended(Standing::Cosigned), now);
        assert_eq!(schedule.next_due(), None);
        schedule.add(log.clone(), (), now);
        schedule.add(log.clone(), (), now);
        assert!(schedule.next(now).is_some());
        assert_eq!(schedule.next(now), None);
    }

    #[test]
    fn at_the_end_only_what_waits_is_sealed() {
        let (mut schedule, log, now) = at_work();
        schedule.ended(&log, (), ended(Standing::Cosigned), now);
        let other = tenant("b");
        schedule.add(other.clone(), (), now);
        schedule.hint(&other, now);
        schedule.only_what_waits(now);
        assert_eq!(schedule.next(now), Some((other, ())));
        assert_eq!(schedule.next_due(), None);
    }
}
