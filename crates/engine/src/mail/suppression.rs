//! Addresses that mail is not sent to any more, because their server has said that nobody is there. Sending again
//! and again costs a sender its reputation, and with it everybody else's codes.
//!
//! The list holds keyed hashes, the same that stand for addresses in the log. Nobody but operators can tell whether an
//! address is on it: letters are written as ever, and dropped when they would leave: the statement that takes a letter
//! in hand looks (`outbox`).

use std::collections::HashSet;

use kiavi_db::{Database, DbError, Sql, Transaction};

pub(super) const STATEMENTS: &[&Sql] = &[&INSERT, &DELETE, &COUNT, &WHICH, &DELETE_OLD];

const INSERT: Sql = Sql::new(
    "MAIL_SUPPRESSION_INSERT",
    "INSERT INTO kiavi.mail_suppression (address_hash, reason) VALUES ($1, $2)
     ON CONFLICT (address_hash) DO NOTHING",
);

const DELETE: Sql =
    Sql::new("MAIL_SUPPRESSION_DELETE", "DELETE FROM kiavi.mail_suppression WHERE address_hash = $1");

const COUNT: Sql = Sql::new("MAIL_SUPPRESSION_COUNT", "SELECT count(*) FROM kiavi.mail_suppression");

const WHICH: Sql = Sql::new(
    "MAIL_SUPPRESSION_WHICH",
    "SELECT address_hash FROM kiavi.mail_suppression WHERE address_hash = ANY ($1)",
);

/// Addresses come to life again, and the list must not grow for ever.
const DELETE_OLD: Sql = Sql::new(
    "MAIL_SUPPRESSION_DELETE_OLD",
    "DELETE FROM kiavi.mail_suppression WHERE address_hash IN (
       SELECT address_hash FROM kiavi.mail_suppression WHERE at < now() - interval '1 year'
       LIMIT 1000 FOR UPDATE SKIP LOCKED)",
);

/// Puts an address on the list.
pub(crate) async fn add(transaction: &Transaction, reference: &str, reason: &str) -> Result<(), DbError> {
    transaction.execute(&INSERT, &[&reference, &reason]).await.map(drop)
}

/// Takes an address off the list; whether it was there.
pub(super) async fn lift(transaction: &Transaction, reference: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&DELETE, &[&reference]).await? > 0)
}

/// How many there are.
pub(super) async fn count(database: &Database) -> Result<i64, DbError> {
    database.query_one(&COUNT, &[]).await?.try_get(0).map_err(DbError::from)
}

/// Which of these are on the list.
pub(super) async fn which(database: &Database, references: &[String]) -> Result<HashSet<String>, DbError> {
    let rows = database.query(&WHICH, &[&references]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(DbError::from)).collect()
}

/// Forgets the oldest.
pub(crate) async fn delete_old(database: &Database) -> Result<u64, DbError> {
    database.execute(&DELETE_OLD, &[]).await
}
