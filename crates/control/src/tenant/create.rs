//! Asking for a tenant: the row, the audit event and the idempotency record in one transaction.

use kiavi_base::{Slug, TenantId, WorkspaceId};
use kiavi_db::{Sql, Transaction};
use serde_json::{Value, json};

use super::{Target, Tenant, store, store::tenant_columns};
use crate::{
    Control, ControlError, address,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    console::CONSOLE_SLUG,
    settings,
};

// One that nobody else is taking, with today's tables.
pub(crate) const TAKE_SPARE: Sql = Sql::new(
    "TAKE_SPARE",
    concat!(
        "UPDATE tenant SET slug = $1, settings = $2, workspace_id = $4, target = 'running', state = 'schema', asked = asked + 1,
                created_at = now()
         WHERE id = (SELECT id FROM tenant WHERE target = 'spare' AND state = 'spare' AND reached >= asked
                       AND schema_version = $3 ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING ",
        tenant_columns!()
    ),
);
// An id is no name that anybody can ask for.
pub(crate) const INSERT_SPARE: Sql = Sql::new(
    "INSERT_SPARE",
    "INSERT INTO tenant (id, slug, settings, target, workspace_id) SELECT $1::text, $1::text, '{}', 'spare', $3
     WHERE (SELECT count(*) FROM tenant WHERE target = 'spare') < $2",
);
pub(crate) const KEPT_HOSTNAME: Sql =
    Sql::new("KEPT_HOSTNAME", "SELECT 1 FROM tenant_hostname WHERE hostname = $1 AND tenant_id <> $2");

/// Asks for a tenant named `slug` in a workspace.
pub(crate) async fn create(
    control: &Control,
    actor: &Actor,
    slug: &Slug,
    workspace: &WorkspaceId,
) -> Result<Tenant, ControlError> {
    let parts = control.parts();
    let mut settings =
        parts.schema.default_settings(slug, &control.base_url(slug)).map_err(ControlError::Settings)?;
    if slug.as_str() == CONSOLE_SLUG {
        let made = parts.schema.console_settings(&settings, &parts.console_origin);
        settings = made.map_err(ControlError::Settings)?;
    }
    let transaction = parts.database.begin().await?;
    let new = New { slug, settings, target: Target::Running, workspace };
    let tenant = write_down(control, &transaction, actor, &new).await?;
    transaction.commit().await?;
    control.changed(&tenant);
    control.wake_reconciler();
    Ok(tenant)
}

/// Writes a tenant down that another server's data is for. The reconciler leaves it alone.
pub(crate) async fn create_for_import(
    control: &Control,
    actor: &Actor,
    slug: &Slug,
    workspace: &WorkspaceId,
    settings: Value,
) -> Result<Tenant, ControlError> {
    let transaction = control.parts().database.begin().await?;
    let new = New { slug, settings, target: Target::Importing, workspace };
    let tenant = write_down(control, &transaction, actor, &new).await?;
    transaction.commit().await?;
    control.changed(&tenant);
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
    let spare = match target {
        Target::Running => take_spare(control, transaction, new).await?,
        _ => None,
    };
    let made = match spare {
        Some(spare) => Some(spare),
        None => {
            let id = TenantId::random(&*control.parts().rng);
            store::insert(transaction, &id, slug, settings, *target, workspace).await?
        }
    };
    let tenant = made.ok_or_else(|| ControlError::NameTaken((*slug).clone()))?;
    let id = &tenant.id;
    // After the row is there: whoever gave the name up meanwhile has noted it before that could be.
    let own = address::own_hostname(control, slug)?;
    if transaction.query_opt(&KEPT_HOSTNAME, &[&own.as_str(), &id.as_str()]).await?.is_some() {
        return Err(ControlError::NameTaken((*slug).clone()));
    }
    settings::store::insert_first(transaction, &tenant, &actor.name()).await?;
    let event = Event {
        kind: EventType::TenantRequested,
        outcome: Outcome::Success,
        actor,
        subject: id.as_str(),
        detail: json!({ "slug": slug, "uid": tenant.uid, "workspace": workspace }),
    };
    audit::record(control, transaction, &event).await?;
    Ok(tenant)
}

/// A tenant that was made in advance and has this name now, if there is one: an id is random, so nothing of it has to be
/// made again for that.
async fn take_spare(
    control: &Control,
    transaction: &Transaction,
    new: &New<'_>,
) -> Result<Option<Tenant>, ControlError> {
    let New { slug, settings, workspace, .. } = new;
    let version = control.parts().schema.version();
    let values: [&(dyn kiavi_db::ToSql + Sync); 4] =
        [&slug.as_str(), settings, &version, &workspace.as_str()];
    let row = transaction.query_opt(&TAKE_SPARE, &values).await.map_err(|error| {
        if error.is_unique_violation() { ControlError::NameTaken((*slug).clone()) } else { error.into() }
    })?;
    Ok(row.as_ref().map(store::tenant).transpose()?)
}

/// Writes down one more tenant to be made in advance, if there are too few. Its workspace is that of who takes it.
pub(crate) async fn prepare_spare(control: &Control) -> Result<bool, ControlError> {
    let parts = control.parts();
    if parts.spares == 0 {
        return Ok(false);
    }
    let (id, workspace) = (TenantId::random(&*parts.rng), control.default_workspace().await?);
    let values: [&(dyn kiavi_db::ToSql + Sync); 3] =
        [&id.as_str(), &i64::from(parts.spares), &workspace.as_str()];
    Ok(parts.database.execute(&INSERT_SPARE, &values).await? == 1)
}
