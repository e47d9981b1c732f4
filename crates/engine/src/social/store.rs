//! Statements of the `account` table.

use jiff::Timestamp;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde::{Deserialize, Serialize};

use super::revocation::LeftTokens;
use crate::user::{User, user_columns};

pub(super) const STATEMENTS: &[&Sql] = &[
    &LOCK_SUBJECT,
    &BY_SUBJECT,
    &INSERT,
    &UPDATE_TOKENS,
    &REPLACE_TOKENS,
    &OF_USER,
    &TAKE_STATE,
    &PEEK_STATE,
    &NOW,
    &TOKENS_OF_USER,
    &LOOK_AT_PENDING,
    &TAKE_PENDING,
];

macro_rules! account_columns {
    () => {
        r#"a.id, a."accountId", a."providerId", a."userId", a."accessToken", a."refreshToken", a."idToken",
           a."accessTokenExpiresAt", a."refreshTokenExpiresAt", a.scope,
           coalesce(a."accessTokenExpiresAt" < clock_timestamp() + interval '5 seconds', false)"#
    };
}

/// Better Auth's table has no unique index over provider and subject, so sign-ins of one subject take turns.
const LOCK_SUBJECT: Sql =
    Sql::new("ACCOUNT_LOCK_SUBJECT", "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");

/// The oldest row counts, should there be two.
const BY_SUBJECT: Sql = Sql::new(
    "ACCOUNT_BY_SUBJECT",
    concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        user_columns!(),
        r#" FROM public.account a JOIN public."user" u ON u.id = a."userId"
            WHERE a."providerId" = $1 AND a."accountId" = $2 ORDER BY a."createdAt" LIMIT 1"#
    ),
);

const INSERT: Sql = Sql::new(
    "ACCOUNT_INSERT",
    r#"INSERT INTO public.account
         (id, "accountId", "providerId", "userId", "accessToken", "refreshToken", "idToken",
          "accessTokenExpiresAt", "refreshTokenExpiresAt", scope, "createdAt", "updatedAt")
       SELECT $1, $2, $3, $4, $5, $6, $7, at + make_interval(secs => $8), at + make_interval(secs => $9), $10, at, at
       FROM date_trunc('milliseconds', clock_timestamp()) AS at"#,
);

/// What is `NULL` stays as it is.
const UPDATE_TOKENS: Sql = Sql::new(
    "ACCOUNT_UPDATE_TOKENS",
    r#"UPDATE public.account a SET
         "accessToken" = coalesce($2, a."accessToken"),
         "refreshToken" = coalesce($3, a."refreshToken"),
         "idToken" = coalesce($4, a."idToken"),
         "accessTokenExpiresAt" = coalesce(at + make_interval(secs => $5), a."accessTokenExpiresAt"),
         "refreshTokenExpiresAt" = coalesce(at + make_interval(secs => $6), a."refreshTokenExpiresAt"),
         scope = coalesce($7, a.scope), "updatedAt" = at
       FROM date_trunc('milliseconds', clock_timestamp()) AS at WHERE a.id = $1"#,
);

/// The same after a refresh, unless another one came first (`$8` is the refresh token that was used).
const REPLACE_TOKENS: Sql = Sql::new(
    "ACCOUNT_REPLACE_TOKENS",
    r#"UPDATE public.account a SET
         "accessToken" = coalesce($2, a."accessToken"),
         "refreshToken" = coalesce($3, a."refreshToken"),
         "idToken" = coalesce($4, a."idToken"),
         "accessTokenExpiresAt" = at + make_interval(secs => $5),
         "refreshTokenExpiresAt" = coalesce(at + make_interval(secs => $6), a."refreshTokenExpiresAt"),
         scope = coalesce($7, a.scope), "updatedAt" = at
       FROM date_trunc('milliseconds', clock_timestamp()) AS at
       WHERE a.id = $1 AND a."refreshToken" = $8"#,
);

const OF_USER: Sql = Sql::new(
    "ACCOUNT_OF_USER",
    concat!("SELECT ", account_columns!(), r#" FROM public.account a WHERE a.id = $1 AND a."userId" = $2"#),
);

/// Single use: of all who bring one state, one gets the row. Also tells the present.
const TAKE_STATE: Sql = Sql::new(
    "SOCIAL_TAKE_STATE",
    r#"DELETE FROM public.verification WHERE identifier = $1
       RETURNING value, "expiresAt" > clock_timestamp(), extract(epoch FROM clock_timestamp())::int8"#,
);

/// A look at a state that is not used, to know where its errors go.
const PEEK_STATE: Sql = Sql::new(
    "SOCIAL_PEEK_STATE",
    r#"SELECT value FROM public.verification WHERE identifier = $1 AND "expiresAt" > clock_timestamp()"#,
);

const NOW: Sql = Sql::new("SOCIAL_NOW", "SELECT extract(epoch FROM clock_timestamp())::int8");

const TOKENS_OF_USER: Sql = Sql::new(
    "ACCOUNT_TOKENS_OF_USER",
    r#"SELECT "providerId", "refreshToken", "accessToken" FROM public.account
       WHERE "userId" = $1 AND ("refreshToken" IS NOT NULL OR "accessToken" IS NOT NULL)"#,
);

/// Of the waiting row `$1` and the session `$2`: whether the row is live, its age in seconds, and whose proof the
/// session is, which it is only if it was made after the row, by its user, whose address is proved.
macro_rules! pending_columns {
    () => {
        r#"w.value, w."expiresAt" > clock_timestamp(),
           extract(epoch FROM clock_timestamp() - w."createdAt")::float8,
           (SELECT u.id FROM public.session s JOIN public."user" u ON u.id = s."userId"
            WHERE s.id = $2 AND s."createdAt" > w."createdAt" AND s."expiresAt" > clock_timestamp()
              AND s."impersonatedBy" IS NULL AND u."emailVerified")"#
    };
}

const LOOK_AT_PENDING: Sql = Sql::new(
    "SOCIAL_LOOK_AT_PENDING",
    concat!("SELECT ", pending_columns!(), " FROM public.verification w WHERE w.identifier = $1"),
);

const TAKE_PENDING: Sql = Sql::new(
    "SOCIAL_TAKE_PENDING",
    concat!(
        r#"WITH w AS (DELETE FROM public.verification WHERE identifier = $1
             RETURNING value, "expiresAt", "createdAt") SELECT "#,
        pending_columns!(),
        " FROM w"
    ),
);

/// A row of the table; tokens as they are stored.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) provider: String,
    pub(super) user_id: String,
    pub(super) access_token: Option<String>,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    pub(super) access_expires_at: Option<Timestamp>,
    pub(super) refresh_expires_at: Option<Timestamp>,
    pub(super) scope: Option<String>,
    /// Whether the access token ends within five seconds.
    pub(super) is_due: bool,
}

impl Account {
    const WIDTH: usize = 11;

    fn from_row(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.try_get(0)?,
            subject: row.try_get(1)?,
            provider: row.try_get(2)?,
            user_id: row.try_get(3)?,
            access_token: row.try_get(4)?,
            refresh_token: row.try_get(5)?,
            id_token: row.try_get(6)?,
            access_expires_at: row.try_get(7)?,
            refresh_expires_at: row.try_get(8)?,
            scope: row.try_get(9)?,
            is_due: row.try_get(10)?,
        })
    }

    /// What was granted.
    pub(super) fn scopes(&self) -> Vec<&str> {
        let stored = self.scope.as_deref().unwrap_or_default();
        stored.split(',').map(str::trim).filter(|scope| !scope.is_empty()).collect()
    }
}

/// Tokens in the form in which they are stored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct StoredTokens {
    pub(super) access: Option<String>,
    pub(super) refresh: Option<String>,
    pub(super) id: Option<String>,
    pub(super) access_seconds: Option<f64>,
    pub(super) refresh_seconds: Option<f64>,
    pub(super) scope: Option<String>,
}

impl StoredTokens {
    /// The same when `seconds` have passed.
    pub(super) fn aged(self, seconds: f64) -> Self {
        let left = |life: Option<f64>| life.map(|life| life - seconds);
        let (access_seconds, refresh_seconds) = (left(self.access_seconds), left(self.refresh_seconds));
        Self { access_seconds, refresh_seconds, ..self }
    }
}

/// Whom an account belongs to, there and here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) provider: &'a str,
    pub(super) subject: &'a str,
}

pub(super) async fn lock_subject(transaction: &Transaction, key: Key<'_>) -> Result<(), DbError> {
    let text = format!("account:{}:{}", key.provider, key.subject);
    transaction.query_one(&LOCK_SUBJECT, &[&text]).await.map(drop)
}

pub(super) async fn by_subject(
    transaction: &Transaction,
    key: Key<'_>,
) -> Result<Option<(Account, User)>, DbError> {
    let row = transaction.query_opt(&BY_SUBJECT, &[&key.provider, &key.subject]).await?;
    row.map(|row| Ok((Account::from_row(&row)?, User::from_row(&row, Account::WIDTH)?))).transpose()
}

pub(super) async fn insert(
    transaction: &Transaction,
    id: &str,
    key: Key<'_>,
    user_id: &str,
    tokens: &StoredTokens,
) -> Result<(), DbError> {
    let StoredTokens { access, refresh, id: id_token, access_seconds, refresh_seconds, scope } = tokens;
    transaction
        .execute(
            &INSERT,
            &[
                &id,
                &key.subject,
                &key.provider,
                &user_id,
                access,
                refresh,
                id_token,
                access_seconds,
                refresh_seconds,
                scope,
            ],
        )
        .await
        .map(drop)
}

/// How many rows there were: none if the account was removed.
pub(super) async fn update_tokens(
    transaction: &Transaction,
    id: &str,
    tokens: &StoredTokens,
) -> Result<u64, DbError> {
    let StoredTokens { access, refresh, id: id_token, access_seconds, refresh_seconds, scope } = tokens;
    transaction
        .execute(&UPDATE_TOKENS, &[&id, access, refresh, id_token, access_seconds, refresh_seconds, scope])
        .await
}

/// Whether the tokens were replaced: not if another refresh came first.
pub(super) async fn replace_tokens(
    database: &Database,
    id: &str,
    used: &str,
    tokens: &StoredTokens,
) -> Result<bool, DbError> {
    let StoredTokens { access, refresh, id: id_token, access_seconds, refresh_seconds, scope } = tokens;
    database
        .execute(
            &REPLACE_TOKENS,
            &[&id, access, refresh, id_token, access_seconds, refresh_seconds, scope, &used],
        )
        .await
        .map(|rows| rows > 0)
}

pub(super) async fn of_user(
    database: &Database,
    id: &str,
    user_id: &str,
) -> Result<Option<Account>, DbError> {
    database.query_opt(&OF_USER, &[&id, &user_id]).await?.as_ref().map(Account::from_row).transpose()
}

/// A state that was taken.
pub(super) struct TakenState {
    pub(super) value: String,
    pub(super) is_live: bool,
    /// The present, in seconds of Unix time.
    pub(super) now: i64,
}

pub(super) async fn take_state(database: &Database, identifier: &str) -> Result<Option<TakenState>, DbError> {
    let row = database.query_opt(&TAKE_STATE, &[&identifier]).await?;
    row.map(|row| Ok(TakenState { value: row.try_get(0)?, is_live: row.try_get(1)?, now: row.try_get(2)? }))
        .transpose()
}

pub(super) async fn peek_state(database: &Database, identifier: &str) -> Result<Option<String>, DbError> {
    let row = database.query_opt(&PEEK_STATE, &[&identifier]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// The present by the database's clock, in seconds of Unix time.
pub(super) async fn now(database: &Database) -> Result<i64, DbError> {
    Ok(database.query_one(&NOW, &[]).await?.try_get(0)?)
}

/// The tokens of a user's accounts, as they are stored.
pub(super) async fn tokens_of_user(
    transaction: &Transaction,
    user_id: &str,
) -> Result<Vec<LeftTokens>, DbError> {
    let rows = transaction.query(&TOKENS_OF_USER, &[&user_id]).await?;
    let read = |row: &Row| {
        Ok(LeftTokens { provider: row.try_get(0)?, refresh: row.try_get(1)?, access: row.try_get(2)? })
    };
    rows.iter().map(read).collect()
}

/// A waiting account's row, seen from a session.
pub(super) struct PendingRow {
    pub(super) value: String,
    pub(super) is_live: bool,
    pub(super) age_seconds: f64,
    /// Whose proof the session is.
    pub(super) proved_user: Option<String>,
}

fn pending(row: &Row) -> Result<PendingRow, DbError> {
    Ok(PendingRow {
        value: row.try_get(0)?,
        is_live: row.try_get(1)?,
        age_seconds: row.try_get(2)?,
        proved_user: row.try_get(3)?,
    })
}

pub(super) async fn look_at_pending(
    database: &Database,
    identifier: &str,
    session_id: Option<&str>,
) -> Result<Option<PendingRow>, DbError> {
    let row = database.query_opt(&LOOK_AT_PENDING, &[&identifier, &session_id]).await?;
    row.as_ref().map(pending).transpose()
}

pub(super) async fn take_pending(
    transaction: &Transaction,
    identifier: &str,
    session_id: &str,
) -> Result<Option<PendingRow>, DbError> {
    let row = transaction.query_opt(&TAKE_PENDING, &[&identifier, &session_id]).await?;
    row.as_ref().map(pending).transpose()
}
