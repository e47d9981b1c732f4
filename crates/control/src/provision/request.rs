//! Asking for an operation: one transaction, after which nothing can be lost.

use std::time::Duration;

use kiavi_base::{EventId, TenantId};
use kiavi_db::{DbError, Sql, Transaction};
use serde_json::{Value, json};

use super::{change::Change, news};
use crate::{
    Control, ControlError, Tenant,
    audit::{self, Event, Outcome},
    caller::Actor,
    operation::Operation,
    tenant::{Target, store, store::tenant_columns},
};

pub(super) const LOCK_TENANT: Sql =
    Sql::new("LOCK_TENANT", concat!("SELECT ", tenant_columns!(), " FROM tenant WHERE id = $1 FOR UPDATE"));
pub(super) const ASK: Sql = Sql::new(
    "ASK",
    "UPDATE tenant SET target = $2, asked = asked + 1, failures = 0, retry_at = NULL, last_error = NULL,
            state = CASE $2 WHEN 'destroyed' THEN 'deleting' ELSE state END
     WHERE id = $1",
);

/// What is asked for, and what comes with it.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) operation: Operation,
    /// Why, in the operator's words.
    pub(crate) reason: Option<String>,
    /// What else of the tenant it changes.
    pub(crate) change: Change,
}

impl Order {
    /// An operation that changes nothing but the target.
    pub(crate) fn plain(operation: Operation, reason: Option<String>) -> Self {
        Self { operation, reason, change: Change::Target }
    }

    /// A deletion that can be taken back for `grace`.
    pub(crate) fn delete(grace: Duration, reason: Option<String>) -> Self {
        Self { operation: Operation::Delete, reason, change: Change::Condemn { grace } }
    }
}

/// Why an operation was not begun. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("there is no such tenant any more")]
    Gone,
    #[error("a tenant that is {} cannot have this done to it", .0.as_str())]
    Target(Target),
    #[error("a change of the secret is under way")]
    Busy,
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<DbError> for RequestError {
    fn from(error: DbError) -> Self {
        Self::Control(error.into())
    }
}

/// Writes down what is asked for, with its event, and has the reconciler begin. Answers whether anything was
/// left to ask for.
pub(crate) async fn request(
    control: &Control,
    actor: &Actor,
    id: &TenantId,
    order: &Order,
) -> Result<bool, RequestError> {
    let (parts, facts) = (control.parts(), order.operation.facts());
    let transaction = parts.database.begin().await?;
    let tenant = locked(&transaction, id).await?.ok_or(RequestError::Gone)?;
    if facts.to == Some(tenant.target) {
        // It was asked for before, perhaps by somebody whose answer was lost.
        return Ok(false);
    }
    if !facts.from.contains(&tenant.target) {
        return Err(RequestError::Target(tenant.target));
    }
    let target = facts.to.unwrap_or(tenant.target);
    transaction.execute(&ASK, &[&id.as_str(), &target.as_str()]).await?;
    let redo: Vec<&str> = facts.redo.iter().map(|step| step.as_str()).collect();
    transaction.execute(&store::STEPS_TO_DO, &[&id.as_str(), &redo]).await?;
    let mut detail = order.change.apply(control, &transaction, &tenant, order.reason.as_deref()).await?;
    detail["slug"] = json!(tenant.slug);
    record(control, &transaction, actor, &tenant, order.operation, &detail).await?;
    control.reach("before what is asked is committed").map_err(interrupted)?;
    transaction.commit().await?;
    control.changed(&tenant);
    control.wake_reconciler();
    control.reach("after what is asked is committed").map_err(interrupted)?;
    Ok(true)
}

/// Has everything destroyed that a tenant has. Whether there was one that was not being destroyed already.
pub(crate) async fn destroy(control: &Control, actor: &Actor, id: &TenantId) -> Result<bool, ControlError> {
    match request(control, actor, id, &Order::plain(Operation::Destroy, None)).await {
        Ok(is_new) => Ok(is_new),
        Err(RequestError::Control(error)) => Err(error),
        Err(RequestError::Gone | RequestError::Target(_) | RequestError::Busy) => Ok(false),
    }
}

async fn locked(transaction: &Transaction, id: &TenantId) -> Result<Option<Tenant>, DbError> {
    let row = transaction.query_opt(&LOCK_TENANT, &[&id.as_str()]).await?;
    row.as_ref().map(store::tenant).transpose()
}

/// The event of this log, and what the tenant's own is to tell, under one id.
async fn record(
    control: &Control,
    transaction: &Transaction,
    actor: &Actor,
    tenant: &Tenant,
    operation: Operation,
    detail: &Value,
) -> Result<(), DbError> {
    let (parts, facts) = (control.parts(), operation.facts());
    let event = EventId::new(parts.clock.now(), &*parts.rng);
    if let Some(kind) = facts.news {
        news::keep(transaction, &tenant.id, &event, kind, &actor.name(), detail).await?;
    }
    let (subject, outcome, detail) = (tenant.id.as_str(), Outcome::Success, detail.clone());
    let told = Event { kind: facts.event, outcome, actor, subject, detail };
    audit::record_as(transaction, event, &told).await
}

fn interrupted(error: crate::error::StepError) -> RequestError {
    RequestError::Control(ControlError::Settings(error.into()))
}
