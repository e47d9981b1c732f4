//! How often something may happen: the generic cell rate algorithm (GCRA). A key holds one moment, its
//! theoretical arrival time; each use moves it on by the interval, and a use is refused while it runs ahead of
//! the clock by more than the tolerance.
//!
//! Limits that guard a secret or cost money live in the database, one atomic statement each; the general limit
//! of every path lives in memory.

mod memory;
mod store;

use std::net::IpAddr;

use kiavi_crypto::hmac_sha256;
use kiavi_db::{Sql, Transaction};

pub(crate) use memory::MemoryLimiter;

use crate::{
    ApiError, Context, Rate, State,
    audit::{self, Event, EventType, Outcome},
};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// What a use is counted under.
#[derive(Debug, Clone, Copy)]
pub enum Key<'a> {
    /// The client's network.
    Network(IpAddr),
    /// The target: an address, an account, a credential.
    Target(&'a str),
}

fn stored_key(state: &State, scope: &str, key: Key<'_>) -> [u8; 32] {
    let text = match key {
        Key::Network(network) => format!("{scope}\0network\0{network}"),
        Key::Target(target) => format!("{scope}\0target\0{target}"),
    };
    hmac_sha256(&state.keys.rate_limit, text.as_bytes())
}

/// Counts one use of `scope` under `key`, unless `rate` is `None`. Call it for the network first, so that a
/// network that is refused cannot use up its victim's limit.
///
/// # Errors
/// 429 when it is one too many; then nothing is counted.
pub async fn check(
    state: &State,
    context: &Context,
    scope: &'static str,
    key: Key<'_>,
    rate: Option<Rate>,
) -> Result<(), ApiError> {
    let Some(rate) = rate else { return Ok(()) };
    let stored = stored_key(state, scope, key);
    match store::use_once(&state.database, &stored, rate).await? {
        None => Ok(()),
        Some(retry_after_seconds) => Err(refuse(state, context, scope, key, retry_after_seconds).await),
    }
}

/// The same inside a transaction: the key's row stays locked until it ends, so uses of one key take turns. A
/// rollback gives the use back.
///
/// # Errors
/// 429 when it is one too many.
pub async fn charge(
    transaction: &Transaction,
    state: &State,
    scope: &'static str,
    key: Key<'_>,
    rate: Rate,
) -> Result<(), ApiError> {
    let stored = stored_key(state, scope, key);
    match store::use_once_within(transaction, &stored, rate).await? {
        None => Ok(()),
        Some(retry_after_seconds) => Err(ApiError::too_many_requests(retry_after_seconds)),
    }
}

/// Forgets every use of a key.
///
/// # Errors
/// Those of the statement.
pub async fn reset(
    transaction: &Transaction,
    state: &State,
    scope: &'static str,
    key: Key<'_>,
) -> Result<(), ApiError> {
    Ok(store::forget(transaction, &stored_key(state, scope, key)).await?)
}

/// How often one network's refusals are written to the audit log; the rest would only fill it.
const REFUSALS_LOGGED: Rate = Rate { limit: 10, window_seconds: 60 };

/// The 429 for a refused use, with its event.
pub(crate) async fn refuse(
    state: &State,
    context: &Context,
    scope: &'static str,
    key: Key<'_>,
    retry_after_seconds: u64,
) -> ApiError {
    if state
        .limiter
        .check(context.network(), "rate_limit.exceeded", REFUSALS_LOGGED, state.clock.now())
        .is_ok()
    {
        let reference = match key {
            Key::Target(target) => Some(audit::address_reference(state, target)),
            Key::Network(_) => None,
        };
        let event = Event {
            subject: reference.as_deref(),
            detail: Some(serde_json::json!({ "limit": scope })),
            ..Event::new(EventType::RateLimitExceeded, Outcome::Failure)
        };
        if let Err(error) = audit::record_alone(state, context, event).await {
            return error.into();
        }
    }
    ApiError::too_many_requests(retry_after_seconds)
}
