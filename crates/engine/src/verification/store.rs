//! Statements of the `verification` table.

use jiff::Timestamp;
use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, Transaction};

use super::Taken;

pub(super) const STATEMENTS: &[&Sql] = &[&REMOVE, &INSERT, &LOOK, &TAKE, &DELETE_EXPIRED];

const REMOVE: Sql = Sql::new("VERIFICATION_REMOVE", "DELETE FROM public.verification WHERE identifier = $1");

/// `statement_timestamp()`, which is one moment in all columns.
const INSERT: Sql = Sql::new(
    "VERIFICATION_INSERT",
    r#"INSERT INTO public.verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
     VALUES ($1, $2, $3, date_trunc('milliseconds', statement_timestamp()) + make_interval(secs => $4),
       date_trunc('milliseconds', statement_timestamp()), date_trunc('milliseconds', statement_timestamp()))"#,
);

const LOOK: Sql = Sql::new(
    "VERIFICATION_LOOK",
    r#"SELECT value FROM public.verification WHERE identifier = $1 AND "expiresAt" > now()
     ORDER BY "createdAt" DESC LIMIT 1"#,
);

/// Every row of the identifier goes.
const TAKE: Sql = Sql::new(
    "VERIFICATION_TAKE",
    r#"DELETE FROM public.verification WHERE identifier = $1
     RETURNING value, "expiresAt" > clock_timestamp() AS is_live,
       extract(epoch FROM "expiresAt" - clock_timestamp())::float8 AS seconds_left, "createdAt""#,
);

/// A bounded sweep, so that it never holds up a sign-in.
pub(crate) const DELETE_EXPIRED: Sql = Sql::new(
    "VERIFICATION_DELETE_EXPIRED",
    r#"DELETE FROM public.verification WHERE id IN (
       SELECT id FROM public.verification WHERE "expiresAt" < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)"#,
);

fn new_row(id: &str, identifier: &str, value: &str, seconds: f64) -> OwnedParams {
    vec![
        Box::new(id.to_owned()),
        Box::new(identifier.to_owned()),
        Box::new(value.to_owned()),
        Box::new(seconds),
    ]
}

fn taken(row: &Row) -> Result<Taken, DbError> {
    Ok(Taken {
        value: row.try_get("value")?,
        is_live: row.try_get("is_live")?,
        seconds_left: row.try_get("seconds_left")?,
    })
}

pub(super) async fn replace(
    transaction: &Transaction,
    id: &str,
    identifier: &str,
    value: &str,
    seconds: f64,
) -> Result<(), DbError> {
    transaction.defer(&REMOVE, vec![Box::new(identifier.to_owned())]).await?;
    transaction.defer(&INSERT, new_row(id, identifier, value, seconds)).await
}

pub(super) async fn insert(
    database: &Database,
    id: &str,
    identifier: &str,
    value: &str,
    seconds: f64,
) -> Result<(), DbError> {
    database.query_grouped(&INSERT, new_row(id, identifier, value, seconds)).await.map(drop)
}

pub(super) async fn look(database: &Database, identifier: &str) -> Result<Option<String>, DbError> {
    let row = database.query_opt(&LOOK, &[&identifier]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

pub(super) async fn take(transaction: &Transaction, identifier: &str) -> Result<Option<Taken>, DbError> {
    let rows = transaction.query(&TAKE, &[&identifier]).await?;
    let (mut newest, mut newest_at) = (None, None);
    for row in &rows {
        let created_at: Option<Timestamp> = row.try_get("createdAt")?;
        if newest.is_none() || created_at > newest_at {
            (newest, newest_at) = (Some(taken(row)?), created_at);
        }
    }
    Ok(newest)
}
