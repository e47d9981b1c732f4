//! Tells the rest of the process that events were written, so that they are sealed soon.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Whether events were written since somebody last looked.
#[derive(Debug, Default)]
pub(crate) struct Written {
    is_pending: AtomicBool,
    notify: Notify,
}

impl Written {
    /// Events were written; they are committed.
    pub(super) fn tell(&self) {
        if !self.is_pending.swap(true, Ordering::Relaxed) {
            self.notify.notify_one();
        }
    }

    /// Whether there are any, for the last time.
    pub(crate) fn take(&self) -> bool {
        self.is_pending.swap(false, Ordering::Relaxed)
    }

    /// Waits until there are.
    pub(crate) async fn wait(&self) {
        // A permit may be left over from events that were taken.
        while !self.take() {
            self.notify.notified().await;
        }
    }
}
