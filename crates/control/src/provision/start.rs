//! Letting requests reach a tenant.

use kiavi_base::{ExposeSecret, Hostname};
use kiavi_crypto::TenantSecret;
use serde_json::Value;

use super::{postgres, secret_name};
use crate::{
    Control, Tenant, TenantStart,
    caller::Actor,
    error::StepError,
    settings::{self, diff, secrets},
    tenant::{Target, store},
};

/// Makes the tenant known to the privileged process, with its account, settings and secret. Answers with the tenant
/// as it is known there.
pub(super) async fn start(control: &Control, tenant: Tenant) -> Result<Tenant, StepError> {
    let parts = control.parts();
    parts.privileged.add_account(tenant.uid, &tenant.id).await.map_err(StepError::Privileged)?;
    postgres::settle_roles(control, &tenant.id).await?;
    let base_url = control.base_url(&tenant.slug);
    let (tenant, settings) = settle_settings(control, tenant, &base_url).await?;
    let start = TenantStart {
        id: tenant.id.clone(),
        uid: tenant.uid,
        slug: tenant.slug.clone(),
        hostnames: vec![hostname(&base_url)?],
        settings,
        secret: secret(control, &tenant).await?,
    };
    control.reach("before the tenant is made ready")?;
    parts.privileged.tenant_ready(start).await.map_err(StepError::Privileged)?;
    Ok(tenant)
}

/// The tenant with today's base URL, and its settings with their secrets in clear. A change of the base URL is a
/// version like any other, written down first.
async fn settle_settings(
    control: &Control,
    mut tenant: Tenant,
    base_url: &str,
) -> Result<(Tenant, Value), StepError> {
    let parts = control.parts();
    loop {
        let opened = secrets::opened(&*parts.vault, &tenant.id, &tenant.settings).await?;
        let settled = parts.schema.with_base_url(&opened, base_url).map_err(StepError::Settings)?;
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

pub(super) async fn secret(control: &Control, tenant: &Tenant) -> Result<TenantSecret, StepError> {
    let stored =
        control.parts().vault.get(&tenant.id, &secret_name()).await?.ok_or(StepError::SecretMissing)?;
    let text = std::str::from_utf8(stored.value.expose_secret()).map_err(|_| StepError::SecretMissing)?;
    Ok(TenantSecret::from_text(text)?)
}

fn hostname(base_url: &str) -> Result<Hostname, StepError> {
    let url = url::Url::parse(base_url).map_err(|_| StepError::BaseUrl)?;
    url.host_str().and_then(|host| host.parse().ok()).ok_or(StepError::BaseUrl)
}
