//! How often something may happen: the generic cell rate algorithm (GCRA). A key holds one moment, its
//! theoretical arrival time; each use moves it on by the interval, and a use is refused while it runs ahead of
//! the clock by more than the tolerance.
//!
//! Three places, by what a loss would cost. The general limit of every path lives in memory. What costs money or
//! work is counted in an unlogged table ([`check`]): it survives restarts of the engine, and a crash of the server
//! only forgives. Guesses at a secret are counted in a logged table ([`charge`]), in the transaction that tries the
//! guess: nothing that anybody can provoke gives them back. Each is one atomic statement.
//!
//! What is limited for codes is not limited for passkeys: whoever uses up an address's guesses, or the tenant's,
//! keeps nobody out who has a passkey (ASVS 5.0 §6.3.1).

mod memory;
mod store;

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use kiavi_crypto::hmac_sha256;
use kiavi_db::{DbError, Sql, Transaction};

pub(crate) use memory::{MemoryLimiter, arrive};

use crate::{
    ApiError, Context, Rate, State,
    audit::{self, Event, EventType, Outcome},
    room,
};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// What a use is counted under.
#[derive(Debug, Clone, Copy)]
pub enum Key<'a> {
    /// The client's network.
    Network(IpAddr),
    /// The target: an address, an account, a credential.
    Target(&'a str),
    /// A target by the name that stands for it in the log.
    Reference(&'a str),
    /// The tenant as a whole: bounds what many networks do together.
    Tenant,
}

impl Key<'_> {
    /// The stable name in events.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::Target(_) | Self::Reference(_) => "target",
            Self::Tenant => "tenant",
        }
    }
}

/// Rides on a 429: the limit in memory that was hit, all of which are counted by network. The log names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LimitedBy(pub(crate) &'static str);

/// The memory of limits that a counter is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// What costs money or work.
    Uses,
    /// Guesses at a secret.
    Guesses,
}

/// One counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter<'a> {
    pub(crate) scope: &'static str,
    pub(crate) key: Key<'a>,
    pub(crate) rate: Rate,
    pub(crate) table: Table,
}

/// What a counter is stored under. A target is counted by its name in the log, so that whoever reads there who was kept out
/// can have them let in again, and no table has to say who that is.
fn stored_key(state: &State, scope: &str, key: Key<'_>) -> [u8; 32] {
    let text = match key {
        Key::Network(network) => format!("{scope}\0network\0{network}"),
        Key::Target(target) => {
            format!("{scope}\0target\0{}", audit::address_reference(state, target))
        }
        Key::Reference(reference) => format!("{scope}\0target\0{reference}"),
        Key::Tenant => format!("{scope}\0tenant"),
    };
    hmac_sha256(&state.keys.rate_limit, text.as_bytes())
}

/// Counts one use of `scope` under `key`, unless `rate` is `None`. Call it for the network first and the tenant last,
/// so that a network that is refused cannot use up its victim's limit or everybody's.
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
    let refused = if has_counter(state, key).await? {
        store::use_once(&state.database, &stored, rate).await?
    } else {
        count_in_memory(state, scope, &stored, key, rate)
    };
    match refused {
        None => Ok(()),
        Some(retry_after_seconds) => Err(refuse(state, context, scope, key, retry_after_seconds).await),
    }
}

/// Whether the table has room for this counter, be it there already or not. That of the tenant always has.
async fn has_counter(state: &State, key: Key<'_>) -> Result<bool, DbError> {
    match key {
        Key::Tenant => Ok(true),
        Key::Network(_) | Key::Target(_) | Key::Reference(_) => {
            Ok(room::place(state, room::Kind::Counter, 1).await?.is_some())
        }
    }
}

/// Counts a use where the general limits are counted. Whoever fills the table with counters is limited all the same, and nobody
/// is kept out by it.
fn count_in_memory(state: &State, scope: &str, stored: &[u8; 32], key: Key<'_>, rate: Rate) -> Option<u64> {
    // What is counted there is counted by a network and a scope of which there are few. The stored key is a keyed hash, so any
    // part of it stands for what is limited.
    let part = stored.first_chunk::<16>();
    let stands_for = part.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |part| IpAddr::from(*part));
    let scope = format!("{scope}\0{}", key.name());
    state.limiter.check(stands_for, &scope, rate, state.clock.now()).err()
}

/// Counts one guess at a secret inside the transaction that tries it: the key's row stays locked until it ends, so
/// guesses at one target take turns. A rollback gives the guess back; nothing else does but [`reset`].
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
    match store::guess_once(transaction, &stored, rate).await? {
        None => Ok(()),
        Some(retry_after_seconds) => Err(ApiError::too_many_requests(retry_after_seconds)),
    }
}

/// Says what [`charge`] would, and counts nothing: for a guess that turned out right, which ends the count.
///
/// # Errors
/// 429 when it is one too many.
pub async fn peek(
    transaction: &Transaction,
    state: &State,
    scope: &'static str,
    key: Key<'_>,
    rate: Rate,
) -> Result<(), ApiError> {
    let stored = stored_key(state, scope, key);
    match store::guesses_used_up(transaction, &stored, rate).await? {
        None => Ok(()),
        Some(retry_after_seconds) => Err(ApiError::too_many_requests(retry_after_seconds)),
    }
}

/// Forgets every guess that was charged to a key.
///
/// # Errors
/// Those of the statement.
pub async fn reset(
    transaction: &Transaction,
    state: &State,
    scope: &'static str,
    key: Key<'_>,
) -> Result<(), ApiError> {
    Ok(store::forget_guesses(transaction, &stored_key(state, scope, key)).await?)
}

/// Uses `target` up for `life`; `false` if somebody did before. One statement, so of two who try one succeeds.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn use_up(
    state: &State,
    scope: &'static str,
    target: &str,
    life: Duration,
) -> Result<bool, ApiError> {
    let window_seconds = u32::try_from(life.as_secs()).unwrap_or(u32::MAX).max(1);
    let once = Rate { limit: 1, window_seconds };
    let stored = stored_key(state, scope, Key::Target(target));
    Ok(store::use_once(&state.database, &stored, once).await?.is_none())
}

/// For each of these counters, the seconds until it lets another use through, if it refuses one now.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn refusing(state: &State, counters: &[Counter<'_>]) -> Result<Vec<Option<u64>>, DbError> {
    let mut found = vec![None; counters.len()];
    for table in [Table::Uses, Table::Guesses] {
        let (places, asked) = asked(state, counters, table);
        for (place, seconds) in store::refusing(&state.database, table, &asked).await? {
            if let Some(found) = places.get(place).and_then(|place| found.get_mut(*place)) {
                *found = Some(seconds);
            }
        }
    }
    Ok(found)
}

/// Starts those of these counters anew that refuse now; the places of those that did.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn lift(
    transaction: &Transaction,
    state: &State,
    counters: &[Counter<'_>],
) -> Result<Vec<usize>, DbError> {
    let mut lifted = Vec::new();
    for table in [Table::Uses, Table::Guesses] {
        let (places, asked) = asked(state, counters, table);
        let found = store::lift(transaction, table, &asked).await?;
        lifted.extend(found.into_iter().filter_map(|place| places.get(place).copied()));
    }
    lifted.sort_unstable();
    Ok(lifted)
}

/// How many targets have used up their guesses at `rate`.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn without_guesses(state: &State, rate: Rate) -> Result<i64, DbError> {
    store::without_guesses(&state.database, rate).await
}

/// Those of one table, and which of all they are.
fn asked(state: &State, counters: &[Counter<'_>], table: Table) -> (Vec<usize>, Vec<store::Asked>) {
    let own = counters.iter().enumerate().filter(|(_, counter)| counter.table == table);
    let one = |(place, counter): (usize, &Counter<'_>)| {
        (place, (stored_key(state, counter.scope, counter.key).to_vec(), counter.rate))
    };
    own.map(one).unzip()
}

/// The 429 for a refused use, with its event.
pub(crate) async fn refuse(
    state: &State,
    context: &Context,
    scope: &'static str,
    key: Key<'_>,
    retry_after_seconds: u64,
) -> ApiError {
    let reference = match key {
        Key::Target(target) => Some(audit::address_reference(state, target)),
        Key::Reference(reference) => Some(reference.to_owned()),
        Key::Network(_) | Key::Tenant => None,
    };
    let event = Event {
        subject: reference.as_deref(),
        detail: Some(serde_json::json!({ "limit": scope, "counted_by": key.name() })),
        ..Event::new(EventType::RateLimitExceeded, Outcome::Failure)
    };
    if let Err(error) = audit::record_refusal(state, context, "", event).await {
        return error.into();
    }
    ApiError::too_many_requests(retry_after_seconds)
}
