//! The counters in PostgreSQL: one statement each that decides and counts.

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use crate::Rate;

pub(super) const STATEMENTS: &[&Sql] = &[&USE_ONCE, &GUESS_ONCE, &GUESSES_USED_UP, &FORGET_GUESSES];

/// `$1` key, `$2` interval and `$3` tolerance in seconds. Answers with one row: NULL when the use was counted,
/// else the seconds until the next one is possible. `clock_timestamp()`, because a transaction may have waited
/// for the row.
macro_rules! use_once {
    ($table:literal) => {
        concat!(
            "WITH counted AS (
               INSERT INTO ",
            $table,
            " AS held (key, arrival)
               VALUES ($1, clock_timestamp() + make_interval(secs => $2))
               ON CONFLICT (key) DO UPDATE
                 SET arrival = greatest(held.arrival, clock_timestamp()) + make_interval(secs => $2)
                 WHERE held.arrival <= clock_timestamp() + make_interval(secs => $3)
               RETURNING 1
             )
             SELECT CASE WHEN EXISTS (SELECT FROM counted) THEN NULL ELSE greatest(1, ceil(coalesce(
               (SELECT extract(epoch FROM held.arrival - clock_timestamp())::float8 - $3
                FROM ",
            $table,
            " AS held WHERE held.key = $1), 1)))::bigint END"
        )
    };
}

const USE_ONCE: Sql = Sql::new("USE_ONCE", use_once!("kiavi.rate_limit"));

const GUESS_ONCE: Sql = Sql::new("GUESS_ONCE", use_once!("kiavi.guess_budget"));

/// `$1` key, `$2` tolerance in seconds. Answers with the seconds until the next guess is possible, if it is not now.
const GUESSES_USED_UP: Sql = Sql::new(
    "GUESSES_USED_UP",
    "SELECT greatest(1, ceil(extract(epoch FROM arrival - clock_timestamp())::float8 - $2))::bigint
     FROM kiavi.guess_budget WHERE key = $1 AND arrival > clock_timestamp() + make_interval(secs => $2)",
);

const FORGET_GUESSES: Sql = Sql::new("FORGET_GUESSES", "DELETE FROM kiavi.guess_budget WHERE key = $1");

fn seconds(row: &Row) -> Result<Option<u64>, DbError> {
    let seconds: Option<i64> = row.try_get(0)?;
    Ok(seconds.map(|seconds| u64::try_from(seconds).unwrap_or(1)))
}

fn parameters(rate: Rate) -> (f64, f64) {
    (rate.interval().as_secs_f64(), rate.tolerance().as_secs_f64())
}

pub(super) async fn use_once(
    database: &Database,
    key: &[u8; 32],
    rate: Rate,
) -> Result<Option<u64>, DbError> {
    let (interval, tolerance) = parameters(rate);
    seconds(&database.query_one(&USE_ONCE, &[&key.as_slice(), &interval, &tolerance]).await?)
}

pub(super) async fn guess_once(
    transaction: &Transaction,
    key: &[u8; 32],
    rate: Rate,
) -> Result<Option<u64>, DbError> {
    let (interval, tolerance) = parameters(rate);
    seconds(&transaction.query_one(&GUESS_ONCE, &[&key.as_slice(), &interval, &tolerance]).await?)
}

pub(super) async fn guesses_used_up(
    transaction: &Transaction,
    key: &[u8; 32],
    rate: Rate,
) -> Result<Option<u64>, DbError> {
    let (_, tolerance) = parameters(rate);
    let row = transaction.query_opt(&GUESSES_USED_UP, &[&key.as_slice(), &tolerance]).await?;
    row.as_ref().map_or(Ok(None), seconds)
}

pub(super) async fn forget_guesses(transaction: &Transaction, key: &[u8; 32]) -> Result<(), DbError> {
    transaction.defer(&FORGET_GUESSES, vec![Box::new(key.to_vec())]).await
}
