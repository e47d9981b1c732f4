//! Statements of the `passkey` table.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use kiavi_db::{AdminConnection, Database, DbError, OwnedParams, Sql, Transaction};

use super::{Passkey, passkey_columns};
use crate::user::{User, user_columns};

pub(super) const STATEMENTS: &[&Sql] = &[
    &LIST_OF_USER,
    &LOCK_CREDENTIAL_ID,
    &ROOM_FOR_CREDENTIAL,
    &INSERT,
    &WITH_USER_BY_CREDENTIAL_ID,
    &NOTE_USE,
    &SET_COUNTER,
    &SET_AFTER_ASSERTION,
    &LAST_USES_OF_USER,
    &OWNER,
    &RENAME,
    &LOCK_USER,
    &COUNT_OF_USER,
    &COUNT_BEFORE,
    &DELETE,
];

/// How many passkeys a tenant has, of those made before a time if one is named; for who is about to change what they
/// depend on. `connection` is in the tenant's database, as its owner.
///
/// # Errors
/// When the database fails.
pub async fn count_before(connection: &AdminConnection, before: Option<Timestamp>) -> Result<i64, DbError> {
    let rows = connection.query(COUNT_BEFORE.text(), &[&before]).await?;
    rows.first().map_or(Ok(0), |row| Ok(row.try_get(0)?))
}

/// Passkeys that one user may have; as many as Better Auth lists.
pub(super) const PASSKEYS_PER_USER: i64 = 100;

const LIST_OF_USER: Sql = Sql::new(
    "PASSKEY_LIST_OF_USER",
    concat!(
        "SELECT ",
        passkey_columns!(),
        r#" FROM public.passkey p WHERE p."userId" = $1 ORDER BY p."createdAt", p.id LIMIT $2"#
    ),
);

const COUNT_BEFORE: Sql = Sql::new(
    "PASSKEY_COUNT_BEFORE",
    r#"SELECT count(*) FROM public.passkey
       WHERE $1::timestamptz IS NULL OR "createdAt" IS NULL OR "createdAt" < $1"#,
);

/// Better Auth's schema has no unique index on credential ids, so those who register one take turns.
const LOCK_CREDENTIAL_ID: Sql = Sql::new(
    "PASSKEY_LOCK_CREDENTIAL_ID",
    "SELECT pg_advisory_xact_lock(hashtextextended('passkey ' || $1::text, 0))",
);

const ROOM_FOR_CREDENTIAL: Sql = Sql::new(
    "PASSKEY_ROOM_FOR_CREDENTIAL",
    r#"SELECT NOT EXISTS (SELECT FROM public.passkey WHERE "credentialID" = $1)
         AND (SELECT count(*) FROM public.passkey WHERE "userId" = $2) < $3"#,
);

const INSERT: Sql = Sql::new(
    "PASSKEY_INSERT",
    concat!(
        r#"INSERT INTO public.passkey AS p (id, name, "publicKey", "userId", "credentialID", counter, "deviceType",
             "backedUp", transports, aaguid, "createdAt")
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, date_trunc('milliseconds', clock_timestamp()))
           RETURNING "#,
        passkey_columns!()
    ),
);

/// Locks the row, so that of two assertions with one counter value one is refused. Tells as well whether this day's use
/// is noted, and whether the passkey is older than its user's wait for the way back.
const WITH_USER_BY_CREDENTIAL_ID: Sql = Sql::new(
    "PASSKEY_WITH_USER_BY_CREDENTIAL_ID",
    concat!(
        "SELECT ",
        passkey_columns!(),
        ", ",
        user_columns!(),
        r#", coalesce(d.day >= (now() AT TIME ZONE 'UTC')::date, false),
             EXISTS (SELECT FROM kiavi.recovery r
                     WHERE r.user_id = u.id AND r.since >= coalesce(p."createdAt", '-infinity'))
           FROM public.passkey p JOIN public."user" u ON u.id = p."userId"
             LEFT JOIN kiavi.passkey_use d ON d.passkey_id = p.id
           WHERE p."credentialID" = $1 FOR UPDATE OF p"#
    ),
);

const NOTE_USE: Sql = Sql::new(
    "PASSKEY_NOTE_USE",
    "INSERT INTO kiavi.passkey_use AS u (passkey_id, day) VALUES ($1, (now() AT TIME ZONE 'UTC')::date)
     ON CONFLICT (passkey_id) DO UPDATE SET day = excluded.day WHERE u.day < excluded.day",
);

/// What a sign-in mostly changes. That it names nothing else is why no trigger looks at it (`V22__lighter_sign_in.sql`).
const SET_COUNTER: Sql =
    Sql::new("PASSKEY_SET_COUNTER", "UPDATE public.passkey SET counter = $2 WHERE id = $1");

const SET_AFTER_ASSERTION: Sql = Sql::new(
    "PASSKEY_SET_AFTER_ASSERTION",
    r#"UPDATE public.passkey SET counter = $2, "backedUp" = $3 WHERE id = $1"#,
);

const LAST_USES_OF_USER: Sql = Sql::new(
    "PASSKEY_LAST_USES_OF_USER",
    r#"SELECT p.id, u.day FROM public.passkey p JOIN kiavi.passkey_use u ON u.passkey_id = p.id
       WHERE p."userId" = $1"#,
);

const OWNER: Sql = Sql::new("PASSKEY_OWNER", r#"SELECT "userId" FROM public.passkey WHERE id = $1"#);

const RENAME: Sql = Sql::new(
    "PASSKEY_RENAME",
    concat!(
        r#"UPDATE public.passkey p SET name = $3 WHERE p.id = $1 AND p."userId" = $2 RETURNING "#,
        passkey_columns!()
    ),
);

/// Removals of one user's passkeys take turns, so that two of them cannot both leave the other as the last.
const LOCK_USER: Sql = Sql::new(
    "PASSKEY_LOCK_USER",
    concat!("SELECT ", user_columns!(), r#" FROM public."user" u WHERE u.id = $1 FOR NO KEY UPDATE"#),
);

const COUNT_OF_USER: Sql =
    Sql::new("PASSKEY_COUNT_OF_USER", r#"SELECT count(*) FROM public.passkey WHERE "userId" = $1"#);

const DELETE: Sql =
    Sql::new("PASSKEY_DELETE", r#"DELETE FROM public.passkey WHERE id = $1 AND "userId" = $2"#);

/// A user's passkeys, the oldest first.
pub(super) async fn list(database: &Database, user_id: &str) -> Result<Vec<Passkey>, DbError> {
    let rows = database.query(&LIST_OF_USER, &[&user_id, &PASSKEYS_PER_USER]).await?;
    rows.iter().map(|row| Passkey::from_row(row, 0)).collect()
}

/// When each of a user's passkeys last signed in, by row id. Those that never did are absent.
pub(super) async fn last_uses(database: &Database, user_id: &str) -> Result<HashMap<String, Date>, DbError> {
    let rows = database.query(&LAST_USES_OF_USER, &[&user_id]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Whether nobody has registered this credential id and the user has room for one more. Holds until the
/// transaction ends.
pub(super) async fn has_room(
    transaction: &Transaction,
    credential_id: &str,
    user_id: &str,
) -> Result<bool, DbError> {
    transaction.query_one(&LOCK_CREDENTIAL_ID, &[&credential_id]).await?;
    let row =
        transaction.query_one(&ROOM_FOR_CREDENTIAL, &[&credential_id, &user_id, &PASSKEYS_PER_USER]).await?;
    row.try_get(0).map_err(DbError::from)
}

/// What a new row is made of; the rest is the database's.
pub(super) struct NewPasskey<'a> {
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) public_key: &'a str,
    pub(super) user_id: &'a str,
    pub(super) credential_id: &'a str,
    pub(super) counter: i32,
    pub(super) device_type: &'a str,
    pub(super) backed_up: bool,
    pub(super) transports: &'a str,
    pub(super) aaguid: &'a str,
}

pub(super) async fn insert(transaction: &Transaction, new: &NewPasskey<'_>) -> Result<Passkey, DbError> {
    let row = transaction
        .query_one(
            &INSERT,
            &[
                &new.id,
                &new.name,
                &new.public_key,
                &new.user_id,
                &new.credential_id,
                &new.counter,
                &new.device_type,
                &new.backed_up,
                &new.transports,
                &new.aaguid,
            ],
        )
        .await?;
    Passkey::from_row(&row, 0)
}

/// A credential that somebody signs in with.
pub(super) struct Used {
    pub(super) passkey: Passkey,
    pub(super) user: User,
    is_noted: bool,
    /// Whether a sign-in with it ends its user's wait (`recovery`).
    pub(super) ends_wait: bool,
}

/// A credential and its user, the credential's row locked. Of rows with the same credential id, which Better Auth let
/// in, the first counts.
pub(super) async fn with_user(
    transaction: &Transaction,
    credential_id: &str,
) -> Result<Option<Used>, DbError> {
    let rows = transaction.query(&WITH_USER_BY_CREDENTIAL_ID, &[&credential_id]).await?;
    let mut first: Option<Used> = None;
    for row in &rows {
        let used = Used {
            passkey: Passkey::from_row(row, 0)?,
            user: User::from_row(row, Passkey::WIDTH)?,
            is_noted: row.try_get(Passkey::WIDTH + User::WIDTH)?,
            ends_wait: row.try_get(Passkey::WIDTH + User::WIDTH + 1)?,
        };
        let age = |used: &Used| (used.passkey.created_at, used.passkey.id.clone());
        if first.as_ref().is_none_or(|first| age(&used) < age(first)) {
            first = Some(used);
        }
    }
    Ok(first)
}

/// Writes down what an assertion changed of a credential that it is of, and the day; most change neither.
pub(super) async fn set_after_assertion(
    transaction: &Transaction,
    used: &Used,
    counter: i32,
    backed_up: bool,
) -> Result<(), DbError> {
    let id = || Box::new(used.passkey.id.clone());
    if used.passkey.backed_up == backed_up && used.passkey.counter != counter {
        transaction.defer(&SET_COUNTER, vec![id(), Box::new(counter)]).await?;
    } else if used.passkey.backed_up != backed_up {
        let values: OwnedParams = vec![id(), Box::new(counter), Box::new(backed_up)];
        transaction.defer(&SET_AFTER_ASSERTION, values).await?;
    }
    if !used.is_noted {
        transaction.defer(&NOTE_USE, vec![id()]).await?;
    }
    Ok(())
}

/// The id of the user who owns the passkey with this row id.
pub(super) async fn owner(transaction: &Transaction, id: &str) -> Result<Option<String>, DbError> {
    let row = transaction.query_opt(&OWNER, &[&id]).await?;
    row.map(|row| row.try_get(0).map_err(DbError::from)).transpose()
}

pub(super) async fn rename(
    transaction: &Transaction,
    id: &str,
    user_id: &str,
    name: &str,
) -> Result<Option<Passkey>, DbError> {
    let row = transaction.query_opt(&RENAME, &[&id, &user_id, &name]).await?;
    row.map(|row| Passkey::from_row(&row, 0)).transpose()
}

/// The user as they are now, and how many passkeys they have. Holds until the transaction ends.
pub(super) async fn lock_means_of_sign_in(
    transaction: &Transaction,
    user_id: &str,
) -> Result<(Option<User>, i64), DbError> {
    let user = transaction.query_opt(&LOCK_USER, &[&user_id]).await?;
    let user = user.map(|row| User::from_row(&row, 0)).transpose()?;
    Ok((user, count(transaction, user_id).await?))
}

/// How many passkeys a user has.
pub(super) async fn count(transaction: &Transaction, user_id: &str) -> Result<i64, DbError> {
    transaction.query_one(&COUNT_OF_USER, &[&user_id]).await?.try_get(0).map_err(DbError::from)
}

pub(super) async fn delete(transaction: &Transaction, id: &str, user_id: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE, &[&id, &user_id]).await
}
