//! Statements of administration, on the tables `user` and `session`.

use kiavi_db::{Database, DbError, Sql, ToSql, Transaction};

use super::{live::LIVE_SESSIONS, query::Plan};
use crate::{
    session::{Session, session_columns},
    user::{User, user_columns},
};

pub(super) const STATEMENTS: &[&Sql] = &[
    &LIST,
    &COUNT,
    &SET_FIELDS,
    &BAN,
    &SESSIONS_OF_USER,
    &DELETE_SESSION,
    &DELETE_IMPERSONATIONS,
    &SHARE_USER,
    &USER_OF_SESSION,
    &LIVE_SESSIONS,
];

/// Sessions that a list shows, as in Better Auth.
const SESSION_LIST_LIMIT: i64 = 100;

/// The text column that a parameter names.
macro_rules! text_column {
    ($name:literal) => {
        concat!(
            "CASE ",
            $name,
            r#"::text WHEN 'id' THEN u.id WHEN 'name' THEN u.name WHEN 'email' THEN u.email
               WHEN 'image' THEN u.image WHEN 'role' THEN u.role WHEN 'banReason' THEN u."banReason" END"#
        )
    };
}

macro_rules! boolean_column {
    ($name:literal) => {
        concat!(
            "CASE ",
            $name,
            r#"::text WHEN 'emailVerified' THEN u."emailVerified" WHEN 'banned' THEN u.banned END"#
        )
    };
}

macro_rules! time_column {
    ($name:literal) => {
        concat!(
            "CASE ",
            $name,
            r#"::text WHEN 'createdAt' THEN u."createdAt" WHEN 'updatedAt' THEN u."updatedAt"
               WHEN 'banExpires' THEN u."banExpires" END"#
        )
    };
}

/// The branches of a filter on columns of one type: `$3` names the column, `$5` holds the values as text.
macro_rules! comparisons {
    ($kind:literal, $column:ident, $type:literal) => {
        concat!(
            comparisons!(one $kind, $column, $type, " eq", " = "),
            comparisons!(one $kind, $column, $type, " ne", " <> "),
            comparisons!(one $kind, $column, $type, " lt", " < "),
            comparisons!(one $kind, $column, $type, " lte", " <= "),
            comparisons!(one $kind, $column, $type, " gt", " > "),
            comparisons!(one $kind, $column, $type, " gte", " >= "),
            " WHEN '", $kind, " in' THEN ", $column!("$3"), " = ANY ($5::text[]::", $type, "[])",
            " WHEN '", $kind, " not_in' THEN ", $column!("$3"), " <> ALL ($5::text[]::", $type, "[])",
        )
    };
    (one $kind:literal, $column:ident, $type:literal, $name:literal, $operator:literal) => {
        concat!(" WHEN '", $kind, $name, "' THEN ", $column!("$3"), $operator, "($5::text[])[1]::", $type)
    };
}

/// `$1` a pattern and `$2` the column it is for; `$4` the branch of the filter. The parameters decide everything,
/// so no text from outside is ever part of a statement; and since PostgreSQL plans with their values, it sees a
/// plain comparison of a plain column, which an index can answer.
macro_rules! wanted {
    () => {
        concat!(
            r#" FROM public."user" u WHERE
               ($1::text IS NULL OR CASE $2::text WHEN 'name' THEN u.name ELSE u.email END LIKE $1)
               AND CASE $4::text WHEN 'none' THEN true WHEN 'text like' THEN "#,
            text_column!("$3"),
            " LIKE ($5::text[])[1]",
            comparisons!("text", text_column, "text"),
            comparisons!("boolean", boolean_column, "boolean"),
            comparisons!("time", time_column, "timestamptz"),
            " END"
        )
    };
}

/// The order of one type of column: `$6` names the column, `$7` says whether it descends.
macro_rules! order {
    ($column:ident) => {
        concat!(
            "CASE WHEN NOT $7::boolean THEN ",
            $column!("$6"),
            " END, CASE WHEN $7 THEN ",
            $column!("$6"),
            " END DESC, "
        )
    };
}

/// `$8` rows from `$9`. Without a wish the oldest come first, which an index knows.
const LIST: Sql = Sql::new(
    "ADMIN_LIST_USERS",
    concat!(
        "SELECT ",
        user_columns!(),
        wanted!(),
        " ORDER BY ",
        order!(text_column),
        order!(boolean_column),
        order!(time_column),
        r#"u."createdAt", u.id LIMIT $8 OFFSET $9"#
    ),
);

const COUNT: Sql = Sql::new("ADMIN_COUNT_USERS", concat!("SELECT count(*)", wanted!()));

const SET_FIELDS: Sql = Sql::new(
    "ADMIN_SET_USER_FIELDS",
    concat!(
        r#"UPDATE public."user" u SET name = $2, email = $3, "emailVerified" = $4, image = $5, role = $6,
             banned = $7, "banReason" = $8, "banExpires" = $9,
             "updatedAt" = date_trunc('milliseconds', clock_timestamp())
           WHERE u.id = $1 RETURNING "#,
        user_columns!()
    ),
)
.watched();

/// `$3` seconds, or NULL for ever.
const BAN: Sql = Sql::new(
    "ADMIN_BAN_USER",
    concat!(
        r#"UPDATE public."user" u SET banned = true, "banReason" = $2,
             "banExpires" = date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $3)),
             "updatedAt" = date_trunc('milliseconds', clock_timestamp())
           WHERE u.id = $1 RETURNING "#,
        user_columns!()
    ),
)
.watched();

/// Those that have ended too, as long as their rows are there.
const SESSIONS_OF_USER: Sql = Sql::new(
    "ADMIN_SESSIONS_OF_USER",
    concat!(
        "SELECT ",
        session_columns!(),
        r#" FROM public.session s WHERE s."userId" = $1 ORDER BY s."createdAt" DESC, s.id LIMIT $2"#
    ),
);

/// `$1` is the handle from a list, or a token.
const DELETE_SESSION: Sql = Sql::new(
    "ADMIN_DELETE_SESSION",
    r#"DELETE FROM public.session WHERE id = $1 OR token = $1 RETURNING id, "userId""#,
)
.watched();

const DELETE_IMPERSONATIONS: Sql =
    Sql::new("ADMIN_DELETE_IMPERSONATIONS", r#"DELETE FROM public.session WHERE "impersonatedBy" = $1"#)
        .watched();

/// Whoever changes the user waits until the transaction ends; others who share do not.
const SHARE_USER: Sql =
    Sql::new("ADMIN_SHARE_USER", r#"SELECT 1 FROM public."user" WHERE id = $1 FOR SHARE"#);

const USER_OF_SESSION: Sql = Sql::new(
    "ADMIN_USER_OF_SESSION",
    concat!(
        "SELECT ",
        user_columns!(),
        r#" FROM public.session s JOIN public."user" u ON u.id = s."userId" WHERE s.id = $1"#
    ),
);

/// One page of users, and how many there are on all pages.
pub(super) async fn list(database: &Database, plan: &Plan) -> Result<(Vec<User>, i64), DbError> {
    let (pattern, search_column) = plan.search.as_ref().map(|(pattern, column)| (pattern, *column)).unzip();
    let (column, branch, values) = (plan.filter.column, &plan.filter.branch, &plan.filter.values);
    let (order, is_descending) = plan.sort;
    let (rows, offset) = (plan.rows(), plan.offset.unwrap_or(0));
    let wanted: [&(dyn ToSql + Sync); 9] =
        [&pattern, &search_column, &column, branch, values, &order, &is_descending, &rows, &offset];
    let counted = &wanted[..5];
    let (page, total) =
        tokio::try_join!(database.query(&LIST, &wanted), database.query_one(&COUNT, counted))?;
    let users = page.iter().map(|row| User::from_row(row, 0)).collect::<Result<_, _>>()?;
    Ok((users, total.try_get(0)?))
}

/// Writes every field of `user` that may change; the row as it is then. A unique violation means that somebody
/// else has the address.
pub(super) async fn set_fields(transaction: &Transaction, user: &User) -> Result<User, DbError> {
    let User { id, name, email, email_verified, image, role, banned, ban_reason, ban_expires, .. } = user;
    let values: [&(dyn ToSql + Sync); 9] =
        [id, name, email, email_verified, image, role, banned, ban_reason, ban_expires];
    User::from_row(&transaction.query_one(&SET_FIELDS, &values).await?, 0)
}

/// Bans a user for so many seconds from now, or for ever.
pub(super) async fn ban(
    transaction: &Transaction,
    id: &str,
    reason: &str,
    seconds: Option<f64>,
) -> Result<User, DbError> {
    User::from_row(&transaction.query_one(&BAN, &[&id, &reason, &seconds]).await?, 0)
}

/// The sessions of a user, the newest first.
pub(super) async fn sessions(database: &Database, user_id: &str) -> Result<Vec<Session>, DbError> {
    let rows = database.query(&SESSIONS_OF_USER, &[&user_id, &SESSION_LIST_LIMIT]).await?;
    rows.iter().map(|row| Session::from_row(row, 0)).collect()
}

/// Ends one session, named by handle or token; its id and whose it was, if there was one.
pub(super) async fn delete_session(
    transaction: &Transaction,
    handle_or_token: &str,
) -> Result<Option<(String, String)>, DbError> {
    let row = transaction.query_opt(&DELETE_SESSION, &[&handle_or_token]).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}

/// Ends the sessions in which somebody acts as others; how many there were.
pub(super) async fn delete_impersonations(transaction: &Transaction, id: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE_IMPERSONATIONS, &[&id]).await
}

/// Keeps a user, if there is one, as they are until the transaction ends.
pub(super) async fn share_user(transaction: &Transaction, id: &str) -> Result<(), DbError> {
    transaction.query_opt(&SHARE_USER, &[&id]).await.map(drop)
}

/// Whose a session is now, if it is there.
pub(super) async fn user_of_session(transaction: &Transaction, id: &str) -> Result<Option<User>, DbError> {
    let row = transaction.query_opt(&USER_OF_SESSION, &[&id]).await?;
    row.map(|row| User::from_row(&row, 0)).transpose()
}
