//! Accepts connections, decides by a glance at the first bytes whose they are, and hands them over.
//!
//! The gateway sees a connection's first bytes and reads none: it peeks, so the destination gets the stream
//! untouched. It holds no key and no database, and can ask the launcher for one thing only, a door to a
//! destination. A connection is kept until its destination has acknowledged it, so that none is lost in the
//! socket of a process that ends.
//!
//! ```text
//! accept ─► peek (≤ 16 kB, ≤ 5 s) ─► route by name ─► queue of the destination ─► door ─► acknowledged
//!             │ not HTTP, no name      │ unknown         │ full, or no door
//!             ▼ 400                    ▼ 404             ▼ 503
//! ```

mod accept;
mod answer;
mod dispatch;
mod line;
mod peek;

use kiavi_ipc::gateway::{FromGateway, ToGateway};
use kiavi_ipc::{Endpoint, IpcError};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::dispatch::{Dispatcher, Event};

/// Events that wait for the dispatcher; accepting pauses while it is full.
const EVENT_QUEUE: usize = 1024;

/// How long a drain waits for destinations to acknowledge what they were handed.
const DRAIN_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// Serves until the launcher says [`ToGateway::Drain`] or closes the channel.
///
/// # Errors
/// When the launcher breaks the protocol.
pub async fn run(launcher: Endpoint<FromGateway, ToGateway>) -> Result<(), IpcError> {
    let (to_launcher, mut from_launcher) = launcher.split();
    let (events, mut inbox) = mpsc::channel(EVENT_QUEUE);
    let mut dispatcher = Dispatcher::new(to_launcher, events.clone());
    let mut listeners = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            message = from_launcher.receive() => match message? {
                Some(ToGateway::Listener { socket }) => {
                    listeners.spawn(accept::accept(accept::listener(socket)?, events.clone()));
                }
                Some(ToGateway::Drain) => break,
                Some(other) => dispatcher.instructed(other).await?,
                None => return Ok(()),
            },
            Some(event) = inbox.recv() => dispatcher.happened(event).await?,
        }
    }
    listeners.shutdown().await;
    let deadline = Instant::now() + DRAIN_DEADLINE;
    while !dispatcher.is_empty() {
        let event: Event = match timeout_at(deadline, inbox.recv()).await {
            Ok(Some(event)) => event,
            _ => break,
        };
        dispatcher.happened(event).await?;
    }
    // Refusals still being written get a moment of their own.
    sleep_until(deadline.min(Instant::now() + answer::LINGER)).await;
    Ok(())
}
