//! Asking for a tenant: the row, the audit event and the idempotency record in one transaction.

use kiavi_base::{Slug, TenantId};
use kiavi_crypto::sha256;
use kiavi_db::{Database, DbError, Sql, Transaction};
use serde_json::{Value, json};

use super::{Target, Tenant, store};
use crate::{
    Control, ControlError,
    audit::{self, Event, Outcome},
    caller::Actor,
    settings,
};

pub(crate) const INSERT_IDEMPOTENCY: Sql = Sql::new(
    "INSERT_IDEMPOTENCY",
    "INSERT INTO idempotency (caller, key, request_hash, tenant_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (caller, key) DO NOTHING",
);
pub(crate) const IDEMPOTENCY_RECORD: Sql = Sql::new(
    "IDEMPOTENCY_RECORD",
    "SELECT request_hash, tenant_id FROM idempotency WHERE caller = $1 AND key = $2",
);
pub(crate) const FORGET_IDEMPOTENCY: Sql =
    Sql::new("FORGET_IDEMPOTENCY", "DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'");

/// Asks for a tenant named `slug`. With an idempotency key that came before with the same request, the tenant
/// of that request is the answer.
pub(crate) async fn create(
    control: &Control,
    actor: &Actor,
    slug: &Slug,
    idempotency_key: Option<&str>,
) -> Result<Tenant, ControlError> {
    let parts = control.parts();
    let settings =
        parts.schema.default_settings(slug, &control.base_url(slug)).map_err(ControlError::Settings)?;
    let (id, caller) = (TenantId::random(&*parts.rng), actor.name());
    let request_hash = sha256(format!("POST tenants\0{slug}").as_bytes());

    let transaction = parts.database.begin().await?;
    if let Some(key) = idempotency_key {
        let hash = request_hash.as_slice();
        // Waits for a request with the same key that is under way, so exactly one of them inserts.
        let inserted =
            transaction.execute(&INSERT_IDEMPOTENCY, &[&caller, &key, &hash, &id.as_str()]).await?;
        if inserted == 0 {
            drop(transaction);
            return repeated(&parts.database, &caller, key, hash, slug).await;
        }
    }
    let new = New { id, slug, settings, target: Target::Running };
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
    let id = TenantId::random(&*control.parts().rng);
    let transaction = control.parts().database.begin().await?;
    let new = New { id, slug, settings, target: Target::Importing };
    let tenant = write_down(control, &transaction, actor, &new).await?;
    transaction.commit().await?;
    control.changed();
    Ok(tenant)
}

struct New<'a> {
    id: TenantId,
    slug: &'a Slug,
    settings: Value,
    target: Target,
}

async fn write_down(
    control: &Control,
    transaction: &Transaction,
    actor: &Actor,
    new: &New<'_>,
) -> Result<Tenant, ControlError> {
    let New { id, slug, settings, target } = new;
    let Some(tenant) = store::insert(transaction, id, slug, settings, *target).await? else {
        return Err(ControlError::NameTaken((*slug).clone()));
    };
    settings::store::insert_first(transaction, &tenant, &actor.name()).await?;
    let event = Event {
        kind: "tenant.requested",
        outcome: Outcome::Success,
        actor,
        subject: id.as_str(),
        detail: json!({ "slug": slug, "uid": tenant.uid }),
    };
    audit::record(control, transaction, &event).await?;
    Ok(tenant)
}

/// The tenant that the first request with this key made.
async fn repeated(
    database: &Database,
    caller: &str,
    key: &str,
    request_hash: &[u8],
    slug: &Slug,
) -> Result<Tenant, ControlError> {
    let row = database.query_one(&IDEMPOTENCY_RECORD, &[&caller, &key]).await?;
    let (known_hash, id): (&[u8], &str) =
        (row.try_get(0).map_err(DbError::from)?, row.try_get(1).map_err(DbError::from)?);
    if known_hash != request_hash {
        return Err(ControlError::IdempotencyKeyReused);
    }
    // A tenant that was removed since: the key has done its work and makes no second one.
    store::find(database, id).await?.ok_or_else(|| ControlError::NameTaken(slug.clone()))
}
