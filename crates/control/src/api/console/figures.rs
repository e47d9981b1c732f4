//! A tenant's figures.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::Arc,
};

use axum::{
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::{
        Sse,
        sse::{Event as Message, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyDataStream;
use jiff::{Timestamp, civil::Date};
use kiavi_pages::{
    FigureRange, FigureSet, FiguresOfDay, Granularity, PasskeySteps, Place, SignIns, TenantFigures,
    TenantPlace, Trend, Trends,
};
use serde::Deserialize;

use super::{
    tenant::{AtTenant, address},
    visit::{Answer, Stop, Visit, html},
};
use crate::{
    Permission,
    api::{Problem, analytics, code::Code, reading::Reading},
};

/// The days of a page that is asked for no others.
const USUAL: u16 = 30;
/// Characters of a day, `2026-11-26`.
const DAY_LENGTH: usize = 10;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    range: String,
    from: String,
    to: String,
    by: String,
}

impl Asked {
    /// The days that are named count where no range is that has a name.
    fn range(&self) -> FigureRange {
        let day = |text: &String| text.parse::<Date>().ok().filter(|_| text.len() == DAY_LENGTH);
        let days = self.range.parse().ok().filter(|days| FigureRange::PRESETS.contains(days));
        let (from, to, granularity) = (day(&self.from), day(&self.to), Granularity::of(&self.by));
        match days {
            Some(_) => FigureRange { days, from: None, to: None, granularity },
            None if from.is_none() && to.is_none() => {
                FigureRange { days: Some(USUAL), from: None, to: None, granularity }
            }
            None => FigureRange { days: None, from, to, granularity },
        }
    }
}

/// The query of a range, as the engine and the API have it.
fn query(range: &FigureRange) -> Vec<(&'static str, String)> {
    let days = [("from", range.from.map(|day| day.to_string())), ("to", range.to.map(|day| day.to_string()))];
    let mut query = vec![("granularity", range.granularity.key().to_owned())];
    query.extend(range.days.map(|days| ("days", days.to_string())));
    query.extend(days.into_iter().filter_map(|(name, day)| Some((name, day?))));
    query
}

/// The query of a range, as this page has it.
fn own_query(range: &FigureRange) -> Vec<(&'static str, String)> {
    let mut query = query(range);
    for (name, _) in &mut query {
        *name = match *name {
            "granularity" => "by",
            "days" => "range",
            name => name,
        };
    }
    query
}

fn reading(at: &AtTenant) -> Reading {
    let (control, actor) = (&at.here.visit.control, &at.here.actor);
    Reading::new(control.clone(), actor.clone(), Arc::new(at.tenant.clone()))
        .refused_as(Problem::invalid_range)
}

/// `GET …/figures` `range`, `from`, `to`, `by`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let range = asked.range();
    let (figures, fault) = match in_range(&at, &range).await {
        Ok(figures) => (Some(figures), None),
        Err(problem) if problem.code() == Code::InvalidRange => (None, Some(sentence(problem.detail()))),
        // It is suspended, or on its way.
        Err(_) => (None, None),
    };
    let has_today = figures.as_ref().is_some_and(|figures| figures.is_open);
    Ok(html(&TenantFigures {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Figures),
        range,
        fault,
        figures,
        live: has_today.then(|| at.path("/figures/live")),
        csv: address(&at.path("/figures.csv"), own_query(&range)),
    }))
}

/// What the engine says, without the name that the parameter has there.
pub(super) fn sentence(text: &str) -> String {
    let text = text.rsplit_once("] ").map_or(text, |(_, text)| text);
    text.trim_end_matches('.').to_owned()
}

/// `GET …/figures.csv`: the same as a table.
pub(super) async fn table(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let target = address(analytics::FIGURES, query(&asked.range()));
    let mut response = analytics::table(&reading(&at), &target).await?;
    let name = format!("attachment; filename=\"{}-figures.csv\"", at.tenant.slug);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// `GET …/figures/live`: one message for each change of today's figures; the page then loads itself again.
pub(super) async fn live(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, Stop> {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let told = reading(&at).watch(&format!("{}/live", analytics::FIGURES)).await?;
    let frames = BodyDataStream::new(told.into_body());
    // What they are at the beginning is what the page shows.
    let told = stream::unfold((frames, false), |(mut frames, mut has_begun)| async move {
        loop {
            let frame = frames.next().await?.ok()?;
            if frame.windows(CHANGED.len()).any(|window| window == CHANGED) {
                if has_begun {
                    return Some((Ok(Message::default().data("changed")), (frames, has_begun)));
                }
                has_begun = true;
            }
        }
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}

/// What a message with figures says of itself.
const CHANGED: &[u8] = b"event: figures";

/// The figures of the last thirty days; none while nobody can tell them: it is suspended, or on its way.
pub(super) async fn of(at: &AtTenant) -> Option<FigureSet> {
    in_range(at, &FigureRange { days: Some(USUAL), ..FigureRange::default() }).await.ok()
}

async fn in_range(at: &AtTenant, range: &FigureRange) -> Result<FigureSet, Problem> {
    let reading = reading(at);
    let told = ask(&reading, &query(range)).await?;
    let is_whole = told.granularity == Granularity::Day.key()
        && told.points.last().map(|point| point.from) == Some(told.today);
    let today = match told.points.last() {
        Some(last) if is_whole => last.figures(),
        // How it is now is told whatever was asked for.
        _ => {
            let today = ask(&reading, &[("days", "1".to_owned())]).await?;
            today.points.last().map(Point::figures).ok_or_else(|| Problem::from(Code::EngineAnswer))?
        }
    };
    Ok(told.figures(today, range.granularity))
}

async fn ask(reading: &Reading, query: &[(&'static str, String)]) -> Result<Told, Problem> {
    let target = address(analytics::FIGURES, query.iter().map(|(name, value)| (*name, value.as_str())));
    serde_json::from_slice(&reading.ask(&target).await?).map_err(|_| Problem::from(Code::EngineAnswer))
}

/// What the engine answers, as far as the page shows it.
#[derive(Deserialize)]
struct Told {
    as_of: Timestamp,
    time_zone: String,
    today: Date,
    granularity: String,
    users: i64,
    points: Vec<Point>,
    /// An engine of before does not tell them.
    trends: Option<Beside>,
    /// By methods.
    #[serde(default)]
    provider_names: HashMap<String, String>,
}

/// Figures up to today, each with the one of the period before.
#[derive(Deserialize)]
struct Beside {
    new_users: Compared,
    new_users_7_days: Compared,
    wau: Compared,
    mau: Compared,
}

#[derive(Deserialize)]
struct Compared {
    now: i64,
    before: Option<i64>,
}

impl Compared {
    fn trend(&self) -> Trend {
        Trend { now: self.now, before: self.before }
    }
}

impl Beside {
    fn trends(&self) -> Trends {
        Trends {
            new_users: self.new_users.trend(),
            new_users_7_days: self.new_users_7_days.trend(),
            wau: self.wau.trend(),
            mau: self.mau.trend(),
        }
    }
}

#[derive(Deserialize)]
struct Point {
    from: Date,
    is_finished: bool,
    active_users: i64,
    wau: Option<i64>,
    mau: Option<i64>,
    new_users: i64,
    sign_ins: BTreeMap<String, i64>,
    failures: BTreeMap<String, i64>,
    passkey_funnel: Funnel,
}

#[derive(Deserialize)]
struct Funnel {
    sign_in: Steps,
    creation: Steps,
}

#[derive(Deserialize)]
struct Steps {
    offered: i64,
    #[serde(default)]
    declined: Option<i64>,
    started: i64,
    completed: i64,
    failed: i64,
}

impl Point {
    fn figures(&self) -> FiguresOfDay {
        FiguresOfDay {
            day: self.from,
            dau: self.active_users,
            wau: self.wau,
            mau: self.mau,
            new_users: self.new_users,
            sign_ins: SignIns::by_name(self.sign_ins.iter().map(|(method, count)| (method.as_str(), *count))),
        }
    }
}

impl Told {
    fn figures(mut self, today: FiguresOfDay, granularity: Granularity) -> FigureSet {
        let sign_ins = totals(self.points.iter().map(|point| &point.sign_ins)).into_iter();
        let sign_ins =
            sign_ins.map(|(method, count)| (self.provider_names.remove(&method).unwrap_or(method), count));
        let sign_ins = sign_ins.collect();
        FigureSet {
            as_of: self.as_of,
            time_zone: self.time_zone,
            users: self.users,
            today,
            trends: self.trends.as_ref().map(Beside::trends),
            granularity,
            days: self.points.iter().map(Point::figures).collect(),
            is_open: self.points.last().is_some_and(|point| !point.is_finished),
            sign_ins,
            failures: totals(self.points.iter().map(|point| &point.failures)),
            sign_in: steps(self.points.iter().map(|point| &point.passkey_funnel.sign_in)),
            creation: steps(self.points.iter().map(|point| &point.passkey_funnel.creation)),
        }
    }
}

/// What comes together under each name, the most first.
fn totals<'p>(counts: impl Iterator<Item = &'p BTreeMap<String, i64>>) -> Vec<(String, i64)> {
    let mut totals = BTreeMap::<&str, i64>::new();
    counts.flatten().for_each(|(name, count)| *totals.entry(name).or_default() += count);
    let mut totals: Vec<_> = totals.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    totals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    totals
}

fn steps<'p>(days: impl Iterator<Item = &'p Steps>) -> PasskeySteps {
    days.fold(PasskeySteps::default(), |sum, day| PasskeySteps {
        offered: sum.offered + day.offered,
        declined: day.declined.map(|count| sum.declined.unwrap_or_default() + count),
        started: sum.started + day.started,
        completed: sum.completed + day.completed,
        failed: sum.failed + day.failed,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn days_that_are_named_count_where_no_range_is_that_has_a_name() {
        let range = |range: &str, from: &str, by: &str| {
            let asked = Asked {
                range: range.to_owned(),
                from: from.to_owned(),
                by: by.to_owned(),
                ..Asked::default()
            };
            asked.range()
        };
        let told =
            |range: FigureRange| (range.days, range.from.map(|day| day.to_string()), range.granularity.key());
        assert_eq!(told(range("", "", "")), (Some(30), None, "day"));
        assert_eq!(told(range("90", "2026-01-01", "week")), (Some(90), None, "week"));
        assert_eq!(told(range("own", "2026-01-01", "")), (None, Some("2026-01-01".to_owned()), "day"));
        assert_eq!(told(range("8", "1 January", "year")), (Some(30), None, "day"));
    }

    #[test]
    fn the_page_has_what_came_together_in_all_days() {
        let point = |day: &str, codes: i64| {
            json!({
                "from": day, "to": day, "is_finished": true, "active_users": 3, "wau": 5, "mau": 8,
                "stickiness": null, "new_users": 1, "sign_ins": { "email_otp": codes, "passkey": 4, "google": 1 },
                "failures": { "code.refused: wrong": 1 }, "passkey_share": null, "failed_share": null,
                "passkey_funnel": {
                    "sign_in": { "offered": 5, "started": 4, "completed": 4, "failed": 0 },
                    "creation": { "offered": 2, "declined": 1, "started": 1, "completed": 1, "failed": 0 },
                },
            })
        };
        let told = json!({
            "as_of": "2026-11-26T09:30:00.000Z", "time_zone": "UTC", "today": "2026-11-26", "granularity": "day",
            "users": 9, "points": [point("2026-11-25", 1), point("2026-11-26", 2)], "definitions": {},
            "provider_names": { "google": "Google" },
            "trends": {
                "new_users": { "now": 2, "before": 1 }, "new_users_7_days": { "now": 5, "before": 9 },
                "wau": { "now": 5, "before": 8 }, "mau": { "now": 8, "before": null },
            },
        });
        let told = serde_json::from_value::<Told>(told).unwrap();
        let today = told.points[1].figures();
        let figures = told.figures(today, Granularity::Day);
        let trends = figures.trends.unwrap();
        assert_eq!((trends.new_users_7_days.now, trends.wau.before, trends.mau.before), (5, Some(8), None));
        assert_eq!((figures.today.dau, figures.is_open), (3, false));
        let told = [("passkey", 8), ("email_otp", 3), ("Google", 2)];
        assert_eq!(figures.sign_ins, told.map(|(method, count)| (method.to_owned(), count)));
        assert_eq!(figures.failures, [("code.refused: wrong".to_owned(), 2)]);
        assert_eq!((figures.sign_in.declined, figures.creation.declined), (None, Some(2)));
        assert_eq!((figures.sign_in.offered, figures.creation.completed), (10, 2));
        let of_day = |codes| SignIns { passkey: 4, code: codes, provider: 1, ..SignIns::default() };
        let days: Vec<_> = figures.days.iter().map(|day| day.sign_ins).collect();
        assert_eq!(days, [of_day(1), of_day(2)]);
    }
}
