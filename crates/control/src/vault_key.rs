//! Which master key the vault has, for the log.
//!
//! The key is changed while the instance is stopped, by a command that has no database. So the control plane compares, at
//! its start, the key that the vault has with the one that the log tells of.

use kiavi_db::{DbError, Sql};
use serde_json::json;

use crate::{
    Control,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
};

/// The subject of its events.
const SUBJECT: &str = "vault";

/// An event's id begins with its time.
pub(crate) const KNOWN_VAULT_KEY: Sql = Sql::new(
    "KNOWN_VAULT_KEY",
    "SELECT detail->>'key' FROM audit_event WHERE subject = $1 AND type = 'vault.key_changed' ORDER BY id DESC LIMIT 1",
);

/// Writes down the vault's master key if it is another one than the log tells of.
pub(crate) async fn note(control: &Control) -> Result<(), DbError> {
    let parts = control.parts();
    let Some(key) = parts.vault.master_key().map(|key| key.to_string()) else { return Ok(()) };
    let transaction = parts.database.begin().await?;
    let known = transaction.query_opt(&KNOWN_VAULT_KEY, &[&SUBJECT]).await?;
    let before: Option<String> = known.map(|row| row.try_get(0)).transpose()?;
    if before.as_ref() == Some(&key) {
        return Ok(());
    }
    let event = Event {
        kind: EventType::VaultKeyChanged,
        outcome: Outcome::Success,
        actor: &Actor::CONTROL,
        subject: SUBJECT,
        detail: json!({ "key": key, "before": before }),
    };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await
}
