//! The streams of a tenant as its engine has them in memory.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kiavi_ipc::metrics::StreamsReport;
use tokio::{sync::Notify, time::Instant};

use super::settings::StreamSettings;

/// All streams that are sent to.
#[derive(Default)]
pub(crate) struct Streams(Vec<Stream>);

/// One stream.
pub(super) struct Stream {
    pub(super) settings: StreamSettings,
    /// Events were written, and will be sealed.
    pub(super) signal: Notify,
    /// An operator has changed where it is, or wants it tried.
    pub(super) changed: Notify,
    sent: AtomicU64,
    progress: Mutex<Progress>,
}

/// Where it stands.
#[derive(Debug, Clone, Copy)]
struct Progress {
    due: Option<Instant>,
    is_failing: bool,
    /// Since when the oldest event that was not sent waits.
    behind_since: Option<Instant>,
}

impl Streams {
    /// Those of the settings that are enabled.
    pub(crate) fn new(settings: &[StreamSettings]) -> Self {
        let enabled = settings.iter().filter(|stream| stream.is_enabled);
        Self(enabled.cloned().map(Stream::new).collect())
    }

    /// Events were written.
    pub(crate) fn wake(&self) {
        self.0.iter().for_each(|stream| stream.signal.notify_one());
    }

    /// How long until a stream has to look, if there are any: the engine need not run until then.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let due = self.0.iter().filter_map(|stream| stream.progress().due).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// What is counted: what was sent since the last call, and the gauges as they stand. `None` where there are no streams.
    pub(crate) fn report(&self) -> Option<StreamsReport> {
        if self.0.is_empty() {
            return None;
        }
        let now = Instant::now();
        let mut report = StreamsReport::default();
        for stream in &self.0 {
            let Progress { is_failing, behind_since, .. } = *stream.progress();
            let behind = behind_since.map(|since| now.saturating_duration_since(since).as_secs());
            report.events += stream.sent.swap(0, Ordering::Relaxed);
            report.oldest_seconds = report.oldest_seconds.max(behind.unwrap_or(0));
            let state = match (is_failing, behind) {
                (true, _) => 2,
                (false, Some(_)) => 1,
                (false, None) => 0,
            };
            report.streams[state] += 1;
        }
        Some(report)
    }

    pub(super) fn all(&self) -> &[Stream] {
        &self.0
    }

    pub(super) fn find(&self, id: &str) -> Option<&Stream> {
        self.0.iter().find(|stream| stream.settings.id == id)
    }
}

impl Stream {
    fn new(settings: StreamSettings) -> Self {
        // Nobody has looked yet.
        let progress = Progress { due: Some(Instant::now()), is_failing: false, behind_since: None };
        Self {
            settings,
            signal: Notify::new(),
            changed: Notify::new(),
            sent: AtomicU64::new(0),
            progress: Mutex::new(progress),
        }
    }

    /// Notes that something is due after `pause`.
    pub(super) fn set_due(&self, pause: Duration) {
        self.progress().due = Some(Instant::now() + pause);
    }

    /// Notes how it stands: for how long the oldest event has waited, if one does.
    pub(super) fn stands(&self, is_failing: bool, behind: Option<Duration>) {
        let since = behind.map(|behind| {
            let now = Instant::now();
            now.checked_sub(behind).unwrap_or(now)
        });
        let mut progress = self.progress();
        (progress.is_failing, progress.behind_since) = (is_failing, since);
    }

    /// Counts events that were sent.
    pub(super) fn count(&self, events: usize) {
        self.sent.fetch_add(events as u64, Ordering::Relaxed);
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
