//! The launcher's loop: one event at a time, never waiting for a child.

mod announcement;
mod auditor;
mod control;
mod dispatch;
mod engine;
mod isolation;
mod replace;
mod start;
mod stop;
mod survey;
mod tenants;
mod upgrade;

use std::collections::{BTreeSet, HashMap};
use std::os::fd::{OwnedFd, RawFd};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use self::announcement::Announcement;
use self::replace::Replaced;
use kiavi_base::TenantId;
use kiavi_ipc::auditor::{FromAuditor, ToAuditor};
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::engine::FromEngine;
use kiavi_ipc::gateway::{Destination, FromGateway, ToGateway};
use kiavi_ipc::outbound::{FromOutbound, ToOutbound};
use kiavi_ipc::{Fd, SealedDocument};
use kiavi_localpg::ClusterError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use crate::backoff::Failure;
use crate::child::{Events, ProcessId, is_killed, is_security_exit};
use crate::config::LauncherConfig;
use crate::databases::Databases;
use crate::engines::Engines;
use crate::folder::{Folder, FolderError};
use crate::groups::Groups;
use crate::handover::HandoverError;
use crate::listen::{ListenError, Listener};
use crate::meter::Meter;
use crate::service_manager::LifeSigns;
use crate::services::Service;
use crate::signals;

/// Events that wait; children's readers pause while it is full.
const EVENT_QUEUE: usize = 1024;

/// Time for what was signalled to be noticed.
const LAST_LOOK: Duration = Duration::from_millis(2);

/// How long it is until control is told again what there was no control to tell.
const CONTROL_PAUSE: Duration = Duration::from_secs(1);

/// By when what an engine had PostgreSQL commit as it was killed is committed.
const LAST_COMMIT: Duration = Duration::from_secs(1);

/// Why an instance could not be started, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// See [`FolderError`].
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// See [`ListenError`].
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// See [`HandoverError`].
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// PostgreSQL cannot be started.
    #[error(transparent)]
    Postgres(#[from] ClusterError),
    /// A process cannot be started.
    #[error("cannot start the {role} process")]
    Spawn {
        /// Which.
        role: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another instance has what this one needs alone. The text says who, and what to do.
    #[error("{0}")]
    InUse(String),
    /// The kernel refused something.
    #[error("the launcher cannot work")]
    Io(#[from] std::io::Error),
}

/// What a child said.
pub(crate) enum Said {
    Gateway(FromGateway),
    Control(FromControl),
    Outbound(FromOutbound),
    Auditor(FromAuditor),
    Engine(FromEngine),
}

/// What happens to the launcher.
pub(crate) enum Event {
    Said {
        process: ProcessId,
        said: Said,
    },
    /// It broke its channel's protocol.
    Violated {
        process: ProcessId,
    },
    Exited {
        process: ProcessId,
        status: Option<ExitStatus>,
    },
    /// The time to try again has come.
    Retry(Retry),
    /// Everything was looked at that this control asked for.
    Surveyed {
        asker: ProcessId,
        request: u64,
        document: Option<SealedDocument>,
    },
    /// Everything was tried that this control asked for.
    Inspected {
        asker: ProcessId,
        request: u64,
        document: Option<SealedDocument>,
    },
    /// The successor can take over, or says what is in the way.
    Checked {
        problem: Option<String>,
    },
}

#[derive(Debug)]
pub(crate) enum Retry {
    Gateway,
    Control,
    Outbound,
    Auditor,
    Postgres,
    /// The auditor that an announcement waits for.
    Announcement,
    Engine(TenantId),
    /// The console's door, for the gateway that asked.
    Console(ProcessId),
    /// It has had its time.
    Kill(ProcessId),
    /// An engine that should be ready by now.
    Unready(ProcessId),
    /// An engine that nobody waits for, because it may owe something.
    Wake(TenantId),
    /// The same, now that it is its turn.
    WakeNow(TenantId),
    /// What its engine wrote last, which that can tell nobody any more.
    Written(TenantId),
    /// Why its engine was ended, for a control that was not there.
    Failed(TenantId, Failure),
}

/// The state of the launcher.
struct Supervisor {
    config: LauncherConfig,
    folder: Folder,
    databases: Databases,
    listeners: Vec<Listener>,
    control_socket: OwnedFd,
    events: Events,
    freeze: watch::Sender<bool>,
    last_process: u64,
    gateway: Service<ToGateway>,
    control: Service<ToControl>,
    outbound: Service<ToOutbound>,
    auditor: Service<ToAuditor>,
    /// What the auditor is told of each log. Nothing that an engine is.
    logs: HashMap<TenantId, SealedDocument>,
    /// What each tenant's TLS is made of. It stays while the tenant is suspended.
    certificates: HashMap<TenantId, SealedDocument>,
    /// The same of the development mailbox, for outbound.
    mailbox_certificates: Option<Fd>,
    engines: Engines,
    groups: Option<Groups>,
    replaced: Replaced,
    meter: Meter,
    /// Processes that broke their protocol, and have not ended yet.
    violators: BTreeSet<ProcessId>,
    /// Whose turn it is to be inspected.
    inspections: Arc<Semaphore>,
    monitor: Option<OwnedFd>,
    /// When the next engine may be woken.
    next_wake: Instant,
    announcement: Announcement<SealedDocument>,
    /// Whether control has told of all tenants: before, a hostname that is not known may well be one's.
    is_routed: bool,
    /// Why there can be no instance.
    in_use: Option<String>,
    is_checking: bool,
    stopping: bool,
}

/// Runs an instance until it is told to stop by SIGTERM or SIGINT. SIGHUP has the successor of the configuration run in
/// this process instead, without dropping a connection; it calls this with the descriptor that it was given.
///
/// Must be called on a current-thread runtime: connecting under another account changes the thread's.
///
/// # Errors
/// When something that every instance needs cannot be had. The message says what to do.
pub async fn run(config: LauncherConfig, takes_over: Option<RawFd>) -> Result<(), LauncherError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    limits()?;
    let (sender, mut inbox) = mpsc::channel(EVENT_QUEUE);
    let (freeze, frozen) = watch::channel(false);
    let events = Events { sender, frozen };
    signals::release()?;
    let mut signs = LifeSigns::of_environment();
    let mut supervisor = match takes_over {
        Some(state) => Supervisor::take_over(config, state, events, freeze).await?,
        None => Supervisor::start(config, events, freeze).await?,
    };
    loop {
        tokio::select! {
            Some(event) = inbox.recv() => match event {
                Event::Checked { problem: None } => {
                    signs.during(supervisor.come_to_rest(&mut inbox)).await;
                    // What comes from now on is for the new program; what came before, it would not hear of.
                    signals::hold()?;
                    let told = async { tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} } };
                    if timeout(LAST_LOOK, told).await.is_ok() {
                        signals::release()?;
                        break;
                    }
                    tracing::info!("another program takes over");
                    return Err(supervisor.upgrade().into());
                }
                event => {
                signs.during(supervisor.happened(event)).await;
                if let Some(reason) = supervisor.in_use.take() {
                    signs.during(supervisor.stop(&mut inbox, &mut interrupt)).await;
                    return Err(LauncherError::InUse(reason));
                }
            }
            },
            () = signs.next() => {}
            () = supervisor.databases.ended() => supervisor.postgres_ended(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => match supervisor.config.successor {
                Some(_) => supervisor.check_successor(),
                None => break,
            },
        }
    }
    signs.during(supervisor.stop(&mut inbox, &mut interrupt)).await;
    Ok(())
}

/// No memory of this process on the disk: it passes secrets on. And as many descriptors as the system lets it have: each
/// tenant takes four and each engine four more; children have limits of their own.
fn limits() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

impl Supervisor {
    async fn happened(&mut self, event: Event) {
        match event {
            Event::Said { process, said } => self.heard(process, said),
            Event::Violated { process } => {
                self.violators.insert(process);
                self.kill(process);
            }
            Event::Exited { process, status } => self.exited(process, status),
            Event::Retry(_) if self.stopping => {}
            Event::Retry(Retry::Gateway) => self.start_gateway(),
            Event::Retry(Retry::Control) => self.start_control(),
            Event::Retry(Retry::Outbound) => self.start_outbound(),
            Event::Retry(Retry::Auditor) => self.start_auditor(),
            Event::Retry(Retry::Engine(tenant)) => self.need_engine(&tenant, None),
            Event::Retry(Retry::Wake(tenant)) => self.wake(tenant),
            Event::Retry(Retry::WakeNow(tenant)) => self.wake_now(&tenant),
            Event::Retry(Retry::Written(tenant)) => self.log_written(&tenant),
            Event::Retry(Retry::Failed(tenant, failure)) => self.tell_failure(tenant, failure),
            Event::Retry(Retry::Announcement) => self.announce_without_auditor(),
            Event::Retry(Retry::Postgres) => self.start_postgres().await,
            Event::Retry(Retry::Console(asker)) => self.need_door(Destination::Console, asker),
            Event::Retry(Retry::Kill(process)) => self.kill(process),
            Event::Retry(Retry::Unready(process)) => self.kill_unready(process),
            Event::Surveyed { asker, request, document } => self.surveyed(asker, request, document),
            Event::Inspected { asker, request, document } => self.inspected(asker, request, document),
            Event::Checked { problem } => {
                self.is_checking = false;
                if let Some(problem) = problem {
                    tracing::error!(problem, "the program on the disk cannot take over; everything goes on");
                }
            }
        }
    }

    fn next_process(&mut self) -> ProcessId {
        self.last_process += 1;
        ProcessId(self.last_process)
    }

    fn kill(&self, id: ProcessId) {
        if let Some(process) = self.gateway.process.as_ref().filter(|process| process.id == id) {
            process.kill();
        } else if let Some(process) = self.control.process.as_ref().filter(|process| process.id == id) {
            process.kill();
        } else if let Some(process) = self.outbound.process.as_ref().filter(|process| process.id == id) {
            process.kill();
        } else if let Some(process) = self.auditor.process.as_ref().filter(|process| process.id == id) {
            process.kill();
        } else if let Some(engine) = self.engines.processes.get(&id) {
            engine.process.kill();
        } else {
            self.replaced.kill_services(Some(id));
        }
    }

    fn exited(&mut self, process: ProcessId, status: Option<ExitStatus>) {
        let is_violation = self.violators.remove(&process) || is_security_exit(status);
        if self.replaced_ended(process) {
            return;
        }
        let now = Instant::now();
        let failure = if is_violation { Failure::Security } else { Failure::Crash };
        if self.gateway.is(process) {
            let delay = self.gateway.ended(failure, now);
            self.retry("gateway", status, delay, Retry::Gateway);
        } else if self.control.is(process) {
            let delay = self.control.ended(failure, now);
            self.retry("control", status, delay, Retry::Control);
        } else if self.outbound.is(process) {
            let delay = self.outbound.ended(failure, now);
            self.retry("outbound", status, delay, Retry::Outbound);
            for asker in self.databases.give_up() {
                self.answer_database(asker, None);
            }
        } else if self.auditor.is(process) {
            self.announcement.not_sealing();
            let delay = self.auditor.ended(failure, now);
            self.retry("auditor", status, delay, Retry::Auditor);
        } else {
            let is_well = status.is_some_and(|status| status.success())
                && !self.engines.processes.get(&process).is_some_and(|engine| engine.is_deserter(now));
            let failure = (!is_well || is_violation).then(|| match is_violation {
                true => Failure::Security,
                false => self.engine_failure(process, status),
            });
            let Some(engine) = self.engines.ended(process, failure, now) else { return };
            if let Some(groups) = &self.groups {
                groups.release(&engine.tenant);
            }
            if let Some(failure) = failure {
                self.meter.engine_failed(failure);
                let reason = failure.as_str();
                tracing::error!(tenant = %engine.tenant, reason, ?status, "an engine ended");
                if failure != Failure::Crash {
                    self.tell_failure(engine.tenant.clone(), failure);
                }
                self.wake_again(&engine, now);
                self.later(LAST_COMMIT, Retry::Written(engine.tenant.clone()));
            }
            // What it did not take goes to its successor; without one, the stream closes and control is told so.
            for management in &engine.untaken {
                self.open_management(&engine.tenant, management);
            }
        }
    }

    /// Has control write down why a tenant's engine was ended. One that is just being started hears of it a moment later.
    fn tell_failure(&self, tenant: TenantId, failure: Failure) {
        let told = ToControl::EngineFailed { tenant: tenant.clone(), reason: survey::kind(failure) };
        if !self.control.tell(told) && !self.stopping {
            self.later(CONTROL_PAUSE, Retry::Failed(tenant, failure));
        }
    }

    /// Why an engine ended that should not have, and that broke no rule.
    fn engine_failure(&mut self, process: ProcessId, status: Option<ExitStatus>) -> Failure {
        let engine = self.engines.processes.get(&process).filter(|_| is_killed(status));
        let had_none_left = engine
            .zip(self.groups.as_mut())
            .is_some_and(|(engine, groups)| groups.was_out_of_memory(&engine.tenant));
        if had_none_left { Failure::OutOfMemory } else { Failure::Crash }
    }

    fn retry(
        &mut self,
        role: &'static str,
        status: Option<ExitStatus>,
        delay: Option<std::time::Duration>,
        retry: Retry,
    ) {
        if self.stopping {
            return;
        }
        self.meter.service_failed(role);
        tracing::error!(role, ?status, ?delay, "a process ended that should run");
        if let Some(delay) = delay {
            self.later(delay, retry);
        }
    }

    /// Makes an [`Event::Retry`] after `delay`, unless it is stopped by what this answers.
    fn later(&self, delay: std::time::Duration, retry: Retry) -> AbortHandle {
        let events = self.events.sender.clone();
        let waiting = async move {
            tokio::time::sleep(delay).await;
            let _ = events.send(Event::Retry(retry)).await;
        };
        tokio::spawn(waiting).abort_handle()
    }
}
