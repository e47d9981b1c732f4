//! What is told of the figures, and what each of them means.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span, Timestamp, civil::Date};
use kiavi_db::DbError;
use serde::Serialize;

use super::{
    count,
    day::Calendar,
    funnel::Step,
    store::{self, ActiveOn},
    tally::{self, FAILURES, NEW_USERS, PASSKEYS, SIGN_INS},
    trends::{self, Trends},
};
use crate::{State, iso_milliseconds, social::provider_name_of};

/// What every figure means. `docs/analytics.md` and the pages that show them say the same.
pub(super) const DEFINITIONS: &[(&str, &str)] = &[
    (
        "active_users",
        "People who signed in, or used a session or a token of one, at least once in the period; each counts once. \
         Requests by API key and by somebody who acts as a user do not count.",
    ),
    ("wau", "People who were active on at least one of the 7 days up to and including this one."),
    ("mau", "People who were active on at least one of the 30 days up to and including this one."),
    ("stickiness", "Active users of the day divided by mau; null without any."),
    ("new_users", "Users who came into being. Users who were imported do not count."),
    ("sign_ins", "Sign-ins that gave a session, by method."),
    (
        "failures",
        "Sign-ins that were refused, by the event that tells it and its reason. What a limit or a captcha stopped does \
         not count.",
    ),
    ("passkey_share", "Sign-ins by passkey divided by all sign-ins; null without any."),
    ("failed_share", "Failures divided by sign-ins and failures; null without any."),
    (
        "passkey_funnel",
        "Of signing in and of making a passkey: how often a hosted page offered it (and somebody declined), a challenge was \
         asked for (started; a sign-in page with suggestions does so by itself), it was completed, and an answer was refused \
         (failed). Whoever cancels in their browser has only started. Signing up by passkey counts as both.",
    ),
    ("users", "Users that there are now."),
    ("provider_names", "What to call the methods of sign_ins that are providers, as buttons do."),
    (
        "trends",
        "Of today, whatever the range is: new_users of the day and of the 7 days up to and including it, wau and mau, each \
         now and before: of the day before, the 7 days before or the 30 days before. Before is null where nothing was \
         counted yet on the first of those days.",
    ),
];

/// Into which periods a range is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Granularity {
    Day,
    Week,
    Month,
}

impl Granularity {
    pub(super) const NAMES: &[&str] = &["day", "week", "month"];

    pub(super) fn named(name: &str) -> Self {
        match name {
            "week" => Self::Week,
            "month" => Self::Month,
            _ => Self::Day,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period that a day is in. Weeks begin on Monday (ISO 8601).
    fn first(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => back(day, i64::from(day.weekday().to_monday_zero_offset())),
            Self::Month => day.first_of_month(),
        }
    }

    /// The last day of the period that begins with a day.
    fn last(self, first: Date) -> Date {
        match self {
            Self::Day => first,
            Self::Week => back(first, -6),
            Self::Month => first.last_of_month(),
        }
    }
}

/// So many days earlier.
pub(super) fn back(day: Date, days: i64) -> Date {
    day.checked_sub(Span::new().days(days)).unwrap_or(day)
}

/// The figures of a range.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    /// By which clock days begin and end now.
    time_zone: String,
    #[serde(serialize_with = "iso_milliseconds")]
    as_of: Timestamp,
    today: Date,
    granularity: &'static str,
    users: i64,
    pub(super) points: Vec<Point>,
    /// None in live views, as the names and the definitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    trends: Option<Trends>,
    /// By the methods of `sign_ins` that are providers with a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_names: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    definitions: BTreeMap<&'static str, &'static str>,
}

/// The figures of a period.
#[derive(Debug, Serialize)]
pub(super) struct Point {
    from: Date,
    to: Date,
    /// Whether all of it is over.
    is_finished: bool,
    pub(super) active_users: i64,
    /// Of days only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wau: Option<i64>,
    /// Of days only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mau: Option<i64>,
    stickiness: Option<f64>,
    pub(super) new_users: i64,
    pub(super) sign_ins: BTreeMap<String, i64>,
    failures: BTreeMap<String, i64>,
    pub(super) passkey_share: Option<f64>,
    failed_share: Option<f64>,
    pub(super) passkey_funnel: Funnel,
}

/// What became of passkeys.
#[derive(Debug, Default, Serialize)]
pub(super) struct Funnel {
    sign_in: OfSignIn,
    creation: OfCreation,
}

#[derive(Debug, Default, Serialize)]
struct OfSignIn {
    offered: i64,
    started: i64,
    completed: i64,
    failed: i64,
}

#[derive(Debug, Default, Serialize)]
struct OfCreation {
    offered: i64,
    declined: i64,
    started: i64,
    completed: i64,
    failed: i64,
}

impl Figures {
    /// All but the moment that they are of.
    pub(super) fn without_time(&self) -> String {
        serde_json::to_string(&(&self.time_zone, self.today, self.users, &self.points)).unwrap_or_default()
    }
}

/// The day that it is.
pub(super) async fn today(state: &State) -> Result<Date, DbError> {
    let calendar = store::calendar(&state.database).await?;
    Ok(calendar.day(state.clock.now()))
}

/// Counts what has come, and tells the figures from one day to another, whole periods.
///
/// # Errors
/// Those of the statements.
pub(super) async fn read(
    state: &State,
    (from, to): (Date, Date),
    granularity: Granularity,
) -> Result<Figures, DbError> {
    count(state).await?;
    let calendar = store::calendar(&state.database).await?;
    let figures = told(state, &calendar, (from, to), granularity).await?;
    let of_today = figures.points.iter().find(|point| point.from == figures.today);
    let active = of_today.and_then(|point| point.wau.zip(point.mau));
    let trends = trends::read(state, figures.today, active).await?;
    let methods = figures.points.iter().flat_map(|point| point.sign_ins.keys()).collect::<BTreeSet<_>>();
    let name = |method: &String| (method.clone(), provider_name_of(&state.settings.social, method));
    let provider_names = methods.into_iter().map(name).filter(|(method, name)| method != name).collect();
    let definitions = DEFINITIONS.iter().copied().collect();
    Ok(Figures { trends: Some(trends), provider_names: Some(provider_names), definitions, ..figures })
}

/// The figures of the day that it is, as far as they are counted.
///
/// # Errors
/// Those of the statements.
pub(super) async fn of_today(state: &State) -> Result<Figures, DbError> {
    let calendar = store::calendar(&state.database).await?;
    let today = calendar.day(state.clock.now());
    told(state, &calendar, (today, today), Granularity::Day).await
}

async fn told(
    state: &State,
    calendar: &Calendar,
    (from, to): (Date, Date),
    granularity: Granularity,
) -> Result<Figures, DbError> {
    let as_of = state.clock.now();
    let today = calendar.day(as_of);
    let (from, to) = (granularity.first(from), granularity.last(granularity.first(to)));
    let days = store::Days { from, to, today };
    let active = match granularity {
        Granularity::Day => {
            store::fix_days(&state.database, days, 1).await?;
            store::active_by_day(&state.database, days).await?
        }
        Granularity::Week => {
            let sundays = store::Days { from: granularity.last(from), ..days };
            store::fix_days(&state.database, sundays, 7).await?;
            store::active_by_period(&state.database, days, granularity.name()).await?
        }
        Granularity::Month => store::active_by_period(&state.database, days, granularity.name()).await?,
    };
    let mut active: BTreeMap<Date, ActiveOn> = active.into_iter().map(|one| (one.first, one)).collect();
    let counts = store::counts_by_period(&state.database, days, granularity.name()).await?;
    let mut points = Vec::new();
    let mut first = from;
    while first <= to {
        let last = granularity.last(first);
        let mut point = Point::new(first, last, last < today, active.remove(&first));
        counts.iter().filter(|count| count.first == first).for_each(|count| point.add(count));
        point.conclude();
        points.push(point);
        first = back(last, -1);
    }
    Ok(Figures {
        time_zone: calendar.zone().to_owned(),
        as_of,
        today,
        granularity: granularity.name(),
        users: store::users(&state.database).await?,
        points,
        trends: None,
        provider_names: None,
        definitions: BTreeMap::new(),
    })
}

impl Point {
    fn new(from: Date, to: Date, is_finished: bool, active: Option<ActiveOn>) -> Self {
        let (wau, mau) = active.as_ref().map_or((None, None), |active| (active.week, active.month));
        Self {
            from,
            to,
            is_finished,
            active_users: active.map_or(0, |active| active.people),
            wau,
            mau,
            stickiness: None,
            new_users: 0,
            sign_ins: BTreeMap::new(),
            failures: BTreeMap::new(),
            passkey_share: None,
            failed_share: None,
            passkey_funnel: Funnel::default(),
        }
    }

    fn add(&mut self, told: &store::CountOn) {
        match told.metric.as_str() {
            NEW_USERS => self.new_users += told.count,
            SIGN_INS => *self.sign_ins.entry(told.key.clone()).or_default() += told.count,
            FAILURES => *self.failures.entry(told.key.clone()).or_default() += told.count,
            PASSKEYS => self.passkey_funnel.add(&told.key, told.count),
            _ => {}
        }
    }

    fn conclude(&mut self) {
        let (sign_ins, failures) = (self.sign_ins.values().sum::<i64>(), self.failures.values().sum::<i64>());
        let by_passkey = self.sign_ins.get("passkey").copied().unwrap_or_default();
        self.passkey_funnel.sign_in.completed = by_passkey;
        self.stickiness = self.mau.and_then(|mau| share(self.active_users, mau));
        self.passkey_share = share(by_passkey, sign_ins);
        self.failed_share = share(failures, sign_ins + failures);
    }
}

impl Funnel {
    fn add(&mut self, what: &str, count: i64) {
        let (sign_in, creation) = (&mut self.sign_in, &mut self.creation);
        let ends = [
            (tally::SIGN_IN_FAILED, &mut sign_in.failed),
            (tally::CREATION_COMPLETED, &mut creation.completed),
            (tally::CREATION_FAILED, &mut creation.failed),
            (Step::SignInOffered.name(), &mut sign_in.offered),
            (Step::SignInStarted.name(), &mut sign_in.started),
            (Step::CreationOffered.name(), &mut creation.offered),
            (Step::CreationDeclined.name(), &mut creation.declined),
            (Step::CreationStarted.name(), &mut creation.started),
        ];
        ends.into_iter().filter(|(name, _)| *name == what).for_each(|(_, sum)| *sum += count);
    }
}

/// A part of a whole, to four places.
#[allow(clippy::cast_precision_loss, reason = "no tenant has 2^52 of anything")]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}
