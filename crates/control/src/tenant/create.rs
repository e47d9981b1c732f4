//! Asking for a tenant: the row, the audit event and the idempotency record in one transaction.

use kiavi_base::{Slug, TenantId, WorkspaceId};
use kiavi_db::Transaction;
use serde_json::{Value, json};

use super::{Target, Tenant, store};
use crate::{
    Control, ControlError,
    audit::{self, Event, Outcome},
    caller::Actor,
    settings,
};

/// Asks for a tenant named `slug` in a workspace.
pub(crate) async fn create(
    control: &Control,
    actor: &Actor,
    slug: &Slug,
    workspace: &WorkspaceId,
) -> Result<Tenant, ControlError> {
    let parts = control.parts();
    let settings =
        parts.schema.default_settings(slug, &control.base_url(slug)).map_err(ControlError::Settings)?;
    let transaction = parts.database.begin().await?;
    let new = New { slug, settings, target: Target::Running, workspace };
    let tenant = write_down(control, &transaction, actor, &new).await?;
    transaction.commit().await?;
    control.changed();
    control.wake_reconciler();
    Ok(tenant)
}

/// Writes a tenant down that another server's data is for. The reconciler leaves it alone.
pub(crate) async fn create_for_import(
    control: &Control,
    actor: &Actor,
    slug: &Slug,
    settings: Value,
) -> Result<Tenant, ControlError> {
    let workspace = control.default_workspace().await?;
    let transaction = control.parts().database.begin().await?;
    let new = New { slug, settings, target: Target::Importing, workspace: &workspace };
    let tenant = write_down(control, &transaction, actor, &new).await?;
    transaction.commit().await?;
    control.changed();
    Ok(tenant)
}

struct New<'a> {
    slug: &'a Slug,
    settings: Value,
    target: Target,
    workspace: &'a WorkspaceId,
}

async fn write_down(
    control: &Control,
    transaction: &Transaction,
    actor: &Actor,
    new: &New<'_>,
) -> Result<Tenant, ControlError> {
    let New { slug, settings, target, workspace } = new;
    let id = TenantId::random(&*control.parts().rng);
    let Some(tenant) = store::insert(transaction, &id, slug, settings, *target, workspace).await? else {
        return Err(ControlError::NameTaken((*slug).clone()));
    };
    settings::store::insert_first(transaction, &tenant, &actor.name()).await?;
    let event = Event {
        kind: "tenant.requested",
        outcome: Outcome::Success,
        actor,
        subject: id.as_str(),
        detail: json!({ "slug": slug, "uid": tenant.uid, "workspace": workspace }),
    };
    audit::record(control, transaction, &event).await?;
    Ok(tenant)
}
