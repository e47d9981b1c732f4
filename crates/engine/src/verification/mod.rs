//! Short-lived proofs in Better Auth's `verification` table: one-time codes, passkey challenges, change tokens.
//!
//! Single use is [`take`]: the statement that deletes the row returns it, so of two consumers one gets it. It
//! runs in the transaction that uses the proof; if that fails, the proof is there again.

mod store;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_base::{Alphabet, Rng, random_text};
use kiavi_crypto::sha256;
use kiavi_db::{Database, DbError, Sql, Transaction};

pub(crate) use store::DELETE_EXPIRED;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// Characters of a row id.
const ROW_ID_LENGTH: usize = 32;

/// A fresh id for a row of any of Better Auth's tables.
pub fn row_id(rng: &dyn Rng) -> String {
    random_text(rng, Alphabet::AlphaNumeric, ROW_ID_LENGTH)
}

/// A random token as an identifier names it: Better Auth's `storeToken: "hashed"`, so that who reads the table
/// can redeem nothing.
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()))
}

/// A row that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its value.
    pub value: String,
    /// Whether it was still valid, by the database's clock.
    pub is_live: bool,
    /// How many seconds it had left.
    pub seconds_left: f64,
}

/// Writes a row in place of all earlier ones of its identifier (only the newest would count).
///
/// # Errors
/// Those of the statement.
pub async fn replace(
    transaction: &Transaction,
    rng: &dyn Rng,
    identifier: &str,
    value: &str,
    life: Duration,
) -> Result<(), DbError> {
    store::replace(transaction, &row_id(rng), identifier, value, life.as_secs_f64()).await
}

/// Writes a row under an identifier that is random itself; one statement, no transaction needed.
///
/// # Errors
/// Those of the statement.
pub async fn insert(
    database: &Database,
    rng: &dyn Rng,
    identifier: &str,
    value: &str,
    life: Duration,
) -> Result<(), DbError> {
    store::insert(database, &row_id(rng), identifier, value, life.as_secs_f64()).await
}

/// The value of the newest live row of an identifier, which stays.
///
/// # Errors
/// Those of the statement.
pub async fn look(database: &Database, identifier: &str) -> Result<Option<String>, DbError> {
    store::look(database, identifier).await
}

/// Takes the newest row of an identifier and removes all of them.
///
/// # Errors
/// Those of the statement.
pub async fn take(transaction: &Transaction, identifier: &str) -> Result<Option<Taken>, DbError> {
    store::take(transaction, identifier).await
}
