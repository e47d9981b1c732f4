//! Whether a key may be used, and what the use makes of its row: no database and no clock.
//!
//! The checks come in the order of Better Auth's validation. Only a use that passes all of them changes the row: what
//! is refused costs neither quota nor a place in the window.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{ApiKey, flow::holds_nul};
use crate::user::User;

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

/// What a key is asked for besides being a key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand<'a> {
    /// The configuration that it must belong to.
    pub(super) config: Option<&'a str>,
    /// The permissions that it must have.
    pub(super) permissions: Option<&'a Value>,
}

/// A key as its row tells, and the moment at which that was true.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) key: ApiKey,
    /// The text in the column of permissions, which need not be JSON.
    pub(super) permissions: Option<String>,
    /// `None` if there is no such user any more.
    pub(super) owner: Option<User>,
    /// By the database's clock, in whole milliseconds.
    pub(super) now: Timestamp,
}

/// A use that passed.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    /// The row after the use; its `updatedAt` is the moment of it.
    pub(super) key: ApiKey,
    /// Whose it is.
    pub(super) owner: User,
}

/// Judges one use. `is_limited` says whether the tenant limits the rate of keys at all.
///
/// # Errors
/// The first check that refuses it.
pub(super) fn judge(found: &Found, demand: Demand<'_>, is_limited: bool) -> Result<Claimed, Verdict> {
    let Found { key, now, .. } = found;
    let owner = check_standing(found, demand)?;
    let (remaining, last_refill_at) = take_from_quota(key, *now)?;
    let (request_count, last_request) = count_in_window(key, *now, is_limited)?;
    let used =
        ApiKey { remaining, last_refill_at, request_count, last_request, updated_at: *now, ..key.clone() };
    Ok(Claimed { key: used, owner: owner.clone() })
}

/// Everything that does not depend on how often the key was used.
fn check_standing<'f>(found: &'f Found, demand: Demand<'_>) -> Result<&'f User, Verdict> {
    let Found { key, now, .. } = found;
    let config = if key.config_id.is_empty() { "default" } else { &key.config_id };
    if demand.config.is_some_and(|wanted| wanted != config) {
        return Err(Verdict::Unknown);
    }
    if key.enabled == Some(false) {
        return Err(Verdict::Disabled);
    }
    if key.expires_at.is_some_and(|end| end < *now) {
        return Err(Verdict::Expired);
    }
    let owner = found.owner.as_ref().ok_or(Verdict::OwnerRemoved)?;
    if owner.banned == Some(true) && owner.ban_expires.is_none_or(|end| end > *now) {
        return Err(Verdict::OwnerBanned);
    }
    let permissions = found.permissions.as_deref();
    if demand.permissions.is_some_and(|wanted| !permits(permissions, wanted)) {
        return Err(Verdict::NotPermitted);
    }
    Ok(owner)
}

/// What remains after one use, and the last refill.
fn take_from_quota(key: &ApiKey, now: Timestamp) -> Result<(Option<i32>, Option<Timestamp>), Verdict> {
    let Some(remaining) = key.remaining else { return Ok((None, key.last_refill_at)) };
    match due_refill(key, now) {
        Some(amount) => Ok((Some(amount - 1), Some(now))),
        None if remaining > 0 => Ok((Some(remaining - 1), key.last_refill_at)),
        None if remaining == 0 && key.refill_amount.is_none() => Err(Verdict::UsedUp),
        None => Err(Verdict::NoQuota),
    }
}

/// The uses of a refill whose interval has passed since the last one, or since the key was made.
fn due_refill(key: &ApiKey, now: Timestamp) -> Option<i32> {
    let (interval, amount) = key.refill_interval.zip(key.refill_amount)?;
    let since = now.duration_since(key.last_refill_at.unwrap_or(key.created_at));
    let is_due = interval > 0 && amount > 0 && since > milliseconds(interval);
    is_due.then_some(amount)
}

/// The uses in the window after this one, and the moment from which the window is measured. A window ends when the
/// key was not used for so long.
fn count_in_window(
    key: &ApiKey,
    now: Timestamp,
    is_limited: bool,
) -> Result<(Option<i32>, Option<Timestamp>), Verdict> {
    if !is_limited || key.rate_limit_enabled == Some(false) {
        return Ok((key.request_count, Some(now)));
    }
    let Some((window, max)) = key.rate_limit_time_window.zip(key.rate_limit_max) else {
        return Ok((key.request_count, key.last_request));
    };
    let (window, count) = (milliseconds(window), key.request_count.unwrap_or(0));
    match key.last_request.map(|last| now.duration_since(last)).filter(|since| *since <= window) {
        None => Ok((Some(1), Some(now))),
        Some(since) if count >= max => {
            let wait = window.saturating_sub(since).as_micros().unsigned_abs().div_ceil(1_000);
            let try_again_in_milliseconds = i64::try_from(wait).unwrap_or(i64::MAX);
            Err(Verdict::RateLimited { try_again_in_milliseconds })
        }
        Some(_) => Ok((Some(count + 1), Some(now))),
    }
}

fn milliseconds(count: i32) -> SignedDuration {
    SignedDuration::from_millis(count.into())
}

/// Whether stored permissions hold all that are asked for. No permissions at all are granted to nobody, and what is no
/// JSON grants nothing; nor does what PostgreSQL could not hold as `jsonb`.
fn permits(stored: Option<&str>, wanted: &Value) -> bool {
    let stored: Option<Value> = stored.and_then(|text| serde_json::from_str(text).ok());
    let is_nothing = wanted.as_object().is_some_and(|resources| resources.is_empty());
    !is_nothing && stored.is_some_and(|stored| !holds_nul(&stored) && contains(&stored, wanted))
}

/// Containment as PostgreSQL's `jsonb @>` has it for objects and what is in them.
fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(members), Value::Object(parts)) => {
            parts.iter().all(|(name, part)| members.get(name).is_some_and(|value| contains(value, part)))
        }
        (Value::Array(values), Value::Array(parts)) => {
            parts.iter().all(|part| values.iter().any(|value| contains(value, part)))
        }
        (value, part) => value == part,
    }
}

#[cfg(test)]
mod tests;
