//! That each name that is served is to have a certificate, and no other has one.

use kiavi_base::{Hostname, TenantId};
use serde_json::json;

use super::{Certificate, announce, event, key, store, worker};
use crate::{
    Control, ControlError, Tenant, TenantEventKind, address, caller::Actor, error::StepError, instance::SLUG,
};

/// The step of a tenant. What needs nobody to be reached is made at once; the rest is the background job's, and holds up
/// nothing.
pub(crate) async fn settle(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let names = address::names(control, tenant).await?.into_iter().map(|name| name.hostname).collect();
    of_names(control, Some(&tenant.id), names).await?;
    let parts = control.parts();
    if parts.issuer.as_ref().is_some_and(|issuer| issuer.is_immediate()) {
        for id in store::due(&parts.database, parts.clock.now(), Some(&tenant.id)).await? {
            worker::make(control, id).await?;
        }
    }
    control.certificates().wake();
    Ok(())
}

/// The same for the instance's own hosts.
pub(crate) async fn own(control: &Control) -> Result<(), StepError> {
    let names = control.parts().own_hosts.iter().map(|(_, hostname)| hostname.clone()).collect();
    of_names(control, None, names).await?;
    announce::announce(control, None).await
}

async fn of_names(
    control: &Control,
    tenant: Option<&TenantId>,
    names: Vec<Hostname>,
) -> Result<(), StepError> {
    let parts = control.parts();
    let Some(issuer) = &parts.issuer else { return Ok(()) };
    let now = parts.clock.now();
    let known = store::list(&parts.database, tenant).await?;
    for name in names.iter().filter(|name| !known.iter().any(|known| known.hostname == **name)) {
        store::want(&parts.database, tenant, name, now).await?;
    }
    for certificate in &known {
        let is_others = |present: &super::Present| present.issuer != issuer.name();
        if !names.contains(&certificate.hostname) {
            let_go(control, certificate).await?;
        } else if certificate.attempts == 0 && certificate.present.as_ref().is_some_and(is_others) {
            // The configuration names another authority by now.
            store::hasten(&parts.database, certificate.id, now).await?;
        }
    }
    Ok(())
}

/// Destroys the key, then forgets the certificate: in this order, so that no key is left of which nobody knows.
async fn let_go(control: &Control, certificate: &Certificate) -> Result<(), StepError> {
    let (parts, tenant) = (control.parts(), certificate.tenant.as_ref());
    key::destroy(&*parts.vault, &announce::owner(tenant)?, &certificate.hostname).await?;
    control.certificates().forget(tenant, &certificate.hostname);
    control.reach("after a certificate's key is destroyed")?;
    let transaction = parts.database.begin().await?;
    if transaction.execute(&store::DELETE_CERTIFICATE, &[&certificate.id]).await? == 0 {
        return Ok(());
    }
    if let Some(present) = &certificate.present {
        let detail = json!({ "hostname": certificate.hostname, "serial": present.leaf.serial });
        let kind = TenantEventKind::CertificateRemoved;
        event::record(control, &transaction, &Actor::CONTROL, tenant, kind, detail).await?;
    }
    Ok(transaction.commit().await?)
}

impl Control {
    /// The root of the instance's own authority (PEM), where it has one.
    ///
    /// # Errors
    /// When the vault fails.
    pub async fn local_root(&self) -> Result<Option<String>, ControlError> {
        let Some(issuer) = &self.parts().issuer else { return Ok(None) };
        issuer.root().await.map_err(|error| ControlError::Settings(error.into()))
    }
}

/// Has a certificate made anew, because somebody asks for that.
///
/// # Errors
/// [`ControlError::TooManyRenewals`] when they ask too often; when the database fails.
pub(crate) async fn renew(
    control: &Control,
    actor: &Actor,
    certificate: &Certificate,
) -> Result<(), ControlError> {
    let (parts, tenant) = (control.parts(), certificate.tenant.as_ref());
    let (desk, now) = (control.certificates(), parts.clock.now());
    let standing = desk.renewals.take(tenant.map_or(SLUG, TenantId::as_str), now);
    if !standing.is_allowed {
        return Err(ControlError::TooManyRenewals(standing.seconds));
    }
    let transaction = parts.database.begin().await?;
    transaction.execute(&store::HASTEN_CERTIFICATE, &[&certificate.id, &now]).await?;
    let detail = json!({ "hostname": certificate.hostname });
    let kind = TenantEventKind::CertificateRenewalRequested;
    event::record(control, &transaction, actor, tenant, kind, detail).await?;
    transaction.commit().await?;
    if let Some(tenant) = tenant {
        event::tell(control, tenant).await;
    }
    desk.wake();
    Ok(())
}
