//! Whom a limit keeps out now. The tables of counters hold nothing but keyed hashes of what they count; so whoever the log of the
//! last day names as refused, or as having guessed wrong, is looked up there.

use std::{
    collections::{BTreeMap, HashSet},
    net::IpAddr,
};

use jiff::Timestamp;
use kiavi_db::DbError;
use serde::Serialize;

use super::{
    DAY, MOST, before,
    catalogue::{Dimension, LIMITS, Limit},
    networks::Places,
    people::{self, Known},
};
use crate::{
    Rate, State,
    audit::{self, EventType, Outline},
    iso_milliseconds,
    rate_limit::{self, Counter, Key},
};

/// The setting whose counters are told by their number, too.
pub(super) const GUESSES: &str = "email_otp.guesses";
/// Lock-outs that are told.
const TOLD: usize = 200;

/// Whom a limit may keep out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Everybody.
    Tenant,
    Network(IpAddr),
    /// What stands for an address or an account in the log.
    Reference(String),
}

impl Who {
    /// What they are counted under.
    pub(super) fn key(&self) -> Key<'_> {
        match self {
            Self::Tenant => Key::Tenant,
            Self::Network(network) => Key::Network(*network),
            Self::Reference(reference) => Key::Reference(reference),
        }
    }

    /// As answers and requests have it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Tenant => "tenant".to_owned(),
            Self::Network(network) => network.to_string(),
            Self::Reference(reference) => reference.clone(),
        }
    }

    /// The limits that may keep them out.
    pub(super) fn limits(&self) -> impl Iterator<Item = &'static Limit> {
        let counts = |dimension: Dimension| match self {
            Self::Tenant => dimension == Dimension::Tenant,
            Self::Network(_) => dimension == Dimension::Network,
            Self::Reference(_) => matches!(dimension, Dimension::Address | Dimension::User),
        };
        LIMITS.iter().filter(move |limit| limit.locks_out() && counts(limit.dimension))
    }
}

/// The counters of a limit for somebody, if it is switched on.
pub(super) fn counters<'w>(
    state: &State,
    limit: &'static Limit,
    who: &'w Who,
) -> impl Iterator<Item = Counter<'w>> {
    let held = (limit.rate)(&state.settings).zip(limit.table);
    let of = move |(rate, table): (Rate, _)| {
        limit.scopes.iter().map(move |scope| Counter { scope, key: who.key(), rate, table })
    };
    held.into_iter().flat_map(of)
}

/// A limit that keeps somebody out.
#[derive(Debug, Serialize)]
struct Kept {
    setting: &'static str,
    /// For so long.
    seconds: u64,
}

/// Somebody who is kept out.
#[derive(Debug, Serialize)]
struct LockOut {
    who: String,
    counted_by: Dimension,
    user: Option<Known>,
    country: Option<String>,
    limits: Vec<Kept>,
    /// Their requests that limits refused in the last day.
    refused: u64,
}

/// Everybody who is.
#[derive(Debug, Serialize)]
pub(super) struct LockOuts {
    /// From when on the log was read.
    #[serde(serialize_with = "iso_milliseconds")]
    since: Timestamp,
    /// Whether that is a day; else there were too many events.
    is_complete: bool,
    /// Those who wait longest first.
    lock_outs: Vec<LockOut>,
    /// How many there are; the list is cut.
    total: usize,
    /// How many addresses have used up their guesses, whether or not the log names them.
    without_guesses: i64,
}

/// What the log says of somebody who may be kept out.
#[derive(Default)]
struct Suspect {
    refused: u64,
    country: Option<String>,
}

/// Looks up whom the log of the last day names.
///
/// # Errors
/// Those of the statements.
pub(super) async fn read(state: &State) -> Result<LockOuts, DbError> {
    let day = before(state.clock.now(), DAY);
    let kinds = [EventType::RateLimitExceeded, EventType::CodeRefused];
    let read = audit::outlines(state, &kinds, &[EventType::RateLimitExceeded], day, MOST).await?;
    let told = || read.events.iter().filter_map(|event| Some((event, limit_of(event)?)));
    let places = Places::of(state, told()).await?;
    let mut suspects = BTreeMap::<Who, Suspect>::new();
    // That everybody is kept out is never to be missed.
    suspects.entry(Who::Tenant).or_default();
    for (event, limit) in told() {
        let place = places.get(event);
        let who = match limit.dimension {
            Dimension::Network => place.map(|place| Who::Network(place.network)),
            Dimension::Tenant => Some(Who::Tenant),
            _ => event.subject.clone().map(Who::Reference),
        };
        let Some(who) = who else { continue };
        let suspect = suspects.entry(who).or_default();
        suspect.refused += u64::from(event.kind == EventType::RateLimitExceeded);
        suspect.country = place.and_then(|place| place.country.clone());
    }
    let mut lock_outs = kept_out(state, &suspects).await?;
    let total = lock_outs.len();
    lock_outs.truncate(TOLD);
    name_users(state, &mut lock_outs, day).await?;
    let first = read.events.first().map(|event| event.at);
    Ok(LockOuts {
        since: first.filter(|_| !read.is_complete).unwrap_or(day),
        is_complete: read.is_complete,
        lock_outs,
        total,
        without_guesses: rate_limit::without_guesses(state, state.settings.email_otp.guesses).await?,
    })
}

/// The limit that a refusal, or a wrong code, tells of, if it can keep somebody out.
fn limit_of(event: &Outline) -> Option<&'static Limit> {
    let limit = match event.kind {
        EventType::CodeRefused => Limit::named(GUESSES),
        _ => Limit::told(event.facts.as_ref()),
    };
    limit.filter(|limit| limit.locks_out())
}

/// Those of them who are kept out now.
async fn kept_out(state: &State, suspects: &BTreeMap<Who, Suspect>) -> Result<Vec<LockOut>, DbError> {
    let (mut asked, mut all) = (Vec::new(), Vec::new());
    for (who, suspect) in suspects {
        for limit in who.limits() {
            for counter in counters(state, limit, who) {
                asked.push((who, suspect, limit));
                all.push(counter);
            }
        }
    }
    let refusing = rate_limit::refusing(state, &all).await?;
    let mut found = BTreeMap::<&Who, LockOut>::new();
    for ((who, suspect, limit), seconds) in asked.into_iter().zip(refusing) {
        let Some(seconds) = seconds else { continue };
        let lock_out = found.entry(who).or_insert_with(|| LockOut {
            who: who.name(),
            counted_by: limit.dimension,
            user: None,
            country: suspect.country.clone().filter(|_| matches!(who, Who::Network(_))),
            limits: Vec::new(),
            refused: suspect.refused,
        });
        match lock_out.limits.iter_mut().find(|kept| kept.setting == limit.setting) {
            // Two counters of one limit.
            Some(kept) => kept.seconds = kept.seconds.max(seconds),
            None => lock_out.limits.push(Kept { setting: limit.setting, seconds }),
        }
    }
    let mut lock_outs: Vec<_> = found.into_values().collect();
    let longest = |lock_out: &LockOut| lock_out.limits.iter().map(|kept| kept.seconds).max();
    lock_outs.sort_by_key(|lock_out| std::cmp::Reverse(longest(lock_out)));
    Ok(lock_outs)
}

/// Tells which users are behind those who are kept out, as far as they asked for mails meanwhile.
async fn name_users(state: &State, lock_outs: &mut [LockOut], from: Timestamp) -> Result<(), DbError> {
    let mut persons: Vec<_> = lock_outs.iter_mut().filter(|one| one.counted_by.is_target()).collect();
    let references: HashSet<_> = persons.iter().map(|one| one.who.as_str()).collect();
    let users = people::behind(state, &references, from, MOST).await?;
    for one in &mut persons {
        one.user = users.get(&one.who).cloned();
    }
    Ok(())
}
