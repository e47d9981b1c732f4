//! What today's figures are beside those of the period before.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use kiavi_db::DbError;
use serde::Serialize;

use super::{
    figures::back,
    store::{self, Days},
};
use crate::State;

/// Days of a week, as `wau` has them.
const WEEK: i64 = 7;
/// Days of a month, as `mau` has them.
const MONTH: i64 = 30;

/// Figures up to today, each with the one of the period before.
#[derive(Debug, Serialize)]
pub(super) struct Trends {
    new_users: Trend,
    new_users_7_days: Trend,
    wau: Trend,
    mau: Trend,
}

/// A figure of the period up to and including today.
#[derive(Debug, Serialize)]
struct Trend {
    now: i64,
    /// Of as many days before; `None` where nothing was counted on the first of them or earlier, so that nobody knows it.
    before: Option<i64>,
}

/// Reads them. What a day that is over had is kept, so this is a few rows once it was asked on a day; of today each who was there
/// lately is counted, unless `active` says how many they are in the week and in the month up to it.
///
/// # Errors
/// Those of the statements.
pub(super) async fn read(state: &State, today: Date, active: Option<(i64, i64)>) -> Result<Trends, DbError> {
    let database = &state.database;
    let first = store::first_day(database).await?;
    // The period before the one that ends today has as many days.
    let is_known = |days: i64| first.is_some_and(|first| first <= back(today, 2 * days - 1));
    let active_on = async |day: Date| {
        let found = store::active_by_day(database, Days { from: day, to: day, today }).await?;
        Ok::<_, DbError>(found.first().and_then(|found| found.week.zip(found.month)))
    };
    let now = match active {
        Some(_) => active,
        None => active_on(today).await?,
    };
    let (week, month) = now.unwrap_or_default();
    let active_before = async |days: i64| {
        if !is_known(days) {
            return Ok(None);
        }
        let day = back(today, days);
        store::fix_days(database, Days { from: day, to: day, today }, 1).await?;
        active_on(day).await
    };
    let new = store::new_users(database, back(today, 2 * WEEK - 1), today).await?;
    let new_users = |days: i64| {
        let sum = |range: RangeInclusive<Date>| {
            new.iter().filter(|(day, _)| range.contains(day)).map(|(_, count)| count).sum::<i64>()
        };
        Trend {
            now: sum(back(today, days - 1)..=today),
            before: is_known(days).then(|| sum(back(today, 2 * days - 1)..=back(today, days))),
        }
    };
    Ok(Trends {
        new_users: new_users(1),
        new_users_7_days: new_users(WEEK),
        wau: Trend { now: week, before: active_before(WEEK).await?.map(|(week, _)| week) },
        mau: Trend { now: month, before: active_before(MONTH).await?.map(|(_, month)| month) },
    })
}
