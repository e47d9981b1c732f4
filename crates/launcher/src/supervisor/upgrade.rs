//! Making room for another program in this very process, and being that program.
//!
//! Everything that other processes and clients hold on to stays: listening sockets, channels, PostgreSQL, the lock of
//! the data folder. Nothing is lost on the way: what children say while nobody listens waits in their channels.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kiavi_ipc::{Channel, EngineSession, Message, Phase, SealedDocument};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::announcement::Announcement;
use super::replace::Replaced;
use super::start::{control_groups, listen_for_monitors};
use super::{Event, LauncherError, Retry, Said, Supervisor};
use crate::attach::{Child, adopt};
use crate::backoff::Backoff;
use crate::child::{Events, Process, ProcessId};
use crate::config::{LauncherConfig, PostgresConfig, PrivatePostgres};
use crate::databases::Databases;
use crate::engines::{Engine, Engines, Management, Tenant};
use crate::folder::Folder;
use crate::forward::Label;
use crate::handover::{
    ArrivingState, ChildState, EngineState, HandoverError, Keeping, STATE_FORMAT, State, TenantState,
    phase_number, taken,
};
use crate::listen::{Listener, listen_again};
use crate::meter::Meter;
use crate::services::Service;

/// How long the successor may take to say that it can take over.
const CHECK_DEADLINE: Duration = Duration::from_secs(20);

/// How long children may take to read what they were told.
const REST_DEADLINE: Duration = Duration::from_secs(2);

/// How long outbound may take to answer what it was asked before. Everything goes on meanwhile.
const ANSWER_DEADLINE: Duration = Duration::from_secs(3);

impl Supervisor {
    /// Asks the successor whether it can take over. Its answer arrives as [`Event::Checked`].
    pub(super) fn check_successor(&mut self) {
        let Some(successor) = self.config.successor.clone() else { return };
        if self.stopping || self.is_checking || !self.replaced.is_over() {
            return tracing::warn!("an upgrade is going on already");
        }
        self.is_checking = true;
        let events = self.events.sender.clone();
        tokio::spawn(async move {
            let mut command = tokio::process::Command::new(&successor.program);
            command.args(&successor.arguments).args(&successor.check).kill_on_drop(true);
            let problem = match tokio::time::timeout(CHECK_DEADLINE, command.output()).await {
                Ok(Ok(output)) if output.status.success() => None,
                Ok(Ok(output)) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("it does not answer".to_owned()),
            };
            let _ = events.send(Event::Checked { problem }).await;
        });
    }

    /// Has the successor run in this process, which has come to rest. Returns only when that fails; then nothing can
    /// go on.
    pub(super) fn upgrade(&self) -> std::io::Error {
        let Some(successor) = self.config.successor.clone() else {
            return std::io::ErrorKind::Unsupported.into();
        };
        let state = match self.written() {
            Ok(state) => state,
            Err(error) => return error,
        };
        let mut command = Command::new(&successor.program);
        command.args(&successor.arguments).arg(successor.takes_over).arg(state.as_raw_fd().to_string());
        command.exec()
    }

    /// Stops listening to children for good, and follows what they have said until nothing is on its way.
    pub(super) async fn come_to_rest(&mut self, inbox: &mut mpsc::Receiver<Event>) {
        self.await_databases(inbox).await;
        self.freeze.send_replace(true);
        let deadline = Instant::now() + REST_DEADLINE;
        loop {
            while let Ok(event) = inbox.try_recv() {
                self.happened(event).await;
            }
            if self.is_at_rest() && inbox.is_empty() {
                return;
            }
            if Instant::now() > deadline {
                return tracing::warn!("a child does not read its channel; it is ended by the next program");
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets outbound answer what it was asked: later nobody knows any more whose the answer is.
    async fn await_databases(&mut self, inbox: &mut mpsc::Receiver<Event>) {
        let deadline = Instant::now() + ANSWER_DEADLINE;
        while self.databases.is_waited_for() {
            let Ok(Some(event)) = timeout_at(deadline, inbox.recv()).await else { break };
            self.happened(event).await;
        }
        for asker in self.databases.give_up() {
            self.answer_database(asker, None);
        }
    }

    fn is_at_rest(&self) -> bool {
        self.gateway.process.as_ref().is_none_or(Process::is_at_rest)
            && self.control.process.as_ref().is_none_or(Process::is_at_rest)
            && self.outbound.process.as_ref().is_none_or(Process::is_at_rest)
            && self.auditor.process.as_ref().is_none_or(Process::is_at_rest)
            && self.engines.processes.values().all(|engine| engine.process.is_at_rest())
    }

    fn written(&self) -> std::io::Result<OwnedFd> {
        let mut keeping = Keeping::default();
        let now = Instant::now();
        let tenants = self.engines.tenants.iter().map(|(id, tenant)| TenantState {
            id: id.to_string(),
            uid: tenant.uid,
            hostnames: tenant.hostnames.iter().map(ToString::to_string).collect(),
            mail: keeping.keep(tenant.mail.fd()),
            egress: tenant.egress.clone(),
            document: keeping.keep(tenant.document.fd()),
            version: tenant.version,
            backoff: Some(tenant.backoff.written(now)),
        });
        let tenants = tenants.collect();
        let logs = keeping.documents(&self.logs);
        let certificates = keeping.documents(&self.certificates);
        let engines = self.engines.processes.values().map(|engine| EngineState {
            tenant: engine.tenant.to_string(),
            uid: engine.uid,
            child: child_state(&engine.process, &mut keeping),
            phase: phase_number(engine.session.phase()),
            untaken: engine
                .untaken
                .iter()
                .map(|Management { operator, stream }| (operator.clone(), keeping.keep(stream)))
                .collect(),
        });
        let engines = engines.collect();
        let state = State {
            format: STATE_FORMAT,
            folder: self.folder.path().to_string_lossy().into_owned(),
            folder_lock: keeping.keep(self.folder.lock()),
            listeners: self.listeners.iter().map(|listener| keeping.keep(&listener.socket)).collect(),
            control_socket: keeping.keep(&self.control_socket),
            monitor: self.monitor.as_ref().map(|monitor| keeping.keep(monitor)),
            cluster: self.databases.cluster().map(|cluster| (cluster.pid(), keeping.keep(cluster.lock()))),
            announced: self.announcement.is_made(),
            last_process: self.last_process,
            tenants,
            engines,
            gateway: self.gateway.process.as_ref().map(|it| child_state(it, &mut keeping)),
            control: self.control.process.as_ref().map(|it| child_state(it, &mut keeping)),
            outbound: self.outbound.process.as_ref().map(|it| child_state(it, &mut keeping)),
            measured: Some(self.measurements()),
            auditor: self.auditor.process.as_ref().map(|it| child_state(it, &mut keeping)),
            logs: Some(logs),
            certificates: Some(certificates),
            arriving: Some(self.listeners.iter().map(ArrivingState::new).collect()),
            // The thread that writes ends with this program.
            unwritten: Some(self.config.log.queue.flush()),
        };
        keeping.write(&state)
    }

    /// Goes on where the program before this one has stopped, and replaces its processes.
    pub(super) async fn take_over(
        mut config: LauncherConfig,
        state: RawFd,
        events: Events,
        freeze: watch::Sender<bool>,
    ) -> Result<Self, LauncherError> {
        let mut state = State::read(state)?;
        config.log.queue.lost_before(state.unwritten.unwrap_or_default());
        let folder = Folder::adopt(state.folder_path(), taken(state.folder_lock)?);
        let cluster = state.cluster.map(|(pid, lock)| taken(lock).map(|lock| (pid, lock))).transpose()?;
        if let (Some(_), PostgresConfig::Remote(_)) = (&cluster, &config.postgres) {
            tracing::warn!("the databases stay in the private cluster until a restart");
            config.postgres = PostgresConfig::Private(PrivatePostgres::default());
        }
        let databases = Databases::adopt(&folder, &config, cluster)?;
        databases.bring_up_to_date(&folder, &config).await;
        let monitor = match (state.monitor, &config.monitor) {
            (Some(monitor), Some(_)) => Some(taken(monitor)?),
            (Some(monitor), None) => {
                drop(taken(monitor)?);
                None
            }
            (None, monitor) => listen_for_monitors(monitor.as_ref())?,
        };
        let groups = control_groups(&config, &folder)?;
        let listeners = listen_again(&config.listen, adopted(&state.listeners, state.arriving.take())?);
        let mut supervisor = Self {
            folder,
            databases,
            listeners,
            control_socket: taken(state.control_socket)?,
            events,
            freeze,
            last_process: state.last_process,
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
            // Whom the program before this one was to wake: control's successor tells of every tenant.
            next_wake: Instant::now(),
            announcement: Announcement::resumed(state.announced),
            // Nor does it leave which tenants are suspended, or expected.
            is_routed: false,
            in_use: None,
            is_checking: false,
            stopping: false,
            config,
        };
        if !supervisor.databases.are_up() {
            supervisor.later(Duration::ZERO, Retry::Postgres);
        }
        supervisor.weigh_postgres();
        supervisor.adopt_all(state)?;
        Ok(supervisor)
    }

    fn adopt_all(&mut self, state: State) -> Result<(), LauncherError> {
        if let Some(measured) = &state.measured {
            self.meter.resume(measured);
        }
        let now = Instant::now();
        for tenant in &state.tenants {
            let (mail, document) = (sealed(tenant.mail)?, sealed(tenant.document)?);
            let new = Tenant {
                uid: tenant.uid,
                hostnames: tenant.hostnames()?,
                mail,
                egress: tenant.egress.clone(),
                document,
                version: tenant.version,
                current: None,
                backoff: tenant.backoff.as_ref().map(|it| Backoff::resumed(it, now)).unwrap_or_default(),
                alarm: None,
            };
            self.engines.ready(tenant.id()?, new);
        }
        for log in state.logs.unwrap_or_default() {
            self.logs.insert(log.tenant()?, sealed(log.document)?);
        }
        for of_tenant in state.certificates.unwrap_or_default() {
            self.certificates.insert(of_tenant.tenant()?, sealed(of_tenant.document)?);
        }
        let mut engines = Vec::new();
        for engine in state.engines {
            engines.push(self.adopt_engine(engine)?);
        }
        let gateway =
            state.gateway.map(|child| self.adopt_service("gateway", child, Said::Gateway)).transpose()?;
        let control =
            state.control.map(|child| self.adopt_service("control", child, Said::Control)).transpose()?;
        let outbound =
            state.outbound.map(|child| self.adopt_service("outbound", child, Said::Outbound)).transpose()?;
        let auditor =
            state.auditor.map(|child| self.adopt_service("auditor", child, Said::Auditor)).transpose()?;
        self.replaced = Replaced::new(gateway, control, outbound, auditor, engines);
        self.start_outbound();
        self.start_auditor();
        self.start_gateway();
        self.begin_replacing();
        Ok(())
    }

    fn adopt_engine(&mut self, state: EngineState) -> Result<ProcessId, LauncherError> {
        let id = self.next_process();
        let phase = state.phase();
        let tenant = state.tenant.parse().map_err(|_| HandoverError::Malformed)?;
        let label = Label { role: "engine", tenant: Some(tenant) };
        let child = self.child(id, state.child, label.clone())?;
        let pid = child.pid;
        let process = adopt(child, &self.events, Said::Engine)?;
        let Some(tenant) = label.tenant else { return Err(HandoverError::Malformed.into()) };
        if let Some(groups) = &mut self.groups {
            groups.confine(&tenant, pid, *self.config.engine_shares.of(&tenant));
        }
        let mut engine = Engine::new(tenant.clone(), state.uid, process);
        for (operator, stream) in state.untaken {
            engine.untaken.push_back(Management { operator, stream: taken(stream)?.into() });
        }
        let given = u32::try_from(engine.untaken.len()).unwrap_or(u32::MAX);
        engine.session = EngineSession::resumed(phase, given);
        self.engines.processes.insert(id, engine);
        if let Some(tenant) = self.engines.tenants.get_mut(&tenant)
            && phase != Phase::Draining
        {
            tenant.current = Some(id);
        }
        Ok(id)
    }

    fn adopt_service<S: Message, R: Message>(
        &mut self,
        role: &'static str,
        state: ChildState,
        said: fn(R) -> Said,
    ) -> Result<Process<S>, LauncherError> {
        let id = self.next_process();
        let child = self.child(id, state, Label { role, tenant: None })?;
        let process = adopt(child, &self.events, said)?;
        self.weigh(role, &process);
        Ok(process)
    }

    fn child(&self, id: ProcessId, state: ChildState, label: Label) -> Result<Child, HandoverError> {
        let ChildState { pid, channel, log } = state;
        let channel = Channel::from(taken(channel)?);
        let log = log.map(taken).transpose()?;
        let (is_json, queue) = (self.config.log.is_json, self.config.log.queue.clone());
        Ok(Child { id, pid, channel, log, label, is_json, queue })
    }
}

/// The listening sockets that were left, with what arrives at each.
fn adopted(sockets: &[RawFd], arriving: Option<Vec<ArrivingState>>) -> Result<Vec<Listener>, HandoverError> {
    let mut arriving = arriving.unwrap_or_default().into_iter();
    let listener = |socket: &RawFd| arriving.next().unwrap_or_default().listener(taken(*socket)?);
    sockets.iter().map(listener).collect()
}

fn child_state<S: Message>(process: &Process<S>, keeping: &mut Keeping) -> ChildState {
    ChildState {
        pid: process.pid,
        channel: keeping.keep(process.channel()),
        log: process.log().map(|log| keeping.keep(log)),
    }
}

fn sealed(fd: RawFd) -> Result<SealedDocument, HandoverError> {
    SealedDocument::accept(taken(fd)?.into()).map_err(|_| HandoverError::Malformed)
}
