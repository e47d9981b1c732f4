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
//!
//! Until the launcher has said that it has told of all hosts, a name that it did not tell of waits, too, as if for a door:
//! of a gateway that has just started nobody is to hear that there is no such host.
//!
//! The name is the first request's `Host` where HTTP comes in plain, and the ClientHello's server name where TLS does; a
//! client that speaks TLS is refused by an alert. On a listener of load balancers a PROXY protocol header comes before that.

mod accept;
mod answer;
mod dispatch;
mod hello;
mod line;
mod peek;
mod proxy;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use kiavi_ipc::gateway::{FromGateway, ToGateway};
use kiavi_ipc::metrics::GatewayReport;
use kiavi_ipc::{Endpoint, IpcError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

pub use crate::answer::{Pages, TurnedAway};
use crate::dispatch::{Dispatcher, Event};
use crate::tally::Arrivals;

/// Events that wait for the dispatcher; accepting pauses while it is full.
const EVENT_QUEUE: usize = 1024;

/// How long a drain waits for destinations to be had, and to acknowledge what they were handed.
const DRAIN_DEADLINE: Duration = Duration::from_secs(5);

/// How long a drain waits for the first bytes of connections that were accepted. A client that has something to ask
/// sends it together with the end of the handshake.
const PEEK_GRACE: Duration = Duration::from_secs(1);

/// How often the launcher is told what was counted, if there is anything.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Serves until the launcher says [`ToGateway::Drain`] or closes the channel; who is turned away sees one of the `pages`.
///
/// # Errors
/// When the launcher breaks the protocol.
pub async fn run(launcher: Endpoint<FromGateway, ToGateway>, pages: Pages) -> Result<(), IpcError> {
    let (to_launcher, mut from_launcher) = launcher.split();
    let (events, mut inbox) = mpsc::channel(EVENT_QUEUE);
    let arrivals = Arc::new(Arrivals::default());
    let mut dispatcher = Dispatcher::new(to_launcher, arrivals.clone(), events.clone(), pages);
    let (mut report, mut last_report) = (interval(REPORT_EVERY), GatewayReport::default());
    report.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut listeners = JoinSet::new();
    let mut draining: Option<Draining> = None;
    while !draining.as_ref().is_some_and(|draining| draining.is_over(&dispatcher, &inbox)) {
        tokio::select! {
            message = from_launcher.receive() => match message? {
                Some(ToGateway::Listener { socket, kind, proxies }) => {
                    let listener = accept::Listener::new(socket, kind, proxies)?;
                    listeners.spawn(accept::accept(listener, arrivals.clone(), events.clone(), pages));
                }
                Some(ToGateway::Drain) => {
                    // What waits in the listening sockets is for whoever has them next.
                    listeners.shutdown().await;
                    draining.get_or_insert_with(Draining::start);
                }
                Some(other) => dispatcher.instructed(other).await?,
                None => return Ok(()),
            },
            Some(event) = inbox.recv() => dispatcher.happened(event).await?,
            _ = report.tick() => dispatcher.tell(&mut last_report).await?,
            () = wake(draining.as_ref()) => {}
        }
    }
    // Who came and could not be served in time is told to come again, instead of being cut off.
    dispatcher.turn_all_away();
    dispatcher.tell(&mut last_report).await?;
    // Refusals still being written get a moment of their own.
    tokio::time::sleep(answer::LINGER).await;
    Ok(())
}

/// The end of a gateway that accepts no more.
struct Draining {
    grace: Instant,
    deadline: Instant,
}

impl Draining {
    fn start() -> Self {
        let now = Instant::now();
        Self { grace: now + PEEK_GRACE, deadline: now + DRAIN_DEADLINE }
    }

    /// Whether everything that was accepted is handed over, or the time is up.
    fn is_over(&self, dispatcher: &Dispatcher, inbox: &mpsc::Receiver<Event>) -> bool {
        let now = Instant::now();
        let is_looked_at = dispatcher.is_peeking() && now < self.grace;
        now >= self.deadline || !is_looked_at && inbox.is_empty() && dispatcher.is_empty()
    }
}

/// Resolves when the next limit of a drain is reached.
async fn wake(draining: Option<&Draining>) {
    match draining {
        Some(Draining { grace, .. }) if Instant::now() < *grace => sleep_until(*grace).await,
        Some(Draining { deadline, .. }) => sleep_until(*deadline).await,
        None => std::future::pending().await,
    }
}
