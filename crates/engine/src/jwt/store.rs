//! Statements of the `jwks` table.

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::JwtSettings;

pub(super) const STATEMENTS: &[&Sql] = &[&LIST, &LOCK, &INSERT, &RETIRE_OTHERS, &DELETE_UNPUBLISHED];

/// Keys that are looked at, as in Better Auth.
const LIST_LIMIT: i64 = 100;

/// The newest first. `$1` grace period, `$2` rotation interval or 0, in seconds. A key that was made without an
/// end gets one from the interval that the tenant has set since.
const LIST: Sql = Sql::new(
    "JWKS_LIST",
    r#"SELECT id, "publicKey", "privateKey", alg,
         extract(epoch FROM least("expiresAt",
           CASE WHEN $2::float8 > 0 THEN "createdAt" + make_interval(secs => $2) END)
           - clock_timestamp())::float8
       FROM public.jwks
       WHERE "expiresAt" IS NULL OR "expiresAt" + make_interval(secs => $1) > clock_timestamp()
       ORDER BY "createdAt" DESC, id LIMIT $3"#,
);

/// Whoever makes a key holds this until COMMIT, so that there is never a second one beside it. The number is the
/// table's name in ASCII.
const LOCK: Sql = Sql::new("JWKS_LOCK", "SELECT pg_advisory_xact_lock(x'6a776b73'::bigint)");

/// `$6` rotation interval in seconds, or 0 for a key without an end.
const INSERT: Sql = Sql::new(
    "JWKS_INSERT",
    r#"INSERT INTO public.jwks (id, "publicKey", "privateKey", alg, crv, "createdAt", "expiresAt")
       SELECT $1, $2, $3, $4, $5, at, CASE WHEN $6::float8 > 0 THEN at + make_interval(secs => $6) END
       FROM date_trunc('milliseconds', clock_timestamp()) AS at"#,
);

/// Every other key that could still sign ends now.
const RETIRE_OTHERS: Sql = Sql::new(
    "JWKS_RETIRE_OTHERS",
    r#"UPDATE public.jwks SET "expiresAt" = at FROM date_trunc('milliseconds', clock_timestamp()) AS at
       WHERE id <> $1 AND ("expiresAt" IS NULL OR "expiresAt" > at) RETURNING id"#,
);

/// `$1` grace period. A day more, so that no clock of anybody's decides.
const DELETE_UNPUBLISHED: Sql = Sql::new(
    "JWKS_DELETE_UNPUBLISHED",
    r#"DELETE FROM public.jwks WHERE "expiresAt" + make_interval(secs => $1) < now() - interval '1 day'"#,
);

/// A stored key.
#[derive(Debug, Clone)]
pub(super) struct KeyRow {
    /// The `kid`.
    pub(super) id: String,
    /// The public JWK as JSON.
    pub(super) public_key: String,
    /// The encrypted private JWK, as a JSON string.
    pub(super) private_key: String,
    /// The algorithm; keys of old versions of Better Auth have none.
    pub(super) algorithm: Option<String>,
    /// Seconds for which it may sign; none for a key without an end.
    pub(super) seconds_left: Option<f64>,
}

impl KeyRow {
    fn from_row(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.try_get(0)?,
            public_key: row.try_get(1)?,
            private_key: row.try_get(2)?,
            algorithm: row.try_get(3)?,
            seconds_left: row.try_get(4)?,
        })
    }
}

/// The columns of a new key.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewKey<'a> {
    pub(super) id: &'a str,
    pub(super) public_key: &'a str,
    pub(super) private_key: &'a str,
    pub(super) algorithm: &'a str,
    pub(super) curve: Option<&'a str>,
}

fn rotation(settings: &JwtSettings) -> f64 {
    settings.rotation_interval_seconds.map_or(0.0, f64::from)
}

/// The keys that are published, the newest first.
pub(super) async fn list(database: &Database, settings: &JwtSettings) -> Result<Vec<KeyRow>, DbError> {
    let (grace, rotation) = (f64::from(settings.grace_period_seconds), rotation(settings));
    database.query(&LIST, &[&grace, &rotation, &LIST_LIMIT]).await?.iter().map(KeyRow::from_row).collect()
}

/// The same inside a transaction.
pub(super) async fn list_in(
    transaction: &Transaction,
    settings: &JwtSettings,
) -> Result<Vec<KeyRow>, DbError> {
    let (grace, rotation) = (f64::from(settings.grace_period_seconds), rotation(settings));
    transaction.query(&LIST, &[&grace, &rotation, &LIST_LIMIT]).await?.iter().map(KeyRow::from_row).collect()
}

/// Waits until nobody else makes a key.
pub(super) async fn lock(transaction: &Transaction) -> Result<(), DbError> {
    transaction.query_one(&LOCK, &[]).await.map(drop)
}

/// Stores a key.
pub(super) async fn insert(
    transaction: &Transaction,
    new: NewKey<'_>,
    settings: &JwtSettings,
) -> Result<(), DbError> {
    let NewKey { id, public_key, private_key, algorithm, curve } = new;
    let rotation = rotation(settings);
    let values: [&(dyn kiavi_db::ToSql + Sync); 6] =
        [&id, &public_key, &private_key, &algorithm, &curve, &rotation];
    transaction.execute(&INSERT, &values).await.map(drop)
}

/// Ends all keys but this one; which ones could still have signed.
pub(super) async fn retire_others(transaction: &Transaction, id: &str) -> Result<Vec<String>, DbError> {
    let rows = transaction.query(&RETIRE_OTHERS, &[&id]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Removes keys that have not been published for a day.
pub(crate) async fn delete_unpublished(database: &Database, settings: &JwtSettings) -> Result<u64, DbError> {
    database.execute(&DELETE_UNPUBLISHED, &[&f64::from(settings.grace_period_seconds)]).await
}
