//! Keys that open the management API over the network. Only their hashes are stored.

use kiavi_base::{Alphabet, ExposeSecret, SecretString, random_text};
use kiavi_crypto::sha256;
use kiavi_db::{DbError, Sql};
use serde_json::json;

use crate::{
    Control, ControlError,
    audit::{self, Event, Outcome},
    caller::{Actor, Caller},
};

/// Starts every key, so that scanners of public repositories can find a leaked one.
const PREFIX: &str = "kiavi_mk_";
/// Symbols after the prefix: 258 bits.
const KEY_SYMBOLS: usize = 43;
/// Symbols of a key's id.
const ID_SYMBOLS: usize = 16;
/// The label of the key that a development instance makes at each start.
const DEVELOPMENT: &str = "development";

pub(crate) const KEY_BY_HASH: Sql =
    Sql::new("KEY_BY_HASH", "SELECT id FROM management_key WHERE hash = $1 AND revoked_at IS NULL");
pub(crate) const INSERT_KEY: Sql =
    Sql::new("INSERT_KEY", "INSERT INTO management_key (id, hash, label) VALUES ($1, $2, $3)");
pub(crate) const REVOKE_KEYS_BY_LABEL: Sql = Sql::new(
    "REVOKE_KEYS_BY_LABEL",
    "UPDATE management_key SET revoked_at = now() WHERE label = $1 AND revoked_at IS NULL",
);

/// Makes the development key anew and ends the one before, so that no key is ever stored in clear.
pub(crate) async fn renew_development_key(control: &Control) -> Result<SecretString, ControlError> {
    let parts = control.parts();
    let key = format!("{PREFIX}{}", random_text(&*parts.rng, Alphabet::UrlSafe, KEY_SYMBOLS));
    let id = random_text(&*parts.rng, Alphabet::LowerAlphaNumeric, ID_SYMBOLS);
    let hash = sha256(key.as_bytes());
    let transaction = parts.database.begin().await?;
    transaction.execute(&REVOKE_KEYS_BY_LABEL, &[&DEVELOPMENT]).await?;
    transaction.execute(&INSERT_KEY, &[&id, &hash.as_slice(), &DEVELOPMENT]).await?;
    let event = Event {
        kind: "management_key.created",
        outcome: Outcome::Success,
        actor: &Actor::CONTROL,
        subject: &id,
        detail: json!({ "label": DEVELOPMENT }),
    };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    Ok(key.into())
}

/// Whose key this is, when it is one. The hash of 258 random bits is looked up by equality: how long that takes
/// says nothing about a key.
pub(crate) async fn caller_of(control: &Control, key: &SecretString) -> Result<Option<Caller>, DbError> {
    let text = key.expose_secret();
    if text.len() != PREFIX.len() + KEY_SYMBOLS || !text.starts_with(PREFIX) {
        return Ok(None);
    }
    let hash = sha256(text.as_bytes());
    let row = control.parts().database.query_opt(&KEY_BY_HASH, &[&hash.as_slice()]).await?;
    Ok(row.map(|row| Caller::ManagementKey { id: row.get(0) }))
}
