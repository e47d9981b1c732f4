//! What is told of certificates: in this log, and in the tenant's own.

use kiavi_base::{EventId, TenantId};
use kiavi_db::{DbError, Transaction};
use serde_json::Value;

use crate::{
    Control, TenantEventKind,
    audit::{self, Event, Outcome},
    caller::Actor,
    error::chain,
    instance::SLUG,
    provision, tenant,
};

/// Writes down what has become of a tenant's certificate, or of the instance's own, in the transaction of the change.
pub(crate) async fn record(
    control: &Control,
    transaction: &Transaction,
    actor: &Actor,
    tenant: Option<&TenantId>,
    kind: TenantEventKind,
    detail: Value,
) -> Result<(), DbError> {
    let parts = control.parts();
    let id = EventId::new(parts.clock.now(), &*parts.rng);
    if let Some(tenant) = tenant {
        provision::keep_news(transaction, tenant, &id, kind, &actor.name(), &detail).await?;
    }
    let subject = tenant.map_or(SLUG, TenantId::as_str);
    let outcome = match kind {
        TenantEventKind::CertificateFailed => Outcome::Failure,
        _ => Outcome::Success,
    };
    audit::record_as(transaction, id, &Event { kind: kind.event(), outcome, actor, subject, detail }).await
}

/// Has the tenant's own log tell it now. What cannot be told is told when something else is asked for the tenant.
pub(crate) async fn tell(control: &Control, id: &TenantId) {
    let told = async {
        let found = tenant::store::find(&control.parts().database, id.as_str()).await?;
        match found {
            Some(tenant) => provision::tell_news(control, &tenant).await,
            None => Ok(()),
        }
    };
    if let Err(error) = told.await {
        tracing::warn!(tenant = %id, error = chain(&error), "a tenant's log could not be told of its certificate yet");
    }
}
