//! Statements of the `session` table.

use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, ToSql, Transaction};

use super::{Session, session_columns};
use crate::{
    SessionSettings,
    audit::insert_along,
    user::{User, user_columns},
};

pub(super) const STATEMENTS: &[&Sql] = &[
    &WITH_USER_BY_TOKEN,
    &HOLD,
    &INSERT,
    &INSERT_WITH_EVENT,
    &EXTEND,
    &DELETE_DEAD,
    &DELETE_BY_TOKEN,
    &LIST_OF_USER,
    &ACTING_AS_USER,
    &DELETE_ONE_OF_USER,
    &DELETE_OF_USER_BY_TOKENS,
    &WITH_USERS_BY_TOKENS,
    &DELETE_ALL_OF_USER,
    &DELETE_OTHERS_OF_USER,
    &DELETE_EXPIRED,
];

/// Sessions that a list shows, as in Better Auth.
const LIST_LIMIT: i64 = 100;

/// `$2` idle lifetime, `$3` absolute lifetime, `$4` age of the last extension from which the next is due, `$5`
/// age up to which a session is fresh, all in seconds.
const WITH_USER_BY_TOKEN: Sql = Sql::new(
    "SESSION_WITH_USER_BY_TOKEN",
    concat!(
        "SELECT ",
        session_columns!(),
        ", ",
        user_columns!(),
        r#", s."expiresAt" > now(),
           s."expiresAt" <= least(now() + make_interval(secs => $2), s."createdAt" + make_interval(secs => $3))
             - make_interval(secs => $4),
           $5::float8 = 0 OR s."createdAt" > now() - make_interval(secs => $5)
         FROM public.session s JOIN public."user" u ON u.id = s."userId" WHERE s.token = $1"#
    ),
);

/// Whoever ends the session waits until the transaction has ended.
const HOLD: Sql = Sql::new(
    "SESSION_HOLD",
    r#"SELECT 1 FROM public.session
       WHERE token = $1 AND "userId" = $2 AND "expiresAt" > clock_timestamp() FOR SHARE"#,
);

/// None for a user who is banned, as the row says now: whoever bans takes turns with this.
macro_rules! insert {
    () => {
        concat!(
            r#"INSERT INTO public.session AS s
             (id, token, "ipAddress", "userAgent", "userId", "expiresAt", "impersonatedBy", "createdAt", "updatedAt")
           SELECT $1, $2, $3, $4, u.id,
             date_trunc('milliseconds', statement_timestamp()) + make_interval(secs => $6), $7,
             date_trunc('milliseconds', statement_timestamp()), date_trunc('milliseconds', statement_timestamp())
           FROM (SELECT id FROM public."user" WHERE id = $5 AND banned IS NOT TRUE FOR NO KEY UPDATE) AS u
           RETURNING "#,
        session_columns!(),
            r#", EXISTS (SELECT FROM public.passkey p WHERE p."userId" = s."userId")"#
        )
    };
}

const INSERT: Sql = Sql::new("SESSION_INSERT", insert!());

/// With the event that tells of it, if it is made.
const INSERT_WITH_EVENT: Sql = Sql::new(
    "SESSION_INSERT_WITH_EVENT",
    concat!("WITH made AS (", insert!(), "), event AS (", insert_along!("made"), ") SELECT * FROM made"),
);

/// `$2` idle, `$3` absolute lifetime. A session that ended meanwhile stays ended.
const EXTEND: Sql = Sql::new(
    "SESSION_EXTEND",
    concat!(
        r#"UPDATE public.session s SET
             "expiresAt" = date_trunc('milliseconds',
               least(now() + make_interval(secs => $2), s."createdAt" + make_interval(secs => $3))),
             "updatedAt" = date_trunc('milliseconds', now())
           WHERE s.token = $1 AND s."expiresAt" > now() RETURNING "#,
        session_columns!()
    ),
)
.watched();

const DELETE_DEAD: Sql = Sql::new(
    "SESSION_DELETE_DEAD",
    r#"DELETE FROM public.session WHERE token = $1 AND "expiresAt" <= now()"#,
)
.watched();

const DELETE_BY_TOKEN: Sql =
    Sql::new("SESSION_DELETE_BY_TOKEN", r#"DELETE FROM public.session WHERE token = $1 RETURNING "userId""#)
        .watched();

const LIST_OF_USER: Sql = Sql::new(
    "SESSION_LIST_OF_USER",
    concat!(
        "SELECT ",
        session_columns!(),
        r#" FROM public.session s
           WHERE s."userId" = $1 AND s."expiresAt" > now() AND s."impersonatedBy" IS NULL
           ORDER BY s."createdAt" DESC LIMIT $2"#
    ),
);

/// Those that the list does not show, as in Better Auth.
const ACTING_AS_USER: Sql = Sql::new(
    "SESSION_ACTING_AS_USER",
    concat!(
        "SELECT ",
        session_columns!(),
        r#" FROM public.session s
           WHERE s."userId" = $1 AND s."expiresAt" > now() AND s."impersonatedBy" IS NOT NULL
           ORDER BY s."createdAt" DESC LIMIT $2"#
    ),
);

/// `$2` is the handle from a list, or a token.
const DELETE_ONE_OF_USER: Sql = Sql::new(
    "SESSION_DELETE_ONE_OF_USER",
    r#"DELETE FROM public.session WHERE "userId" = $1 AND (id = $2 OR token = $2) RETURNING id"#,
)
.watched();

const DELETE_OF_USER_BY_TOKENS: Sql = Sql::new(
    "SESSION_DELETE_OF_USER_BY_TOKENS",
    r#"DELETE FROM public.session WHERE "userId" = $1 AND token = ANY ($2) RETURNING token"#,
)
.watched();

/// Live ones only.
const WITH_USERS_BY_TOKENS: Sql = Sql::new(
    "SESSION_WITH_USERS_BY_TOKENS",
    concat!(
        "SELECT ",
        session_columns!(),
        ", ",
        user_columns!(),
        r#" FROM public.session s JOIN public."user" u ON u.id = s."userId"
           WHERE s.token = ANY ($1) AND s."expiresAt" > now()"#
    ),
);

/// Theirs, and those in which they act as others: those go on by nothing but the sign-in that began them.
const DELETE_ALL_OF_USER: Sql = Sql::new(
    "SESSION_DELETE_ALL_OF_USER",
    r#"DELETE FROM public.session WHERE "userId" = $1 OR "impersonatedBy" = $1"#,
)
.watched();

const DELETE_OTHERS_OF_USER: Sql = Sql::new(
    "SESSION_DELETE_OTHERS_OF_USER",
    r#"DELETE FROM public.session WHERE ("userId" = $1 OR "impersonatedBy" = $1) AND token <> $2"#,
)
.watched();

const DELETE_EXPIRED: Sql = Sql::new(
    "SESSION_DELETE_EXPIRED",
    r#"DELETE FROM public.session WHERE id IN (
       SELECT id FROM public.session WHERE "expiresAt" < now() - interval '1 day' LIMIT 1000
       FOR UPDATE SKIP LOCKED)"#,
)
.watched();

/// A session and its user, with what the database's clock says about them.
#[derive(Debug, Clone)]
pub struct Found {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// Whether it has not ended.
    pub is_live: bool,
    /// Whether it is time to extend it.
    pub is_due: bool,
    /// Whether its sign-in is recent.
    pub is_fresh: bool,
}

/// Whether the session still lives, and if so, keeps it until the transaction ends: what is added to a user by a session
/// is there before the session ends, so that whoever ends it finds it, or is not there at all.
pub async fn hold(transaction: &Transaction, token: &str, user_id: &str) -> Result<bool, DbError> {
    Ok(transaction.query_opt(&HOLD, &[&token, &user_id]).await?.is_some())
}

/// The session with this token and its user, in one round trip.
///
/// # Errors
/// Those of the statement.
pub async fn with_user_by_token(
    database: &Database,
    token: &str,
    settings: &SessionSettings,
) -> Result<Option<Found>, DbError> {
    let seconds = |value: u32| f64::from(value);
    let (idle, absolute) =
        (seconds(settings.expires_in_seconds), seconds(settings.absolute_lifetime_seconds));
    let (update, fresh) = (seconds(settings.update_age_seconds), seconds(settings.fresh_age_seconds));
    let row = database.query_opt(&WITH_USER_BY_TOKEN, &[&token, &idle, &absolute, &update, &fresh]).await?;
    row.map(|row| {
        let flags = Session::WIDTH + User::WIDTH;
        Ok(Found {
            session: Session::from_row(&row, 0)?,
            user: User::from_row(&row, Session::WIDTH)?,
            is_live: row.try_get(flags)?,
            is_due: row.try_get(flags + 1)?,
            is_fresh: row.try_get(flags + 2)?,
        })
    })
    .transpose()
}

/// What a new session is made of.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// A fresh row id.
    pub id: &'a str,
    /// A fresh token.
    pub token: &'a str,
    /// Where from.
    pub ip_address: &'a str,
    /// With what.
    pub user_agent: &'a str,
    /// Whose.
    pub user_id: &'a str,
    /// Who acts as them, if it is not themselves.
    pub impersonated_by: Option<&'a str>,
    /// Seconds until it ends unless it is used.
    pub seconds: u32,
}

/// Makes a session that starts now, unless its user is banned or gone, and the event of these values with it. Tells as well
/// whether its user has passkeys.
///
/// # Errors
/// Those of the statement.
pub async fn insert(
    transaction: &Transaction,
    new: NewSession<'_>,
    event: Option<&OwnedParams>,
) -> Result<Option<(Session, bool)>, DbError> {
    let NewSession { id, token, ip_address, user_agent, user_id, impersonated_by, seconds } = new;
    let seconds = f64::from(seconds);
    let mut values: Vec<&(dyn ToSql + Sync)> =
        vec![&id, &token, &ip_address, &user_agent, &user_id, &seconds, &impersonated_by];
    let sql = if event.is_some() { INSERT_WITH_EVENT } else { INSERT };
    values.extend(event.into_iter().flatten().map(|value| -> &(dyn ToSql + Sync) { &**value }));
    let row = transaction.query_opt(&sql, &values).await?;
    row.map(|row| Ok((Session::from_row(&row, 0)?, row.try_get(Session::WIDTH)?))).transpose()
}

/// Extends a live session; `None` if it ended meanwhile.
///
/// # Errors
/// Those of the statement.
pub async fn extend(
    database: &Database,
    token: &str,
    settings: &SessionSettings,
) -> Result<Option<Session>, DbError> {
    let (idle, absolute) =
        (f64::from(settings.expires_in_seconds), f64::from(settings.absolute_lifetime_seconds));
    let row: Option<Row> = database.query_opt(&EXTEND, &[&token, &idle, &absolute]).await?;
    row.map(|row| Session::from_row(&row, 0)).transpose()
}

/// Deletes the row of a session that has ended.
///
/// # Errors
/// Those of the statement.
pub async fn delete_dead(database: &Database, token: &str) -> Result<(), DbError> {
    database.execute(&DELETE_DEAD, &[&token]).await.map(drop)
}

/// Ends one session; whose it was, if there was one.
///
/// # Errors
/// Those of the statement.
pub async fn delete_by_token(transaction: &Transaction, token: &str) -> Result<Option<String>, DbError> {
    let row = transaction.query_opt(&DELETE_BY_TOKEN, &[&token]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// The live sessions of a user, the newest first.
///
/// # Errors
/// Those of the statement.
pub async fn list(database: &Database, user_id: &str) -> Result<Vec<Session>, DbError> {
    let rows = database.query(&LIST_OF_USER, &[&user_id, &LIST_LIMIT]).await?;
    rows.iter().map(|row| Session::from_row(row, 0)).collect()
}

/// The live sessions in which somebody acts as a user, the newest first.
///
/// # Errors
/// Those of the statement.
pub async fn acting(database: &Database, user_id: &str) -> Result<Vec<Session>, DbError> {
    let rows = database.query(&ACTING_AS_USER, &[&user_id, &LIST_LIMIT]).await?;
    rows.iter().map(|row| Session::from_row(row, 0)).collect()
}

/// Ends one session of a user, named by handle or token; its id, if there was one.
///
/// # Errors
/// Those of the statement.
pub async fn delete_one(
    transaction: &Transaction,
    user_id: &str,
    handle_or_token: &str,
) -> Result<Option<String>, DbError> {
    let row = transaction.query_opt(&DELETE_ONE_OF_USER, &[&user_id, &handle_or_token]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Ends those of `tokens` that are the user's; their tokens.
///
/// # Errors
/// Those of the statement.
pub async fn delete_of_user(
    transaction: &Transaction,
    user_id: &str,
    tokens: &[String],
) -> Result<Vec<String>, DbError> {
    let rows = transaction.query(&DELETE_OF_USER_BY_TOKENS, &[&user_id, &tokens]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The live sessions with these tokens and their users, in no order.
///
/// # Errors
/// Those of the statement.
pub async fn with_users(database: &Database, tokens: &[String]) -> Result<Vec<(Session, User)>, DbError> {
    let rows = database.query(&WITH_USERS_BY_TOKENS, &[&tokens]).await?;
    let read = |row| Ok((Session::from_row(row, 0)?, User::from_row(row, Session::WIDTH)?));
    rows.iter().map(read).collect()
}

/// Ends all sessions of a user, and those in which they act as others.
///
/// # Errors
/// Those of the statement.
pub async fn delete_all(transaction: &Transaction, user_id: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE_ALL_OF_USER, &[&user_id]).await
}

/// Ends all sessions of a user but the one with `token`, and those in which they act as others.
///
/// # Errors
/// Those of the statement.
pub async fn delete_others(transaction: &Transaction, user_id: &str, token: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE_OTHERS_OF_USER, &[&user_id, &token]).await
}

/// Sweeps rows that ended more than a day ago.
pub(crate) async fn delete_expired(database: &Database) -> Result<u64, DbError> {
    database.execute(&DELETE_EXPIRED, &[]).await
}
