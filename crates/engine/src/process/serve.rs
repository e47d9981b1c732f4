//! Taking connections, and knowing when to stop.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::{Extension, Router};
use kiavi_egress::Outlet as EgressOutlet;
use kiavi_http::{
    ConnectionInfo, Drain, DrainTrigger, Networks, closing, drain, error_response, serve_connection,
    set_api_headers,
};
use kiavi_ipc::door::{Acceptor, HandedOver, ListenerKind};
use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::metrics::EngineReport;
use kiavi_ipc::{Fd, IpcError, Receiver, Sender};
use kiavi_tls::Ways;
use tokio::net::UnixStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::ProcessError;
use super::database::LauncherConnect;
use super::mail::Outlet;
use crate::{Engine, Operator, audit};

/// How long a database connection without use is kept: a PostgreSQL backend costs more than this process.
const DATABASE_IDLE: Duration = Duration::from_secs(30);

/// How long what nobody waits for waits after a start: mail, sweeping and counting begin with statements that take the database
/// longer to prepare than the visitor's own, on the same connection.
const CHORES_AFTER: Duration = Duration::from_millis(100);

/// How long nothing is asked before free memory is given back: database connections are closed by then.
const REST_BEFORE_RELEASE: Duration = DATABASE_IDLE.saturating_add(TICK).saturating_add(TICK);

/// Connections that are served at a time; more wait in the gateway, which has limits for that. Fewer than this process may
/// have descriptors (`kiavi_sandbox::Limits`): one that cannot take what the gateway hands over would end.
const MAX_CONNECTIONS: usize = 6_000;

/// Connections that one network may have at a time, a sixth of all: that many people behind one address are not there at once,
/// since a connection without a request ends after 5 s.
const MAX_CONNECTIONS_PER_NETWORK: usize = 1_024;

/// Between two hints that events were written.
const HINT_INTERVAL: Duration = Duration::from_secs(1);

/// How often idleness is looked at, at most.
const TICK: Duration = Duration::from_secs(5);

/// How long connections in flight may take once the process is to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// How long mails under way may take once everything else has ended: a mail server that hangs must not hold up whoever
/// stops this process.
const MAIL_DRAIN_LIMIT: Duration = Duration::from_secs(3);

/// The address that requests of the management door come from: this machine.
const OPERATOR_PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

/// What a process is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Everything.
    All,
    /// Reading the log out. What is owed, a mail or a webhook, waits until the tenant is resumed.
    Log,
}

/// What a process does that nobody asks anything.
#[derive(Clone, Copy)]
pub(super) struct Rest {
    /// After how long it ends; `None`: never.
    pub(super) end: Option<Duration>,
    /// Gives back what the allocator keeps for later. Called once, when its database connections are closed.
    pub(super) release_free_memory: fn(),
}

/// The engine with its ways out.
pub(super) struct Server {
    engine: Engine,
    ways: Ways,
    database: Arc<LauncherConnect>,
    mail: Arc<Outlet>,
    egress: Arc<EgressOutlet>,
    rest: Rest,
    work: Work,
    connections: JoinSet<()>,
    networks: Networks,
    /// Answers who may have no more connections.
    crowded: Router,
    drain: (DrainTrigger, Drain),
    /// The number of requests at the last look, and when it last changed.
    seen: (u64, Instant),
    /// Whether free memory was given back since.
    is_released: bool,
}

/// Registers a door with the runtime.
pub(super) fn open(door: Fd) -> Result<Option<Acceptor>, ProcessError> {
    Ok(Some(Acceptor::new(door)?))
}

/// The next connection of a door; waits for ever when there is none.
async fn accept(door: &mut Option<Acceptor>) -> Result<Option<HandedOver>, IpcError> {
    match door {
        Some(door) => door.accept().await,
        None => std::future::pending().await,
    }
}

impl Server {
    pub(super) fn new(
        engine: Engine,
        ways: Ways,
        database: Arc<LauncherConnect>,
        (mail, egress): (Arc<Outlet>, Arc<EgressOutlet>),
        rest: Rest,
        work: Work,
    ) -> Self {
        let seen = (0, Instant::now());
        Self {
            engine,
            ways,
            database,
            mail,
            egress,
            rest,
            work,
            connections: JoinSet::new(),
            networks: Networks::new(MAX_CONNECTIONS_PER_NETWORK),
            crowded: closing(Router::new().fallback(crowded)),
            drain: drain(),
            seen,
            is_released: false,
        }
    }

    pub(super) async fn run(
        mut self,
        mut door: Option<Acceptor>,
        mut launcher: Receiver<ToEngine>,
        to_launcher: Sender<FromEngine>,
    ) -> Result<(), ProcessError> {
        let (engine, (stop_mail, mail_drain)) = (self.engine.clone(), drain());
        let has_outbox = self.work == Work::All;
        let outbox = tokio::spawn(async move {
            if has_outbox {
                engine.run_outbox(mail_drain, CHORES_AFTER).await;
            }
        });
        let access = self.engine.state().access.clone();
        let lines = tokio::spawn(async move { access.keep_writing().await });
        let hints = tokio::spawn(tell_of_events(self.engine.clone(), to_launcher.clone()));
        let mut tick = interval(self.rest.end.map_or(TICK, |idle| idle.min(TICK)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                accepted = accept(&mut door), if self.has_room() => match accepted? {
                    Some(connection) => self.serve(connection),
                    // The gateway is being replaced: its successor's door comes from the launcher.
                    None => door = None,
                },
                message = launcher.receive() => match message? {
                    Some(ToEngine::Door { door: new }) => door = open(new)?,
                    #[cfg(kiavi_bench_direct_accept)]
                    Some(ToEngine::Listener { socket, kind }) => {
                        door.as_mut().map_or(Ok(()), |door| door.listen(socket, kind))?;
                    }
                    Some(ToEngine::Drain) => break,
                    Some(other) => self.told(other, &to_launcher).await?,
                    None => return Ok(()),
                },
                Some(_) = self.connections.join_next(), if !self.connections.is_empty() => {}
                _ = tick.tick() => {
                    self.report(&to_launcher);
                    if self.look_for_idleness() { break }
                }
            }
        }
        to_launcher.send(&FromEngine::Stopping).await?;
        let mut outbox = Outbox { relay: outbox, stop: stop_mail };
        let finish = self.finish(door, &mut outbox, &mut launcher, &to_launcher);
        let drained = tokio::time::timeout(DRAIN_LIMIT, finish).await;
        // A mail that is still under way is sent again by whoever comes next, once its lease is over.
        outbox.relay.abort();
        lines.abort();
        hints.abort();
        self.engine.state().access.flush();
        self.report(&to_launcher);
        if self.engine.state().log.written.take() {
            to_launcher.send(&FromEngine::Logged).await?;
        }
        if let Some(due) = self.next_due() {
            let seconds = u32::try_from(due.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            to_launcher.send(&FromEngine::WakeIn { seconds }).await?;
        }
        drained.unwrap_or(Ok(()))
    }

    async fn told(
        &mut self,
        message: ToEngine,
        to_launcher: &Sender<FromEngine>,
    ) -> Result<(), ProcessError> {
        match message {
            ToEngine::Management { operator, stream } => {
                to_launcher.send(&FromEngine::ManagementTaken).await?;
                self.serve_operator(operator, stream)?;
            }
            ToEngine::Database { stream } => self.database.answered(stream),
            ToEngine::Mail { door } => self.mail.open(door)?,
            ToEngine::Egress { door } => self.egress.replace(door),
            ToEngine::Certificates { document } => self.ways.tls().announce(document),
            ToEngine::Start { .. } | ToEngine::Canary { .. } | ToEngine::Door { .. } | ToEngine::Drain => {}
            #[cfg(kiavi_bench_direct_accept)]
            ToEngine::Listener { .. } => {}
        }
        Ok(())
    }

    /// Whether one more connection can be taken.
    fn has_room(&self) -> bool {
        self.connections.len() < MAX_CONNECTIONS
    }

    fn serve(&mut self, connection: HandedOver) {
        let HandedOver { peer, .. } = connection;
        // A reverse proxy brings everybody's.
        let is_proxy = self.engine.state().settings.trusted_proxies.contains(peer.ip());
        let place = self.networks.enter(peer.ip()).filter(|_| !is_proxy);
        if place.is_none() && !is_proxy {
            return self.turn_away(connection);
        }
        let served = self.ways.clone().serve(connection, self.drain.1.clone());
        self.connections.spawn(async move {
            let _place = place;
            until_end(served).await;
        });
    }

    /// Tells who comes in plain that there are too many of them. By TLS that would cost a handshake, so it is closed.
    fn turn_away(&mut self, connection: HandedOver) {
        let HandedOver { peer, kind, sequence, stream } = connection;
        if kind != ListenerKind::Tls {
            let info = ConnectionInfo { peer, sequence };
            let served = serve_connection(stream, info, self.crowded.clone(), self.drain.1.clone());
            self.connections.spawn(until_end(served));
        }
    }

    /// Serves a connection of the management door: the same router, and every request knows its operator.
    fn serve_operator(&mut self, operator: String, stream: Fd) -> Result<(), ProcessError> {
        let stream = std::os::unix::net::UnixStream::from(stream.into_owned()?);
        stream.set_nonblocking(true)?;
        let stream = UnixStream::from_std(stream)?;
        let info = ConnectionInfo { peer: OPERATOR_PEER, sequence: 0 };
        let router = self.ways.router().clone().layer(Extension(Operator(operator.into())));
        let served = serve_connection(stream, info, router, self.drain.1.clone());
        self.connections.spawn(until_end(served));
        Ok(())
    }

    /// Tells the launcher what was answered. When its queue is full, these counts are lost: nobody waits for them.
    fn report(&self, to_launcher: &Sender<FromEngine>) {
        let counts = self.engine.state().access.take_counts();
        if !counts.is_empty() {
            let _ = to_launcher.try_send(&FromEngine::Report(EngineReport::new(&counts)));
        }
        if let Some(report) = self.engine.streams() {
            let _ = to_launcher.try_send(&FromEngine::Streams(report));
        }
    }

    /// How long until it is needed, whether or not anybody asks for it.
    fn next_due(&self) -> Option<Duration> {
        self.engine.next_due().filter(|_| self.work == Work::All)
    }

    /// Closes idle database connections; `true` when the process has been idle for long enough to end, and will not be
    /// needed for as long again.
    fn look_for_idleness(&mut self) -> bool {
        let state = self.engine.state();
        state.database.close_idle(DATABASE_IDLE);
        state.api_keys.database.close_idle(DATABASE_IDLE);
        let database = state.database.clone();
        tokio::spawn(async move {
            // A process that is being replaced has the lock until it ends. What fails now is tried again.
            let _ = database.seek_writer_lock().await;
        });
        let (now, total) = (Instant::now(), self.engine.busy().total());
        if total != self.seen.0 || self.engine.busy().count() > 0 {
            (self.seen, self.is_released) = ((total, now), false);
        }
        let rested = now.duration_since(self.seen.1);
        if rested >= REST_BEFORE_RELEASE && !self.is_released {
            (self.rest.release_free_memory)();
            self.is_released = true;
        }
        let is_needed = |idle| self.next_due().is_some_and(|due| due <= idle);
        self.rest.end.is_some_and(|idle| rested >= idle && !is_needed(idle))
    }

    /// Takes what already lies in the door, ends each connection after the request it is on, and then the mails that
    /// are under way.
    async fn finish(
        &mut self,
        mut door: Option<Acceptor>,
        outbox: &mut Outbox,
        launcher: &mut Receiver<ToEngine>,
        to_launcher: &Sender<FromEngine>,
    ) -> Result<(), ProcessError> {
        door.iter().for_each(Acceptor::stop);
        self.drain.0.start();
        self.engine.close_live_views();
        let (mut end_of_mail, mut is_mail_done) = (None, false);
        while door.is_some() || !self.connections.is_empty() || !is_mail_done {
            if end_of_mail.is_none() && door.is_none() && self.connections.is_empty() {
                outbox.stop.start();
                end_of_mail = Some(Instant::now() + MAIL_DRAIN_LIMIT);
            }
            tokio::select! {
                accepted = accept(&mut door), if self.has_room() => match accepted? {
                    Some(connection) => self.serve(connection),
                    None => door = None,
                },
                message = launcher.receive() => match message? {
                    Some(message) => self.told(message, to_launcher).await?,
                    None => return Ok(()),
                },
                Some(_) = self.connections.join_next(), if !self.connections.is_empty() => {}
                _ = &mut outbox.relay, if end_of_mail.is_some() && !is_mail_done => is_mail_done = true,
                () = until(end_of_mail), if !is_mail_done => is_mail_done = true,
            }
        }
        Ok(())
    }
}

/// The answer to a network that has as many connections as it may.
async fn crowded() -> Response {
    let message = "This network has too many connections. Close some, and try again.";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = error_response(status, Some("TOO_MANY_CONNECTIONS"), message, None);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    set_api_headers(response.headers_mut(), false);
    response
}

/// Tells the launcher that events were written, so that they are sealed: once a second at most.
async fn tell_of_events(engine: Engine, launcher: Sender<FromEngine>) {
    let state = engine.state();
    loop {
        tokio::select! {
            () = state.log.written.wait() => {}
            words = state.database.words_of_others() => {
                audit::hear(state, &words);
                continue;
            }
        }
        if launcher.send(&FromEngine::Logged).await.is_err() {
            return;
        }
        sleep(HINT_INTERVAL).await;
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn until_end(served: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = served.await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended badly");
    }
}

/// The task that delivers mail, and how it is told to take no more in hand.
struct Outbox {
    relay: JoinHandle<()>,
    stop: DrainTrigger,
}
