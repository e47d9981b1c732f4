//! Control's process.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use kiavi_base::{Hostname, InvalidName, Slug, SystemClock, TenantId};
use kiavi_control::monitor::Monitored;
use kiavi_control::{
    CONSOLE_SLUG, CallerKind, Control, ControlError, ControlParts, DatabaseServer, DemoMade, DemoOrder,
    OwnHost, ProofDoor, Router, ServerError, Tenant,
};
use kiavi_crypto::{SystemRng, TicketKeys};
use kiavi_egress::Outlet;
use kiavi_http::{
    AccessLog, ConnectionInfo, Edge, SecurityContact, drain, on_hosts, serve_connection, with_security_txt,
};
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::door::{Acceptor, HandedOver};
use kiavi_ipc::survey::FailureKind;
use kiavi_ipc::{Endpoint, Fd, IpcError, Receiver, SealedDocument, Sender, receive_blocking};
use kiavi_launcher::Names;
use kiavi_localpg::CONTROL_DATABASE;
use kiavi_sandbox::Profile;
use kiavi_tls::{TlsServer, Ways};
use kiavi_vault::{Cached, Opened, Opening, Vault};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::certificate_authority::CertificateAuthority;

use super::privileged::{Launcher, Platform};
use super::schema::EngineSchema;
use super::{
    RoleArgs, RoleError, access_log, begin, control_channel, lock_down, open_folder, runtime, seal, secured,
    security,
};

/// The tenant that every development instance has.
const DEMO: &str = "demo";

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

/// What the launcher says at the start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    names: Names,
    is_development: bool,
    demo_data: Option<DemoOrder>,
    edge: Edge,
    create_command: String,
    sender_domains: Vec<String>,
    monitor_token: Option<String>,
    spares: u16,
    deletion_grace_seconds: u64,
    /// What this instance is called where others may meet it.
    instance: String,
    /// Who makes certificates, if anybody does.
    certificates: Option<CertificateAuthority>,
    /// Who control is on a database server on a network.
    postgres: Option<RemotePostgres>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemotePostgres {
    role: String,
    #[serde(deserialize_with = "secret")]
    password: SecretString,
    database: String,
}

fn secret<'de, D: Deserializer<'de>>(text: D) -> Result<SecretString, D::Error> {
    String::deserialize(text).map(SecretString::from)
}

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let locked = lock_down(args, Profile::Control { data: open_folder(args)? })?;
    let data = locked.data_dir().ok_or(RoleError::NoFolder)?.to_owned();
    let channel = control_channel()?;
    let ToControl::Start { document, local, monitor, vault, database } = receive_blocking(&channel)? else {
        return Err(RoleError::FirstMessage);
    };
    let document = SealedDocument::accept(document).and_then(SealedDocument::read);
    let document = document.map_err(|error| RoleError::Document(error.into()))?;
    let outlet = Arc::new(Outlet::default());
    let vault = open_vault(vault, &data, &outlet).map_err(RoleError::Document)?;
    let configuration: Configuration =
        serde_json::from_slice(&document).map_err(|error| RoleError::Document(error.into()))?;
    runtime()?.block_on(async {
        let (to_launcher, from_launcher) = Endpoint::<FromControl, ToControl>::new(channel)?.split();
        let local = local_listener(local)?;
        let sender_domains = sender_domains(&configuration)?;
        let monitor = monitor.map(monitor_listener).transpose()?;
        let names = &configuration.names;
        let platform = Platform {
            sender_domains,
            edge: configuration.edge.clone(),
            tls_port: names.tls_port.filter(|_| !names.is_secure),
        };
        let tls = Arc::new(tls(configuration.certificates.is_some()));
        let password = configuration.postgres.as_ref().map(|postgres| postgres.password.clone());
        let secured = secured(database, password)?;
        let launcher = Launcher::new(to_launcher.clone(), platform.clone(), secured, tls.clone());
        let access = access_log(args);
        seal(locked)?;
        let Opened { vault, cached } = vault;
        if let Some(cached) = cached {
            tokio::spawn(refresh(cached));
        }
        let proofs = Arc::new(ProofDoor::default());
        let exits = Exits { outlet: outlet.clone(), proofs: proofs.clone() };
        let parts = parts(&launcher, vault, exits, &configuration, platform, access.clone())?;
        let monitored = Monitored {
            control: OnceLock::new(),
            processes: Arc::new(launcher.clone()),
            token: configuration.monitor_token.map(SecretString::from),
        };
        let announcement = Announcement {
            names: configuration.names,
            is_development: configuration.is_development,
            demo_data: configuration.demo_data,
        };
        let doors = Doors { console: None, local, monitor };
        let closes_connections = args.close_connections;
        let server = Server {
            launcher,
            to_launcher,
            outlet,
            proofs,
            announcement,
            closes_connections,
            tls,
            security: security(args),
            access,
            monitored: Arc::new(monitored),
        };
        server.run(parts, from_launcher, doors).await
    })
}

fn open_vault(
    document: Fd,
    folder: &Path,
    outlet: &Arc<Outlet>,
) -> Result<Opened, Box<dyn std::error::Error + Send + Sync>> {
    let opening = Opening::from_bytes(&SealedDocument::accept(document)?.read()?)?;
    Ok(opening.open(folder, outlet.clone(), Arc::new(SystemClock), Arc::new(SystemRng))?)
}

/// Has what is kept of the secret store confirmed, so that it is there when the store is not.
async fn refresh(cached: Arc<Cached>) {
    loop {
        tokio::time::sleep(cached.refresh_interval()).await;
        if let Err(error) = cached.refresh().await {
            tracing::warn!(error = crate::log::chain(&error), "kept secrets could not be confirmed");
        }
    }
}

fn local_listener(local: Fd) -> std::io::Result<UnixListener> {
    let listener = std::os::unix::net::UnixListener::from(local.into_owned()?);
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

fn monitor_listener(monitor: Fd) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::from(monitor.into_owned()?);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// The domains that the platform's mail server sends for.
fn sender_domains(configuration: &Configuration) -> Result<Vec<Hostname>, RoleError> {
    let domains: Result<_, _> = configuration.sender_domains.iter().map(|domain| domain.parse()).collect();
    domains.map_err(|error: InvalidName| RoleError::Document(error.into()))
}

/// The ways out.
struct Exits {
    outlet: Arc<Outlet>,
    proofs: Arc<ProofDoor>,
}

fn parts(
    launcher: &Launcher,
    vault: Arc<dyn Vault>,
    exits: Exits,
    configuration: &Configuration,
    platform: Platform,
    access: Arc<AccessLog>,
) -> Result<ControlParts, RoleError> {
    let names = configuration.names.clone();
    let connect = Arc::new(launcher.clone());
    let server = match &configuration.postgres {
        Some(RemotePostgres { role, database, .. }) => {
            DatabaseServer::remote(connect, role, database, &configuration.instance)
        }
        None => DatabaseServer::private(connect, CONTROL_DATABASE),
    };
    let database = server.own();
    let issuer = configuration.certificates.as_ref().map(|authority| {
        authority.issuer(&names.domain, vault.clone(), database.clone(), exits.outlet.clone())
    });
    let issuer = issuer.transpose().map_err(|error| RoleError::Document(error.into()))?;
    let mailbox = configuration.is_development.then(|| (OwnHost::Mailbox, names.mailbox.clone()));
    Ok(ControlParts {
        database,
        server,
        vault,
        issuer,
        own_hosts: std::iter::once((OwnHost::Console, names.console.clone())).chain(mailbox).collect(),
        proofs: exits.proofs,
        privileged: Arc::new(launcher.clone()),
        schema: Arc::new(EngineSchema { sender_domains: platform.sender_domains }),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        edge: platform.edge,
        domain: names.domain.to_string(),
        console_origin: names.url(&names.console),
        console_tls_origin: names.tls_url(&names.console),
        base_url_for: Arc::new(move |slug: &Slug| match slug.as_str() {
            // Its name is the console's, whose host is another.
            CONSOLE_SLUG => names.url(&names.sign_in),
            _ => names.tenant_url(slug),
        }),
        access,
        create_command: configuration.create_command.clone(),
        is_development: configuration.is_development,
        spares: configuration.spares,
        deletion_grace: std::time::Duration::from_secs(configuration.deletion_grace_seconds),
    })
}

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
struct Doors {
    console: Option<Acceptor>,
    local: UnixListener,
    monitor: Option<TcpListener>,
}

struct Server {
    launcher: Launcher,
    to_launcher: Sender<FromControl>,
    outlet: Arc<Outlet>,
    proofs: Arc<ProofDoor>,
    announcement: Announcement,
    access: Arc<AccessLog>,
    closes_connections: bool,
    tls: Arc<TlsServer>,
    security: SecurityContact,
    monitored: Arc<Monitored>,
}

/// The console's. Its certificate, where it is to have one, is announced once the database is open.
fn tls(is_expecting: bool) -> TlsServer {
    let keys = TicketKeys::random(&SystemRng);
    let made = if is_expecting { TlsServer::expecting } else { TlsServer::new };
    made(keys, Arc::new(SystemClock), Arc::new(SystemRng))
}

impl Server {
    async fn run(
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

/// What the launcher is told once the instance is ready.
struct Announcement {
    names: Names,
    is_development: bool,
    demo_data: Option<DemoOrder>,
}

/// Opens the control plane and, in development, makes the demo tenant; tells the launcher how the instance is reached.
async fn open(
    parts: ControlParts,
    to_launcher: Sender<FromControl>,
    announcement: Announcement,
) -> Result<Control, RoleError> {
    let control = match Control::open(parts).await {
        Err(ControlError::Server(ServerError::InUse(reason))) => {
            // Who stands in the way stays there: the launcher ends an instance that was not usable yet.
            to_launcher.send(&FromControl::InUse { reason: reason.clone() }).await?;
            return Err(failed(ServerError::InUse(reason).into()));
        }
        opened => opened.map_err(failed)?,
    };
    let claim = control.clone();
    tokio::spawn(async move { claim.keep_claim().await });
    let reconciler = control.clone();
    tokio::spawn(async move { reconciler.run_reconciler().await });
    let watch = control.clone();
    tokio::spawn(async move { watch.end_overdue_sessions().await });
    let checks = control.clone();
    tokio::spawn(async move { checks.run_domain_checks().await });
    let certificates = control.clone();
    tokio::spawn(async move { certificates.run_certificates().await });
    let announced = control.clone();
    tokio::spawn(async move {
        if let Err(error) = announce(&announced, &to_launcher, &announcement).await {
            tracing::error!("{}", crate::log::chain(&error));
        }
    });
    Ok(control)
}

fn failed(error: kiavi_control::ControlError) -> RoleError {
    RoleError::Serve(error.into())
}

/// Made-up people are no reason not to be ready.
async fn populate(control: &Control, demo: &Tenant, order: DemoOrder) {
    tracing::info!(
        "making up {} people for the tenant {DEMO}, with ninety days of what they did",
        order.people
    );
    match control.populate(demo, order).await {
        Ok(DemoMade::Now { people, events }) => {
            tracing::info!("the tenant {DEMO} has {people} made-up people and {events} events");
        }
        Ok(DemoMade::Before) => tracing::info!("the tenant {DEMO} has its made-up people already"),
        Ok(DemoMade::Refused(users)) => tracing::warn!(
            "the tenant {DEMO} has {users} users of its own, so nobody is made up: --demo-force adds them all the same"
        ),
        Err(error) => tracing::error!(error = crate::log::chain(&*error), "nobody could be made up"),
    }
}

async fn announce(
    control: &Control,
    to_launcher: &Sender<FromControl>,
    announcement: &Announcement,
) -> Result<(), RoleError> {
    let names = &announcement.names;
    let mut ready = serde_json::json!({ "console_url": names.url(&names.console) });
    control.ensure_console().await.map_err(failed)?;
    if let Some(link) = control.renew_owner_link().await.map_err(failed)? {
        ready["first_owner_url"] = link.expose_secret().into();
    }
    if announcement.is_development {
        let demo = control.ensure_tenant(DEMO).await.map_err(failed)?;
        if let Some(order) = announcement.demo_data {
            populate(control, &demo, order).await;
        }
        let key = control.ensure_management_key().await.map_err(failed)?;
        let tenants: Vec<_> = control
            .tenants()
            .await
            .map_err(failed)?
            .iter()
            .map(|tenant| {
                let url = control.url_of(tenant);
                let mut told =
                    serde_json::json!({ "slug": tenant.slug.as_str(), "url": url, "id": tenant.id.as_str() });
                if let Some(url) = names.tls_url(format_args!("{}.{}", tenant.slug, names.domain)) {
                    told["tls_url"] = url.into();
                }
                told
            })
            .collect();
        if let Some(url) = names.tls_url(&names.console) {
            ready["console_tls_url"] = url.into();
        }
        if let Some(root) = control.local_root().await.map_err(failed)? {
            ready["local_ca"] = root.into();
        }
        ready["mail_url"] = names.url(&names.mailbox).into();
        ready["tenants"] = tenants.into();
        ready["management_key"] = key.expose_secret().into();
    } else if let Some(key) = control.first_management_key().await.map_err(failed)? {
        ready["management_key"] = key.expose_secret().into();
    }
    let document = SealedDocument::seal(ready.to_string().as_bytes())
        .map_err(|error| RoleError::Document(error.into()))?;
    Ok(to_launcher.send(&FromControl::Ready { document: document.fd() }).await?)
}
