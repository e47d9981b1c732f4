//! Statements of the `apikey` table.

use kiavi_db::{Database, DbError, Row, Sql, ToSql, Transaction};

use super::{ApiKey, claim, flow::ServerOnly, key_columns};

pub(super) const STATEMENTS: &[&Sql] = &[
    &LOCK_OWNER,
    &COUNT_OF_OWNER,
    &INSERT,
    &ONE_OF_OWNER,
    &LIST_OF_OWNER,
    &UPDATE,
    &DELETE,
    &DELETE_SPENT,
    &DELETE_EXPIRED,
    &DELETE_BY_OWNER,
    &claim::LOCK,
    &claim::COUNT,
];

/// Keys that a list reads, as in Better Auth.
const LIST_LIMIT: i64 = 100;

/// Keys of one owner are made in turns, and none for an owner who is being removed.
const LOCK_OWNER: Sql =
    Sql::new("API_KEY_LOCK_OWNER", r#"SELECT 1 FROM public."user" WHERE id = $1 FOR NO KEY UPDATE"#);

const COUNT_OF_OWNER: Sql =
    Sql::new("API_KEY_COUNT_OF_OWNER", r#"SELECT count(*) FROM public.apikey WHERE "referenceId" = $1"#);

/// `$7` life in seconds or NULL.
const INSERT: Sql = Sql::new(
    "API_KEY_INSERT",
    concat!(
        r#"INSERT INTO public.apikey AS k (id, "configId", "referenceId", name, start, prefix, key, "expiresAt",
             "refillInterval", "refillAmount", enabled, "rateLimitEnabled", "rateLimitTimeWindow", "rateLimitMax",
             "requestCount", remaining, permissions, metadata, "createdAt", "updatedAt")
           SELECT $1, 'default', $2, $3, $4, $5, $6,
             date_trunc('milliseconds', at + make_interval(secs => $7)),
             $8, $9, true, $10, $11, $12, 0, $13, $14, $15, at, at
           FROM date_trunc('milliseconds', clock_timestamp()) AS at
           RETURNING "#,
        key_columns!()
    ),
);

/// There is one configuration; rows of another, which Better Auth may have written, belong to nobody here.
const ONE_OF_OWNER: Sql = Sql::new(
    "API_KEY_ONE_OF_OWNER",
    concat!(
        "SELECT ",
        key_columns!(),
        r#" FROM public.apikey k
           WHERE k.id = $1 AND k."referenceId" = $2 AND k."configId" IN ('', 'default')"#
    ),
);

/// `$2` column to sort by or NULL, `$3` whether descending, `$4` configuration or NULL. Compared as JSON, whose
/// order of numbers, texts and ISO dates is theirs.
const LIST_OF_OWNER: Sql = Sql::new(
    "API_KEY_LIST_OF_OWNER",
    concat!(
        "SELECT ",
        key_columns!(),
        r#" FROM public.apikey k
           WHERE k."referenceId" = $1
             AND ($4::text IS NULL OR coalesce(nullif(k."configId", ''), 'default') = $4)
           ORDER BY
             CASE WHEN $3 THEN NULL ELSE nullif(to_jsonb(k) -> $2::text, 'null') END ASC NULLS LAST,
             CASE WHEN $3 THEN nullif(to_jsonb(k) -> $2::text, 'null') END DESC NULLS FIRST,
             k."createdAt", k.id
           LIMIT $5"#
    ),
);

/// What is NULL stays as it is; `$5`, `$7`, `$9` and `$15` say whether the nullable value after them is set.
/// `updatedAt` is the moment of the last use, as in Better Auth.
const UPDATE: Sql = Sql::new(
    "API_KEY_UPDATE",
    concat!(
        r#"UPDATE public.apikey k SET
             name = coalesce($3, k.name),
             enabled = coalesce($4, k.enabled),
             "expiresAt" = CASE WHEN $5 THEN
               date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $6)) ELSE k."expiresAt" END,
             metadata = CASE WHEN $7 THEN $8 ELSE k.metadata END,
             remaining = CASE WHEN $9 THEN $10 ELSE k.remaining END,
             "refillAmount" = coalesce($11, k."refillAmount"),
             "refillInterval" = coalesce($12, k."refillInterval"),
             "rateLimitMax" = coalesce($13, k."rateLimitMax"),
             "rateLimitTimeWindow" = coalesce($14, k."rateLimitTimeWindow"),
             permissions = CASE WHEN $15 THEN $16 ELSE k.permissions END,
             "rateLimitEnabled" = coalesce($17, k."rateLimitEnabled")
           WHERE k.id = $1 AND k."referenceId" = $2 AND k."configId" IN ('', 'default')
           RETURNING "#,
        key_columns!()
    ),
);

const DELETE: Sql = Sql::new(
    "API_KEY_DELETE",
    r#"DELETE FROM public.apikey
       WHERE id = $1 AND "referenceId" = $2 AND "configId" IN ('', 'default')"#,
);

/// A key that nothing can bring back: Better Auth removes it when it is shown again.
const DELETE_SPENT: Sql = Sql::new(
    "API_KEY_DELETE_SPENT",
    r#"DELETE FROM public.apikey WHERE id = $1
       AND ("expiresAt" < clock_timestamp() OR (remaining = 0 AND "refillAmount" IS NULL))"#,
);

/// A bounded sweep.
const DELETE_EXPIRED: Sql = Sql::new(
    "API_KEY_DELETE_EXPIRED",
    r#"DELETE FROM public.apikey WHERE id IN (
       SELECT id FROM public.apikey WHERE "expiresAt" < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)"#,
);

/// Better Auth's table has no foreign key to users, so whoever removes one calls this. Rows are locked in the order
/// in which batches of uses lock them ([`claim::LOCK`]), so that neither waits for the other for ever.
const DELETE_BY_OWNER: Sql = Sql::new(
    "API_KEY_DELETE_BY_OWNER",
    r#"DELETE FROM public.apikey WHERE id IN (
       SELECT id FROM public.apikey WHERE "referenceId" = $1 ORDER BY key COLLATE "C" FOR UPDATE)"#,
);

fn read(row: Option<Row>) -> Result<Option<ApiKey>, DbError> {
    row.map(|row| ApiKey::from_row(&row, 0)).transpose()
}

/// Holds the owner's row until the transaction ends; `false` if there is no such user.
pub(super) async fn lock_owner(transaction: &Transaction, owner: &str) -> Result<bool, DbError> {
    Ok(transaction.query_opt(&LOCK_OWNER, &[&owner]).await?.is_some())
}

/// How many keys somebody has.
pub(super) async fn count(transaction: &Transaction, owner: &str) -> Result<i64, DbError> {
    Ok(transaction.query_one(&COUNT_OF_OWNER, &[&owner]).await?.try_get(0)?)
}

/// What a new key is made of.
pub(super) struct NewKey<'a> {
    pub(super) id: &'a str,
    pub(super) owner: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) start: &'a str,
    pub(super) prefix: Option<&'a str>,
    pub(super) hash: &'a str,
    pub(super) life_seconds: Option<f64>,
    pub(super) metadata: Option<&'a str>,
    /// With the limits of the settings where nothing else was asked for.
    pub(super) server_only: &'a ServerOnly,
}

pub(super) async fn insert(transaction: &Transaction, new: NewKey<'_>) -> Result<ApiKey, DbError> {
    let limits = new.server_only;
    let (remaining, permissions) =
        (limits.remaining.flatten(), limits.permissions.as_ref().and_then(Option::as_ref));
    let values: [&(dyn ToSql + Sync); 15] = [
        &new.id,
        &new.owner,
        &new.name,
        &new.start,
        &new.prefix,
        &new.hash,
        &new.life_seconds,
        &limits.refill_interval,
        &limits.refill_amount,
        &limits.rate_limit_enabled,
        &limits.rate_limit_time_window,
        &limits.rate_limit_max,
        &remaining,
        &permissions,
        &new.metadata,
    ];
    ApiKey::from_row(&transaction.query_one(&INSERT, &values).await?, 0)
}

pub(super) async fn one(database: &Database, id: &str, owner: &str) -> Result<Option<ApiKey>, DbError> {
    read(database.query_opt(&ONE_OF_OWNER, &[&id, &owner]).await?)
}

/// In what order a list comes.
pub(super) struct Order<'a> {
    /// A column, or the age.
    pub(super) by: Option<&'a str>,
    pub(super) is_descending: bool,
}

pub(super) async fn list(
    database: &Database,
    owner: &str,
    config: Option<&str>,
    order: Order<'_>,
) -> Result<Vec<ApiKey>, DbError> {
    let values: [&(dyn ToSql + Sync); 5] = [&owner, &order.by, &order.is_descending, &config, &LIST_LIMIT];
    let rows = database.query(&LIST_OF_OWNER, &values).await?;
    rows.iter().map(|row| ApiKey::from_row(row, 0)).collect()
}

/// The keys of somebody, the oldest first.
pub(crate) async fn of_owner(database: &Database, owner: &str) -> Result<Vec<ApiKey>, DbError> {
    list(database, owner, None, Order { by: None, is_descending: false }).await
}

/// The new values of a key; `None` leaves one as it is.
pub(super) struct NewValues<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) enabled: Option<bool>,
    pub(super) life_seconds: Option<Option<f64>>,
    pub(super) metadata: Option<Option<String>>,
    pub(super) server_only: &'a ServerOnly,
}

pub(super) async fn update(
    transaction: &Transaction,
    id: &str,
    owner: &str,
    new: NewValues<'_>,
) -> Result<Option<ApiKey>, DbError> {
    let limits = new.server_only;
    let (life, metadata) = (new.life_seconds.flatten(), new.metadata.as_ref().and_then(Option::as_ref));
    let (remaining, permissions) =
        (limits.remaining.flatten(), limits.permissions.as_ref().and_then(Option::as_ref));
    let values: [&(dyn ToSql + Sync); 17] = [
        &id,
        &owner,
        &new.name,
        &new.enabled,
        &new.life_seconds.is_some(),
        &life,
        &new.metadata.is_some(),
        &metadata,
        &limits.remaining.is_some(),
        &remaining,
        &limits.refill_amount,
        &limits.refill_interval,
        &limits.rate_limit_max,
        &limits.rate_limit_time_window,
        &limits.permissions.is_some(),
        &permissions,
        &limits.rate_limit_enabled,
    ];
    read(transaction.query_opt(&UPDATE, &values).await?)
}

/// Removes one key of an owner; whether there was one.
pub(super) async fn delete(transaction: &Transaction, id: &str, owner: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&DELETE, &[&id, &owner]).await? > 0)
}

/// Removes a key that expired or was used up; whether this call did.
pub(super) async fn delete_spent(transaction: &Transaction, id: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&DELETE_SPENT, &[&id]).await? > 0)
}

/// Sweeps keys that have expired.
pub(crate) async fn delete_expired(database: &Database) -> Result<u64, DbError> {
    database.execute(&DELETE_EXPIRED, &[]).await
}

/// Removes every key of a user, in the transaction that removes the user; how many there were.
///
/// # Errors
/// Those of the statement.
pub async fn delete_by_owner(transaction: &Transaction, user_id: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE_BY_OWNER, &[&user_id]).await
}
