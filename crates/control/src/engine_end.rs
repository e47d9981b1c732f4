//! What the launcher tells of engines that were ended: in this log, and in the tenant's own.

use kiavi_base::{EventId, TenantId};
use kiavi_db::DbError;
use kiavi_ipc::survey::FailureKind;
use serde_json::json;

use crate::{
    Control, TenantEventKind,
    audit::{self, Event, Outcome},
    caller::Actor,
    error::chain,
    platform::EngineFailure,
    provision, tenant,
};

impl Control {
    /// Writes down that a tenant's engine was ended, for want of memory or for what it must not do, in one transaction with
    /// what the tenant's own log is to tell of it. A tenant that is gone has no log.
    pub async fn engine_failed(&self, id: &TenantId, reason: FailureKind) {
        if let Err(error) = self.write_engine_failure(id, reason).await {
            tracing::error!(tenant = %id, error = chain(&error), "the end of an engine could not be written down");
            return;
        }
        // What the tenant's log is not told now it is told with the next change of the tenant.
        let told = async {
            match tenant::store::find(&self.parts().database, id.as_str()).await? {
                Some(tenant) => provision::tell_news(self, &tenant).await,
                None => Ok(()),
            }
        };
        if let Err(error) = told.await {
            tracing::warn!(tenant = %id, error = chain(&error), "a tenant's log could not be told of its engine yet");
        }
    }

    async fn write_engine_failure(&self, id: &TenantId, reason: FailureKind) -> Result<(), DbError> {
        let parts = self.parts();
        if tenant::store::find(&parts.database, id.as_str()).await?.is_none() {
            return Ok(());
        }
        let (event, kind) = (EventId::new(parts.clock.now(), &*parts.rng), TenantEventKind::EngineFailed);
        let detail = json!({ "reason": EngineFailure::from(reason).as_str() });
        let transaction = parts.database.begin().await?;
        provision::keep_news(&transaction, id, &event, kind, &Actor::CONTROL.name(), &detail).await?;
        let told = Event {
            kind: kind.event(),
            outcome: Outcome::Failure,
            actor: &Actor::CONTROL,
            subject: id.as_str(),
            detail,
        };
        audit::record_as(&transaction, event, &told).await?;
        transaction.commit().await
    }
}
