//! The tenants that control tells of: who may run as which account, and where each is reached.

use kiavi_base::{Hostname, TenantId};
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::gateway::{Destination, ToGateway};
use kiavi_ipc::{Fd, SealedDocument};
use kiavi_localpg::FIRST_TENANT_UID;

use super::Supervisor;
use crate::backoff::Backoff;
use crate::engines::Tenant;

impl Supervisor {
    /// The tenant is going to be announced. Who comes for it until then waits, as for an engine that is being started.
    pub(super) fn tenant_expected(&mut self, id: TenantId, hostnames: Vec<Hostname>) {
        if !self.may_have(&id, &hostnames) {
            return;
        }
        let Some(gone) = self.engines.expect(id.clone(), hostnames.clone()) else { return };
        self.unroute(gone);
        let destination = Destination::Tenant(id);
        let route = |hostname| ToGateway::Route { hostname, destination: destination.clone() };
        if let Some(gateway) = &mut self.gateway.process {
            // There are as many of them as when a gateway starts.
            gateway.tell_first(hostnames.into_iter().map(route));
        }
    }

    /// Control has told of all tenants: under any other hostname there is nobody.
    pub(super) fn hosts_known(&mut self) {
        self.is_routed = true;
        self.gateway.tell(ToGateway::HostsKnown);
    }

    pub(super) fn tenant_announced(&mut self, ready: FromControl) {
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

    /// Nothing is left of a tenant but what its engine still has to finish.
    pub(super) fn tenant_removed(&mut self, tenant: &TenantId) {
        self.nobody_comes(tenant);
        let (gone, running) = self.engines.forget(tenant);
        self.unroute(gone);
        self.drain_engine(running);
        self.certificates.remove(tenant);
        self.meter.forget(tenant);
        self.log_removed(tenant);
    }

    /// Gives a tenant's uid its name. Control cannot name any of the instance's own accounts this way.
    pub(super) fn add_account(&mut self, uid: u32, tenant: &TenantId) -> bool {
        if uid < FIRST_TENANT_UID {
            return false;
        }
        self.databases.add_account(uid, tenant).unwrap_or_else(|error| {
            tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot add an account");
            false
        })
    }

    /// Takes a tenant's uid its name away, once nothing of the tenant may run any more.
    pub(super) fn remove_account(&mut self, uid: u32, tenant: &TenantId) -> bool {
        let is_known = self.engines.tenants.contains_key(tenant);
        if uid < FIRST_TENANT_UID || is_known {
            return false;
        }
        self.databases.remove_account(uid, tenant).unwrap_or_else(|error| {
            tracing::error!(%tenant, error = &error as &dyn std::error::Error, "cannot remove an account");
            false
        })
    }

    fn tenant_ready(&mut self, id: TenantId, tenant: Tenant) -> bool {
        if !self.engines.may_run_as(&id, tenant.uid) {
            tracing::error!(tenant = %id, uid = tenant.uid, "control asks for an engine with an account that is not its tenant's");
            return false;
        }
        if !self.may_have(&id, &tenant.hostnames) {
            return false;
        }
        let (hostnames, askers) = (tenant.hostnames.clone(), self.engines.take_askers(&id));
        let (gone, outdated) = self.engines.ready(id.clone(), tenant);
        self.reroute(gone, hostnames, &Destination::Tenant(id.clone()));
        self.drain_engine(outdated);
        for asker in askers {
            self.need_engine(&id, Some(asker));
        }
        true
    }

    pub(super) fn tenant_suspended(&mut self, id: TenantId, hostnames: Vec<Hostname>) -> bool {
        if !self.may_have(&id, &hostnames) {
            return false;
        }
        self.nobody_comes(&id);
        let (gone, running) = self.engines.suspend(id, hostnames.clone());
        self.reroute(gone, hostnames, &Destination::Suspended);
        self.drain_engine(running);
        true
    }

    /// Those who wait for a tenant to be announced wait for nothing.
    fn nobody_comes(&mut self, id: &TenantId) {
        for asker in self.engines.take_askers(id) {
            let destination = Destination::Tenant(id.clone());
            self.gateway_for(Some(asker)).tell(ToGateway::Unavailable { destination });
        }
    }

    /// Takes note of what a tenant's TLS is made of, and has its engines know. `false` when the document could still be
    /// changed.
    pub(super) fn certificates_ready(&mut self, tenant: TenantId, document: Fd) -> bool {
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
}

/// A document of a tenant's that control sent, if it is one that nobody can change any more.
pub(super) fn unchanging(tenant: &TenantId, document: Fd) -> Option<SealedDocument> {
    let accepted = SealedDocument::accept(document);
    accepted
        .inspect_err(|error| tracing::error!(%tenant, %error, "control sent a document that can change"))
        .ok()
}
