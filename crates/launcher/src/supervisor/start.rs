//! Starting things.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::time::Duration;

use kiavi_base::{ExposeSecret, Hostname, TenantId};
use kiavi_ipc::control::ToControl;
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::gateway::{Destination, ToGateway};
use kiavi_ipc::outbound::ToOutbound;
use kiavi_ipc::{Channel, Fd, Phase, SealedDocument};
use kiavi_localpg::{CONTROL_UID, GATEWAY_UID, OUTBOUND_UID};
use kiavi_sandbox::Isolation;
use kiavi_sandbox::cgroup::Cgroups;
use rustix::system::uname;
use tokio::sync::watch;
use tokio::time::Instant;

use super::replace::Replaced;
use super::{LauncherError, Retry, Said, Supervisor};
use crate::backoff::{Failure, Next};
use crate::child::{Events, Process, ProcessId, Program, spawn};
use crate::config::{LauncherConfig, MailConfig, MonitorConfig, PostgresConfig, RemotePostgres};
use crate::databases::Databases;
use crate::engines::{Engine, Engines, Management, Start};
use crate::folder::Folder;
use crate::groups::Groups;
use crate::listen::listen;
use crate::meter::Meter;
use crate::services::Service;

/// Between two engines that are woken: a start opens a database connection, which stays for half a minute, and there are 500.
const WAKE_INTERVAL: Duration = Duration::from_millis(100);

/// How long an engine may take until it is ready. It takes milliseconds, unless the whole machine is busy.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// Ends of what control asks outbound at: control's first.
struct ControlDoors {
    proofs: (Channel, Channel),
    egress: Option<(Channel, Channel)>,
}

impl Supervisor {
    /// Brings up everything that every instance has.
    pub(super) async fn start(
        config: LauncherConfig,
        events: Events,
        freeze: watch::Sender<bool>,
    ) -> Result<Self, LauncherError> {
        let folder = Folder::open(&config.data)?;
        let (listeners, port) = listen(&config.listen)?;
        let mut config = config;
        if config.names.port == Some(0) {
            config.names.port = Some(port);
        }
        let monitor = listen_for_monitors(config.monitor.as_ref())?;
        let control_socket = folder.control_socket()?;
        // Before anything else is started: a group that hands out may have no process of its own (cgroups(7)).
        let groups = control_groups(&config)?;
        let databases = Databases::start(&folder, &config).await?;
        let mut supervisor = Self {
            folder,
            databases,
            listeners,
            control_socket,
            events,
            freeze,
            last_process: 0,
            gateway: Service::default(),
            control: Service::default(),
            outbound: Service::default(),
            auditor: Service::default(),
            logs: HashMap::new(),
            engines: Engines::default(),
            groups,
            replaced: Replaced::default(),
            meter: Meter::new(config.monitor.as_ref().is_some_and(|monitor| monitor.per_tenant)),
            monitor,
            next_wake: Instant::now(),
            announced: false,
            in_use: None,
            is_checking: false,
            stopping: false,
            config,
        };
        supervisor.try_start_outbound()?;
        supervisor.try_start_auditor()?;
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

    pub(super) fn or_retry(&self, started: Result<(), LauncherError>, retry: Retry) {
        if let Err(error) = started {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot start a process");
            self.later(Duration::from_secs(1), retry);
        }
    }

    pub(super) fn program(&self, role: &'static str, uid: u32) -> Program {
        Program {
            role,
            tenant: None,
            isolation: self.config.isolation,
            uid,
            log: self.config.log.clone(),
            closes_connections: self.config.closes_connections,
            folder: None,
        }
    }

    fn try_start_gateway(&mut self) -> Result<(), LauncherError> {
        let id = self.next_process();
        let program = self.program("gateway", GATEWAY_UID);
        let mut process: Process<ToGateway> =
            spawn(&program, id, &self.events, Said::Gateway).map_err(cannot("gateway"))?;
        for listener in &self.listeners {
            process.tell(ToGateway::Listener { socket: listener.try_clone()?.into() });
        }
        let tenants = self.engines.tenants.iter().flat_map(|(id, tenant)| {
            tenant.hostnames.iter().map(|name| (name.clone(), Destination::Tenant(id.clone())))
        });
        let suspended = self.engines.suspended.values().flatten();
        let suspended = suspended.map(|name| (name.clone(), Destination::Suspended));
        let routes = self.fixed_routes().into_iter().chain(tenants).chain(suspended);
        process.tell_first(routes.map(|(hostname, destination)| ToGateway::Route { hostname, destination }));
        self.gateway.process = Some(process);
        Ok(())
    }

    /// The routes that no tenant can have.
    pub(super) fn fixed_routes(&self) -> Vec<(Hostname, Destination)> {
        let names = &self.config.names;
        let mut routes = vec![(names.console.clone(), Destination::Console)];
        if matches!(self.config.mail, MailConfig::Mailbox) {
            routes.push((names.mailbox.clone(), Destination::Mailbox));
        }
        routes
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
        let postgres = match &self.config.postgres {
            PostgresConfig::Private(_) => serde_json::json!(null),
            PostgresConfig::Remote(RemotePostgres { role, password, database, .. }) => serde_json::json!({
                "role": role, "password": password.expose_secret(), "database": database,
            }),
        };
        let configuration = serde_json::json!({
            "names": self.config.names,
            "is_development": self.config.is_development,
            "demo_data": self.config.demo_data,
            "trusted_proxies": self.config.trusted_proxies,
            "create_command": self.config.create_command,
            "sender_domains": sender_domains,
            "monitor_token": self.config.monitor.as_ref().and_then(|monitor| monitor.token.as_ref()),
            "spares": self.config.spares,
            "deletion_grace_seconds": self.config.deletion_grace.as_secs(),
            "instance": format!("kiavi at {}:{}", uname().nodename().to_string_lossy(), self.folder.path().display()),
            "postgres": postgres,
        });
        let document = sealed(&configuration)?;
        let local = self.control_socket.try_clone()?.into();
        let monitor = self.monitor.as_ref().map(OwnedFd::try_clone).transpose()?.map(Fd::from);
        let (doors, witness) = (self.control_doors()?, Channel::pair()?);
        let process: Process<ToControl> =
            spawn(&program, id, &self.events, Said::Control).map_err(cannot("control"))?;
        let (vault, database) = (self.config.vault.document.fd(), self.databases.server());
        process.tell(ToControl::Start { document, local, monitor, vault, database });
        self.control.process = Some(process);
        self.open_witness_door(witness);
        self.open_control_doors(doors);
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
        let database = match &self.config.postgres {
            PostgresConfig::Private(_) => None,
            PostgresConfig::Remote(remote) => Some(remote.address.as_str()),
        };
        let configuration = serde_json::json!({
            "mail": mail, "private_egress": self.config.private_egress, "database": database,
            "name_servers": self.config.name_servers,
        });
        let document = sealed(&configuration)?;
        let doors = self.control_doors()?;
        let mut process: Process<ToOutbound> =
            spawn(&program, id, &self.events, Said::Outbound).map_err(cannot("outbound"))?;
        process.tell(ToOutbound::Start { document });
        // Engines that ran with the process before this one.
        for (id, engine) in &self.engines.processes {
            if self.replaced.has_engine(*id) {
                continue;
            }
            let Some(tenant) = self.engines.tenants.get(&engine.tenant) else { continue };
            let (theirs, ours) = Channel::pair()?;
            let (tenant_id, route) = (engine.tenant.clone(), tenant.mail.fd());
            process.tell_first([ToOutbound::MailDoor { tenant: tenant_id, route, door: fd(ours) }]);
            engine.process.tell(ToEngine::Mail { door: fd(theirs) });
            let (theirs, ours) = Channel::pair()?;
            let (tenant, allowed) = (engine.tenant.clone(), tenant.egress.clone());
            process.tell_first([ToOutbound::EgressDoor { tenant, allowed, door: fd(ours) }]);
            engine.process.tell(ToEngine::Egress { door: fd(theirs) });
        }
        self.outbound.process = Some(process);
        self.open_control_doors(doors);
        Ok(())
    }

    /// Control's ways to outbound: to the DNS, and to the servers that its configuration names, if it names any. Anew whenever
    /// it or outbound is.
    fn control_doors(&self) -> std::io::Result<ControlDoors> {
        let egress = self.config.vault.egress.as_ref().map(|_| Channel::pair()).transpose()?;
        Ok(ControlDoors { proofs: Channel::pair()?, egress })
    }

    fn open_control_doors(&self, doors: ControlDoors) {
        // Whichever of the two does not run gets its doors when it starts.
        let (theirs, ours) = doors.proofs;
        self.outbound.tell(ToOutbound::ProofDoor { door: fd(ours) });
        self.control.tell(ToControl::Proofs { door: fd(theirs) });
        if let (Some(allowed), Some((theirs, ours))) = (self.config.vault.egress.clone(), doors.egress) {
            self.outbound.tell(ToOutbound::ControlDoor { allowed, door: fd(ours) });
            self.control.tell(ToControl::Egress { door: fd(theirs) });
        }
    }

    /// A connection waits for the tenant's engine: gives the gateway a door to it, now or soon.
    pub(super) fn need_engine(&mut self, tenant: &TenantId, asker: Option<ProcessId>) {
        let destination = Destination::Tenant(tenant.clone());
        let now = Instant::now();
        let opened = match self.engines.start(tenant, now) {
            _ if self.stopping => Ok(false),
            Start::Running(process) => self.open_door(process, destination.clone(), asker),
            Start::Now => self.start_engine(tenant, destination.clone(), asker),
            Start::At(at) => {
                self.later(at - now, Retry::Engine(tenant.clone()));
                return;
            }
            Start::Never => Ok(false),
        };
        let unavailable = opened.inspect_err(|error| {
            tracing::error!(%tenant, error = error as &dyn std::error::Error, "cannot start an engine");
            if let Some(tenant) = self.engines.tenants.get_mut(tenant) {
                tenant.backoff.failed(Failure::Crash, now);
            }
        });
        if !unavailable.unwrap_or(false) {
            self.gateway_for(asker).tell(ToGateway::Unavailable { destination });
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

    /// Starts an engine that may owe something, unless it runs, when it is its turn.
    pub(super) fn wake(&mut self, tenant: TenantId) {
        if self.engines.start(&tenant, Instant::now()) != Start::Now {
            return;
        }
        let now = Instant::now();
        let at = self.next_wake.max(now);
        self.next_wake = at + WAKE_INTERVAL;
        self.later(at - now, Retry::WakeNow(tenant));
    }

    pub(super) fn wake_now(&mut self, tenant: &TenantId) {
        if self.engines.start(tenant, Instant::now()) == Start::Now {
            self.start_unasked(tenant);
        }
    }

    /// What an engine owed when it crashed is its successor's, whether or not anybody asks for one. One that never got
    /// ready is not tried again unasked.
    pub(super) fn wake_again(&self, ended: &Engine, now: Instant) {
        let Some(tenant) = self.engines.tenants.get(&ended.tenant) else { return };
        if ended.session.phase() != Phase::Starting
            && let Next::At(at) = tenant.backoff.next(now)
        {
            self.later(at.saturating_duration_since(now), Retry::Wake(ended.tenant.clone()));
        }
    }

    /// Starts an engine that no client waits for. The gateway has its door all the same.
    fn start_unasked(&mut self, tenant: &TenantId) {
        let started = self.start_engine(tenant, Destination::Tenant(tenant.clone()), None);
        if let Err(error) = started {
            tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot start an engine");
            if let Some(tenant) = self.engines.tenants.get_mut(tenant) {
                tenant.backoff.failed(Failure::Crash, Instant::now());
            }
        }
    }

    fn open_door(
        &self,
        process: ProcessId,
        destination: Destination,
        asker: Option<ProcessId>,
    ) -> Result<bool, LauncherError> {
        let Some(engine) = self.engines.processes.get(&process) else { return Ok(false) };
        let (theirs, ours) = Channel::pair()?;
        engine.process.tell(ToEngine::Door { door: fd(theirs) });
        Ok(self.gateway_for(asker).tell(ToGateway::Door { destination, door: fd(ours) }))
    }

    /// The gateway that asked; the one that listens, if that is unknown or gone.
    pub(super) fn gateway_for(&self, asker: Option<ProcessId>) -> &Service<ToGateway> {
        match asker {
            Some(asker) if self.replaced.gateway.is(asker) => &self.replaced.gateway,
            _ => &self.gateway,
        }
    }

    fn start_engine(
        &mut self,
        id: &TenantId,
        destination: Destination,
        asker: Option<ProcessId>,
    ) -> Result<bool, LauncherError> {
        let process = self.next_process();
        let Some(tenant) = self.engines.tenants.get(id) else { return Ok(false) };
        let uid = tenant.uid;
        let mut program = self.program("engine", uid);
        program.tenant = Some(id.clone());
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
            database: self.databases.server(),
            idle_seconds: self.config.engine_idle.map(|idle| idle.as_secs().clamp(1, u32::MAX.into()) as u32),
        });
        let route = tenant.mail.fd();
        self.outbound.tell(ToOutbound::MailDoor { tenant: id.clone(), route, door: fd(outbound_mail) });
        let allowed = tenant.egress.clone();
        let door = fd(outbound_egress);
        self.outbound.tell(ToOutbound::EgressDoor { tenant: id.clone(), allowed, door });
        // Connections may queue in the door before the engine is up.
        let told = self.gateway_for(asker).tell(ToGateway::Door { destination, door: fd(gateway_door) });
        self.meter.engines_started += 1;
        self.engines.processes.insert(process, Engine::new(id.clone(), uid, child));
        if let Some(tenant) = self.engines.tenants.get_mut(id) {
            tenant.current = Some(process);
        }
        self.later(START_DEADLINE, Retry::Unready(process));
        Ok(told)
    }

    /// Ends an engine that has had enough time to get ready, and is not. Its successor may be luckier.
    pub(super) fn kill_unready(&self, process: ProcessId) {
        let Some(engine) = self.engines.processes.get(&process) else { return };
        if engine.session.phase() == Phase::Starting {
            tracing::error!(tenant = %engine.tenant, "an engine does not get ready");
            engine.process.kill();
        }
    }

    pub(super) fn postgres_ended(&mut self) {
        if let Some(delay) = self.databases.failed() {
            self.later(delay, Retry::Postgres);
        }
    }

    pub(super) async fn start_postgres(&mut self) {
        if let Err(error) = self.databases.restart(&self.folder, &self.config).await {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot start PostgreSQL");
            self.postgres_ended();
        }
    }
}

pub(super) fn listen_for_monitors(monitor: Option<&MonitorConfig>) -> Result<Option<OwnedFd>, LauncherError> {
    let Some(monitor) = monitor else { return Ok(None) };
    let (mut listeners, _) = listen(&[monitor.listen])?;
    Ok(listeners.pop())
}

/// The machine's control groups, for root only.
pub(super) fn control_groups(config: &LauncherConfig) -> std::io::Result<Option<Groups>> {
    if config.isolation == Isolation::Rootless {
        return Ok(None);
    }
    match Cgroups::prepare() {
        Cgroups::Absent { reason } => {
            tracing::warn!(reason, "no control groups: engines are held by their own limits only");
            Ok(None)
        }
        groups => Groups::start(groups, config.engine_share).map(Some),
    }
}

pub(super) fn cannot(role: &'static str) -> impl FnOnce(std::io::Error) -> LauncherError {
    move |source| LauncherError::Spawn { role, source }
}

pub(super) fn fd(channel: Channel) -> Fd {
    Fd::from(channel)
}

pub(super) fn sealed(configuration: &serde_json::Value) -> Result<Fd, LauncherError> {
    let document =
        SealedDocument::seal(configuration.to_string().as_bytes()).map_err(std::io::Error::other)?;
    Ok(document.fd())
}
