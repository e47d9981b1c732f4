//! Routes, lines and doors: the gateway's state, changed by one event at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::Hostname;
use kiavi_ipc::door::{FromDestination, ToDestination};
use kiavi_ipc::gateway::{Destination, FromGateway, ToGateway};
use kiavi_ipc::metrics::GatewayReport;
use kiavi_ipc::{Channel, Endpoint, Fd, IpcError, Receiver, Sender};
use tokio::sync::mpsc;

use crate::accept::Client;
use crate::answer::{Pages, Refusal, refuse_client};
use crate::line::{DoorId, Line, Unacknowledged};
use crate::tally::Arrivals;

/// How long clients wait for a destination that is being started, and until it is known whose their host is.
const DOOR_DEADLINE: Duration = Duration::from_secs(10);

/// What happens to the gateway, apart from the launcher's instructions.
#[derive(Debug)]
pub(crate) enum Event {
    /// A client whose host is known.
    Arrived { client: Client },
    /// A destination has taken connections.
    Taken { door: DoorId, sequence: u64 },
    /// A destination's process closed its door, or broke the protocol.
    Closed { door: DoorId },
    /// Nobody answered the request for a door in time; without a destination, nobody said in time that all hosts are known.
    Overdue { destination: Option<Destination>, request: u64 },
}

struct Door {
    destination: Destination,
    sender: Sender<ToDestination>,
    unacknowledged: Unacknowledged,
}

/// The gateway's state.
pub(crate) struct Dispatcher {
    launcher: Sender<FromGateway>,
    events: mpsc::Sender<Event>,
    routes: HashMap<Hostname, Destination>,
    /// Whether all hosts that are served are among `routes`: then there is none for whoever asks for another.
    is_routed: bool,
    /// Those who ask for another as long as that is not so.
    unrouted: Line,
    lines: HashMap<Destination, Line>,
    doors: HashMap<DoorId, Door>,
    /// The last number given to a door or a request for one.
    numbers: u64,
    arrivals: Arc<Arrivals>,
    pages: Pages,
    /// Counted since it was last told.
    report: GatewayReport,
}

impl Dispatcher {
    pub(crate) fn new(
        launcher: Sender<FromGateway>,
        arrivals: Arc<Arrivals>,
        events: mpsc::Sender<Event>,
        pages: Pages,
    ) -> Self {
        Self {
            launcher,
            events,
            routes: HashMap::new(),
            is_routed: false,
            unrouted: Line::of_unrouted(),
            lines: HashMap::new(),
            doors: HashMap::new(),
            numbers: 0,
            arrivals,
            pages,
            report: GatewayReport::default(),
        }
    }

    /// Tells the launcher what was counted, unless nothing happened and nothing waits.
    pub(crate) async fn tell(&mut self, last: &mut GatewayReport) -> Result<(), IpcError> {
        let mut report = std::mem::take(&mut self.report);
        self.arrivals.tell(&mut report);
        let waiting = self.lines.values().chain([&self.unrouted]).map(Line::len);
        report.waiting = waiting.sum::<usize>() as u64;
        report.unacknowledged =
            self.doors.values().map(|door| door.unacknowledged.len()).sum::<usize>() as u64;
        let is_news = report != GatewayReport::default() || *last != GatewayReport::default();
        *last = report;
        if is_news { self.launcher.send(&FromGateway::Report(report)).await } else { Ok(()) }
    }

    /// Whether connections are looked at whose host is not known yet.
    pub(crate) fn is_peeking(&self) -> bool {
        self.arrivals.peeking() > 0
    }

    /// Whether nothing waits and everything handed over was acknowledged.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.values().chain([&self.unrouted]).all(Line::is_empty)
            && self.doors.values().all(|door| door.unacknowledged.is_empty())
    }

    /// Follows an instruction of the launcher.
    pub(crate) async fn instructed(&mut self, instruction: ToGateway) -> Result<(), IpcError> {
        match instruction {
            ToGateway::Route { hostname, destination } => {
                self.routes.insert(hostname, destination);
            }
            ToGateway::RouteRemoved { hostname } => {
                self.routes.remove(&hostname);
            }
            ToGateway::Door { destination, door } => {
                self.open(destination.clone(), door)?;
                self.advance(&destination).await?;
            }
            ToGateway::Unavailable { destination } => self.turn_away(Some(&destination)),
            ToGateway::HostsKnown => {
                self.is_routed = true;
                for client in self.unrouted.leave() {
                    self.arrived(client).await?;
                }
            }
            ToGateway::Listener { .. } | ToGateway::Drain => {}
        }
        Ok(())
    }

    /// Takes note of an event.
    pub(crate) async fn happened(&mut self, event: Event) -> Result<(), IpcError> {
        match event {
            Event::Arrived { client } => self.arrived(client).await?,
            Event::Taken { door, sequence } => {
                let Some(state) = self.doors.get_mut(&door) else { return Ok(()) };
                let destination = state.destination.clone();
                let before = state.unacknowledged.len();
                if state.unacknowledged.taken(sequence) {
                    self.report.handed_over += (before - state.unacknowledged.len()) as u64;
                } else {
                    tracing::error!(?destination, "acknowledged a connection that it was never given");
                    self.close(door);
                }
                self.advance(&destination).await?;
            }
            Event::Closed { door } => {
                if let Some(destination) = self.close(door) {
                    self.advance(&destination).await?;
                }
            }
            Event::Overdue { destination, request } => {
                let line = match &destination {
                    Some(destination) => self.lines.get(destination),
                    None => Some(&self.unrouted),
                };
                if line.is_some_and(|line| line.asked == Some(request)) {
                    self.turn_away(destination.as_ref());
                }
            }
        }
        Ok(())
    }

    /// Has a client wait for whom it wants, if there is such a one.
    async fn arrived(&mut self, client: Client) -> Result<(), IpcError> {
        match self.routes.get(&client.hostname).cloned() {
            Some(Destination::Suspended) => refuse_client(client, Refusal::Suspended, self.pages),
            Some(destination) => {
                let line = self.lines.entry(destination.clone()).or_default();
                if let Err(client) = line.join(client) {
                    self.unavailable(client);
                }
                self.advance(&destination).await?;
            }
            None if self.is_routed => {
                self.report.unknown_hosts += 1;
                refuse_client(client, Refusal::UnknownHost, self.pages);
            }
            None => self.hold(client),
        }
        Ok(())
    }

    /// Has a client wait until it is known whose its host is.
    fn hold(&mut self, client: Client) {
        if let Err(client) = self.unrouted.join(client) {
            return self.unavailable(client);
        }
        if self.unrouted.asked.is_none() {
            self.numbers += 1;
            self.unrouted.asked = Some(self.numbers);
            self.remind(None, self.numbers);
        }
    }

    fn open(&mut self, destination: Destination, door: Fd) -> Result<(), IpcError> {
        self.numbers += 1;
        let id = self.numbers;
        let channel = Channel::from(door.into_owned().map_err(IpcError::Io)?);
        let (sender, receiver) = Endpoint::new(channel).map_err(IpcError::Io)?.split();
        tokio::spawn(listen(id, destination.clone(), receiver, self.events.clone()));
        let line = self.lines.entry(destination.clone()).or_default();
        // A door that this one replaces stays known until its process closes it: it may still acknowledge.
        line.door = Some(id);
        line.asked = None;
        self.doors.insert(id, Door { destination, sender, unacknowledged: Unacknowledged::new() });
        Ok(())
    }

    /// Forgets a door; what it did not acknowledge waits again.
    fn close(&mut self, id: DoorId) -> Option<Destination> {
        let door = self.doors.remove(&id)?;
        let line = self.lines.entry(door.destination.clone()).or_default();
        line.rejoin(door.unacknowledged.into_clients());
        if line.door == Some(id) {
            line.door = None;
        }
        Some(door.destination)
    }

    /// Hands over what waits, or asks for a door if there is none.
    async fn advance(&mut self, destination: &Destination) -> Result<(), IpcError> {
        let Some(line) = self.lines.get_mut(destination) else { return Ok(()) };
        while let Some(door) = line.door.and_then(|id| self.doors.get_mut(&id)) {
            let Some(sequence) = door.unacknowledged.next_sequence() else { return Ok(()) };
            let Some(client) = line.next() else { return Ok(()) };
            let Client { peer, stream, kind, .. } = client.clone();
            match door.sender.try_send(&ToDestination::Connection { sequence, peer, stream, kind }) {
                Ok(true) => door.unacknowledged.sent(client),
                // The queue is full of connections that will be acknowledged, which leads back here.
                Ok(false) => {
                    line.rejoin(std::iter::once(client));
                    return Ok(());
                }
                // The process takes no more: what it did not acknowledge comes back when it ends.
                Err(_) => {
                    line.rejoin(std::iter::once(client));
                    line.door = None;
                }
            }
        }
        if !line.is_empty() && line.asked.is_none() {
            self.numbers += 1;
            line.asked = Some(self.numbers);
            self.remind(Some(destination.clone()), self.numbers);
            self.launcher.send(&FromGateway::NeedDoor { destination: destination.clone() }).await?;
        }
        Ok(())
    }

    fn remind(&self, destination: Option<Destination>, request: u64) {
        let events = self.events.clone();
        tokio::spawn(async move {
            tokio::time::sleep(DOOR_DEADLINE).await;
            let _ = events.send(Event::Overdue { destination, request }).await;
        });
    }

    /// Turns those away who wait for a destination, or until their host is known.
    fn turn_away(&mut self, destination: Option<&Destination>) {
        let line = match destination {
            Some(destination) => self.lines.get_mut(destination),
            None => Some(&mut self.unrouted),
        };
        for client in line.map(Line::leave).into_iter().flatten() {
            self.unavailable(client);
        }
    }

    /// Turns everybody away who still waits.
    pub(crate) fn turn_all_away(&mut self) {
        let lines = self.lines.values_mut().chain([&mut self.unrouted]);
        for client in lines.flat_map(Line::leave).collect::<Vec<_>>() {
            self.unavailable(client);
        }
    }

    fn unavailable(&mut self, client: Client) {
        self.report.unavailable += 1;
        refuse_client(client, Refusal::Unavailable, self.pages);
    }
}

/// Turns what a destination says into events.
async fn listen(
    door: DoorId,
    destination: Destination,
    mut receiver: Receiver<FromDestination>,
    events: mpsc::Sender<Event>,
) {
    loop {
        let event = match receiver.receive().await {
            Ok(Some(FromDestination::Taken { sequence })) => Event::Taken { door, sequence },
            Ok(None) => Event::Closed { door },
            Err(error) => {
                tracing::error!(?destination, %error, "a destination broke the door's protocol");
                Event::Closed { door }
            }
        };
        let closed = matches!(event, Event::Closed { .. });
        if events.send(event).await.is_err() || closed {
            return;
        }
    }
}
