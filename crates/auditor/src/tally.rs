//! What is counted between two reports.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiavi_base::Histogram;
use kiavi_ipc::metrics::{AuditorReport, Durations};

/// Counters since the last report.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    report: AuditorReport,
    delays: Histogram,
}

impl Tally {
    /// A checkpoint was signed over events that have waited so long.
    pub(crate) fn sealed(&self, delays: impl IntoIterator<Item = Duration>, events: u64) {
        let mut counts = self.lock();
        counts.report.events += events;
        counts.report.checkpoints += 1;
        delays.into_iter().for_each(|delay| counts.delays.add(delay));
    }

    /// The witness has cosigned a checkpoint.
    pub(crate) fn cosigned(&self) {
        self.lock().report.cosigned += 1;
    }

    /// The witness has refused a log.
    pub(crate) fn refused(&self) {
        self.lock().report.refused += 1;
    }

    /// So many changes were sealed that no event explains.
    pub(crate) fn unexplained(&self, changes: u64) {
        self.lock().report.unexplained += changes;
    }

    /// A round has failed.
    pub(crate) fn failed(&self) {
        self.lock().report.failed += 1;
    }

    /// What was counted since the last call, with the gauges as they stand.
    pub(crate) fn take(&self, logs: [u64; 5], oldest: Duration) -> AuditorReport {
        let Counts { report, delays } = std::mem::take(&mut *self.lock());
        AuditorReport { delays: Durations::from(&delays), logs, oldest_seconds: oldest.as_secs(), ..report }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
