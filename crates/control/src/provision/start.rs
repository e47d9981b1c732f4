//! Letting requests reach a tenant, and ending that.

use kiavi_base::Hostname;
use serde_json::Value;

use super::{password, postgres, secret};
use crate::{
    Address, Control, Tenant, TenantStart, address,
    caller::Actor,
    error::StepError,
    log,
    settings::{self, diff, secrets},
    tenant::{Target, store},
};

/// Makes the tenant known to the privileged process, with its account, settings and secret. Answers with the tenant
/// as it is known there.
pub(super) async fn start(control: &Control, tenant: Tenant) -> Result<Tenant, StepError> {
    let parts = control.parts();
    parts.privileged.add_account(tenant.uid, &tenant.id).await.map_err(StepError::Privileged)?;
    let database_password = password::password(control, &tenant.id).await?;
    postgres::settle_roles(control, &tenant.id, database_password.as_ref()).await?;
    let address = address::address(control, &tenant).await?;
    let (tenant, settings) = settle_settings(control, tenant, &address).await?;
    let start = TenantStart {
        id: tenant.id.clone(),
        uid: tenant.uid,
        slug: tenant.slug.clone(),
        hostnames: all(address),
        settings,
        secret: secret::current(control, &tenant).await?,
        database_password,
    };
    log::announce(control, &tenant.id).await?;
    control.reach("before the tenant is made ready")?;
    parts.privileged.tenant_ready(start).await.map_err(StepError::Privileged)?;
    Ok(tenant)
}

/// Makes a tenant known that nobody is to reach but over the management door: it has no name at the gateway.
pub(super) async fn start_unlisted(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let parts = control.parts();
    let start = TenantStart {
        id: tenant.id.clone(),
        uid: tenant.uid,
        slug: tenant.slug.clone(),
        hostnames: Vec::new(),
        settings: secrets::opened(&*parts.vault, &tenant.id, &tenant.settings).await?,
        secret: secret::current(control, tenant).await?,
        database_password: password::password(control, &tenant.id).await?,
    };
    parts.privileged.tenant_ready(start).await.map_err(StepError::Privileged)
}

/// The tenant with today's address, and its settings with their secrets in clear. A change of the address is a version
/// like any other, written down first.
async fn settle_settings(
    control: &Control,
    mut tenant: Tenant,
    address: &Address,
) -> Result<(Tenant, Value), StepError> {
    let parts = control.parts();
    loop {
        let opened = secrets::opened(&*parts.vault, &tenant.id, &tenant.settings).await?;
        let mut settled = parts.schema.with_address(&opened, address).map_err(StepError::Settings)?;
        if tenant.is_console() {
            let made = parts.schema.console_settings(&settled, &parts.console_origin);
            settled = made.map_err(StepError::Settings)?;
        }
        let stored = secrets::resealed(settled.clone(), &tenant.settings);
        if stored == tenant.settings {
            return Ok((tenant, settled));
        }
        let changes = diff(&tenant.settings, &stored);
        settings::write(control, &Actor::CONTROL, &tenant, &stored, &changes, None).await?;
        // Written now, or by somebody else since the tenant was read.
        tenant = store::find(&parts.database, tenant.id.as_str())
            .await?
            .filter(|tenant| tenant.target == Target::Running)
            .ok_or(StepError::Unwanted)?;
    }
}

/// Ends the engine and has the gateway answer in its place.
pub(super) async fn stop(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let hostnames = all(address::address(control, tenant).await?);
    let stopping = control.parts().privileged.tenant_suspended(&tenant.id, hostnames);
    stopping.await.map_err(StepError::Privileged)?;
    log::announce_stopped(control, tenant).await;
    Ok(())
}

/// The names by which the gateway knows a tenant.
fn all(address: Address) -> Vec<Hostname> {
    address.hostnames.into_iter().chain(address.former).collect()
}
