//! Letting requests reach a tenant, and ending that.

use kiavi_base::Hostname;
use serde_json::{Value, json};

use super::{password, postgres, secret};
use crate::{
    Address, Control, Step, Tenant, TenantStart, address,
    audit::{self, Event, Outcome},
    caller::Actor,
    certificate,
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
    certificate::announce::announce_if_any(control, &tenant.id).await?;
    control.reach("before the tenant is made ready")?;
    parts.privileged.tenant_ready(start).await.map_err(StepError::Privileged)?;
    Ok(tenant)
}

/// Makes a tenant known that nobody is to reach but over the management door: it has no name at the gateway.
pub(super) async fn start_unlisted(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let start = unlisted(control, tenant).await?;
    control.parts().privileged.tenant_ready(start).await.map_err(StepError::Privileged)
}

/// What a process is started with that reads out the log of a tenant that is switched off. Tables of an older program are
/// brought forward first: nobody has done so since it was switched off.
pub(crate) async fn log_reader(control: &Control, tenant: &Tenant) -> Result<TenantStart, StepError> {
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let version = parts.schema.version();
    if tenant.schema_version != version {
        postgres::migrate(control, &tenant.id).await?;
        let transaction = parts.database.begin().await?;
        if transaction.execute(&store::MIGRATE_STOPPED, &[&id, &version]).await? > 0 {
            let (kind, outcome) = (Step::Schema.event(), Outcome::Success);
            let detail = json!({ "from": tenant.schema_version, "to": version });
            let event = Event { kind, outcome, actor: &Actor::CONTROL, subject: id, detail };
            audit::record(control, &transaction, &event).await?;
        }
        transaction.commit().await?;
        log::announce(control, &tenant.id).await?;
    }
    unlisted(control, tenant).await
}

async fn unlisted(control: &Control, tenant: &Tenant) -> Result<TenantStart, StepError> {
    let parts = control.parts();
    Ok(TenantStart {
        id: tenant.id.clone(),
        uid: tenant.uid,
        slug: tenant.slug.clone(),
        hostnames: Vec::new(),
        settings: secrets::opened(&*parts.vault, &tenant.id, &tenant.settings).await?,
        secret: secret::current(control, tenant).await?,
        database_password: password::password(control, &tenant.id).await?,
    })
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
