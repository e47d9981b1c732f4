//! Who is told what TLS is made of.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{Method, StatusCode};
use kiavi_base::{Hostname, TenantId};
use kiavi_db::BoxFuture;
use kiavi_ipc::{
    SealedDocument,
    certificate::{Certificate as Shown, Certificates, Challenge},
};
use tokio::sync::Notify;

use super::{
    Certificate,
    dns::{Published, Records},
    issuer::{Answering, IssueError},
    key, leaf, store,
};
use crate::{
    Control,
    caller::Actor,
    error::{StepError, chain},
    limit::{Limiter, RENEWALS},
    log, management, tenant,
};

/// What an engine answers whatever it is made of, without its database.
const ALIVE: &str = "/api/auth/ok";

/// What is known of certificates beside their rows.
#[derive(Debug)]
pub(crate) struct Desk {
    /// What is answered now, by whose name it is about. An order that is cut off is begun anew, with other answers.
    answers: Mutex<HashMap<(Option<TenantId>, Hostname), Challenge>>,
    /// Who announces does so alone, so that what was read last is what is told last.
    announcing: tokio::sync::Mutex<()>,
    /// What people ask for.
    pub(super) renewals: Limiter,
    /// What is to be in the DNS.
    records: Arc<Records>,
    /// The background job waits here.
    pub(super) wake: Notify,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            answers: Mutex::default(),
            announcing: tokio::sync::Mutex::default(),
            renewals: Limiter::new(RENEWALS),
            records: Arc::default(),
            wake: Notify::default(),
        }
    }
}

impl Desk {
    fn answers(&self) -> MutexGuard<'_, HashMap<(Option<TenantId>, Hostname), Challenge>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, tenant: Option<&TenantId>) -> Vec<Challenge> {
        let answers = self.answers();
        let own = answers.iter().filter(|((owner, _), _)| owner.as_ref() == tenant);
        own.map(|(_, challenge)| challenge.clone()).take(Certificates::MAX_CHALLENGES).collect()
    }

    /// Nothing is answered for this name any more.
    pub(super) fn forget(&self, tenant: Option<&TenantId>, hostname: &Hostname) {
        self.answers().remove(&(tenant.cloned(), hostname.clone()));
    }

    /// What is to be in the DNS, for whoever writes into it.
    pub(crate) fn records(&self) -> &Arc<Records> {
        &self.records
    }

    /// Has the background job look.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Has the tenant's engine show what there is and answer what is asked, or those who serve the instance's own hosts.
///
/// # Errors
/// When database, vault or launcher fail.
pub(crate) async fn announce(control: &Control, tenant: Option<&TenantId>) -> Result<(), StepError> {
    let parts = control.parts();
    let _alone = control.certificates().announcing.lock().await;
    let rows = store::list(&parts.database, tenant).await?;
    let Some(tenant) = tenant else {
        let mut outcome = Ok(());
        for (host, hostname) in &parts.own_hosts {
            let row = rows.iter().filter(|row| row.hostname == *hostname);
            let all = all_of(control, row, None).await?;
            // One that is not there must not keep the others waiting.
            let announced = parts.privileged.announce_own_certificates(*host, sealed(&all)?).await;
            outcome = outcome.and(announced.map_err(StepError::Privileged));
        }
        return outcome;
    };
    let all = all_of(control, rows.iter(), Some(tenant)).await?;
    parts.privileged.announce_certificates(tenant, sealed(&all)?).await.map_err(StepError::Privileged)
}

async fn all_of<'a>(
    control: &Control,
    rows: impl Iterator<Item = &'a Certificate>,
    tenant: Option<&TenantId>,
) -> Result<Certificates, StepError> {
    let mut certificates = Vec::new();
    for row in rows.take(Certificates::MAX_CERTIFICATES) {
        certificates.extend(shown(control, row).await?);
    }
    Ok(Certificates { certificates, challenges: control.certificates().of(tenant) })
}

fn sealed(all: &Certificates) -> Result<SealedDocument, StepError> {
    all.seal().map_err(|error| StepError::Privileged(error.into()))
}

/// The same for a tenant's engine that is made ready; that there is an instance without certificates is nobody's news.
pub(crate) async fn announce_if_any(control: &Control, tenant: &TenantId) -> Result<(), StepError> {
    if control.parts().issuer.is_none() {
        return Ok(());
    }
    announce(control, Some(tenant)).await
}

/// A certificate with its key. One whose key is gone, or that cannot be read, is not shown, and made anew.
async fn shown(control: &Control, row: &Certificate) -> Result<Option<Shown>, StepError> {
    let parts = control.parts();
    let Some(present) = &row.present else { return Ok(None) };
    let owner = owner(row.tenant.as_ref())?;
    let key = key::get(&*parts.vault, &owner, &row.hostname, present.key_version).await?;
    let chain = leaf::certificates(&present.chain).ok();
    let Some((key, chain)) = key.zip(chain) else {
        tracing::error!(hostname = %row.hostname, "the key of a certificate is not in the vault: it is made anew");
        store::hasten(&parts.database, row.id, parts.clock.now()).await?;
        control.certificates().wake();
        return Ok(None);
    };
    Ok(Some(Shown { names: vec![row.hostname.clone()], chain, key }))
}

/// Whose the keys are in the vault.
pub(super) fn owner(tenant: Option<&TenantId>) -> Result<TenantId, StepError> {
    tenant.map_or_else(log::instance, |tenant| Ok(tenant.clone()))
}

/// The host of an order.
pub(super) struct Host<'a> {
    pub(super) control: &'a Control,
    pub(super) tenant: Option<&'a TenantId>,
    pub(super) hostname: &'a Hostname,
}

impl Answering for Host<'_> {
    fn answer(&self, challenge: Challenge) -> BoxFuture<'_, Result<(), IssueError>> {
        Box::pin(async move {
            let desk = self.control.certificates();
            desk.answers().insert((self.tenant.cloned(), self.hostname.clone()), challenge);
            announce(self.control, self.tenant).await.map_err(|error| IssueError::Host(chain(&error)))?;
            match self.tenant {
                Some(tenant) => confirm(self.control, tenant).await,
                // The console's answers are this process's, which has them by now.
                None => Ok(()),
            }
        })
    }

    fn publish(&self, value: String) -> BoxFuture<'_, Result<Published, IssueError>> {
        Box::pin(self.control.certificates().records.publish(self.hostname, value))
    }
}

/// Waits until the tenant's engine has what was announced last: it reads what the launcher says in its order, and answers a
/// request that came after that. One that sleeps is started for it, with the answer.
async fn confirm(control: &Control, tenant: &TenantId) -> Result<(), IssueError> {
    let found = tenant::store::find(&control.parts().database, tenant.as_str()).await;
    let found = found.map_err(|error| IssueError::Host(chain(&error)))?;
    let tenant = found.ok_or_else(|| IssueError::Host("the tenant is gone".to_owned()))?;
    let operator = Actor::CONTROL.name();
    let asked = management::ask(control, &tenant, &operator, None, Method::GET, ALIVE, None).await;
    let answer = asked.map_err(|error| IssueError::Host(chain(&error)))?;
    match answer.status() {
        StatusCode::OK => Ok(()),
        status => Err(IssueError::Host(format!("its engine answers {status}"))),
    }
}
