//! Statements of the outbox.

use std::time::Duration;

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

pub(super) const STATEMENTS: &[&Sql] = &[&INSERT, &CLAIM_DUE, &DELETE, &DELETE_LATE, &SECONDS_UNTIL_NEXT];

const INSERT: Sql = Sql::new(
    "OUTBOX_INSERT",
    "INSERT INTO kiavi.outbox (id, sealed, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))",
);

/// Claiming sets the next attempt: 2 s, 4 s, 8 s … 60 s later. So a relay that dies repeats the letter, and two
/// relays do not send it at once.
const CLAIM_DUE: Sql = Sql::new(
    "OUTBOX_CLAIM_DUE",
    "UPDATE kiavi.outbox SET attempts = attempts + 1,
       next_attempt_at = now() + make_interval(secs => least(60, power(2, least(attempts, 6) + 1)))
     WHERE id IN (
       SELECT id FROM kiavi.outbox WHERE next_attempt_at <= now() AND expires_at > now()
       ORDER BY next_attempt_at LIMIT 8 FOR UPDATE SKIP LOCKED)
     RETURNING id, sealed",
);

const DELETE: Sql = Sql::new("OUTBOX_DELETE", "DELETE FROM kiavi.outbox WHERE id = $1");

const DELETE_LATE: Sql =
    Sql::new("OUTBOX_DELETE_LATE", "DELETE FROM kiavi.outbox WHERE expires_at <= now() RETURNING id, sealed");

const SECONDS_UNTIL_NEXT: Sql = Sql::new(
    "OUTBOX_SECONDS_UNTIL_NEXT",
    "SELECT extract(epoch FROM min(least(next_attempt_at, expires_at)) - now())::float8 FROM kiavi.outbox",
);

pub(super) struct Claimed {
    pub(super) id: String,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn insert(
    transaction: &Transaction,
    id: &str,
    sealed: &[u8],
    seconds: f64,
) -> Result<(), DbError> {
    transaction.execute(&INSERT, &[&id, &sealed, &seconds]).await.map(drop)
}

pub(super) async fn claim_due(database: &Database) -> Result<Vec<Claimed>, DbError> {
    read(&database.query(&CLAIM_DUE, &[]).await?)
}

fn read(rows: &[Row]) -> Result<Vec<Claimed>, DbError> {
    rows.iter().map(|row| Ok(Claimed { id: row.try_get(0)?, sealed: row.try_get(1)? })).collect()
}

pub(super) async fn delete(database: &Database, id: &str) -> Result<(), DbError> {
    database.execute(&DELETE, &[&id]).await.map(drop)
}

pub(super) async fn delete_within(transaction: &Transaction, id: &str) -> Result<(), DbError> {
    transaction.execute(&DELETE, &[&id]).await.map(drop)
}

pub(super) async fn delete_late(database: &Database) -> Result<Vec<Claimed>, DbError> {
    read(&database.query(&DELETE_LATE, &[]).await?)
}

pub(super) async fn seconds_until_next(database: &Database) -> Result<Option<Duration>, DbError> {
    let seconds: Option<f64> = database.query_one(&SECONDS_UNTIL_NEXT, &[]).await?.try_get(0)?;
    // Never zero: the clock that sleeps and the clock that decides are two.
    Ok(seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 3_600.0) + 0.05)))
}
