//! What is there of tenants that are not: databases, roles, accounts and secrets that are named like a tenant's and have
//! no row. No crash leaves any, because a row is written before everything else and goes after it; a restored backup of
//! one part without the others does. Nothing is touched that is not named like a tenant's, and on a server that another
//! instance may use too, nothing that is not ours: its tenants have no row here either.

use std::collections::{BTreeMap, BTreeSet};

use kiavi_base::TenantId;
use kiavi_db::{DbError, Row, Sql};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    Control, ControlError,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    error::StepError,
    log,
    provision::drop_database_and_roles,
};

/// `$1`: only those of an owner that we act as.
pub(crate) const DATABASES: Sql = Sql::new(
    "DATABASES",
    "SELECT datname::text FROM pg_database
     WHERE datname ~ '^t[0-9a-z]{24}$' AND (NOT $1 OR pg_has_role(datdba, 'USAGE'))",
);
/// `$1`: only those of an owner that we act as.
pub(crate) const ROLES: Sql = Sql::new(
    "ROLES",
    "SELECT left(r.rolname, 25) FROM pg_roles r
     WHERE r.rolname ~ '^t[0-9a-z]{24}(_owner)?$'
       AND (NOT $1 OR EXISTS (SELECT FROM pg_roles o WHERE o.rolname = left(r.rolname, 25) || '_owner'
                                                       AND pg_has_role(o.oid, 'USAGE')))",
);
pub(crate) const ALL_TENANTS: Sql = Sql::new("ALL_TENANTS", "SELECT id FROM tenant");

/// What is left of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Remains {
    /// Its database.
    pub(crate) database: bool,
    /// Its roles, or one of them.
    pub(crate) roles: bool,
    /// Its secrets, in the vault.
    pub(crate) secrets: bool,
    /// The uid of its operating system user.
    pub(crate) account: Option<u32>,
}

/// All remains, by the tenant that they were of.
pub(crate) async fn find(control: &Control) -> Result<BTreeMap<TenantId, Remains>, ControlError> {
    let (parts, failed) = (control.parts(), ControlError::Settings);
    let is_shared = parts.server.may_be_shared();
    let mut found: BTreeMap<TenantId, Remains> = BTreeMap::new();
    for row in parts.database.query(&DATABASES, &[&is_shared]).await? {
        if let Some(id) = tenant(&row)? {
            found.entry(id).or_default().database = true;
        }
    }
    for row in parts.database.query(&ROLES, &[&is_shared]).await? {
        if let Some(id) = tenant(&row)? {
            found.entry(id).or_default().roles = true;
        }
    }
    for id in parts.vault.tenants().await?.into_iter().filter(|id| id.as_str() != log::INSTANCE) {
        found.entry(id).or_default().secrets = true;
    }
    for (uid, id) in parts.privileged.accounts().await.map_err(failed)? {
        found.entry(id).or_default().account = Some(uid);
    }
    // The tenants last: what is made meanwhile has its row by now.
    let tenants = parts.database.query(&ALL_TENANTS, &[]).await?;
    let tenants: BTreeSet<_> =
        tenants.iter().filter_map(|row| tenant(row).transpose()).collect::<Result<_, _>>()?;
    found.retain(|id, _| !tenants.contains(id));
    Ok(found)
}

/// The tenant that a row names; other names are none of ours.
fn tenant(row: &Row) -> Result<Option<TenantId>, DbError> {
    Ok(row.try_get::<_, &str>(0)?.parse().ok())
}

/// Removes what is left of these tenants, and of no other. Those of which something was left.
pub(crate) async fn remove(
    control: &Control,
    actor: &Actor,
    ids: &[TenantId],
) -> Result<Vec<TenantId>, ControlError> {
    let mut removed = Vec::new();
    for (id, remains) in find(control).await? {
        if ids.contains(&id) {
            remove_one(control, actor, &id, &remains).await.map_err(ControlError::of_step)?;
            removed.push(id);
        }
    }
    Ok(removed)
}

async fn remove_one(
    control: &Control,
    actor: &Actor,
    id: &TenantId,
    remains: &Remains,
) -> Result<(), StepError> {
    let parts = control.parts();
    parts.privileged.tenant_removed(id).await.map_err(StepError::Privileged)?;
    parts.vault.destroy_tenant(id).await?;
    drop_database_and_roles(control, id).await?;
    if let Some(uid) = remains.account {
        parts.privileged.remove_account(uid, id).await.map_err(StepError::Privileged)?;
    }
    let transaction = parts.database.begin().await?;
    let (subject, detail) = (id.as_str(), json!({ "remains": remains }));
    let event = Event { kind: EventType::OrphanRemoved, outcome: Outcome::Success, actor, subject, detail };
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}
