//! What children ask for, and what they get; control's part is [`super::control`].

use std::time::Duration;

use kiavi_ipc::auditor::ToAuditor;
use kiavi_ipc::control::ToControl;
use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::gateway::{Destination, FromGateway, ToGateway};
use kiavi_ipc::outbound::{FromOutbound, ToOutbound};
use kiavi_ipc::{Channel, Fd, Phase};
use tokio::time::Instant;

use super::start::fd;
use super::{Retry, Said, Supervisor};
use crate::child::ProcessId;
use crate::databases::{Asker, Connecting};

/// How long it takes until it is worth asking for control again.
const CONTROL_PAUSE: Duration = Duration::from_millis(50);
/// How long an engine may take to end once that is decided: longer than the requests and mails that it is on.
const ENGINE_END: Duration = Duration::from_secs(20);
/// Bounds of how long an engine may ask to sleep.
const SHORTEST_SLEEP: Duration = Duration::from_secs(10);
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 3_600);

impl Supervisor {
    pub(super) fn heard(&mut self, process: ProcessId, said: Said) {
        match said {
            Said::Gateway(FromGateway::NeedDoor { destination })
                if self.gateway.is(process) || self.replaced.gateway.is(process) =>
            {
                self.need_door(destination, process);
            }
            Said::Control(message) if self.control.is(process) => self.control_said(process, message),
            Said::Gateway(FromGateway::Report(report)) => self.meter.gateway.merge(&report),
            Said::Outbound(message) => self.outbound_said(message),
            Said::Auditor(message) => self.auditor_said(process, message),
            Said::Engine(message) => self.engine_said(process, message),
            // What a process said before it was replaced.
            Said::Gateway(_) | Said::Control(_) => {}
        }
    }

    fn outbound_said(&mut self, message: FromOutbound) {
        match message {
            FromOutbound::Ready => tracing::debug!("outbound is ready"),
            FromOutbound::Report(report) => self.meter.outbound.merge(&report),
            FromOutbound::Database { request, stream } => {
                if let Some(asker) = self.databases.answered(request) {
                    self.answer_database(asker, stream);
                }
            }
        }
    }

    /// Has a connection to the databases made for whoever asks, whose account has this uid.
    pub(super) fn connect_database(&mut self, asker: Asker, uid: u32) {
        match self.databases.connect(asker, uid) {
            Connecting::Now(stream) => self.answer_database(asker, stream),
            Connecting::Outbound(request) => {
                if !self.outbound.tell(ToOutbound::ConnectDatabase { request }) {
                    self.databases.answered(request);
                    self.answer_database(asker, None);
                }
            }
        }
    }

    /// Passes a connection on, or the news that there is none.
    pub(super) fn answer_database(&mut self, asker: Asker, stream: Option<Fd>) {
        match asker {
            Asker::Control(process, request) if self.control.is(process) => {
                self.control.tell(ToControl::Database { request, stream });
            }
            Asker::Engine(process) => {
                let Some(engine) = self.engines.processes.get_mut(&process) else { return };
                self.meter.database_answered(stream.is_some());
                engine.process.tell(ToEngine::Database { stream });
                engine.session.database_answered();
            }
            Asker::Auditor(process, request) => {
                self.auditor_of(process).tell(ToAuditor::Database { request, stream });
            }
            // Control was replaced meanwhile.
            Asker::Control(..) => {}
        }
    }

    pub(super) fn need_door(&mut self, destination: Destination, asker: ProcessId) {
        let told = match &destination {
            Destination::Tenant(tenant) => return self.need_engine(&tenant.clone(), Some(asker)),
            // Between an old and a new one there is none for a moment; the gateway has those who come wait.
            Destination::Console if self.control.process.is_none() && !self.stopping => {
                self.later(CONTROL_PAUSE, Retry::Console(asker));
                return;
            }
            Destination::Console => self.open_service_door(
                |door| self.control.tell(ToControl::Door { door }),
                &destination,
                asker,
            ),
            Destination::Mailbox => self.open_service_door(
                |door| self.outbound.tell(ToOutbound::Door { door }),
                &destination,
                asker,
            ),
            // The gateway answers for these by itself.
            Destination::Suspended => false,
        };
        if !told {
            self.gateway_for(Some(asker)).tell(ToGateway::Unavailable { destination });
        }
    }

    fn open_service_door(
        &self,
        give: impl FnOnce(Fd) -> bool,
        destination: &Destination,
        asker: ProcessId,
    ) -> bool {
        let Ok((theirs, ours)) = Channel::pair() else { return false };
        let gateway = self.gateway_for(Some(asker));
        give(fd(theirs)) && gateway.tell(ToGateway::Door { destination: destination.clone(), door: fd(ours) })
    }

    fn engine_said(&mut self, process: ProcessId, message: FromEngine) {
        let Some(engine) = self.engines.processes.get_mut(&process) else { return };
        if !engine.may_speak(Instant::now()) {
            tracing::error!(tenant = %engine.tenant, "an engine does not stop talking");
            self.violators.insert(process);
            return engine.process.kill();
        }
        if let Err(violation) = engine.session.hear(&message) {
            tracing::error!(tenant = %engine.tenant, %violation, "an engine broke its protocol");
            self.violators.insert(process);
            engine.process.kill();
            return;
        }
        match message {
            FromEngine::Ready => {
                self.meter.engine_ready(engine.started.elapsed());
                tracing::debug!(tenant = %engine.tenant, "an engine is ready");
            }
            FromEngine::NeedDatabase => {
                let (asker, uid) = (Asker::Engine(process), engine.uid);
                if engine.may_have_database(Instant::now()) {
                    self.connect_database(asker, uid);
                } else {
                    tracing::warn!(tenant = %engine.tenant, "an engine asks for too many database connections");
                    self.answer_database(asker, None);
                }
            }
            FromEngine::Stopping => self.retire_engine(process),
            // The launcher's copy goes with it.
            FromEngine::ManagementTaken => drop(engine.untaken.pop_front()),
            // Its state machine lets no engine that serves say so.
            FromEngine::Tried { .. } => {}
            FromEngine::Report(report) => self.meter.engine_reported(&engine.tenant, &report),
            FromEngine::Streams(report) => self.meter.streams_reported(&engine.tenant, &report),
            FromEngine::Logged => {
                let may = engine.may_tell_of_events(Instant::now());
                let tenant = engine.tenant.clone();
                if may {
                    self.log_written(&tenant);
                }
            }
            FromEngine::WakeIn { seconds } => {
                let pause = Duration::from_secs(seconds.into()).clamp(SHORTEST_SLEEP, LONGEST_SLEEP);
                let tenant = engine.tenant.clone();
                let alarm = self.later(pause, Retry::Wake(tenant.clone()));
                self.engines.set_alarm(&tenant, alarm);
            }
        }
    }

    pub(super) fn drain_engine(&mut self, process: Option<ProcessId>) {
        let Some(process) = process else { return };
        let Some(engine) = self.engines.processes.get_mut(&process) else { return };
        engine.is_dismissed = true;
        if engine.session.phase() != Phase::Draining {
            engine.session.drain_requested();
            engine.process.tell(ToEngine::Drain);
            self.retire_engine(process);
        }
    }

    /// Whoever comes from now on is for the engine's successor. It has some time to end, and is ended after that: it may
    /// not want to.
    fn retire_engine(&mut self, process: ProcessId) {
        self.engines.retire(process);
        self.later(ENGINE_END, Retry::Kill(process));
    }
}
