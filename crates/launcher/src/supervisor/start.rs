//! Starting things.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{ExposeSecret, Hostname};
use kiavi_ipc::control::ToControl;
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::gateway::{Destination, ToGateway};
use kiavi_ipc::outbound::ToOutbound;
use kiavi_ipc::{Channel, Fd, SealedDocument};
use kiavi_localpg::{CONTROL_UID, GATEWAY_UID, OUTBOUND_UID};
use kiavi_sandbox::Isolation;
use kiavi_sandbox::cgroup::Cgroups;
use rustix::system::uname;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::announcement::Announcement;
use super::replace::Replaced;
use super::{LauncherError, Retry, Said, Supervisor};
use crate::child::{Events, Process, Program, spawn};
use crate::config::{LauncherConfig, MailConfig, MonitorConfig, PostgresConfig, RemotePostgres};
use crate::databases::Databases;
use crate::engines::Engines;
use crate::folder::Folder;
use crate::groups::{Groups, POSTGRES};
use crate::listen::{Listener, listen, listen_all};
use crate::meter::Meter;
use crate::services::Service;

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
        let mut config = config;
        let listeners = listen_all(&config.listen, &mut config.names)?;
        let monitor = listen_for_monitors(config.monitor.as_ref())?;
        let control_socket = folder.control_socket()?;
        // Before anything else is started: a group that hands out may have no process of its own (cgroups(7)).
        let groups = control_groups(&config, &folder)?;
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
            certificates: HashMap::new(),
            mailbox_certificates: None,
            engines: Engines::default(),
            groups,
            replaced: Replaced::default(),
            meter: Meter::new(config.monitor.as_ref().is_some_and(|monitor| monitor.per_tenant)),
            violators: BTreeSet::new(),
            inspections: Arc::new(Semaphore::new(1)),
            monitor,
            next_wake: Instant::now(),
            announcement: Announcement::resumed(false),
            is_routed: false,
            in_use: None,
            is_checking: false,
            stopping: false,
            config,
        };
        supervisor.weigh_postgres();
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
            data_bytes: None,
            security: self.config.security.clone(),
            folder: None,
        }
    }

    fn try_start_gateway(&mut self) -> Result<(), LauncherError> {
        let id = self.next_process();
        let program = self.program("gateway", GATEWAY_UID);
        let mut process: Process<ToGateway> =
            spawn(&program, id, &self.events, Said::Gateway).map_err(cannot("gateway"))?;
        self.weigh("gateway", &process);
        for listener in &self.listeners {
            let Listener { socket, kind, proxies } = listener;
            let (socket, proxies) = (socket.try_clone()?.into(), proxies.clone());
            process.tell(ToGateway::Listener { socket, kind: *kind, proxies });
        }
        let tenants = self.engines.tenants.iter().map(|(id, tenant)| (id, &tenant.hostnames));
        let expected = self.engines.expected.iter().map(|(id, expected)| (id, &expected.hostnames));
        let tenants = tenants.chain(expected).flat_map(|(id, hostnames)| {
            hostnames.iter().map(|name| (name.clone(), Destination::Tenant(id.clone())))
        });
        let suspended = self.engines.suspended.values().flat_map(|suspended| &suspended.hostnames);
        let suspended = suspended.map(|name| (name.clone(), Destination::Suspended));
        let routes = self.fixed_routes().into_iter().chain(tenants).chain(suspended);
        process.tell_first(routes.map(|(hostname, destination)| ToGateway::Route { hostname, destination }));
        if self.is_routed {
            process.tell(ToGateway::HostsKnown);
        }
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
        let certificates = self.config.certificates.as_ref();
        let certificates: Option<serde_json::Value> = certificates
            .map(|certificates| serde_json::from_str(certificates.document.expose_secret()))
            .transpose()
            .map_err(|error| cannot("control")(std::io::Error::other(error)))?;
        let configuration = serde_json::json!({
            "names": self.config.names,
            "is_development": self.config.is_development,
            "demo_data": self.config.demo_data,
            "edge": { "proxies": self.config.trusted_proxies, "header": self.config.forwarded_header },
            "create_command": self.config.create_command,
            "sender_domains": sender_domains,
            "monitor_token": self.config.monitor.as_ref().and_then(|monitor| monitor.token.as_ref()),
            "spares": self.config.spares,
            "deletion_grace_seconds": self.config.deletion_grace.as_secs(),
            "instance": format!("kiavi at {}:{}", uname().nodename().to_string_lossy(), self.folder.path().display()),
            "postgres": postgres,
            "certificates": certificates,
        });
        let document = sealed(&configuration)?;
        let local = self.control_socket.try_clone()?.into();
        let monitor = self.monitor.as_ref().map(OwnedFd::try_clone).transpose()?.map(Fd::from);
        let (doors, witness) = (self.control_doors()?, Channel::pair()?);
        let process: Process<ToControl> =
            spawn(&program, id, &self.events, Said::Control).map_err(cannot("control"))?;
        self.weigh("control", &process);
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
            MailConfig::Smtp { url, sender_domains, per_tenant_per_minute: limit } => {
                serde_json::json!({
                    "smtp": { "url": url, "sender_domains": sender_domains, "per_tenant_per_minute": limit },
                })
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
        self.weigh("outbound", &process);
        process.tell(ToOutbound::Start { document });
        if let Some(document) = &self.mailbox_certificates {
            process.tell(ToOutbound::Certificates { document: document.clone() });
        }
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
        let egress = self.config.control_egress().map(|_| Channel::pair()).transpose()?;
        Ok(ControlDoors { proofs: Channel::pair()?, egress })
    }

    fn open_control_doors(&self, doors: ControlDoors) {
        // Whichever of the two does not run gets its doors when it starts.
        let (theirs, ours) = doors.proofs;
        self.outbound.tell(ToOutbound::ProofDoor { door: fd(ours) });
        self.control.tell(ToControl::Proofs { door: fd(theirs) });
        if let (Some(allowed), Some((theirs, ours))) = (self.config.control_egress(), doors.egress) {
            self.outbound.tell(ToOutbound::ControlDoor { allowed, door: fd(ours) });
            self.control.tell(ToControl::Egress { door: fd(theirs) });
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
            return self.postgres_ended();
        }
        self.weigh_postgres();
    }

    /// Puts a process that was just started into the group of its role.
    pub(super) fn weigh<S>(&self, role: &'static str, process: &Process<S>) {
        if let Some(groups) = &self.groups {
            groups.weigh(role, process.pid);
        }
    }

    /// Puts the private cluster's server into its group.
    pub(super) fn weigh_postgres(&self) {
        if let (Some(groups), Some(cluster)) = (&self.groups, self.databases.cluster()) {
            groups.weigh(POSTGRES, cluster.pid());
        }
    }
}

pub(super) fn listen_for_monitors(monitor: Option<&MonitorConfig>) -> Result<Option<OwnedFd>, LauncherError> {
    let Some(monitor) = monitor else { return Ok(None) };
    let (mut listeners, _) = listen(&[monitor.listen])?;
    Ok(listeners.pop())
}

/// The machine's control groups, for root only. They are the data folder's, which only one instance has at a time.
pub(super) fn control_groups(config: &LauncherConfig, folder: &Folder) -> std::io::Result<Option<Groups>> {
    if config.isolation == Isolation::Rootless {
        return Ok(None);
    }
    let place = std::fs::metadata(folder.path())?;
    match Cgroups::prepare(&format!("{:x}-{:x}", place.dev(), place.ino())) {
        Ok(cgroups) => {
            cgroups.sweep();
            Groups::start(cgroups).map(Some)
        }
        Err(reason) => {
            tracing::warn!(
                %reason,
                "no control groups: each engine is held by its own limits only, and a busy one may slow others down; \
                 see kiavi doctor"
            );
            Ok(None)
        }
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
