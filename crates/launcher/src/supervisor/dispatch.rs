//! What children ask for, and what they get.

use std::time::Duration;

use kiavi_base::{Hostname, TenantId};
use kiavi_ipc::auditor::ToAuditor;
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::gateway::{Destination, FromGateway, ToGateway};
use kiavi_ipc::metrics::{Durations, Measurements};
use kiavi_ipc::outbound::{FromOutbound, ToOutbound};
use kiavi_ipc::{Channel, Fd, Phase, SealedDocument};
use kiavi_localpg::{CONTROL_UID, FIRST_TENANT_UID};
use tokio::time::Instant;

use super::engine::Reader;
use super::start::{fd, sealed};
use super::{Retry, Said, Supervisor};
use crate::backoff::Backoff;
use crate::child::ProcessId;
use crate::databases::{Asker, Connecting};
use crate::engines::{Management, Tenant};
use crate::listen::visit;

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

    fn control_said(&mut self, process: ProcessId, message: FromControl) {
        match message {
            FromControl::Ready { document } => self.ready(document),
            FromControl::Measure { request } => {
                let document = self.measure();
                self.control.tell(ToControl::Measured { request, document });
            }
            FromControl::Survey { request } => self.survey(process, request),
            FromControl::Inspect { request, tenant } => self.inspect(process, request, &tenant),
            FromControl::NeedTenantDatabase { request, tenant } => {
                self.connect_as_tenant(process, request, &tenant);
            }
            FromControl::NeedDatabase { request } => {
                self.connect_database(Asker::Control(process, request), CONTROL_UID);
            }
            FromControl::NeedVisit { request } => {
                let stream = visit(&self.listeners).map(Fd::from);
                self.control.tell(ToControl::Visiting { request, stream });
            }
            FromControl::AddAccount { request, uid, tenant } => {
                let succeeded = self.add_account(uid, &tenant);
                self.control.tell(ToControl::Done { request, succeeded });
            }
            ready @ FromControl::TenantReady { .. } => self.tenant_announced(ready),
            FromControl::OpenManagement { request, tenant, operator, stream } => {
                let succeeded = self.open_management(&tenant, &Management { operator, stream });
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::OpenLog { request, tenant, uid, document, operator, stream } => {
                let management = Management { operator, stream };
                let succeeded = unchanging(&tenant, document)
                    .is_some_and(|document| self.open_log(&tenant, &Reader { uid, document }, &management));
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::TenantRemoved { request, tenant } => {
                self.tenant_removed(&tenant);
                self.control.tell(ToControl::Done { request, succeeded: true });
            }
            FromControl::TenantSuspended { request, tenant, hostnames } => {
                let succeeded = self.tenant_suspended(tenant, hostnames);
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::RemoveAccount { request, uid, tenant } => {
                let succeeded = self.remove_account(uid, &tenant);
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::LogReady { request, tenant, document } => {
                let succeeded = self.log_ready(tenant, document);
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::TenantCertificates { request, tenant, document } => {
                let succeeded = self.certificates_ready(tenant, document);
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::MailboxCertificates { request, document } => {
                let succeeded = self.mailbox_certificates_ready(document);
                self.control.tell(ToControl::Done { request, succeeded });
            }
            FromControl::LogWritten { tenant } => self.log_written(&tenant),
            FromControl::InUse { reason } => self.held_by_another(reason),
            FromControl::NeedAccounts { request } => {
                let document = self.accounts();
                self.control.tell(ToControl::Accounts { request, document });
            }
        }
    }

    fn tenant_announced(&mut self, ready: FromControl) {
        let FromControl::TenantReady {
            request,
            tenant,
            uid,
            hostnames,
            mail,
            document,
            version,
            egress,
            is_owing,
        } = ready
        else {
            return;
        };
        let documents = unchanging(&tenant, document).zip(unchanging(&tenant, mail));
        let succeeded = documents.is_some_and(|(document, mail)| {
            let (current, backoff, alarm) = (None, Backoff::default(), None);
            let new = Tenant { uid, hostnames, mail, egress, document, version, current, backoff, alarm };
            let is_ready = self.tenant_ready(tenant.clone(), new);
            if is_ready && is_owing {
                self.wake(tenant);
            }
            is_ready
        });
        self.control.tell(ToControl::Done { request, succeeded });
    }

    fn mailbox_certificates_ready(&mut self, document: Fd) -> bool {
        let is_told = self.outbound.tell(ToOutbound::Certificates { document: document.clone() });
        self.mailbox_certificates = Some(document);
        is_told
    }

    /// Another instance has control's database. An instance that others rely on goes on and tries again.
    fn held_by_another(&mut self, reason: String) {
        if self.announced {
            tracing::error!(reason, "control cannot start");
        } else {
            self.in_use = Some(reason);
        }
    }

    /// Nothing is left of a tenant but what its engine still has to finish.
    fn tenant_removed(&mut self, tenant: &TenantId) {
        let (gone, running) = self.engines.forget(tenant);
        self.unroute(gone);
        self.drain_engine(running);
        self.certificates.remove(tenant);
        self.meter.forget(tenant);
        self.log_removed(tenant);
    }

    /// Everything that is known, for control to tell whoever watches the instance.
    fn measure(&self) -> Option<Fd> {
        let sealed = self.measurements().seal();
        sealed
            .inspect_err(|error| tracing::error!(%error, "the measurements cannot be told"))
            .ok()
            .map(|it| it.fd())
    }

    pub(super) fn measurements(&self) -> Measurements {
        let count = |number: usize| number as u64;
        Measurements {
            has_postgres: self.databases.are_up(),
            has_gateway: self.gateway.process.is_some(),
            has_outbound: self.outbound.process.is_some(),
            has_auditor: self.auditor.process.is_some(),
            tenants: count(self.engines.tenants.len()),
            tenants_in_quarantine: count(self.engines.quarantined(Instant::now())),
            engines_running: count(self.engines.processes.len()),
            engines_started: self.meter.engines_started,
            engines_crashed: self.meter.engines_crashed,
            engines_violated: self.meter.engines_violated,
            engines_out_of_memory: self.meter.engines_out_of_memory,
            services_failed: self.meter.services_failed(),
            cold_starts: Durations::from(&self.meter.cold_starts),
            database_connections: self.meter.database_connections,
            database_refusals: self.meter.database_refusals,
            requests: self.meter.requests(),
            tenant_requests: self.meter.tenant_requests(),
            gateway: self.meter.gateway,
            outbound: self.meter.outbound,
            auditor: self.meter.auditor.clone(),
            streams: self.meter.streams(),
        }
    }

    /// Gives a tenant's uid its name. Control cannot name any of the instance's own accounts this way.
    fn add_account(&mut self, uid: u32, tenant: &TenantId) -> bool {
        if uid < FIRST_TENANT_UID {
            return false;
        }
        self.databases.add_account(uid, tenant).unwrap_or_else(|error| {
            tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot add an account");
            false
        })
    }

    /// Takes a tenant's uid its name away, once nothing of the tenant may run any more.
    fn remove_account(&mut self, uid: u32, tenant: &TenantId) -> bool {
        let is_known = self.engines.tenants.contains_key(tenant);
        if uid < FIRST_TENANT_UID || is_known {
            return false;
        }
        self.databases.remove_account(uid, tenant).unwrap_or_else(|error| {
            tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot remove an account");
            false
        })
    }

    fn accounts(&self) -> Option<Fd> {
        let accounts = self.databases.tenant_accounts()?;
        sealed(&serde_json::json!(accounts)).ok()
    }

    fn tenant_ready(&mut self, id: TenantId, tenant: Tenant) -> bool {
        if !self.engines.may_run_as(&id, tenant.uid) {
            tracing::error!(tenant = %id, uid = tenant.uid, "control asks for an engine with an account that is not its tenant's");
            return false;
        }
        if !self.may_have(&id, &tenant.hostnames) {
            return false;
        }
        let hostnames = tenant.hostnames.clone();
        let (gone, outdated) = self.engines.ready(id.clone(), tenant);
        self.reroute(gone, hostnames, &Destination::Tenant(id));
        self.drain_engine(outdated);
        true
    }

    fn tenant_suspended(&mut self, id: TenantId, hostnames: Vec<Hostname>) -> bool {
        if !self.may_have(&id, &hostnames) {
            return false;
        }
        let (gone, running) = self.engines.suspend(id, hostnames.clone());
        self.reroute(gone, hostnames, &Destination::Suspended);
        self.drain_engine(running);
        true
    }

    /// Takes note of what a tenant's TLS is made of, and has its engines know. `false` when the document could still be
    /// changed.
    fn certificates_ready(&mut self, tenant: TenantId, document: Fd) -> bool {
        let Some(document) = unchanging(&tenant, document) else { return false };
        let engines = self.engines.processes.iter().filter(|(_, engine)| engine.tenant == tenant);
        // Those of the program before this one are being replaced, and may not know this message.
        for (_, engine) in engines.filter(|(id, _)| !self.replaced.has_engine(**id)) {
            engine.process.tell(ToEngine::Certificates { document: document.fd() });
        }
        self.certificates.insert(tenant, document);
        true
    }

    /// Whether these names are nobody else's.
    fn may_have(&self, id: &TenantId, hostnames: &[Hostname]) -> bool {
        let fixed = self.fixed_routes();
        let reserved = hostnames.iter().any(|name| fixed.iter().any(|(other, _)| other == name));
        let is_free = !reserved && !self.engines.is_taken(id, hostnames);
        if !is_free {
            tracing::error!(tenant = %id, "a hostname of this tenant is served for another");
        }
        is_free
    }

    fn reroute(&self, gone: Vec<Hostname>, hostnames: Vec<Hostname>, destination: &Destination) {
        self.unroute(gone);
        for hostname in hostnames {
            self.gateway.tell(ToGateway::Route { hostname, destination: destination.clone() });
        }
    }

    fn unroute(&self, hostnames: Vec<Hostname>) {
        for hostname in hostnames {
            self.gateway.tell(ToGateway::RouteRemoved { hostname });
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

    /// Tells whoever started the instance, and writes the ready file: last, so that who waits for it finds whatever else
    /// is left for them.
    fn ready(&mut self, document: Fd) {
        let bytes = match SealedDocument::accept(document).and_then(SealedDocument::read) {
            Ok(bytes) => bytes,
            Err(error) => return tracing::error!(%error, "control does not tell how the instance is reached"),
        };
        if !std::mem::replace(&mut self.announced, true) {
            (self.config.on_ready)(&self.config, &bytes);
        }
        if let Some(path) = &self.config.ready_file
            && let Err(error) = write_ready_file(path, &bytes)
        {
            tracing::error!(%error, path = %path.display(), "cannot write the ready file");
        }
    }
}

/// A document of a tenant's that control sent, if it is one that nobody can change any more.
fn unchanging(tenant: &TenantId, document: Fd) -> Option<SealedDocument> {
    let accepted = SealedDocument::accept(document);
    accepted
        .inspect_err(|error| tracing::error!(%tenant, %error, "control sent a document that can change"))
        .ok()
}

/// Appears whole or not at all; for its owner only, since it holds the management key.
fn write_ready_file(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let _ = std::fs::remove_file(&name);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name)?;
    file.write_all(bytes)?;
    std::fs::rename(&name, path)
}
