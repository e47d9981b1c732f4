//! What each limit has refused, and whose requests these were.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use kiavi_db::DbError;
use serde::Serialize;
use serde_json::Value;

use super::{
    DAY, MOST, WEEK, before,
    catalogue::{Dimension, LIMITS, Limit},
    networks::Places,
    people::{self, Known},
};
use crate::{
    Rate, State,
    audit::{self, EventType, Outline},
    iso_milliseconds,
};

/// Offenders that are told of each limit.
const TOLD: usize = 5;
/// Requests for mails that are read to know the users among them.
const NAMES: i64 = 2_000;

/// How often something was in the last day, and in the whole time.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Count {
    day: u64,
    week: u64,
}

impl Count {
    fn add(&mut self, count: u64, is_of_day: bool) {
        self.week += count;
        self.day += if is_of_day { count } else { 0 };
    }
}

/// Somebody whose requests a limit has refused.
#[derive(Debug, Serialize)]
struct Offender {
    /// A network, or what stands for an address in the log.
    who: String,
    user: Option<Known>,
    /// Where the network is.
    country: Option<String>,
    refused: Count,
    /// When it was the last time.
    #[serde(serialize_with = "iso_milliseconds")]
    at: Timestamp,
}

#[derive(Debug, Serialize)]
struct Row {
    setting: &'static str,
    counted_by: Dimension,
    rate: Option<Rate>,
    /// Whether it counts in memory only: what it has counted ends with the process, and is over in seconds.
    is_in_memory: bool,
    /// Whether the log has what it counts, so that it can be counted again.
    can_be_tried: bool,
    /// The type of the events that tell of its refusals among others, where they are not counted here.
    told_as: Option<&'static str>,
    refused: Option<Count>,
    /// Those refused most, by the whole time.
    offenders: Vec<Offender>,
}

/// All limits.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    /// From when on the log was read.
    #[serde(serialize_with = "iso_milliseconds")]
    since: Timestamp,
    /// Whether that is a week; else there were too many events.
    is_complete: bool,
    limits: Vec<Row>,
    /// Refusals by limits that no setting changes.
    fixed: Count,
    /// Refusals that are in the log as a number only, without the limit.
    untold: Count,
}

/// What is known of one limit's refusals.
#[derive(Default)]
struct Tally {
    refused: Count,
    offenders: HashMap<String, Offender>,
}

/// Reads the log of the last week.
///
/// # Errors
/// Those of the statements.
pub(super) async fn read(state: &State) -> Result<Overview, DbError> {
    let now = state.clock.now();
    let (week, day) = (before(now, WEEK), before(now, DAY));
    let kinds = [EventType::RateLimitExceeded, EventType::RefusalsCounted];
    let read = audit::outlines(state, &kinds, &kinds, week, MOST).await?;
    let told: Vec<_> = read.events.iter().map(|event| (event, Limit::told(event.facts.as_ref()))).collect();
    let of_limits = told.iter().filter_map(|(event, limit)| Some((*event, (*limit)?)));
    let places = Places::of(state, of_limits).await?;
    let mut tallies: HashMap<&str, Tally> = HashMap::new();
    let (mut fixed, mut untold) = (Count::default(), Count::default());
    for (event, limit) in told {
        let is_of_day = event.at >= day;
        let Some(limit) = limit else {
            match untold_by(event.kind, event.facts.as_ref()) {
                Some(count) => untold.add(count, is_of_day),
                None => fixed.add(1, is_of_day),
            }
            continue;
        };
        tallies.entry(limit.setting).or_default().add(limit, event, is_of_day, &places);
    }
    let row = |limit: &'static Limit| {
        let tally = tallies.remove(limit.setting).unwrap_or_default();
        Row {
            setting: limit.setting,
            counted_by: limit.dimension,
            rate: (limit.rate)(&state.settings),
            is_in_memory: limit.table.is_none(),
            can_be_tried: limit.family.is_some(),
            told_as: limit.told_as,
            refused: limit.told_as.is_none().then_some(tally.refused),
            offenders: tally.most(),
        }
    };
    let mut limits: Vec<Row> = LIMITS.iter().map(row).collect();
    name_users(state, &mut limits, day).await?;
    let first = read.events.first().map(|event| event.at);
    let since = first.filter(|_| !read.is_complete).unwrap_or(week);
    Ok(Overview { since, is_complete: read.is_complete, limits, fixed, untold })
}

/// Tells which users are behind offenders, as far as they asked for mails of late.
async fn name_users(state: &State, limits: &mut [Row], from: Timestamp) -> Result<(), DbError> {
    let persons = limits.iter_mut().filter(|limit| limit.counted_by.is_target());
    let mut offenders: Vec<_> = persons.flat_map(|limit| &mut limit.offenders).collect();
    let references: HashSet<_> = offenders.iter().map(|offender| offender.who.as_str()).collect();
    let users = people::behind(state, &references, from, NAMES).await?;
    for offender in &mut offenders {
        offender.user = users.get(&offender.who).cloned();
    }
    Ok(())
}

/// How many refusals by limits an event tells of that are in no event of their own; none if it is no such event.
pub(super) fn untold_by(kind: EventType, facts: Option<&Value>) -> Option<u64> {
    let is_count = kind == EventType::RefusalsCounted;
    let told = || facts?.get("refusals")?.get(EventType::RateLimitExceeded.name())?.as_u64();
    is_count.then(|| told().unwrap_or_default())
}

impl Tally {
    fn add(&mut self, limit: &Limit, event: &Outline, is_of_day: bool, places: &Places<'_>) {
        self.refused.add(1, is_of_day);
        let (who, country) = match limit.dimension {
            Dimension::Network => {
                let place = places.get(event);
                (place.map(|place| place.network.to_string()), place.and_then(|place| place.country.clone()))
            }
            Dimension::Tenant => (None, None),
            _ => (event.subject.clone(), None),
        };
        let Some(who) = who else { return };
        let refused = Count::default();
        let new = || Offender { who: who.clone(), user: None, country, refused, at: event.at };
        let offender = self.offenders.entry(who.clone()).or_insert_with(new);
        offender.refused.add(1, is_of_day);
        offender.at = event.at;
    }

    /// Those refused most, and of equals those refused last.
    fn most(self) -> Vec<Offender> {
        let mut offenders: Vec<_> = self.offenders.into_values().collect();
        let order = |one: &Offender| std::cmp::Reverse((one.refused.week, one.at));
        offenders.sort_unstable_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.who.cmp(&b.who)));
        offenders.truncate(TOLD);
        offenders
    }
}
