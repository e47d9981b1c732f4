//! What the tenant's own log is to tell of what an operator did to it, kept until it does.

use kiavi_base::{EventId, TenantId};
use kiavi_db::{DbError, Sql, Transaction, quote_ident};
use serde_json::Value;

use super::postgres;
use crate::{
    Control, Tenant, TenantEvent, TenantEventKind,
    caller::operator_name,
    error::StepError,
    tenant::{owner_role, store},
};

pub(super) const INSERT_NEWS: Sql = Sql::new(
    "INSERT_NEWS",
    "INSERT INTO tenant_news (event_id, tenant_id, type, actor, detail) VALUES ($1::text::uuid, $2, $3, $4, $5)",
);
pub(super) const NEWS: Sql = Sql::new(
    "NEWS",
    "SELECT event_id::text, type, actor, detail FROM tenant_news WHERE tenant_id = $1 ORDER BY event_id",
);
pub(super) const FORGET_NEWS: Sql =
    Sql::new("FORGET_NEWS", "DELETE FROM tenant_news WHERE event_id = ANY ($1::text[]::uuid[])");

/// Keeps an event for the tenant's log, in the transaction of what it tells.
pub(crate) async fn keep(
    transaction: &Transaction,
    tenant: &TenantId,
    event: &EventId,
    kind: TenantEventKind,
    actor: &str,
    detail: &Value,
) -> Result<(), DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 5] =
        [&event.to_string(), &tenant.as_str(), &kind.as_str(), &actor, detail];
    transaction.execute(&INSERT_NEWS, &values).await.map(drop)
}

/// Has the tenant's log tell what it has not told yet. An event's id makes it one event however often this is done. A
/// tenant that has no log yet is told once it has.
pub(crate) async fn tell(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), &tenant.id);
    let rows = parts.database.query(&NEWS, &[&id.as_str()]).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let written = store::find(&parts.database, id.as_str()).await?;
    if written.is_none_or(|tenant| tenant.schema_version == 0) {
        return Ok(());
    }
    let inside = postgres::connect_to(control, id.as_str()).await?;
    inside.batch_execute(&format!("BEGIN; SET LOCAL ROLE {}", quote_ident(&owner_role(id)))).await?;
    let mut told = Vec::new();
    for row in &rows {
        let value = |column: usize| row.try_get::<_, &str>(column).map_err(DbError::from);
        let (event, kind, actor) = (value(0)?, value(1)?, value(2)?);
        let detail: Value = row.try_get(3).map_err(DbError::from)?;
        let known = event.parse::<EventId>().ok().zip(TenantEventKind::parse(kind));
        let (parsed, kind) = known.ok_or_else(|| DbError::Value(format!("tenant_news.type {kind}")))?;
        let event_of_tenant =
            TenantEvent { id: parsed, kind, operator: &operator_name(actor), detail: &detail };
        parts.schema.record(&inside, event_of_tenant).await.map_err(StepError::Event)?;
        told.push(event.to_owned());
    }
    inside.batch_execute("COMMIT").await?;
    parts.privileged.log_written(id).await;
    control.reach("after the tenant's log is told")?;
    parts.database.execute(&FORGET_NEWS, &[&told]).await?;
    control.reach("after the news are forgotten")
}
