//! The counters in PostgreSQL: one statement each that decides and counts.

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::Table;
use crate::Rate;

pub(super) const STATEMENTS: &[&Sql] = &[
    &USE_ONCE,
    &GUESS_ONCE,
    &GUESSES_USED_UP,
    &FORGET_GUESSES,
    &USES_REFUSING,
    &GUESSES_REFUSING,
    &LIFT_USES,
    &LIFT_GUESSES,
    &WITHOUT_GUESSES,
];

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

/// `$1` keys, `$2` the tolerance in seconds of each. Of those that refuse now their place, from 0, and the seconds until they
/// do no more.
macro_rules! refusing {
    ($table:literal) => {
        concat!(
            "SELECT asked.place - 1,
               greatest(1, ceil(extract(epoch FROM held.arrival - clock_timestamp())::float8 - asked.tolerance))::bigint
             FROM unnest($1::bytea[], $2::float8[]) WITH ORDINALITY AS asked (key, tolerance, place)
             JOIN ",
            $table,
            " AS held ON held.key = asked.key
             WHERE held.arrival > clock_timestamp() + make_interval(secs => asked.tolerance)"
        )
    };
}

const USES_REFUSING: Sql = Sql::new("USES_REFUSING", refusing!("kiavi.rate_limit"));

const GUESSES_REFUSING: Sql = Sql::new("GUESSES_REFUSING", refusing!("kiavi.guess_budget"));

/// As above: forgets those that refuse now, and gives their places.
macro_rules! lift {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " AS held USING unnest($1::bytea[], $2::float8[]) WITH ORDINALITY AS asked (key, tolerance, place)
             WHERE held.key = asked.key
               AND held.arrival > clock_timestamp() + make_interval(secs => asked.tolerance)
             RETURNING asked.place - 1"
        )
    };
}

const LIFT_USES: Sql = Sql::new("LIFT_USES", lift!("kiavi.rate_limit"));

const LIFT_GUESSES: Sql = Sql::new("LIFT_GUESSES", lift!("kiavi.guess_budget"));

/// `$1` tolerance in seconds.
const WITHOUT_GUESSES: Sql = Sql::new(
    "WITHOUT_GUESSES",
    "SELECT count(*) FROM kiavi.guess_budget WHERE arrival > clock_timestamp() + make_interval(secs => $1)",
);

/// The key of a counter, with its rate.
pub(super) type Asked = (Vec<u8>, Rate);

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

fn columns(asked: &[Asked]) -> (Vec<&[u8]>, Vec<f64>) {
    asked.iter().map(|(key, rate)| (key.as_slice(), rate.tolerance().as_secs_f64())).unzip()
}

fn place(row: &Row) -> Result<usize, DbError> {
    let place: i64 = row.try_get(0)?;
    usize::try_from(place).map_err(|error| DbError::Value(error.to_string()))
}

pub(super) async fn refusing(
    database: &Database,
    table: Table,
    asked: &[Asked],
) -> Result<Vec<(usize, u64)>, DbError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match table {
        Table::Uses => &USES_REFUSING,
        Table::Guesses => &GUESSES_REFUSING,
    };
    let (keys, tolerances) = columns(asked);
    let rows = database.query(sql, &[&keys, &tolerances]).await?;
    let told = |row: &Row| {
        let seconds: i64 = row.try_get(1)?;
        Ok((place(row)?, u64::try_from(seconds).unwrap_or(1)))
    };
    rows.iter().map(told).collect()
}

pub(super) async fn lift(
    transaction: &Transaction,
    table: Table,
    asked: &[Asked],
) -> Result<Vec<usize>, DbError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match table {
        Table::Uses => &LIFT_USES,
        Table::Guesses => &LIFT_GUESSES,
    };
    let (keys, tolerances) = columns(asked);
    let rows = transaction.query(sql, &[&keys, &tolerances]).await?;
    rows.iter().map(place).collect()
}

pub(super) async fn without_guesses(database: &Database, rate: Rate) -> Result<i64, DbError> {
    let (_, tolerance) = parameters(rate);
    Ok(database.query_one(&WITHOUT_GUESSES, &[&tolerance]).await?.try_get(0)?)
}
