//! Statements of this slice.

use jiff::Timestamp;
use kiavi_db::{Database, DbError, Sql, Transaction};

pub(super) const STATEMENTS: &[&Sql] = &[&SESSION, &END];

/// One in which somebody acts as another is nobody's sign-in.
const SESSION: Sql = Sql::new(
    "CONSOLE_SESSION",
    r#"SELECT u.id, u.email, u.name, u."emailVerified", s."createdAt",
         extract(epoch FROM clock_timestamp() - s."createdAt")::float8 AS age
       FROM public.session s JOIN public."user" u ON u.id = s."userId"
       WHERE s.id = $1 AND s."expiresAt" > now() AND s."impersonatedBy" IS NULL"#,
);

const END: Sql =
    Sql::new("CONSOLE_END_SESSION", r#"DELETE FROM public.session WHERE id = $1 RETURNING "userId""#)
        .watched();

/// A live session and whose it is.
pub(super) struct Found {
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) is_verified: bool,
    pub(super) created_at: Timestamp,
    pub(super) age_seconds: f64,
}

/// The session with this id, if it lives.
pub(super) async fn session(database: &Database, id: &str) -> Result<Option<Found>, DbError> {
    let Some(row) = database.query_opt(&SESSION, &[&id]).await? else { return Ok(None) };
    Ok(Some(Found {
        user_id: row.try_get(0)?,
        email: row.try_get(1)?,
        name: row.try_get(2)?,
        is_verified: row.try_get(3)?,
        created_at: row.try_get(4)?,
        age_seconds: row.try_get(5)?,
    }))
}

/// Ends a session; whose it was, if there was one.
pub(super) async fn end(transaction: &Transaction, id: &str) -> Result<Option<String>, DbError> {
    let row = transaction.query_opt(&END, &[&id]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}
