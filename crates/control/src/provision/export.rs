//! Handing a tenant's secret out, so that another server can take over: the one way on which it leaves the vault.

use kiavi_base::EventId;
use kiavi_crypto::Zeroizing;
use kiavi_db::quote_ident;
use serde_json::json;

use super::{postgres, secret};
use crate::{
    Control, Tenant, TenantEvent, TenantEventKind,
    audit::{self, Event, Outcome},
    caller::{Actor, operator_name},
    error::StepError,
    tenant::owner_role,
};

/// The secret as Better Auth takes it, once both logs tell that it was handed out.
pub(crate) async fn export(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
) -> Result<Zeroizing<String>, StepError> {
    let (parts, id) = (control.parts(), &tenant.id);
    let secret = secret::current(control, tenant).await?.to_text();
    let (name, event) = (actor.name(), EventId::new(parts.clock.now(), &*parts.rng));
    let (kind, detail, operator) =
        (TenantEventKind::Exported, json!({ "slug": tenant.slug }), operator_name(&name));
    let inside = postgres::connect_to(control, id.as_str()).await?;
    inside.batch_execute(&format!("BEGIN; SET LOCAL ROLE {}", quote_ident(&owner_role(id)))).await?;
    let told = TenantEvent { id: event, kind, operator: &operator, detail: &detail };
    parts.schema.record(&inside, told).await.map_err(StepError::Event)?;
    inside.batch_execute("COMMIT").await?;
    parts.privileged.log_written(id).await;

    let transaction = parts.database.begin().await?;
    let outcome = Outcome::Success;
    let told = Event { kind: kind.event(), outcome, actor, subject: id.as_str(), detail };
    audit::record_as(&transaction, event, &told).await?;
    transaction.commit().await?;
    Ok(secret)
}
