//! Making, rotating and revoking keys: row, event and idempotency record in one transaction.

use jiff::{SignedDuration, Timestamp};
use kiavi_base::{Alphabet, ExposeSecret, SecretString, WorkspaceId, random_text};
use kiavi_crypto::sha256;
use serde_json::{Value, json};

use super::{KEY_SYMBOLS, ManagementKey, PREFIX, store};
use crate::{
    Control, ControlError, Scopes,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    standing,
};

/// Symbols of a key's id.
const ID_SYMBOLS: usize = 16;
/// The name of the key that a development instance makes at each start.
const DEVELOPMENT: &str = "development";
/// The name of the key that a new instance is set up with.
const FIRST: &str = "first";

/// A key that somebody wants.
pub(crate) struct NewKey {
    pub(crate) name: String,
    pub(crate) workspace: Option<WorkspaceId>,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Timestamp>,
}

/// A key with its new secret.
pub(crate) struct Rotated {
    pub(crate) key: ManagementKey,
    pub(crate) secret: SecretString,
}

/// Makes a key. Its secret is in the answer and nowhere else.
pub(crate) async fn create(control: &Control, actor: &Actor, new: &NewKey) -> Result<Rotated, ControlError> {
    let parts = control.parts();
    let transaction = parts.database.begin().await?;
    standing::confirm(&transaction, actor).await?;
    let made = insert(control, &transaction, actor, new).await?;
    transaction.commit().await?;
    Ok(made)
}

async fn insert(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    new: &NewKey,
) -> Result<Rotated, ControlError> {
    let id = random_text(&*control.parts().rng, Alphabet::LowerAlphaNumeric, ID_SYMBOLS);
    let secret = secret(control);
    let key = store::insert(transaction, &id, new, &stored(&secret, actor), &actor.name()).await?;
    let detail = json!({
        "name": new.name,
        "workspace": new.workspace,
        "scopes": new.scopes.texts(),
        "expires_at": new.expires_at.map(|at| at.to_string()),
    });
    tell(control, transaction, actor, EventType::ManagementKeyCreated, &id, detail).await?;
    Ok(Rotated { key, secret })
}

/// Gives a key a new secret; the present one is good for `overlap` more. One from a rotation before ends now. `None`
/// when there is no such key that is good.
pub(crate) async fn rotate(
    control: &Control,
    actor: &Actor,
    id: &str,
    overlap: SignedDuration,
) -> Result<Option<Rotated>, ControlError> {
    let secret = secret(control);
    let transaction = control.parts().database.begin().await?;
    standing::confirm(&transaction, actor).await?;
    let Some(key) = store::rotate(&transaction, id, &stored(&secret, actor), overlap).await? else {
        return Ok(None);
    };
    let detail = json!({ "overlap_seconds": overlap.as_secs() });
    tell(control, &transaction, actor, EventType::ManagementKeyRotated, id, detail).await?;
    transaction.commit().await?;
    Ok(Some(Rotated { key, secret }))
}

/// Ends a key at once. Ending it again changes nothing.
pub(crate) async fn revoke(control: &Control, actor: &Actor, id: &str) -> Result<(), ControlError> {
    let transaction = control.parts().database.begin().await?;
    if transaction.execute(&store::REVOKE_KEY, &[&id]).await? == 1 {
        tell(control, &transaction, actor, EventType::ManagementKeyRevoked, id, json!({})).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Makes the development key anew and ends the one before, so that no key is ever stored in clear.
pub(crate) async fn renew_development_key(control: &Control) -> Result<SecretString, ControlError> {
    let new = NewKey { name: DEVELOPMENT.to_owned(), workspace: None, scopes: Scopes::All, expires_at: None };
    let transaction = control.parts().database.begin().await?;
    // Only the control plane's own: a person may call a key so, too.
    transaction.execute(&store::REVOKE_KEYS_BY_NAME, &[&DEVELOPMENT]).await?;
    let made = insert(control, &transaction, &Actor::CONTROL, &new).await?;
    transaction.commit().await?;
    Ok(made.secret)
}

/// Makes the first key; `None` when there is or was one.
pub(crate) async fn make_first(control: &Control) -> Result<Option<SecretString>, ControlError> {
    let transaction = control.parts().database.begin().await?;
    // A revoked one counts: who has revoked the first key wants no other to appear.
    if transaction.query_one(&store::HAS_KEYS, &[]).await?.get(0) {
        return Ok(None);
    }
    let new = NewKey { name: FIRST.to_owned(), workspace: None, scopes: Scopes::All, expires_at: None };
    let made = insert(control, &transaction, &Actor::CONTROL, &new).await?;
    transaction.commit().await?;
    Ok(Some(made.secret))
}

fn secret(control: &Control) -> SecretString {
    let rng = &*control.parts().rng;
    format!("{PREFIX}{}", random_text(rng, Alphabet::UrlSafe, KEY_SYMBOLS)).into()
}

/// What is stored of a secret: its hash, its last four symbols to know it by, and who is shown it.
fn stored(secret: &SecretString, actor: &Actor) -> store::Stored {
    let text = secret.expose_secret();
    let last4 = text.get(text.len() - 4..).unwrap_or_default().to_owned();
    store::Stored { hash: sha256(text.as_bytes()), last4, holder: actor.holder().into_owned() }
}

/// Writes an event about a key.
pub(super) async fn tell(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    kind: EventType,
    subject: &str,
    detail: Value,
) -> Result<(), kiavi_db::DbError> {
    let event = Event { kind, outcome: Outcome::Success, actor, subject, detail };
    audit::record(control, transaction, &event).await
}
