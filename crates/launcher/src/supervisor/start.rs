//! Starting things.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::time::Duration;

use kiavi_base::{Hostname, TenantId};
use kiavi_ipc::control::ToControl;
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::gateway::{Destination, ToGateway};
use kiavi_ipc::outbound::ToOutbound;
use kiavi_ipc::{Channel, Fd, SealedDocument};
use kiavi_localpg::{CONTROL_UID, Cluster, ClusterConfig, GATEWAY_UID, OUTBOUND_UID};
use kiavi_sandbox::Isolation;
use kiavi_sandbox::cgroup::Cgroups;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Event, LauncherError, Retry, Said, Supervisor};
use crate::backoff::Failure;
use crate::child::{Process, Program, spawn};
use crate::config::{LauncherConfig, MailConfig};
use crate::engines::{Engine, Engines, Management, Start};
use crate::folder::Folder;
use crate::groups::Groups;
use crate::services::Service;

/// The name of the host that control serves, in development.
const CONSOLE_HOST: &str = "console.localhost";

/// The name of the host that shows the development mailbox.
const MAILBOX_HOST: &str = "mail.localhost";

impl Supervisor {
    /// Brings up everything that every instance has.
    pub(super) async fn start(
        config: LauncherConfig,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, LauncherError> {
        let folder = Folder::open(&config.data)?;
        let (listeners, port) = listen(config.port)?;
        let control_socket = folder.control_socket()?;
        let cluster = start_cluster(&folder, config.isolation).await?;
        let mut supervisor = Self {
            port,
            folder,
            cluster: Some(cluster),
            postgres: Service::default(),
            listeners,
            control_socket,
            events,
            last_process: 0,
            gateway: Service::default(),
            control: Service::default(),
            outbound: Service::default(),
            engines: Engines::default(),
            groups: control_groups(config.isolation)?,
            announced: false,
            stopping: false,
            config,
        };
        supervisor.try_start_outbound()?;
        supervisor.try_start_control()?;
        supervisor.try_start_gateway()?;
        Ok(supervisor)
    }

    pub(super) fn start_gateway(&mut self) {
        let started = self.try_start_gateway();
        self.or_retry(started, Retry::Gateway);
    }

    pub(super) fn start_control(&mut self) {
        let started = self.try_start_control();
        self.or_retry(started, Retry::Control);
    }

    pub(super) fn start_outbound(&mut self) {
        let started = self.try_start_outbound();
        self.or_retry(started, Retry::Outbound);
    }

    fn or_retry(&self, started: Result<(), LauncherError>, retry: Retry) {
        if let Err(error) = started {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot start a process");
            self.later(Duration::from_secs(1), retry);
        }
    }

    fn program(&self, role: &'static str, uid: u32) -> Program {
        Program {
            role,
            label: role.to_owned(),
            isolation: self.config.isolation,
            uid,
            log: self.config.log.clone(),
            folder: None,
        }
    }

    fn try_start_gateway(&mut self) -> Result<(), LauncherError> {
        let id = self.next_process();
        let program = self.program("gateway", GATEWAY_UID);
        let process: Process<ToGateway> =
            spawn(&program, id, &self.events, Said::Gateway).map_err(cannot("gateway"))?;
        for listener in &self.listeners {
            process.tell(ToGateway::Listener { socket: listener.try_clone()?.into() });
        }
        for (hostname, destination) in self.fixed_routes() {
            process.tell(ToGateway::Route { hostname, destination });
        }
        for (id, tenant) in &self.engines.tenants {
            for hostname in tenant.hostnames.iter().cloned() {
                process.tell(ToGateway::Route { hostname, destination: Destination::Tenant(id.clone()) });
            }
        }
        self.gateway.process = Some(process);
        Ok(())
    }

    /// The routes that no tenant can have.
    pub(super) fn fixed_routes(&self) -> Vec<(Hostname, Destination)> {
        let mailbox =
            matches!(self.config.mail, MailConfig::Mailbox).then_some((MAILBOX_HOST, Destination::Mailbox));
        [Some((CONSOLE_HOST, Destination::Console)), mailbox]
            .into_iter()
            .flatten()
            .filter_map(|(name, destination)| Some((name.parse().ok()?, destination)))
            .collect()
    }

    fn try_start_control(&mut self) -> Result<(), LauncherError> {
        let id = self.next_process();
        let mut program = self.program("control", CONTROL_UID);
        let owner = (self.config.isolation == Isolation::Full).then_some(CONTROL_UID);
        program.folder = Some(self.folder.private("vault", owner)?);
        let sender_domains = match &self.config.mail {
            MailConfig::Mailbox => &[][..],
            MailConfig::Smtp { sender_domains, .. } => sender_domains,
        };
        let configuration = serde_json::json!({
            "port": self.port,
            "create_command": self.config.create_command,
            "sender_domains": sender_domains,
        });
        let document = sealed(&configuration)?;
        let local = self.control_socket.try_clone()?.into();
        let process: Process<ToControl> =
            spawn(&program, id, &self.events, Said::Control).map_err(cannot("control"))?;
        process.tell(ToControl::Start { document, local });
        self.control.process = Some(process);
        Ok(())
    }

    fn try_start_outbound(&mut self) -> Result<(), LauncherError> {
        let id = self.next_process();
        let program = self.program("outbound", OUTBOUND_UID);
        let mail = match &self.config.mail {
            MailConfig::Mailbox => serde_json::json!("mailbox"),
            MailConfig::Smtp { url, sender_domains } => {
                serde_json::json!({ "smtp": { "url": url, "sender_domains": sender_domains } })
            }
        };
        let configuration = serde_json::json!({ "mail": mail, "private_egress": self.config.private_egress });
        let document = sealed(&configuration)?;
        let process: Process<ToOutbound> =
            spawn(&program, id, &self.events, Said::Outbound).map_err(cannot("outbound"))?;
        process.tell(ToOutbound::Start { document });
        // Engines that ran with the process before this one.
        for engine in self.engines.processes.values() {
            let Some(tenant) = self.engines.tenants.get(&engine.tenant) else { continue };
            let (theirs, ours) = Channel::pair()?;
            let (tenant_id, route) = (engine.tenant.clone(), tenant.mail.fd());
            process.tell(ToOutbound::MailDoor { tenant: tenant_id, route, door: fd(ours) });
            engine.process.tell(ToEngine::Mail { door: fd(theirs) });
            let (theirs, ours) = Channel::pair()?;
            let (tenant, allowed) = (engine.tenant.clone(), tenant.egress.clone());
            process.tell(ToOutbound::EgressDoor { tenant, allowed, door: fd(ours) });
            engine.process.tell(ToEngine::Egress { door: fd(theirs) });
        }
        self.outbound.process = Some(process);
        Ok(())
    }

    /// A connection waits for the tenant's engine: gives the gateway a door to it, now or soon.
    pub(super) fn need_engine(&mut self, tenant: &TenantId) {
        let destination = Destination::Tenant(tenant.clone());
        let now = Instant::now();
        let opened = match self.engines.start(tenant, now) {
            _ if self.stopping => Ok(false),
            Start::Running(process) => self.open_door(process, destination.clone()),
            Start::Now => self.start_engine(tenant, destination.clone()),
            Start::At(at) => return self.later(at - now, Retry::Engine(tenant.clone())),
            Start::Never => Ok(false),
        };
        let unavailable = opened.inspect_err(|error| {
            tracing::error!(%tenant, error = error as &dyn std::error::Error, "cannot start an engine");
            if let Some(tenant) = self.engines.tenants.get_mut(tenant) {
                tenant.backoff.failed(Failure::Crash, now);
            }
        });
        if !unavailable.unwrap_or(false) {
            self.gateway.tell(ToGateway::Unavailable { destination });
        }
    }

    /// Hands a management connection to the tenant's engine, which is started if it sleeps. `false` when there is
    /// no such tenant, or its engine cannot be had now: control tells its caller to come back.
    pub(super) fn open_management(&mut self, tenant: &TenantId, management: &Management) -> bool {
        if self.stopping {
            return false;
        }
        if let Start::Now = self.engines.start(tenant, Instant::now()) {
            self.start_unasked(tenant);
        }
        let current = self.engines.tenants.get(tenant).and_then(|tenant| tenant.current);
        let engine = current.and_then(|process| self.engines.processes.get_mut(&process));
        engine.is_some_and(|engine| engine.give(management))
    }

    /// Starts an engine that no client waits for. The gateway has its door all the same.
    fn start_unasked(&mut self, tenant: &TenantId) {
        let started = self.start_engine(tenant, Destination::Tenant(tenant.clone()));
        if let Err(error) = started {
            tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot start an engine");
            if let Some(tenant) = self.engines.tenants.get_mut(tenant) {
                tenant.backoff.failed(Failure::Crash, Instant::now());
            }
        }
    }

    fn open_door(
        &self,
        process: crate::child::ProcessId,
        destination: Destination,
    ) -> Result<bool, LauncherError> {
        let Some(engine) = self.engines.processes.get(&process) else { return Ok(false) };
        let (theirs, ours) = Channel::pair()?;
        engine.process.tell(ToEngine::Door { door: fd(theirs) });
        Ok(self.gateway.tell(ToGateway::Door { destination, door: fd(ours) }))
    }

    fn start_engine(&mut self, id: &TenantId, destination: Destination) -> Result<bool, LauncherError> {
        let process = self.next_process();
        let Some(tenant) = self.engines.tenants.get(id) else { return Ok(false) };
        let uid = tenant.uid;
        let mut program = self.program("engine", uid);
        program.label = format!("engine {id}");
        let (door, gateway_door) = Channel::pair()?;
        let (mail, outbound_mail) = Channel::pair()?;
        let (egress, outbound_egress) = Channel::pair()?;
        let child: Process<ToEngine> =
            spawn(&program, process, &self.events, Said::Engine).map_err(cannot("engine"))?;
        if let Some(groups) = &self.groups {
            groups.confine(id, child.pid);
        }
        child.tell(ToEngine::Start {
            tenant: id.clone(),
            document: tenant.document.fd(),
            door: fd(door),
            mail: fd(mail),
            egress: fd(egress),
            idle_seconds: self.config.engine_idle.map(|idle| idle.as_secs().clamp(1, u32::MAX.into()) as u32),
        });
        let route = tenant.mail.fd();
        self.outbound.tell(ToOutbound::MailDoor { tenant: id.clone(), route, door: fd(outbound_mail) });
        let allowed = tenant.egress.clone();
        let door = fd(outbound_egress);
        self.outbound.tell(ToOutbound::EgressDoor { tenant: id.clone(), allowed, door });
        // Connections may queue in the door before the engine is up.
        let told = self.gateway.tell(ToGateway::Door { destination, door: fd(gateway_door) });
        self.engines.processes.insert(process, Engine::new(id.clone(), uid, child));
        if let Some(tenant) = self.engines.tenants.get_mut(id) {
            tenant.current = Some(process);
        }
        Ok(told)
    }

    pub(super) fn postgres_ended(&mut self) {
        self.cluster = None;
        let delay = self.postgres.ended(Failure::Crash, Instant::now());
        self.later(delay.unwrap_or_default(), Retry::Postgres);
    }

    pub(super) async fn start_postgres(&mut self) {
        match start_cluster(&self.folder, self.config.isolation).await {
            Ok(cluster) => self.cluster = Some(cluster),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot start PostgreSQL");
                self.postgres_ended();
            }
        }
    }
}

/// The machine's control groups, for root only.
fn control_groups(isolation: Isolation) -> std::io::Result<Option<Groups>> {
    if isolation == Isolation::Rootless {
        return Ok(None);
    }
    match Cgroups::prepare() {
        Cgroups::Absent { reason } => {
            tracing::warn!(reason, "no control groups: engines are held by their own limits only");
            Ok(None)
        }
        groups => Groups::start(groups).map(Some),
    }
}

async fn start_cluster(folder: &Folder, isolation: Isolation) -> Result<Cluster, LauncherError> {
    let program = std::env::current_exe()?;
    Ok(Cluster::start(ClusterConfig::new(folder.path(), isolation == Isolation::Full, program)).await?)
}

fn cannot(role: &'static str) -> impl FnOnce(std::io::Error) -> LauncherError {
    move |source| LauncherError::Spawn { role, source }
}

pub(super) fn fd(channel: Channel) -> Fd {
    Fd::from(channel)
}

fn sealed(configuration: &serde_json::Value) -> Result<Fd, LauncherError> {
    let document =
        SealedDocument::seal(configuration.to_string().as_bytes()).map_err(std::io::Error::other)?;
    Ok(document.fd())
}

/// Listens on the loopback addresses: IPv4, and IPv6 where there is one.
fn listen(port: u16) -> Result<(Vec<OwnedFd>, u16), LauncherError> {
    let error = |source| LauncherError::Listen { port, source };
    let v4 = bind((Ipv4Addr::LOCALHOST, port).into()).map_err(error)?;
    let port = v4.local_addr().map_err(error)?.port();
    let mut listeners = vec![OwnedFd::from(v4)];
    match bind((Ipv6Addr::LOCALHOST, port).into()) {
        Ok(v6) => listeners.push(v6.into()),
        Err(error) => tracing::info!(%error, "not listening on IPv6"),
    }
    Ok((listeners, port))
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    // The standard library sets SO_REUSEADDR, so that a restart does not wait for old connections.
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
