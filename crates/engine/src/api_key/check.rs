//! Using a key: the limits in memory, the claim, and what follows a refusal.

use axum::http::{HeaderMap, StatusCode};
use kiavi_db::DbError;
use serde_json::{Value, json};

use super::{
    HEADER,
    claim::{Outcomes, Refused, RefusedRow, Shown},
    flow, store,
    verdict::{Claimed, Demand, Verdict},
    wire::VerifyError,
};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Outcome},
};

/// Why a key could not be used.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may not be.
    Refused(Verdict),
    /// That is not known: the database is away, or there is no place.
    Fault(ApiError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Fault(error)
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(verdict) => verdict.error(),
            Failure::Fault(error) => error,
        }
    }
}

impl Verdict {
    /// The memory's refusal, which gives whole seconds.
    fn too_soon(seconds: u64) -> Self {
        let milliseconds = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self::RateLimited { try_again_in_milliseconds: milliseconds }
    }

    /// Status, code and message, as Better Auth tells them.
    fn told(self) -> (StatusCode, &'static str, &'static str) {
        let (unauthorized, too_many) = (StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS);
        match self {
            Self::Unknown => (unauthorized, "INVALID_API_KEY", "Invalid API key."),
            Self::Disabled => (unauthorized, "KEY_DISABLED", "API Key is disabled"),
            Self::Expired => (unauthorized, "KEY_EXPIRED", "API Key has expired"),
            Self::OwnerRemoved => {
                let message = "The reference id from the API key is invalid.";
                (unauthorized, "INVALID_REFERENCE_ID_FROM_API_KEY", message)
            }
            Self::OwnerBanned => (unauthorized, "USER_BANNED", "User is banned"),
            Self::NotPermitted => (unauthorized, "KEY_NOT_FOUND", "API Key not found"),
            Self::UsedUp | Self::NoQuota => {
                (too_many, "USAGE_EXCEEDED", "API Key has reached its usage limit")
            }
            Self::RateLimited { .. } => (too_many, "RATE_LIMITED", "Rate limit exceeded."),
        }
    }

    /// How long to wait, where waiting helps.
    fn details(self) -> Option<Value> {
        match self {
            Self::RateLimited { try_again_in_milliseconds } => {
                Some(json!({ "tryAgainIn": try_again_in_milliseconds }))
            }
            _ => None,
        }
    }

    /// The answer to a request that showed the key.
    pub(super) fn error(self) -> ApiError {
        let (status, code, message) = self.told();
        let error = ApiError::new(status, code, message);
        match self {
            Self::RateLimited { try_again_in_milliseconds } => {
                let seconds = u64::try_from(try_again_in_milliseconds).unwrap_or(0).div_ceil(1_000);
                error.retry_after(seconds).details(json!({ "tryAgainIn": try_again_in_milliseconds }))
            }
            _ => error,
        }
    }

    /// The same inside the answer to a verification.
    pub(super) fn told_in_verification(self) -> VerifyError {
        let (_, code, message) = self.told();
        VerifyError { message, code, details: self.details() }
    }

    /// The stable name in events.
    const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::OwnerRemoved => "owner_removed",
            Self::OwnerBanned => "owner_banned",
            Self::NotPermitted => "not_permitted",
            Self::UsedUp => "used_up",
            Self::NoQuota => "no_quota",
            Self::RateLimited { .. } => "rate_limited",
        }
    }
}

/// The one key that a request shows; `None` if it shows none. Of two, neither counts.
pub(super) fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HEADER).iter();
    let first = values.next()?;
    match values.next() {
        None => Some(first.to_str().unwrap_or("?")).filter(|key| !key.is_empty()),
        // What is no key, and so is refused as one.
        Some(_) => Some("?"),
    }
}

/// Uses a key that a request shows in its header. One that does not exist counts against the network.
pub(super) async fn use_shown(
    state: &State,
    context: &Context,
    key: &str,
    demand: Demand<'_>,
) -> Result<Claimed, ApiError> {
    match use_in_turn(state, context, [(key, demand)]).await {
        Ok([used]) => Ok(used),
        Err(failed) => Err(failed.told_to_who_showed(state, context)),
    }
}

/// A key that could not be used, and how many before it were.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) place: usize,
    pub(super) failure: Failure,
}

impl Failed {
    /// The answer when the key came in the request's header.
    pub(super) fn told_to_who_showed(self, state: &State, context: &Context) -> ApiError {
        if matches!(self.failure, Failure::Refused(Verdict::Unknown)) {
            state.api_keys.count_unknown(state, context.network());
        }
        self.failure.into()
    }
}

/// Uses each of the keys once, as long as those before it may be used; all in one transaction.
pub(super) async fn use_in_turn<const N: usize>(
    state: &State,
    context: &Context,
    keys: [(&str, Demand<'_>); N],
) -> Result<[Claimed; N], Failed> {
    let budget = &state.api_keys;
    let mut shown = Vec::with_capacity(N);
    let mut too_soon = None;
    for (key, demand) in keys {
        let hash = flow::hash(key);
        if let Err(seconds) = budget.count_key(state, &hash) {
            too_soon = Some(Refused { verdict: Verdict::too_soon(seconds), row: None });
            break;
        }
        shown.push(Shown::new(hash, demand));
    }
    let outcomes = claim(state, shown).await.map_err(|failure| Failed { place: 0, failure })?;
    let mut used = Vec::with_capacity(N);
    for outcome in outcomes.into_iter().chain(too_soon.map(Err)) {
        match outcome {
            Ok(claimed) => used.push(claimed),
            Err(refused) => {
                let failure = follow_refusal(state, context, refused).await;
                return Err(Failed { place: used.len(), failure });
            }
        }
    }
    used.try_into().map_err(|_| unreachable!("without a refusal every key was used"))
}

async fn claim(state: &State, shown: Vec<Shown>) -> Result<Outcomes, Failure> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let budget = &state.api_keys;
    let _place = budget.place()?;
    Ok(budget.claims.claim(shown, state.settings.api_key.is_rate_limit_enabled).await?)
}

/// Writes the refusal to the log, and removes a key that nothing can bring back. Gives the refusal, or what was in the
/// way of that.
async fn follow_refusal(state: &State, context: &Context, refused: Refused) -> Failure {
    let Refused { verdict, row } = refused;
    match note_refusal(state, context, verdict, row.as_ref()).await {
        Ok(()) => Failure::Refused(verdict),
        Err(error) => error.into(),
    }
}

async fn note_refusal(
    state: &State,
    context: &Context,
    verdict: Verdict,
    row: Option<&RefusedRow>,
) -> Result<(), ApiError> {
    let (id, owner) = row.map(|row| (row.id.as_str(), row.owner.as_str())).unzip();
    if state.api_keys.logs_refusal(state, context.network()) {
        let event = Event {
            subject: owner,
            detail: Some(json!({ "key": id, "reason": verdict.reason() })),
            ..Event::new(EventType::ApiKeyRefused, Outcome::Failure)
        };
        audit::record_over(&state.api_keys.database, state, context, event).await?;
    } else {
        audit::count_refusal(state, context, EventType::ApiKeyRefused);
    }
    match (verdict, row) {
        (Verdict::Expired | Verdict::UsedUp, Some(row)) => remove_spent(state, context, row, verdict).await,
        _ => Ok(()),
    }
}

async fn remove_spent(
    state: &State,
    context: &Context,
    row: &RefusedRow,
    verdict: Verdict,
) -> Result<(), ApiError> {
    let transaction = state.database.begin().await?;
    if store::delete_spent(&transaction, &row.id).await? {
        let event = Event::new(EventType::ApiKeyDeleted, Outcome::Success)
            .about(&row.owner)
            .detail(json!({ "key": row.id, "reason": verdict.reason() }));
        audit::record(&transaction, state, context, event).await?;
    }
    Ok(transaction.commit().await?)
}
