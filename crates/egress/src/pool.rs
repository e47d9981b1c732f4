//! Connections that wait for the next request to their server.
//!
//! Outbound makes ten connections a second for a tenant and no more, so a connection is worth keeping while there is
//! traffic: then any number of requests goes over a few. They wait for a short time only, less than the five seconds
//! after which common servers (Node.js, Apache httpd) close what waits, because a request that meets a closing
//! connection cannot be sent again unless it changes nothing. And an engine at rest holds none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::{EgressHost, exchange::Line};

/// How long a connection waits.
pub(crate) const IDLE: Duration = Duration::from_secs(4);

/// How many wait for one server.
pub(crate) const PER_HOST: usize = 8;

/// How many wait in all.
const IN_ALL: usize = 16;

/// The connections that wait, the oldest first. Nothing is allocated before there is one.
#[derive(Default)]
pub(crate) struct Pool(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    lines: Vec<Idle>,
    /// A task is under way that closes those that have waited long enough.
    is_swept: bool,
}

struct Idle {
    host: EgressHost,
    until: Instant,
    line: Line,
}

impl Pool {
    /// The connection to `host` that was used last; the server may close it at any time.
    pub(crate) fn take(&self, host: &EgressHost) -> Option<Line> {
        let mut waiting = lock(&self.0);
        waiting.lines.retain(|idle| !idle.line.is_closed());
        let index = waiting.lines.iter().rposition(|idle| idle.host == *host)?;
        Some(waiting.lines.remove(index).line)
    }

    /// Whether one to `host` waits.
    pub(crate) fn has(&self, host: &EgressHost) -> bool {
        lock(&self.0).lines.iter().any(|idle| idle.host == *host && !idle.line.is_closed())
    }

    /// Has a connection wait, in place of the oldest one if there are too many.
    pub(crate) fn put(&self, host: &EgressHost, line: Line) {
        if line.is_closed() {
            return;
        }
        let until = Instant::now() + IDLE;
        let mut waiting = lock(&self.0);
        let of_host = |idle: &Idle| idle.host == *host;
        let oldest = match waiting.lines.iter().filter(|idle| of_host(idle)).count() >= PER_HOST {
            true => waiting.lines.iter().position(of_host),
            false => (waiting.lines.len() >= IN_ALL).then_some(0),
        };
        if let Some(oldest) = oldest {
            waiting.lines.remove(oldest);
        }
        waiting.lines.push(Idle { host: host.clone(), until, line });
        if !std::mem::replace(&mut waiting.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.0), until));
        }
    }

    /// How many wait and have not been closed.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        lock(&self.0).lines.iter().filter(|idle| !idle.line.is_closed()).count()
    }
}

/// Closes connections when they have waited long enough, until there is none.
async fn sweep(waiting: Weak<Mutex<Waiting>>, mut next: Instant) {
    loop {
        sleep_until(next).await;
        let Some(waiting) = waiting.upgrade() else { return };
        let mut waiting = lock(&waiting);
        let now = Instant::now();
        waiting.lines.retain(|idle| idle.until > now && !idle.line.is_closed());
        match waiting.lines.first() {
            Some(oldest) => next = oldest.until,
            None => {
                *waiting = Waiting::default();
                return;
            }
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
