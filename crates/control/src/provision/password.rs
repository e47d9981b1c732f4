//! The password of a tenant's runtime role, where roles have one.
//!
//! It is a random key that the vault keeps. The server is told a SCRAM verifier, so the password itself is in no statement
//! and no log there; the engine is told the password in its start document.

use kiavi_base::{
    Alphabet, ExposeSecret, Rng, SecretSlice, SecretString, TenantId, random_bytes, random_text,
};
use kiavi_crypto::scram_verifier;
use kiavi_vault::SecretName;
use serde_json::json;

use crate::{
    Control, Tenant,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    error::StepError,
    tenant::store,
};

/// Symbols of a password: 258 bits.
const PASSWORD_SYMBOLS: usize = 43;

fn name() -> SecretName {
    const NAME: &str = "database-password";
    NAME.parse().unwrap_or_else(|_| unreachable!("the constant is a name"))
}

/// The password, made where there is none yet. `None` where roles have none.
pub(crate) async fn password(control: &Control, id: &TenantId) -> Result<Option<SecretString>, StepError> {
    let parts = control.parts();
    if !parts.server.has_passwords() {
        return Ok(None);
    }
    let stored = match parts.vault.get(id, &name()).await? {
        Some(stored) => stored,
        None => {
            renew(control, id).await?;
            parts.vault.get(id, &name()).await?.ok_or(StepError::SecretMissing)?
        }
    };
    let text = std::str::from_utf8(stored.value.expose_secret()).map_err(|_| StepError::SecretMissing)?;
    Ok(Some(SecretString::from(text)))
}

async fn renew(control: &Control, id: &TenantId) -> Result<(), StepError> {
    let parts = control.parts();
    let text = random_text(&*parts.rng, Alphabet::UrlSafe, PASSWORD_SYMBOLS);
    parts.vault.put(id, &name(), &SecretSlice::from(text.into_bytes())).await?;
    Ok(())
}

/// What follows `PASSWORD` in `ALTER ROLE`.
pub(super) fn clause(password: Option<&SecretString>, rng: &dyn Rng) -> String {
    match password {
        Some(password) => format!("'{}'", scram_verifier(password.expose_secret(), &random_bytes(rng))),
        None => "NULL".to_owned(),
    }
}

/// Has the tenant's engine start again with another password. `false` when it does not run, or another change is under
/// way. What only got as far as the vault is what the next start takes.
///
/// # Errors
/// When the vault or the database fails.
pub(crate) async fn rotate(control: &Control, actor: &Actor, tenant: &Tenant) -> Result<bool, StepError> {
    let transaction = control.parts().database.begin().await?;
    if transaction.execute(&store::START_AGAIN, &[&tenant.id.as_str()]).await? == 0 {
        return Ok(false);
    }
    renew(control, &tenant.id).await?;
    let event = Event {
        kind: EventType::TenantDatabasePasswordRotated,
        outcome: Outcome::Success,
        actor,
        subject: tenant.id.as_str(),
        detail: json!({}),
    };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    control.changed(tenant);
    control.wake_reconciler();
    Ok(true)
}
