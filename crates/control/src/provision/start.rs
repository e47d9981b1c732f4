//! Letting requests reach a tenant.

use kiavi_base::{ExposeSecret, Hostname, SecretString};
use kiavi_crypto::TenantSecret;
use serde_json::{Value, json};

use super::{postgres, secret_name};
use crate::{
    Control, Tenant, TenantStart,
    audit::{self, Event, Outcome},
    caller::Actor,
    error::StepError,
    tenant::store,
};

/// Makes the tenant known to the privileged process, with its account, settings and secret.
pub(super) async fn start(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let parts = control.parts();
    parts.privileged.add_account(tenant.uid, &tenant.id).await.map_err(StepError::Privileged)?;
    postgres::settle_roles(control, &tenant.id).await?;
    let base_url = control.base_url(&tenant.slug);
    let start = TenantStart {
        id: tenant.id.clone(),
        uid: tenant.uid,
        slug: tenant.slug.clone(),
        hostnames: vec![hostname(&base_url)?],
        settings: settings_at(control, tenant, &base_url).await?,
        secret: secret(control, tenant).await?,
    };
    control.reach("before the tenant is made ready")?;
    parts.privileged.tenant_ready(start).await.map_err(StepError::Privileged)
}

/// The settings with today's base URL; a change is written down first.
async fn settings_at(control: &Control, tenant: &Tenant, base_url: &str) -> Result<Value, StepError> {
    let parts = control.parts();
    let settings = parts.schema.with_base_url(&tenant.settings, base_url).map_err(StepError::Settings)?;
    if settings != tenant.settings {
        let transaction = parts.database.begin().await?;
        transaction.execute(&store::SET_SETTINGS, &[&tenant.id.as_str(), &settings]).await?;
        let event = Event {
            kind: "settings.changed",
            outcome: Outcome::Success,
            actor: &Actor::CONTROL,
            subject: tenant.id.as_str(),
            detail: json!({ "base_url": base_url }),
        };
        audit::record(control, &transaction, &event).await?;
        transaction.commit().await?;
    }
    Ok(settings)
}

async fn secret(control: &Control, tenant: &Tenant) -> Result<TenantSecret, StepError> {
    let stored =
        control.parts().vault.get(&tenant.id, &secret_name()).await?.ok_or(StepError::SecretMissing)?;
    let text = std::str::from_utf8(stored.value.expose_secret()).map_err(|_| StepError::SecretMissing)?;
    Ok(TenantSecret::new(SecretString::from(text)))
}

fn hostname(base_url: &str) -> Result<Hostname, StepError> {
    let url = url::Url::parse(base_url).map_err(|_| StepError::BaseUrl)?;
    url.host_str().and_then(|host| host.parse().ok()).ok_or(StepError::BaseUrl)
}
