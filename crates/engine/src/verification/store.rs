//! Statements of the `verification` table.

use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, Transaction};

use super::Taken;

pub(super) const STATEMENTS: &[&Sql] = &[&REPLACE, &INSERT, &LOOK, &TAKE, &DELETE_EXPIRED];

const REPLACE: Sql = Sql::new(
    "VERIFICATION_REPLACE",
    r#"WITH replaced AS (DELETE FROM public.verification WHERE identifier = $2)
     INSERT INTO public.verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
     SELECT $1, $2, $3, date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => $4), at, at
     FROM date_trunc('milliseconds', clock_timestamp()) AS at"#,
);

const INSERT: Sql = Sql::new(
    "VERIFICATION_INSERT",
    r#"INSERT INTO public.verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
     SELECT $1, $2, $3, at + make_interval(secs => $4), at, at
     FROM date_trunc('milliseconds', clock_timestamp()) AS at"#,
);

const LOOK: Sql = Sql::new(
    "VERIFICATION_LOOK",
    r#"SELECT value FROM public.verification WHERE identifier = $1 AND "expiresAt" > now()
     ORDER BY "createdAt" DESC LIMIT 1"#,
);

/// Every row of the identifier goes; the newest comes first.
const TAKE: Sql = Sql::new(
    "VERIFICATION_TAKE",
    r#"WITH taken AS (
       DELETE FROM public.verification WHERE identifier = $1 RETURNING value, "expiresAt", "createdAt"
     )
     SELECT value, "expiresAt" > clock_timestamp() AS is_live,
       extract(epoch FROM "expiresAt" - clock_timestamp())::float8 AS seconds_left
     FROM taken ORDER BY "createdAt" DESC LIMIT 1"#,
);

/// A bounded sweep, so that it never holds up a sign-in.
const DELETE_EXPIRED: Sql = Sql::new(
    "VERIFICATION_DELETE_EXPIRED",
    r#"DELETE FROM public.verification WHERE id IN (
       SELECT id FROM public.verification WHERE "expiresAt" < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)"#,
);

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
    let values: OwnedParams = vec![
        Box::new(id.to_owned()),
        Box::new(identifier.to_owned()),
        Box::new(value.to_owned()),
        Box::new(seconds),
    ];
    transaction.defer(&REPLACE, values).await
}

pub(super) async fn insert(
    database: &Database,
    id: &str,
    identifier: &str,
    value: &str,
    seconds: f64,
) -> Result<(), DbError> {
    let values: OwnedParams = vec![
        Box::new(id.to_owned()),
        Box::new(identifier.to_owned()),
        Box::new(value.to_owned()),
        Box::new(seconds),
    ];
    database.query_grouped(&INSERT, values).await.map(drop)
}

pub(super) async fn look(database: &Database, identifier: &str) -> Result<Option<String>, DbError> {
    let row = database.query_opt(&LOOK, &[&identifier]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

pub(super) async fn take(transaction: &Transaction, identifier: &str) -> Result<Option<Taken>, DbError> {
    transaction.query_opt(&TAKE, &[&identifier]).await?.as_ref().map(taken).transpose()
}

pub(crate) async fn delete_expired(database: &Database) -> Result<u64, DbError> {
    database.execute(&DELETE_EXPIRED, &[]).await
}
