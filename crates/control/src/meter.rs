//! What the control plane counts of its own work.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kiavi_base::RequestCounts;

use crate::Step;

/// Counters since the start.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Done and failed, in the order of [`Step::ALL`].
    steps: [(u64, u64); Step::ALL.len()],
    requests: RequestCounts,
    /// Database sessions of engines that lasted too long.
    ended_sessions: u64,
}

impl Meter {
    /// So many database sessions of engines were ended.
    pub(crate) fn ended_sessions(&self, count: usize) {
        self.lock().ended_sessions += count as u64;
    }

    /// How many that were, ever.
    pub(crate) fn all_ended_sessions(&self) -> u64 {
        self.lock().ended_sessions
    }

    /// A step of provisioning was done.
    pub(crate) fn done(&self, step: Step) {
        self.change(step, |(done, _)| *done += 1);
    }

    /// A step of provisioning failed.
    pub(crate) fn failed(&self, step: Step) {
        self.change(step, |(_, failed)| *failed += 1);
    }

    /// For each step how often it was done and how often it failed.
    pub(crate) fn steps(&self) -> Vec<(Step, u64, u64)> {
        let counts = self.lock();
        Step::ALL.into_iter().zip(counts.steps).map(|(step, (done, failed))| (step, done, failed)).collect()
    }

    /// Adds `more` requests; answers all of them.
    pub(crate) fn requests(&self, more: &RequestCounts) -> RequestCounts {
        let mut counts = self.lock();
        counts.requests.merge(more);
        counts.requests
    }

    fn change(&self, step: Step, change: impl FnOnce(&mut (u64, u64))) {
        let mut counts = self.lock();
        for (other, pair) in Step::ALL.into_iter().zip(&mut counts.steps) {
            if other == step {
                change(pair);
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
