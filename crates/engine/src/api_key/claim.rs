//! One use of a key, decided and counted by one statement.
//!
//! The statement locks the row first, so that uses of one key take turns however many connections ask, and then
//! goes through the checks in the order of Better Auth's validation. Only a use that passes all of them changes
//! the row: what is refused costs neither quota nor a place in the window. Better Auth's own server, working on
//! the same table, guards its changes by the values that it read, so the two can race and both stay exact.

use kiavi_db::{Database, DbError, OwnedParams, Sql};
use serde_json::Value;

use super::{ApiKey, key_columns};
use crate::user::{User, user_columns};

/// `$1` hash, `$2` configuration or NULL, `$3` required permissions or NULL, `$4` whether keys are limited at all.
///
/// `clock_timestamp()` and not `now()`, because the row may have been waited for. A request for permissions is
/// granted when it is contained in the key's; an empty one never is. Intervals and windows are milliseconds.
pub(super) const CLAIM: Sql = Sql::new(
    "API_KEY_CLAIM",
    concat!(
        r#"WITH found AS MATERIALIZED (
             SELECT k.* FROM public.apikey k WHERE k.key = $1 LIMIT 1 FOR UPDATE
           ), timed AS MATERIALIZED (
             SELECT found.*, date_trunc('milliseconds', clock_timestamp()) AS now FROM found
           ), measured AS MATERIALIZED (
             SELECT t.*,
               $4 AND t."rateLimitEnabled" IS DISTINCT FROM false AS is_limited,
               $4 AND t."rateLimitEnabled" IS DISTINCT FROM false
                 AND t."rateLimitTimeWindow" IS NOT NULL AND t."rateLimitMax" IS NOT NULL AS is_counted,
               extract(epoch FROM t.now - t."lastRequest") * 1000 AS since_last,
               coalesce(t.remaining IS NOT NULL AND t."refillInterval" > 0 AND t."refillAmount" > 0
                 AND extract(epoch FROM t.now - coalesce(t."lastRefillAt", t."createdAt")) * 1000
                   > t."refillInterval", false) AS is_refilled
             FROM timed t
           ), judged AS MATERIALIZED (
             SELECT m.*,
               m.is_counted AND (m.since_last IS NULL OR m.since_last > m."rateLimitTimeWindow") AS is_new_window,
               ceil(m."rateLimitTimeWindow" - m.since_last)::bigint AS try_again_in,
               CASE
                 WHEN $2::text IS NOT NULL AND coalesce(nullif(m."configId", ''), 'default') <> $2 THEN 'unknown'
                 WHEN m.enabled = false THEN 'disabled'
                 WHEN m."expiresAt" < m.now THEN 'expired'
                 WHEN u.id IS NULL THEN 'owner_removed'
                 WHEN u.banned AND (u."banExpires" IS NULL OR u."banExpires" > m.now) THEN 'owner_banned'
                 WHEN NOT CASE WHEN $3::jsonb IS NULL THEN true
                   ELSE coalesce($3 <> '{}' AND m.permissions::jsonb @> $3, false) END THEN 'not_permitted'
                 WHEN m.remaining = 0 AND m."refillAmount" IS NULL THEN 'used_up'
                 WHEN m.remaining <= 0 AND NOT m.is_refilled THEN 'no_quota'
                 WHEN m.is_counted AND m.since_last <= m."rateLimitTimeWindow"
                   AND coalesce(m."requestCount", 0) >= m."rateLimitMax" THEN 'rate_limited'
                 ELSE 'passed'
               END AS verdict
             FROM measured m LEFT JOIN public."user" u ON u.id = m."referenceId"
           ), used AS (
             UPDATE public.apikey k SET
               remaining = CASE WHEN j.is_refilled THEN j."refillAmount" ELSE j.remaining END - 1,
               "lastRefillAt" = CASE WHEN j.is_refilled THEN j.now ELSE j."lastRefillAt" END,
               "requestCount" = CASE WHEN j.is_new_window THEN 1
                 WHEN j.is_counted THEN coalesce(j."requestCount", 0) + 1 ELSE j."requestCount" END,
               "lastRequest" = CASE WHEN j.is_limited AND NOT j.is_counted THEN j."lastRequest" ELSE j.now END,
               "updatedAt" = j.now
             FROM judged j WHERE k.id = j.id AND j.verdict = 'passed'
             RETURNING k.*
           )
           SELECT j.verdict, j.id, j."referenceId", j.try_again_in, k.id IS NOT NULL, "#,
        key_columns!(),
        ", ",
        user_columns!(),
        r#" FROM judged j LEFT JOIN used k ON true LEFT JOIN public."user" u ON u.id = j."referenceId""#
    ),
);

/// A use that counted.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    /// The row after the use; its `updatedAt` is the moment of it.
    pub(super) key: ApiKey,
    /// Whose it is.
    pub(super) owner: User,
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Unknown,
    Disabled,
    Expired,
    OwnerRemoved,
    OwnerBanned,
    NotPermitted,
    UsedUp,
    NoQuota,
    RateLimited { try_again_in_milliseconds: i64 },
}

/// A key that may not be used.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) verdict: Verdict,
    /// The row that is refused, where one was found.
    pub(super) row: Option<RefusedRow>,
}

/// Whom a refusal is about.
#[derive(Debug)]
pub(super) struct RefusedRow {
    pub(super) id: String,
    pub(super) owner: String,
}

/// Where the row's columns begin.
const FIRST_KEY_COLUMN: usize = 5;

/// What a key is asked for besides being a key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand<'a> {
    /// The configuration that it must belong to.
    pub(super) config: Option<&'a str>,
    /// The permissions that it must have.
    pub(super) permissions: Option<&'a Value>,
}

/// Uses the key with this hash once, if it may be.
pub(super) async fn claim(
    database: &Database,
    hash: &str,
    demand: Demand<'_>,
    is_limited: bool,
) -> Result<Result<Claimed, Refused>, DbError> {
    let Demand { config, permissions } = demand;
    let values: OwnedParams = vec![
        Box::new(hash.to_owned()),
        Box::new(config.map(str::to_owned)),
        Box::new(permissions.cloned()),
        Box::new(is_limited),
    ];
    let found = database.query_grouped(&CLAIM, values).await;
    let row = match found.map(|mut rows| rows.pop()) {
        Ok(Some(row)) => row,
        Ok(None) => return Ok(Err(Refused { verdict: Verdict::Unknown, row: None })),
        // Permissions in the row that are no JSON permit nothing.
        Err(error) if permissions.is_some() && error.is_invalid_text() => {
            return Ok(Err(Refused { verdict: Verdict::NotPermitted, row: None }));
        }
        Err(error) => return Err(error),
    };
    let verdict: &str = row.try_get(0)?;
    let verdict = match verdict {
        "disabled" => Verdict::Disabled,
        "expired" => Verdict::Expired,
        "owner_removed" => Verdict::OwnerRemoved,
        "owner_banned" => Verdict::OwnerBanned,
        "not_permitted" => Verdict::NotPermitted,
        "used_up" => Verdict::UsedUp,
        "no_quota" => Verdict::NoQuota,
        "rate_limited" => Verdict::RateLimited { try_again_in_milliseconds: row.try_get(3)? },
        "passed" if row.try_get(4)? => {
            return Ok(Ok(Claimed {
                key: ApiKey::from_row(&row, FIRST_KEY_COLUMN)?,
                owner: User::from_row(&row, FIRST_KEY_COLUMN + ApiKey::WIDTH)?,
            }));
        }
        _ => Verdict::Unknown,
    };
    Ok(Err(Refused { verdict, row: Some(RefusedRow { id: row.try_get(1)?, owner: row.try_get(2)? }) }))
}
