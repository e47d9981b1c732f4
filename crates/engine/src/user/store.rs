//! Statements of the `user` table.

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::{User, user_columns};

pub(super) const STATEMENTS: &[&Sql] = &[
    &BY_EMAIL,
    &BY_ID,
    &BY_ID_FOR_CHANGE,
    &ADDRESSES,
    &INSERT,
    &UPDATE_OWN_FIELDS,
    &VERIFY_EMAIL,
    &CHANGE_EMAIL,
    &LOCK_BAN,
    &LIFT_EXPIRED_BAN,
    &DELETE_ACCOUNTS,
    &DELETE_PASSKEYS,
];

const BY_EMAIL: Sql = Sql::new(
    "USER_BY_EMAIL",
    concat!("SELECT ", user_columns!(), r#" FROM public."user" u WHERE u.email = $1"#),
);

const BY_ID: Sql =
    Sql::new("USER_BY_ID", concat!("SELECT ", user_columns!(), r#" FROM public."user" u WHERE u.id = $1"#));

const ADDRESSES: Sql =
    Sql::new("USER_ADDRESSES", r#"SELECT id, email FROM public."user" WHERE id = ANY($1)"#);

/// Changes of one user take turns, so that what the log says was there before was there.
const BY_ID_FOR_CHANGE: Sql = Sql::new(
    "USER_BY_ID_FOR_CHANGE",
    concat!("SELECT ", user_columns!(), r#" FROM public."user" u WHERE u.id = $1 FOR NO KEY UPDATE"#),
);

const INSERT: Sql = Sql::new(
    "USER_INSERT",
    concat!(
        r#"INSERT INTO public."user" AS u
             (id, name, email, "emailVerified", image, "createdAt", "updatedAt", role, banned)
           SELECT $1, $2, $3, $4, $5, at, at, $6, false
           FROM date_trunc('milliseconds', clock_timestamp()) AS at
           ON CONFLICT (email) DO NOTHING
           RETURNING "#,
        user_columns!()
    ),
);

/// `$2` and `$4` say which of name and image change.
const UPDATE_OWN_FIELDS: Sql = Sql::new(
    "USER_UPDATE_OWN_FIELDS",
    r#"UPDATE public."user" SET
         name = CASE WHEN $2 THEN $3 ELSE name END,
         image = CASE WHEN $4 THEN $5 ELSE image END,
         "updatedAt" = date_trunc('milliseconds', clock_timestamp())
       WHERE id = $1"#,
)
.watched();

/// The proof is written against the address that was proved.
const VERIFY_EMAIL: Sql = Sql::new(
    "USER_VERIFY_EMAIL",
    concat!(
        r#"UPDATE public."user" u SET "emailVerified" = true,
             "updatedAt" = date_trunc('milliseconds', clock_timestamp())
           WHERE u.id = $1 AND u.email = $2 RETURNING "#,
        user_columns!()
    ),
)
.watched();

/// `$2` the address that was proved, `$3` the one it replaces.
const CHANGE_EMAIL: Sql = Sql::new(
    "USER_CHANGE_EMAIL",
    r#"UPDATE public."user" SET email = $2, "emailVerified" = true,
         "updatedAt" = date_trunc('milliseconds', clock_timestamp())
       WHERE id = $1 AND email = $3"#,
)
.watched();

/// Takes turns with whoever bans the user: a sign-in either sees the ban, or its session is one of those that
/// the ban ends.
const LOCK_BAN: Sql = Sql::new(
    "USER_LOCK_BAN",
    r#"SELECT coalesce(banned, false) FROM public."user" WHERE id = $1 FOR NO KEY UPDATE"#,
);

/// Changes a row only if the ban has run out; then it is cleared.
const LIFT_EXPIRED_BAN: Sql = Sql::new(
    "USER_LIFT_EXPIRED_BAN",
    r#"UPDATE public."user" SET banned = false, "banReason" = NULL, "banExpires" = NULL,
         "updatedAt" = date_trunc('milliseconds', clock_timestamp())
       WHERE id = $1 AND banned AND "banExpires" < clock_timestamp()"#,
)
.watched();

const DELETE_ACCOUNTS: Sql = Sql::new(
    "USER_DELETE_ACCOUNTS",
    r#"DELETE FROM public.account WHERE "userId" = $1 AND id IS DISTINCT FROM $2"#,
);

const DELETE_PASSKEYS: Sql =
    Sql::new("USER_DELETE_PASSKEYS", r#"DELETE FROM public.passkey WHERE "userId" = $1"#);

fn read(row: Option<Row>) -> Result<Option<User>, DbError> {
    row.map(|row| User::from_row(&row, 0)).transpose()
}

/// The user with exactly this lower-case address.
///
/// # Errors
/// Those of the statement.
pub async fn by_email(transaction: &Transaction, email: &str) -> Result<Option<User>, DbError> {
    read(transaction.query_opt(&BY_EMAIL, &[&email]).await?)
}

/// The user with exactly this lower-case address, outside a transaction.
///
/// # Errors
/// Those of the statement.
pub async fn find_by_email(database: &Database, email: &str) -> Result<Option<User>, DbError> {
    read(database.query_opt(&BY_EMAIL, &[&email]).await?)
}

/// The user with this id.
///
/// # Errors
/// Those of the statement.
pub async fn find_by_id(database: &Database, id: &str) -> Result<Option<User>, DbError> {
    // PostgreSQL's text cannot hold a NUL, so no row has such an id.
    if id.contains('\0') { Ok(None) } else { read(database.query_opt(&BY_ID, &[&id]).await?) }
}

/// The e-mail addresses of those of these users who exist, by their ids.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn addresses(database: &Database, ids: &[&str]) -> Result<Vec<(String, String)>, DbError> {
    let rows = database.query(&ADDRESSES, &[&ids]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The user with this id, whom nobody else changes before the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn by_id_for_change(transaction: &Transaction, id: &str) -> Result<Option<User>, DbError> {
    if id.contains('\0') { Ok(None) } else { read(transaction.query_opt(&BY_ID_FOR_CHANGE, &[&id]).await?) }
}

/// What a new user is made of.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// A fresh row id.
    pub id: &'a str,
    /// May be empty.
    pub name: &'a str,
    /// Lower-case.
    pub email: &'a str,
    /// Whether the address was proved.
    pub email_verified: bool,
    /// A picture's URL.
    pub image: Option<&'a str>,
    /// Roles, comma-separated.
    pub role: &'a str,
}

/// Makes a user; `None` if the address belongs to one already.
///
/// # Errors
/// Those of the statement.
pub async fn insert(transaction: &Transaction, new: NewUser<'_>) -> Result<Option<User>, DbError> {
    let NewUser { id, name, email, email_verified, image, role } = new;
    read(transaction.query_opt(&INSERT, &[&id, &name, &email, &email_verified, &image, &role]).await?)
}

/// Changes name and image; `None` leaves one as it is.
///
/// # Errors
/// Those of the statement.
pub async fn update_own_fields(
    transaction: &Transaction,
    id: &str,
    name: Option<&str>,
    image: Option<Option<&str>>,
) -> Result<u64, DbError> {
    let values = (name.is_some(), name, image.is_some(), image.flatten());
    transaction.execute(&UPDATE_OWN_FIELDS, &[&id, &values.0, &values.1, &values.2, &values.3]).await
}

/// Marks `email` as proved, if it still is the user's address.
///
/// # Errors
/// Those of the statement.
pub async fn verify_email(transaction: &Transaction, id: &str, email: &str) -> Result<Option<User>, DbError> {
    read(transaction.query_opt(&VERIFY_EMAIL, &[&id, &email]).await?)
}

/// Moves a user from `old` to `new`, which was proved. A unique violation means that somebody has it.
///
/// # Errors
/// Those of the statement.
pub async fn change_email(transaction: &Transaction, id: &str, new: &str, old: &str) -> Result<u64, DbError> {
    transaction.execute(&CHANGE_EMAIL, &[&id, &new, &old]).await
}

/// What stands between a user and a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ban {
    /// Nothing.
    None,
    /// Nothing any more: a ban had run out and was cleared.
    Lifted,
    /// They may not sign in.
    InForce,
}

/// Whether the user may not sign in, as the row says now. A ban that has run out is cleared on the way.
///
/// # Errors
/// Those of the statements.
pub async fn check_ban(transaction: &Transaction, id: &str) -> Result<Ban, DbError> {
    let is_banned = match transaction.query_opt(&LOCK_BAN, &[&id]).await? {
        Some(row) => row.try_get(0)?,
        None => false,
    };
    if !is_banned {
        return Ok(Ban::None);
    }
    let lifted = transaction.execute(&LIFT_EXPIRED_BAN, &[&id]).await?;
    Ok(if lifted == 0 { Ban::InForce } else { Ban::Lifted })
}

/// Removes every linked account but `kept`.
///
/// # Errors
/// Those of the statement.
pub async fn delete_accounts(
    transaction: &Transaction,
    id: &str,
    kept: Option<&str>,
) -> Result<u64, DbError> {
    transaction.execute(&DELETE_ACCOUNTS, &[&id, &kept]).await
}

/// Removes every passkey.
///
/// # Errors
/// Those of the statement.
pub async fn delete_passkeys(transaction: &Transaction, id: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE_PASSKEYS, &[&id]).await
}
