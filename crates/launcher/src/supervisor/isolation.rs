//! Finding out how a tenant is isolated: by canaries that try, and by what the kernel says of its processes.

use kiavi_base::TenantId;
use kiavi_ipc::SealedDocument;
use kiavi_ipc::control::ToControl;
use kiavi_ipc::isolation::Inspection;
use kiavi_sandbox::Isolation;

use super::{Event, Supervisor};
use crate::canary::Aviary;
use crate::child::ProcessId;
use crate::confinement;
use crate::databases::Asker;
use crate::folder::CONTROL_SOCKET;
use crate::groups::Groups;

/// The most others with the same account that are named.
const MOST_NAMED: usize = 8;

impl Supervisor {
    /// Has a tenant's isolation tried and told to the control that asks. That takes seconds, beside everything else; one tenant
    /// at a time, others wait.
    pub(super) fn inspect(&self, asker: ProcessId, request: u64, id: &TenantId) {
        let Some((mut inspection, engine)) = self.known_of(id) else {
            return self.inspected(asker, request, None);
        };
        let (program, share) = self.engine_program(id, inspection.uid);
        let socket = self.folder.path().join(CONTROL_SOCKET).to_string_lossy().into_owned();
        let has_groups = self.groups.is_some();
        let aviary = Aviary { program, victim: std::process::id(), socket, has_groups };
        let placing = self.groups.as_ref().map(Groups::placing);
        let (turn, events) = (self.inspections.clone(), self.events.sender.clone());
        let id = id.clone();
        tokio::spawn(async move {
            let _turn = turn.acquire_owned().await;
            if let Some(pid) = engine {
                inspection.engine = confinement::look_at_placed(pid, has_groups).await.ok();
            }
            let confine = |pid| placing.iter().for_each(|placing| placing.confine(&id, pid, share));
            match aviary.look(confine).await {
                Ok(told) => (inspection.layers, inspection.canary) = (told.layers, told.seen),
                Err(why) => inspection.failure = Some(why),
            }
            placing.iter().for_each(|placing| placing.release(&id));
            inspection.tried = aviary.try_everything().await;
            let sealed = inspection.seal();
            let sealed = sealed.inspect_err(|error| tracing::error!(%error, "an inspection cannot be told"));
            let _ = events.send(Event::Inspected { asker, request, document: sealed.ok() }).await;
        });
    }

    /// Tells whoever asked, unless another control has taken their place.
    pub(super) fn inspected(&self, asker: ProcessId, request: u64, document: Option<SealedDocument>) {
        if self.control.is(asker) {
            let document = document.map(|document| document.fd());
            self.control.tell(ToControl::Inspected { request, document });
        }
    }

    /// What needs no trying, with the number of the process of its engine if one runs.
    fn known_of(&self, id: &TenantId) -> Option<(Inspection, Option<u32>)> {
        let tenants = &self.engines.tenants;
        let tenant = tenants.get(id)?;
        let engine = tenant.current.and_then(|process| self.engines.processes.get(&process));
        let sharing = tenants.iter().filter(|(other, known)| *other != id && known.uid == tenant.uid);
        let inspection = Inspection {
            is_fully_isolated: self.config.isolation == Isolation::Full,
            has_groups: self.groups.is_some(),
            uid: tenant.uid,
            sharing_account: sharing.map(|(other, _)| other.clone()).take(MOST_NAMED).collect(),
            hostnames: tenant.hostnames.clone(),
            egress: tenant.egress.iter().map(ToString::to_string).collect(),
            layers: Vec::new(),
            canary: None,
            engine: None,
            tried: Vec::new(),
            failure: None,
        };
        Some((inspection, engine.map(|engine| engine.process.pid)))
    }

    /// A connection under a tenant's account for the control that asks. Which account that is, this process knows.
    pub(super) fn connect_as_tenant(&mut self, asker: ProcessId, request: u64, tenant: &TenantId) {
        let uid = self.engines.tenants.get(tenant).map(|tenant| tenant.uid);
        match uid {
            Some(uid) if self.databases.knows_accounts() => {
                self.connect_database(Asker::Control(asker, request), uid);
            }
            _ => self.answer_database(Asker::Control(asker, request), None),
        }
    }
}
