//! What control asks for, but for the tenants that it tells of.

use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::metrics::{Durations, Measurements};
use kiavi_ipc::outbound::ToOutbound;
use kiavi_ipc::{Fd, SealedDocument};
use kiavi_localpg::CONTROL_UID;
use tokio::time::Instant;

use super::announcement::AUDITOR_PATIENCE;
use super::engine::Reader;
use super::start::sealed;
use super::tenants::unchanging;
use super::{Retry, Supervisor};
use crate::child::ProcessId;
use crate::databases::Asker;
use crate::engines::Management;
use crate::listen::visit;

impl Supervisor {
    pub(super) fn control_said(&mut self, process: ProcessId, message: FromControl) {
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
            FromControl::TenantExpected { tenant, hostnames } => self.tenant_expected(tenant, hostnames),
            FromControl::HostsKnown => self.hosts_known(),
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

    fn mailbox_certificates_ready(&mut self, document: Fd) -> bool {
        let is_told = self.outbound.tell(ToOutbound::Certificates { document: document.clone() });
        self.mailbox_certificates = Some(document);
        is_told
    }

    /// Another instance has control's database. An instance that others rely on goes on and tries again.
    fn held_by_another(&mut self, reason: String) {
        if self.announcement.is_made() {
            tracing::error!(reason, "control cannot start");
        } else {
            self.in_use = Some(reason);
        }
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

    fn accounts(&self) -> Option<Fd> {
        let accounts = self.databases.tenant_accounts()?;
        sealed(&serde_json::json!(accounts)).ok()
    }

    /// Control has said how the instance is reached. Whether whoever started it is told now, or when the auditor seals, is for
    /// [`Announcement`](super::announcement::Announcement) to say.
    fn ready(&mut self, document: Fd) {
        let document = match SealedDocument::accept(document) {
            Ok(document) => document,
            Err(error) => return tracing::error!(%error, "control does not tell how the instance is reached"),
        };
        match self.announcement.reached(document) {
            Some(document) => self.announce(document),
            None => {
                self.later(AUDITOR_PATIENCE, Retry::Announcement);
            }
        }
    }

    /// Nobody is kept from signing in because nothing seals what they do: it is sealed later.
    pub(super) fn announce_without_auditor(&mut self) {
        if let Some(document) = self.announcement.late() {
            tracing::error!("the auditor does not get ready: events are written, and sealed when it is");
            self.announce(document);
        }
    }

    /// Tells whoever started the instance, and writes the ready file: last, so that who waits for it finds whatever else
    /// is left for them.
    pub(super) fn announce(&mut self, document: SealedDocument) {
        let bytes = match document.read() {
            Ok(bytes) => bytes,
            Err(error) => return tracing::error!(%error, "control does not tell how the instance is reached"),
        };
        if self.announcement.make() {
            (self.config.on_ready)(&self.config, &bytes);
        }
        if let Some(path) = &self.config.ready_file
            && let Err(error) = write_ready_file(path, &bytes)
        {
            tracing::error!(%error, path = %path.display(), "cannot write the ready file");
        }
    }
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
