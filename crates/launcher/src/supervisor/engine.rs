//! Starting engines: for whoever waits at the gateway, for operators, because something is due, and to read a log out.

use std::time::Duration;

use kiavi_base::TenantId;
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::gateway::{Destination, ToGateway};
use kiavi_ipc::outbound::ToOutbound;
use kiavi_ipc::{Channel, Fd, Phase, SealedDocument, SharedFile};
use kiavi_sandbox::cgroup::Share;
use tokio::time::Instant;

use super::start::{cannot, fd};
use super::{LauncherError, Retry, Said, Supervisor};
use crate::backoff::{Failure, Next};
use crate::child::{Process, ProcessId, Program, spawn};
use crate::engines::{Engine, Management, Start};
use crate::services::Service;

/// Between two engines that are woken: a start opens a database connection, which stays for half a minute, and there are 500.
const WAKE_INTERVAL: Duration = Duration::from_millis(100);

/// How long an engine may take until it is ready. It takes milliseconds, unless the whole machine is busy.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// The engine's ends of its ways in and out.
struct Doors {
    door: Fd,
    mail: Fd,
    egress: Fd,
}

/// What reads the log of a suspended tenant is started with.
pub(super) struct Reader {
    pub(super) uid: u32,
    pub(super) document: SealedDocument,
}

/// What an engine's own limit is, which counts memory that is reserved and not used as well: where its group counts exactly, it
/// has room; where there are no groups it is the only one.
fn data_bytes(memory_bytes: u64, has_group: bool) -> u64 {
    if has_group { memory_bytes.saturating_mul(2) } else { memory_bytes }
}

impl Supervisor {
    /// A connection waits for the tenant's engine: gives the gateway a door to it, now or soon.
    pub(super) fn need_engine(&mut self, tenant: &TenantId, asker: Option<ProcessId>) {
        let destination = Destination::Tenant(tenant.clone());
        if !self.stopping && self.engines.await_expected(tenant, asker) {
            return;
        }
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

    /// Hands a management connection to what reads the log of a suspended tenant out, which is started if none runs. `false`
    /// as with [`Supervisor::open_management`].
    pub(super) fn open_log(&mut self, tenant: &TenantId, reader: &Reader, management: &Management) -> bool {
        if self.stopping {
            return false;
        }
        let now = Instant::now();
        let process = match self.engines.start_reader(tenant, now) {
            Start::Running(process) => process,
            Start::Now if self.engines.may_run_as(tenant, reader.uid) => {
                match self.start_reader(tenant, reader) {
                    Ok(process) => process,
                    Err(error) => {
                        tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot read a log");
                        if let Some(suspended) = self.engines.suspended.get_mut(tenant) {
                            suspended.backoff.failed(Failure::Crash, now);
                        }
                        return false;
                    }
                }
            }
            // It may have been resumed since control looked.
            _ => return self.open_management(tenant, management),
        };
        self.engines.processes.get_mut(&process).is_some_and(|engine| engine.give(management))
    }

    fn start_reader(&mut self, id: &TenantId, reader: &Reader) -> Result<ProcessId, LauncherError> {
        // Nobody has the other ends: no connection comes from outside, and no mail and no request leaves.
        let shut = || Channel::pair().map(|(theirs, _)| fd(theirs));
        let doors = Doors { door: shut()?, mail: shut()?, egress: shut()? };
        let process = self.spawn_engine(id, reader.uid, reader.document.fd(), doors, true)?;
        if let Some(suspended) = self.engines.suspended.get_mut(id) {
            suspended.reader = Some(process);
        }
        Ok(process)
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
        let Some(tenant) = self.engines.tenants.get(id) else { return Ok(false) };
        let (uid, document, route) = (tenant.uid, tenant.document.fd(), tenant.mail.fd());
        let allowed = tenant.egress.clone();
        let (door, gateway_door) = Channel::pair()?;
        let (mail, outbound_mail) = Channel::pair()?;
        let (egress, outbound_egress) = Channel::pair()?;
        let doors = Doors { door: fd(door), mail: fd(mail), egress: fd(egress) };
        let process = self.spawn_engine(id, uid, document, doors, false)?;
        self.outbound.tell(ToOutbound::MailDoor { tenant: id.clone(), route, door: fd(outbound_mail) });
        let door = fd(outbound_egress);
        self.outbound.tell(ToOutbound::EgressDoor { tenant: id.clone(), allowed, door });
        // Connections may queue in the door before the engine is up.
        let told = self.gateway_for(asker).tell(ToGateway::Door { destination, door: fd(gateway_door) });
        if let Some(tenant) = self.engines.tenants.get_mut(id) {
            tenant.current = Some(process);
        }
        Ok(told)
    }

    /// How an engine of a tenant is started, and what it may take of the machine.
    pub(super) fn engine_program(&self, id: &TenantId, uid: u32) -> (Program, Share) {
        let share = *self.config.engine_shares.of(id);
        let data_bytes = share.memory_bytes.map(|bytes| data_bytes(bytes, self.groups.is_some()));
        (Program { tenant: Some(id.clone()), data_bytes, ..self.program("engine", uid) }, share)
    }

    fn spawn_engine(
        &mut self,
        id: &TenantId,
        uid: u32,
        document: Fd,
        Doors { door, mail, egress }: Doors,
        reads_log: bool,
    ) -> Result<ProcessId, LauncherError> {
        let process = self.next_process();
        let (program, share) = self.engine_program(id, uid);
        // First of all: PostgreSQL makes its process for it meanwhile.
        let database = self.databases.whereabouts(uid);
        let child: Process<ToEngine> =
            spawn(&program, process, &self.events, Said::Engine).map_err(cannot("engine"))?;
        if let Some(groups) = &mut self.groups {
            groups.confine(id, child.pid, share);
        }
        child.tell(ToEngine::Start {
            tenant: id.clone(),
            document,
            door,
            mail,
            egress,
            database,
            places: self.config.places.iter().map(SharedFile::fd).collect(),
            reads_log,
            // What reads a log serves no client.
            certificates: self.certificates.get(id).filter(|_| !reads_log).map(SealedDocument::fd),
            idle_seconds: self.config.engine_idle.map(|idle| idle.as_secs().clamp(1, u32::MAX.into()) as u32),
        });
        #[cfg(kiavi_bench_direct_accept)]
        crate::direct::give(&child);
        self.meter.engines_started += 1;
        self.engines.processes.insert(process, Engine::new(id.clone(), uid, child));
        self.later(START_DEADLINE, Retry::Unready(process));
        Ok(process)
    }

    /// Ends an engine that has had enough time to get ready, and is not. Its successor may be luckier.
    pub(super) fn kill_unready(&self, process: ProcessId) {
        let Some(engine) = self.engines.processes.get(&process) else { return };
        if engine.session.phase() == Phase::Starting {
            tracing::error!(tenant = %engine.tenant, "an engine does not get ready");
            engine.process.kill();
        }
    }
}
