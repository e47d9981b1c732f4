//! Removing a tenant: first nobody reaches it, then its data goes, then its key, last its row.

use kiavi_base::TenantId;
use serde_json::json;

use super::postgres;
use crate::{
    Control, ControlError, Tenant,
    audit::{self, Event, Outcome},
    caller::Actor,
    error::StepError,
    tenant::store,
};

/// Writes down that a tenant has to go.
pub(crate) async fn request(control: &Control, actor: &Actor, id: &TenantId) -> Result<bool, ControlError> {
    let transaction = control.parts().database.begin().await?;
    if transaction.execute(&store::SET_DELETING, &[&id.as_str()]).await? == 0 {
        return Ok(false);
    }
    let event = Event {
        kind: "tenant.removal_requested",
        outcome: Outcome::Success,
        actor,
        subject: id.as_str(),
        detail: json!({}),
    };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    control.changed();
    control.wake_reconciler();
    Ok(true)
}

/// Removes everything. Every part counts as done when there is nothing left to remove.
pub(super) async fn remove(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), &tenant.id);
    control.reach("before the tenant is removed")?;
    parts.privileged.tenant_removed(id).await.map_err(StepError::Privileged)?;
    control.reach("after the engine is gone")?;
    postgres::drop_database_and_roles(control, id).await?;
    control.reach("after the roles are dropped")?;
    parts.vault.destroy_tenant(id).await?;
    control.reach("after the secrets are destroyed")?;

    let transaction = parts.database.begin().await?;
    transaction.execute(&store::DELETE_TENANT, &[&id.as_str()]).await?;
    let event = Event {
        kind: "tenant.removed",
        outcome: Outcome::Success,
        actor: &Actor::CONTROL,
        subject: id.as_str(),
        detail: json!({ "slug": tenant.slug, "uid": tenant.uid }),
    };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    control.reach("after the tenant is forgotten")
}
