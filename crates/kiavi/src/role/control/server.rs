//! What control does for as long as it runs: serve who comes, hear the launcher.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use kiavi_base::{SystemClock, TenantId};
use kiavi_control::monitor::Monitored;
use kiavi_control::{CallerKind, Control, ControlParts, ProofDoor, Router};
use kiavi_egress::Outlet;
use kiavi_http::{
    AccessLog, ConnectionInfo, SecurityContact, drain, on_hosts, serve_connection, with_security_txt,
};
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::door::{Acceptor, HandedOver};
use kiavi_ipc::survey::FailureKind;
use kiavi_ipc::{Fd, IpcError, Receiver, Sender};
use kiavi_launcher::Names;
use kiavi_tls::{TlsServer, Ways};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::announcement::{Announcement, open};
use super::{Launcher, RoleError};

/// How long requests in flight may take once the process is to end.
const DRAIN_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// Connections of the console that are served at a time; more wait in the gateway. With the others fewer than this process
/// may have descriptors.
const MAX_CONSOLE: usize = 6_000;

/// Connections of the local socket, and of the monitor's, that are served at a time; more wait in the kernel.
const MAX_LOCAL: usize = 256;
const MAX_MONITORS: usize = 64;

/// Ends of engines that are kept while there is no control plane to write them down: more than there are in that time, however
/// many engines there are.
const MAX_FAILURES: usize = 1_024;

/// A pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Where connections of the local socket come from.
const HERE: ConnectionInfo =
    ConnectionInfo { peer: SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)), sequence: 0 };

/// What connections are served with, made once: a router with all of its descriptions is much work.
struct Routers {
    console: Ways,
    local: Router,
}

impl Routers {
    fn of(
        control: &Control,
        names: &Names,
        security: &SecurityContact,
        tls: Arc<TlsServer>,
        closes_connections: bool,
    ) -> Self {
        let host = names.console.clone();
        let is_console = move |asked: &str| host.as_str() == asked;
        let router = control.router(CallerKind::ConsoleHost);
        let router = with_security_txt(router, security, names.url(&names.console), Arc::new(SystemClock));
        let console = on_hosts(router, is_console.clone());
        Self {
            console: Ways::new(console, tls, is_console, closes_connections),
            local: control.router(CallerKind::LocalOperator),
        }
    }
}

/// Where requests come in.
pub(super) struct Doors {
    pub(super) console: Option<Acceptor>,
    pub(super) local: UnixListener,
    pub(super) monitor: Option<TcpListener>,
}

pub(super) struct Server {
    pub(super) launcher: Launcher,
    pub(super) to_launcher: Sender<FromControl>,
    pub(super) outlet: Arc<Outlet>,
    pub(super) proofs: Arc<ProofDoor>,
    pub(super) announcement: Announcement,
    pub(super) access: Arc<AccessLog>,
    pub(super) closes_connections: bool,
    pub(super) tls: Arc<TlsServer>,
    pub(super) security: SecurityContact,
    pub(super) monitored: Arc<Monitored>,
}

impl Server {
    pub(super) async fn run(
        self,
        parts: ControlParts,
        mut from_launcher: Receiver<ToControl>,
        mut doors: Doors,
    ) -> Result<(), RoleError> {
        let (trigger, drain) = drain();
        let (mut tasks, mut locals, mut monitors) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        let access = self.access.clone();
        tokio::spawn(async move { access.keep_writing().await });
        let names = self.announcement.names.clone();
        // Opening needs the database, which needs the launcher's answers below.
        let opening = tokio::spawn(open(parts, self.to_launcher.clone(), self.announcement));
        let mut opening = Some(opening);
        let (mut witnessing, mut failures) = (None, Vec::new());
        let monitor = kiavi_control::monitor::router(self.monitored.clone());
        let control = &self.monitored.control;
        let mut routers = None;
        loop {
            tokio::select! {
                message = from_launcher.receive() => match message? {
                    Some(ToControl::Database { request, stream }) => self.launcher.connected(request, stream),
                    Some(ToControl::Done { request, succeeded }) => self.launcher.done(request, succeeded),
                    Some(ToControl::Measured { request, document }) => self.launcher.measured(request, document),
                    Some(ToControl::Surveyed { request, document }) => self.launcher.surveyed(request, document),
                    Some(ToControl::Inspected { request, document }) => self.launcher.inspected(request, document),
                    Some(ToControl::Visiting { request, stream }) => self.launcher.visiting(request, stream),
                    Some(ToControl::Door { door: new }) => doors.console = Some(Acceptor::new(new)?),
                    Some(ToControl::Accounts { request, document }) => self.launcher.listed(request, document),
                    Some(ToControl::Egress { door }) => self.outlet.replace(door),
                    Some(ToControl::Proofs { door }) => self.proofs.replace(door)?,
                    Some(ToControl::Witness { door }) => {
                        witnessing = Some(door);
                        serve_witness(control.get(), &mut witnessing);
                    }
                    Some(ToControl::EngineFailed { tenant, reason }) => {
                        write_down(control.get(), &mut failures, Some((tenant, reason)));
                    }
                    Some(ToControl::Start { .. }) => {}
                    Some(ToControl::Drain) => break,
                    None => return Ok(()),
                },
                opened = joined(&mut opening) => {
                    let opened = opened?;
                    routers = Some(Routers::of(&opened, &names, &self.security, self.tls.clone(), self.closes_connections));
                    control.get_or_init(|| opened);
                    opening = None;
                    serve_witness(control.get(), &mut witnessing);
                    write_down(control.get(), &mut failures, None);
                }
                accepted = accept(&mut doors.console), if routers.is_some() && tasks.len() < MAX_CONSOLE => match (accepted?, &routers) {
                    (Some(connection), Some(routers)) => {
                        tasks.spawn(routers.console.clone().serve(connection, drain.clone()));
                    }
                    _ => doors.console = None,
                },
                stream = accept_local(&doors.local), if routers.is_some() && locals.len() < MAX_LOCAL => {
                    if let Some(routers) = &routers {
                        locals.spawn(serve_connection(stream, HERE, routers.local.clone(), drain.clone()));
                    }
                }
                (stream, peer) = accept_monitor(doors.monitor.as_ref()), if monitors.len() < MAX_MONITORS => {
                    let info = ConnectionInfo { peer, sequence: 0 };
                    monitors.spawn(serve_connection(stream, info, monitor.clone(), drain.clone()));
                }
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
                Some(_) = locals.join_next(), if !locals.is_empty() => {}
                Some(_) = monitors.join_next(), if !monitors.is_empty() => {}
            }
        }
        trigger.start();
        if let Some(control) = control.get() {
            control.end_waits();
        }
        let served = async {
            for tasks in [&mut tasks, &mut locals, &mut monitors] {
                while tasks.join_next().await.is_some() {}
            }
        };
        let _ = tokio::time::timeout(DRAIN_LIMIT, served).await;
        self.access.flush();
        Ok(())
    }
}

/// Answers the auditor at the door that it was given last, once there is a control plane.
fn serve_witness(control: Option<&Control>, door: &mut Option<Fd>) {
    let Some(control) = control.cloned() else { return };
    let Some(door) = door.take() else { return };
    tokio::spawn(async move {
        if let Err(error) = control.witness(door).await {
            tracing::error!(%error, "the auditor broke the witness's protocol");
        }
    });
}

/// Has the ends of engines written down, once there is a control plane.
fn write_down(
    control: Option<&Control>,
    failures: &mut Vec<(TenantId, FailureKind)>,
    new: Option<(TenantId, FailureKind)>,
) {
    if failures.len() < MAX_FAILURES {
        failures.extend(new);
    }
    let Some(control) = control.cloned().filter(|_| !failures.is_empty()) else { return };
    let failures = std::mem::take(failures);
    tokio::spawn(async move {
        for (tenant, reason) in failures {
            control.engine_failed(&tenant, reason).await;
        }
    });
}

async fn accept_local(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => not_accepted(&error).await,
        }
    }
}

async fn accept_monitor(listener: Option<&TcpListener>) -> (TcpStream, SocketAddr) {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => not_accepted(&error).await,
        }
    }
}

async fn not_accepted(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

async fn joined(
    opening: &mut Option<tokio::task::JoinHandle<Result<Control, RoleError>>>,
) -> Result<Control, RoleError> {
    match opening {
        Some(opening) => opening.await.map_err(|error| RoleError::Serve(error.into()))?,
        None => std::future::pending().await,
    }
}

async fn accept(door: &mut Option<Acceptor>) -> Result<Option<HandedOver>, IpcError> {
    match door {
        Some(door) => door.accept().await,
        None => std::future::pending().await,
    }
}
