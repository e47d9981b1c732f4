//! The counter in PostgreSQL: one statement that decides and counts.

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use crate::Rate;

pub(super) const STATEMENTS: &[&Sql] = &[&USE_ONCE, &FORGET];

/// `$1` key, `$2` interval and `$3` tolerance in seconds. Answers with one row: NULL when the use was counted,
/// else the seconds until the next one is possible. `clock_timestamp()`, because a transaction may have waited
/// for the row.
const USE_ONCE: Sql = Sql::new(
    "USE_ONCE",
    "WITH counted AS (
       INSERT INTO kiavi.rate_limit AS held (key, arrival)
       VALUES ($1, clock_timestamp() + make_interval(secs => $2))
       ON CONFLICT (key) DO UPDATE
         SET arrival = greatest(held.arrival, clock_timestamp()) + make_interval(secs => $2)
         WHERE held.arrival <= clock_timestamp() + make_interval(secs => $3)
       RETURNING 1
     )
     SELECT CASE WHEN EXISTS (SELECT FROM counted) THEN NULL ELSE greatest(1, ceil(coalesce(
       (SELECT extract(epoch FROM held.arrival - clock_timestamp())::float8 - $3
        FROM kiavi.rate_limit AS held WHERE held.key = $1), 1)))::bigint END",
);

const FORGET: Sql = Sql::new("FORGET", "DELETE FROM kiavi.rate_limit WHERE key = $1");

fn seconds(row: &Row) -> Result<Option<u64>, DbError> {
    let seconds: Option<i64> = row.try_get(0)?;
    Ok(seconds.map(|seconds| u64::try_from(seconds).unwrap_or(1)))
}

pub(super) async fn use_once(
    database: &Database,
    key: &[u8; 32],
    rate: Rate,
) -> Result<Option<u64>, DbError> {
    let (interval, tolerance) = (rate.interval().as_secs_f64(), rate.tolerance().as_secs_f64());
    seconds(&database.query_one(&USE_ONCE, &[&key.as_slice(), &interval, &tolerance]).await?)
}

pub(super) async fn use_once_within(
    transaction: &Transaction,
    key: &[u8; 32],
    rate: Rate,
) -> Result<Option<u64>, DbError> {
    let (interval, tolerance) = (rate.interval().as_secs_f64(), rate.tolerance().as_secs_f64());
    seconds(&transaction.query_one(&USE_ONCE, &[&key.as_slice(), &interval, &tolerance]).await?)
}

pub(super) async fn forget(transaction: &Transaction, key: &[u8; 32]) -> Result<(), DbError> {
    transaction.execute(&FORGET, &[&key.as_slice()]).await.map(drop)
}
