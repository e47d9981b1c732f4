//! The tenants' logs, as far as they are the control plane's: who seals them, by what key, and that it is their witness.
//!
//! Each log has a key of its own, which the vault keeps and the auditor gets, never an engine: with the tenant's secrets it
//! is destroyed. Control keeps the public half, and what it has cosigned last ([`witness`]).

mod auditor;
mod key;
pub(crate) mod store;
pub(crate) mod witness;

use kiavi_audit::{SignatureKind, VerifierKey};
use kiavi_base::TenantId;
use serde_json::json;

pub(crate) use auditor::password;
pub use key::INSTANCE;
pub(crate) use key::{instance, settle};

use crate::{
    Control, ControlError, Tenant,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    error::StepError,
};

/// What is known of a log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) origin: String,
    pub(crate) public_key: [u8; 32],
}

impl Log {
    /// What verifies its checkpoints.
    pub(crate) fn verifier(&self) -> Option<VerifierKey> {
        let name = self.origin.parse().ok()?;
        VerifierKey::new(name, SignatureKind::Ed25519, self.public_key).ok()
    }
}

/// Has the tenant's log sealed from now on.
pub(crate) async fn announce(control: &Control, tenant: &TenantId) -> Result<(), StepError> {
    let parts = control.parts();
    let key = key::settle(control, tenant).await?;
    keep(control, tenant, &key.log()).await?;
    let log = crate::LogStart {
        tenant: tenant.clone(),
        origin: key.origin.clone(),
        seed: key.seed.clone(),
        role: parts.server.auditor_role(),
        password: auditor::password(control).await?,
    };
    parts.privileged.log_ready(log).await.map_err(StepError::Privileged)
}

/// Keeps the public half of a log's key. That it is another one than before is told: whoever has pinned the key of before will
/// ask why.
async fn keep(control: &Control, tenant: &TenantId, log: &Log) -> Result<(), StepError> {
    let transaction = control.parts().database.begin().await?;
    if let Some(before) = store::keep(&transaction, tenant, log).await? {
        let verifier = |log: &Log| log.verifier().map(|key| key.to_string());
        let (before, after) = (verifier(&before), verifier(log));
        tracing::error!(%tenant, before, after, "a log is signed by another key: the one of before is not in the vault");
        let event = Event {
            kind: EventType::AuditLogKeyReplaced,
            outcome: Outcome::Success,
            actor: &Actor::CONTROL,
            subject: tenant.as_str(),
            detail: json!({ "before": before, "after": after }),
        };
        audit::record(control, &transaction, &event).await?;
    }
    Ok(transaction.commit().await?)
}

/// The same for a tenant that is switched off, whose log goes on with its heartbeat. One whose tables are those of an older
/// program has it sealed when they are brought forward. Nothing here keeps a tenant from being switched off.
pub(crate) async fn announce_stopped(control: &Control, tenant: &Tenant) {
    if tenant.schema_version != control.parts().schema.version() {
        return;
    }
    if let Err(error) = announce(control, &tenant.id).await {
        let error = crate::error::chain(&error);
        tracing::error!(tenant = %tenant.id, error, "the log of a tenant that is switched off is not sealed");
    }
}

/// What verifies a tenant's log: its own key, and the witness's. `None` before it has a log.
pub(crate) async fn verifiers(
    control: &Control,
    tenant: &TenantId,
) -> Result<Option<(String, VerifierKey, VerifierKey)>, ControlError> {
    let found = store::find(&control.parts().database, tenant).await?;
    let Some((log, key)) = found.and_then(|log| log.verifier().map(|key| (log, key))) else {
        return Ok(None);
    };
    let witness = witness::key(control).await.map_err(ControlError::of_step)?.verifier();
    Ok(Some((log.origin, key, witness)))
}
