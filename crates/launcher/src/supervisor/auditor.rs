//! The process that seals the tenants' logs: what it is told, and what it asks for.

use kiavi_base::TenantId;
use kiavi_ipc::auditor::{FromAuditor, ToAuditor};
use kiavi_ipc::control::ToControl;
use kiavi_ipc::{Channel, Fd, SealedDocument};
use kiavi_localpg::AUDITOR_UID;

use super::start::{cannot, fd};
use super::{LauncherError, Retry, Said, Supervisor};
use crate::child::{Process, ProcessId, spawn};
use crate::databases::Asker;
use crate::services::Service;

impl Supervisor {
    pub(super) fn start_auditor(&mut self) {
        let started = self.try_start_auditor();
        self.or_retry(started, Retry::Auditor);
    }

    /// Starts it and tells it of every log. One of before may still run: in each database only one of them writes.
    pub(super) fn try_start_auditor(&mut self) -> Result<(), LauncherError> {
        let id = self.next_process();
        let program = self.program("auditor", AUDITOR_UID);
        let witness = Channel::pair()?;
        let mut process: Process<ToAuditor> =
            spawn(&program, id, &self.events, Said::Auditor).map_err(cannot("auditor"))?;
        self.weigh("auditor", &process);
        process.tell(ToAuditor::Start { database: self.databases.server() });
        let logs = self.logs.iter();
        process.tell_first(
            logs.map(|(tenant, log)| ToAuditor::Log { tenant: tenant.clone(), document: log.fd() }),
        );
        self.auditor.process = Some(process);
        self.open_witness_door(witness);
        Ok(())
    }

    /// The auditor's way to control as the witness: anew whenever either of them is.
    pub(super) fn open_witness_door(&self, (theirs, ours): (Channel, Channel)) {
        // Whichever of the two does not run gets its door when it starts.
        self.auditor.tell(ToAuditor::Witness { door: fd(theirs) });
        self.control.tell(ToControl::Witness { door: fd(ours) });
    }

    pub(super) fn auditor_said(&mut self, process: ProcessId, message: FromAuditor) {
        match message {
            // One of the program before this one has said so to that.
            FromAuditor::Ready => {
                tracing::debug!("the auditor is ready");
                if let Some(document) = self.announcement.sealing() {
                    self.announce(document);
                }
            }
            FromAuditor::NeedDatabase { request } => {
                self.connect_database(Asker::Auditor(process, request), AUDITOR_UID);
            }
            FromAuditor::Report(report) => self.meter.auditor.merge(&report),
        }
    }

    /// The one with this process; that of the program before this one goes on until it has sealed what it was told of.
    pub(super) fn auditor_of(&self, process: ProcessId) -> &Service<ToAuditor> {
        if self.replaced.auditor.is(process) { &self.replaced.auditor } else { &self.auditor }
    }

    /// Takes note of a log. `false` when the document could still be changed.
    pub(super) fn log_ready(&mut self, tenant: TenantId, document: Fd) -> bool {
        match SealedDocument::accept(document) {
            Ok(document) => {
                self.auditor.tell(ToAuditor::Log { tenant: tenant.clone(), document: document.fd() });
                self.logs.insert(tenant, document);
                true
            }
            Err(error) => {
                tracing::error!(%tenant, %error, "control sent a document that can change");
                false
            }
        }
    }

    pub(super) fn log_removed(&mut self, tenant: &TenantId) {
        if self.logs.remove(tenant).is_some() {
            self.auditor.tell(ToAuditor::LogRemoved { tenant: tenant.clone() });
        }
    }

    /// Events were written. Whose log is nobody's to seal has nobody to tell.
    pub(super) fn log_written(&self, tenant: &TenantId) {
        if self.logs.contains_key(tenant) {
            self.auditor.tell(ToAuditor::Written { tenant: tenant.clone() });
        }
    }
}
