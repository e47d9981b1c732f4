//! Room for rows that anybody can make: how many of a kind there are at a time of a tenant as a whole.
//!
//! What one network may ask for is limited by `rate_limit`; many networks together are limited here, so that they cannot fill
//! the tenant's disk. A row costs a unit for each KiB of its value that it has begun, because a URL to come back to may be
//! long.
//!
//! Nobody asks the database how many there are when somebody wants one: the engine counts what it writes and what is taken, which
//! is an addition in memory, and [`recount`] puts that right when the engine starts and once a minute, by one query, if there is
//! anything to count. Between two of them it may be off by what was rolled back and, for the seconds in which a tenant has two
//! engines, by what the other one writes. What is being written while it is counted is counted in any case ([`Place`]), unless
//! its request was given up: a room may seem fuller than it is for that long.
//!
//! A room that is full is made room in: what has expired goes first, then the oldest rows, but none that is not a minute old.
//! Somebody who is signing in has that minute, however many ask; only when there are more than the room holds within a minute
//! are further ones refused (ASVS 5.0 §6.3.1: a limit must not lock anybody out any more than it has to). An attack ends by
//! itself: when it stops, its rows are gone within their life.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use kiavi_db::{DbError, Sql};

use crate::{
    ApiError, Context, State, housekeeping,
    rate_limit::{self, Key},
};

pub(crate) const STATEMENTS: &[&Sql] = &[&RECOUNT, &EVICT_CHALLENGES, &EVICT_STATES];

/// Octets of a value for each unit.
const UNIT: usize = 1_024;

/// Counters of limits that are stored. Their rows are small: 100,000 of them are some 15 MB with their index. Where there is no
/// room for another, a use is counted in memory instead.
pub(crate) const COUNTERS: u64 = 100_000;

/// The part of a room that is emptied at a time.
const PART: u64 = 20;

/// A room that could not be made room in is not tried again for so long.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// When whoever is refused may try again: rows of others have grown old enough to go by then, if not all of them.
const RETRY_AFTER_SECONDS: u64 = 10;

/// What identifiers of challenges look like: bare references, where every other identifier has a purpose or an address in it. A
/// pattern would say it better and cost five times as much.
macro_rules! is_challenge {
    () => {
        "octet_length(identifier) = 32 AND strpos(identifier, ':') = 0 AND strpos(identifier, '@') = 0"
    };
}

/// The same of states of sign-ins, and of accounts that wait to be linked.
macro_rules! is_state {
    () => {
        "(starts_with(identifier, 'auth-state:') OR starts_with(identifier, 'pending-link:'))"
    };
}

/// The units of all kinds, in the order of [`Kind`]. `octet_length` reads no value that is stored elsewhere.
const RECOUNT: Sql = Sql::new(
    "ROOM_RECOUNT",
    concat!(
        "SELECT coalesce(sum(1 + octet_length(value) / 1024) FILTER (WHERE ",
        is_challenge!(),
        "), 0)::int8, coalesce(sum(1 + octet_length(value) / 1024) FILTER (WHERE ",
        is_state!(),
        "), 0)::int8, (SELECT count(*) FROM kiavi.rate_limit) FROM public.verification"
    ),
);

/// `$1` how many rows. Those that have lived longest, but none that is not a minute old.
macro_rules! evict {
    ($($which:tt)+) => {
        concat!(
            "DELETE FROM public.verification WHERE id IN (SELECT id FROM public.verification WHERE ",
            $($which)+,
            r#" AND "createdAt" < statement_timestamp() - interval '1 minute'
             ORDER BY "expiresAt" LIMIT $1 FOR UPDATE SKIP LOCKED)"#
        )
    };
}

const EVICT_CHALLENGES: Sql = Sql::new("ROOM_EVICT_CHALLENGES", evict!(is_challenge!()));

const EVICT_STATES: Sql = Sql::new("ROOM_EVICT_STATES", evict!(is_state!()));

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ceremonies of passkeys under way.
    Challenge,
    /// Sign-ins with providers under way, and accounts that wait to be linked.
    ProviderState,
    /// Counters of limits.
    Counter,
}

impl Kind {
    /// How many units there may be.
    fn capacity(self, state: &State) -> u64 {
        let limits = &state.settings.rate_limits;
        match self {
            Self::Challenge => limits.passkey_challenges_per_tenant.into(),
            Self::ProviderState => limits.provider_states_per_tenant.into(),
            Self::Counter => COUNTERS,
        }
    }

    /// The limit's name in events.
    const fn scope(self) -> &'static str {
        match self {
            Self::Challenge => "passkey.challenges",
            Self::ProviderState => "social.states",
            Self::Counter => "limits.counters",
        }
    }

    /// Ends the oldest of its rows, if they may end before their time.
    const fn evict(self) -> Option<&'static Sql> {
        match self {
            Self::Challenge => Some(&EVICT_CHALLENGES),
            Self::ProviderState => Some(&EVICT_STATES),
            Self::Counter => None,
        }
    }
}

/// What is counted of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// Units that are there, as far as is known.
    units: u64,
    /// Units that have ever come.
    entered: u64,
    /// Those among them whose rows are being written: whether a query finds them, nobody knows.
    arriving: u64,
    /// Before when nobody tries to make room again.
    pause: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Counts {
    kinds: [Count; 3],
    /// Whether the database was ever asked.
    is_known: bool,
}

/// How full a tenant's rooms are.
#[derive(Debug, Default)]
pub(crate) struct Room {
    counts: Mutex<Counts>,
    /// Held by whoever makes room, so that the others wait for it.
    making: tokio::sync::Mutex<()>,
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts `units` more, if there is room for them.
    fn enter(&self, kind: Kind, units: u64, capacity: u64) -> Option<Place<'_>> {
        let mut counts = self.lock();
        let count = &mut counts.kinds[kind as usize];
        // Whoever needs more than a whole room comes in when it is empty.
        let has_room = count.units == 0 || count.units.saturating_add(units) <= capacity;
        if has_room {
            count.units = count.units.saturating_add(units);
            count.entered = count.entered.saturating_add(units);
            count.arriving = count.arriving.saturating_add(units);
        }
        has_room.then(|| Place { room: self, kind, units })
    }

    /// A row is gone.
    fn leave(&self, kind: Kind, units: u64) {
        let mut counts = self.lock();
        let count = &mut counts.kinds[kind as usize];
        count.units = count.units.saturating_sub(units);
    }

    /// Units of each kind that had come and been written by now, at least.
    fn written(&self) -> [u64; 3] {
        self.lock().kinds.map(|count| count.entered.saturating_sub(count.arriving))
    }

    /// Replaces what is known by what was found, and by what may have come since so many were `written`.
    fn correct(&self, found: [u64; 3], written: [u64; 3]) {
        let mut counts = self.lock();
        counts.is_known = true;
        for ((count, found), written) in counts.kinds.iter_mut().zip(found).zip(written) {
            count.units = found.saturating_add(count.entered.saturating_sub(written));
        }
    }

    /// Whether there is anything, as far as is known, or nothing is known.
    fn is_in_use(&self) -> bool {
        let counts = self.lock();
        !counts.is_known || counts.kinds.iter().any(|count| count.units > 0)
    }

    fn is_full(&self, kind: Kind, units: u64, capacity: u64) -> bool {
        self.lock().kinds[kind as usize].units.saturating_add(units) > capacity
    }

    fn is_paused(&self, kind: Kind, now: Timestamp) -> bool {
        self.lock().kinds[kind as usize].pause.is_some_and(|until| now < until)
    }

    fn pause(&self, kind: Kind, until: Option<Timestamp>) {
        self.lock().kinds[kind as usize].pause = until;
    }
}

/// Room for a row that is being written; to be kept until it is.
#[must_use = "what is being written is counted for as long as this is kept"]
#[derive(Debug)]
pub(crate) struct Place<'r> {
    room: &'r Room,
    kind: Kind,
    units: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut counts = self.room.lock();
        let count = &mut counts.kinds[self.kind as usize];
        count.arriving = count.arriving.saturating_sub(self.units);
    }
}

/// The units of a value.
fn units(value: &str) -> u64 {
    u64::try_from(value.len() / UNIT).unwrap_or(u64::MAX).saturating_add(1)
}

/// Counts a row with this value that is about to be written.
///
/// # Errors
/// 429 when there is no room for it, else faults.
pub(crate) async fn enter<'s>(
    state: &'s State,
    context: &Context,
    kind: Kind,
    value: &str,
) -> Result<Place<'s>, ApiError> {
    if let Some(place) = place(state, kind, units(value)).await? {
        return Ok(place);
    }
    Err(rate_limit::refuse(state, context, kind.scope(), Key::Tenant, RETRY_AFTER_SECONDS).await)
}

/// A row with this value was taken.
pub(crate) fn leave(state: &State, kind: Kind, value: &str) {
    state.room.leave(kind, units(value));
}

/// Counts `units` more and makes room for them if need be; `None` if there is none.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn place(state: &State, kind: Kind, units: u64) -> Result<Option<Place<'_>>, DbError> {
    let (room, capacity) = (&state.room, kind.capacity(state));
    if let Some(place) = room.enter(kind, units, capacity) {
        return Ok(Some(place));
    }
    let _making = match (kind, room.making.try_lock()) {
        (_, Ok(making)) => making,
        // Whoever has another place to count in need not wait.
        (Kind::Counter, Err(_)) => return Ok(None),
        (Kind::Challenge | Kind::ProviderState, Err(_)) => room.making.lock().await,
    };
    // Somebody else may have made room meanwhile, or found that there is none.
    if let Some(place) = room.enter(kind, units, capacity) {
        return Ok(Some(place));
    }
    let now = state.clock.now();
    if room.is_paused(kind, now) {
        return Ok(None);
    }
    housekeeping::remove_expired(&state.database).await?;
    recount(state, Recount::Always).await?;
    if room.is_full(kind, units, capacity)
        && let Some(evict) = kind.evict()
    {
        let rows = i64::try_from((capacity / PART).max(1)).unwrap_or(i64::MAX);
        let transaction = state.database.begin().await?;
        transaction.execute(evict, &[&rows]).await?;
        transaction.commit().await?;
        recount(state, Recount::Always).await?;
    }
    let place = room.enter(kind, units, capacity);
    room.pause(kind, if place.is_some() { None } else { now.checked_add(PAUSE).ok() });
    Ok(place)
}

/// When to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recount {
    /// If there is anything, as far as is known.
    IfInUse,
    /// In any case.
    Always,
}

/// Puts right what was counted in memory. One query over rows of which there are no more than there is room for.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn recount(state: &State, when: Recount) -> Result<u64, DbError> {
    let written = state.room.written();
    if when == Recount::IfInUse && !state.room.is_in_use() {
        return Ok(0);
    }
    // In a transaction, so that nobody's reading waits for it.
    let transaction = state.database.begin().await?;
    let row = transaction.query_one(&RECOUNT, &[]).await?;
    transaction.commit().await?;
    let mut found = [0; 3];
    for (at, found) in found.iter_mut().enumerate() {
        *found = u64::try_from(row.try_get::<_, i64>(at)?).unwrap_or(0);
    }
    state.room.correct(found, written);
    Ok(found.iter().sum())
}

#[cfg(test)]
mod tests;
