//! The processes that exist once: gateway, control, outbound.

use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::{Backoff, Failure, Next};
use crate::child::{Process, ProcessId};

/// A process that should always run.
pub(crate) struct Service<S> {
    pub(crate) process: Option<Process<S>>,
    backoff: Backoff,
}

impl<S> Default for Service<S> {
    fn default() -> Self {
        Self { process: None, backoff: Backoff::default() }
    }
}

impl<S> Service<S> {
    /// One that runs already.
    pub(crate) fn adopted(process: Option<Process<S>>) -> Self {
        Self { process, backoff: Backoff::default() }
    }

    pub(crate) fn is(&self, id: ProcessId) -> bool {
        self.process.as_ref().is_some_and(|process| process.id == id)
    }

    /// Sends it a message; `false` when it is not running.
    pub(crate) fn tell(&self, message: S) -> bool {
        match &self.process {
            Some(process) => {
                process.tell(message);
                true
            }
            None => false,
        }
    }

    /// How often it failed in a row.
    pub(crate) fn failures(&self, now: Instant) -> u32 {
        self.backoff.failures(now)
    }

    /// It has ended. Answers after how long it may be started again; `None`: not at all.
    pub(crate) fn ended(&mut self, failure: Failure, now: Instant) -> Option<Duration> {
        self.process = None;
        self.backoff.failed(failure, now);
        match self.backoff.next(now) {
            Next::At(at) => Some(at.saturating_duration_since(now)),
            Next::Quarantined => None,
        }
    }
}
