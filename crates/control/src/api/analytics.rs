//! A tenant's figures, for operators: asked of its engine, which counts them from the tenant's log.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jiff::civil::Date;
use kiavi_audit::csv_row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{Problem, code::Code, input::Asked, progress::ProgressEvent, reading::Reading};

/// Where the engine has them.
pub(super) const FIGURES: &str = "/api/auth/analytics";
/// Characters of a day, `2026-11-26`.
const DAY_LENGTH: usize = 10;

/// Which figures.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Range {
    /// The first day; 29 days before the last, if it is not named.
    #[param(format = Date, max_length = 10, example = "2026-11-01")]
    from: Option<String>,
    /// The last day; today, if it is not named or is yet to come. A range has at most 400 days.
    #[param(format = Date, max_length = 10, example = "2026-11-26")]
    to: Option<String>,
    /// How many days up to the last, in place of the first one.
    #[param(minimum = 1, maximum = 400, example = 7)]
    days: Option<u16>,
    /// Into which periods the range is cut, which is widened to whole ones: days, weeks that begin on Monday, or months.
    /// Days, if nothing is said.
    #[param(inline)]
    granularity: Option<Granularity>,
}

/// How long a period is.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Granularity {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
}

/// A tenant's figures.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct Figures {
    /// By which clock days begin and end now.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// When it was counted.
    #[schema(format = DateTime, example = "2026-11-26T09:30:00.000Z")]
    as_of: String,
    /// The day that it is there.
    #[schema(format = Date, example = "2026-11-26")]
    today: String,
    /// How long a period is.
    #[schema(inline)]
    granularity: Granularity,
    /// Users that there are now.
    #[schema(example = 1204)]
    users: i64,
    /// One for each period, the earliest first.
    points: Vec<FiguresOfPeriod>,
    /// What there is up to today, whatever the range is, beside the period before.
    trends: Trends,
    /// What to call the methods of `sign_ins` that are providers, as buttons do.
    #[schema(example = json!({ "google": "Google" }))]
    provider_names: BTreeMap<String, String>,
    /// What each figure means, by its name.
    definitions: BTreeMap<String, String>,
}

/// Figures up to today, each beside that of the period before.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct Trends {
    /// `new_users` of today and of the day before.
    new_users: Trend,
    /// `new_users` of the 7 days up to and including today and of the 7 days before.
    new_users_7_days: Trend,
    /// `wau` of today and of 7 days before.
    wau: Trend,
    /// `mau` of today and of 30 days before.
    mau: Trend,
}

/// A figure beside that of the period before.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct Trend {
    /// Of the period up to and including today.
    #[schema(example = 46)]
    now: i64,
    /// Of the period before; null where nothing was counted yet on the first of its days.
    #[schema(example = 34)]
    before: Option<i64>,
}

/// The figures of a period.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct FiguresOfPeriod {
    /// Its first day.
    #[schema(format = Date, example = "2026-11-26")]
    from: String,
    /// Its last day.
    #[schema(format = Date, example = "2026-11-26")]
    to: String,
    /// Whether all of it is over.
    is_finished: bool,
    /// People who signed in, or used a session or a token of one, at least once in the period; each counts once. Requests
    /// by API key and by somebody who acts as a user do not count.
    #[schema(example = 310)]
    active_users: i64,
    /// Of days: people who were active on at least one of the 7 days up to and including this one.
    #[schema(example = 702)]
    wau: Option<i64>,
    /// Of days: people who were active on at least one of the 30 days up to and including this one.
    #[schema(example = 1011)]
    mau: Option<i64>,
    /// Of days: active users of the day divided by mau; null without any.
    #[schema(example = 0.3066)]
    stickiness: Option<f64>,
    /// Users who came into being. Users who were imported do not count.
    #[schema(example = 12)]
    new_users: i64,
    /// Sign-ins that gave a session, by method.
    #[schema(example = json!({ "passkey": 201, "email_otp": 44 }))]
    sign_ins: BTreeMap<String, i64>,
    /// Sign-ins that were refused, by the event that tells it and its reason. What a limit or a captcha stopped does not
    /// count.
    #[schema(example = json!({ "code.refused: wrong": 9 }))]
    failures: BTreeMap<String, i64>,
    /// Sign-ins by passkey divided by all sign-ins; null without any.
    #[schema(example = 0.8204)]
    passkey_share: Option<f64>,
    /// Failures divided by sign-ins and failures; null without any.
    #[schema(example = 0.0354)]
    failed_share: Option<f64>,
    /// What becomes of passkeys.
    passkey_funnel: PasskeyFunnel,
}

/// What becomes of passkeys: how often they were offered, asked for, and used.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct PasskeyFunnel {
    /// Of signing in.
    sign_in: SignInFunnel,
    /// Of making one.
    creation: CreationFunnel,
}

/// Sign-ins by passkey, from the offer on.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct SignInFunnel {
    /// Hosted sign-in pages that were shown.
    #[schema(example = 520)]
    offered: i64,
    /// Challenges that were asked for. A page with suggestions in its address field asks by itself.
    #[schema(example = 498)]
    started: i64,
    /// Sign-ins by passkey. Whoever cancels in their browser has only started.
    #[schema(example = 201)]
    completed: i64,
    /// Answers that were refused.
    #[schema(example = 3)]
    failed: i64,
}

/// Passkeys that are made, from the offer on.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct CreationFunnel {
    /// Hosted pages with the offer that were shown.
    #[schema(example = 44)]
    offered: i64,
    /// Not now, somebody said there.
    #[schema(example = 12)]
    declined: i64,
    /// Challenges that were asked for.
    #[schema(example = 31)]
    started: i64,
    /// Passkeys that were made.
    #[schema(example = 29)]
    completed: i64,
    /// Answers that were refused.
    #[schema(example = 1)]
    failed: i64,
}

/// How far the counting anew is.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct Recount {
    /// `none` since the engine started, `running`, `done` or `failed`.
    #[schema(example = "running")]
    state: String,
    /// How many numbers of events have been looked at.
    #[schema(example = 2000)]
    counted: i64,
    /// How many there were when it began.
    #[schema(example = 51822)]
    of: i64,
}

/// Read a tenant's figures
///
/// Active and new users, sign-ins by method and refused ones by cause, from one day to another, in whole periods: exact,
/// counted from the tenant's log up to now. Days are those of the tenant's time zone, its setting `analytics.time_zone`.
#[utoipa::path(get, path = "/tenants/{tenant}/analytics", tag = "Analytics",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Range), responses(
    (status = 200, description = "The figures", body = Figures),
))]
pub(super) async fn show(reading: Reading, Asked(range): Asked<Range>) -> Result<Response, Problem> {
    let figures = reading.refused_as(Problem::invalid_range).ask(&range.target()?).await?;
    Ok(json(StatusCode::OK, figures))
}

/// Export a tenant's figures
///
/// The same as a table (RFC 4180), a line for each period: columns for what every tenant has, then one for each way of signing
/// in and for each cause of a failure that there was.
#[utoipa::path(get, path = "/tenants/{tenant}/analytics/export", tag = "Analytics",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Range), responses(
    (status = 200, description = "The table", content_type = "text/csv", body = String),
))]
pub(super) async fn export(reading: Reading, Asked(range): Asked<Range>) -> Result<Response, Problem> {
    table(&reading.refused_as(Problem::invalid_range), &range.target()?).await
}

/// The figures at a path and query of the engine as a table.
pub(super) async fn table(reading: &Reading, target: &str) -> Result<Response, Problem> {
    let figures = reading.ask(target).await?;
    let figures: Value = serde_json::from_slice(&figures).map_err(|_| Problem::from(Code::EngineAnswer))?;
    let media_type = (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(([media_type], csv(&figures)).into_response())
}

/// Watch a tenant's figures of today
///
/// Server-sent events: `figures` with those of the day that it is, as one period; once at the beginning and then whenever one
/// of them has changed, at most once a second, and within two seconds. Without `definitions`. The day that follows is told
/// when it begins. `failed` when they cannot be read, which ends it.
#[utoipa::path(get, path = "/tenants/{tenant}/analytics/live", tag = "Analytics",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The events", content_type = "text/event-stream", body = ProgressEvent),
))]
pub(super) async fn live(reading: Reading) -> Result<Response, Problem> {
    reading.watch(&format!("{FIGURES}/live")).await
}

/// Look how far counting anew is
///
/// A tenant's engine forgets it when it is replaced.
#[utoipa::path(get, path = "/tenants/{tenant}/analytics/rebuild", tag = "Analytics",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "How far it is", body = Recount),
))]
pub(super) async fn how_far(reading: Reading) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, reading.ask(&format!("{FIGURES}/rebuild")).await?))
}

/// Count a tenant's figures anew
///
/// From the first event of the log on, in the background. Until it is done the figures are those of before; what comes of it
/// is the same, unless somebody changed them by hand.
#[utoipa::path(post, path = "/tenants/{tenant}/analytics/rebuild", tag = "Analytics",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 202, description = "It has begun, or is under way already", body = Recount),
))]
pub(super) async fn count_anew(reading: Reading) -> Result<Response, Problem> {
    if let Some(attempt) = &reading.actor.attempt {
        // What it changes is in the engine's database, so the key is claimed before.
        attempt.claim(&reading.control.parts().database).await?;
    }
    Ok(json(StatusCode::ACCEPTED, reading.begin(&format!("{FIGURES}/rebuild")).await?))
}

impl Range {
    /// Path and query of the engine's route.
    fn target(&self) -> Result<String, Problem> {
        let mut query =
            url::form_urlencoded::Serializer::for_suffix(format!("{FIGURES}?"), FIGURES.len() + 1);
        for (name, day) in [("from", &self.from), ("to", &self.to)] {
            query.extend_pairs(day.as_deref().map(|text| checked(name, text)).transpose()?);
        }
        if let Some(days) = self.days {
            query.append_pair("days", &days.to_string());
        }
        if let Some(granularity) = self.granularity {
            query.append_pair("granularity", granularity.name());
        }
        Ok(query.finish())
    }
}

/// A day as the engine reads it: written in the one way that days are.
fn checked<'t>(name: &'static str, text: &'t str) -> Result<(&'static str, &'t str), Problem> {
    match text.parse::<Date>() {
        Ok(_) if text.len() == DAY_LENGTH => Ok((name, text)),
        _ => Err(Problem::invalid_query(format!("`{name}` is a day such as 2026-11-26."))),
    }
}

impl Granularity {
    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// Columns that every table has, by the names of the figures.
const COLUMNS: [&str; 10] = [
    "from",
    "to",
    "is_finished",
    "active_users",
    "wau",
    "mau",
    "stickiness",
    "new_users",
    "passkey_share",
    "failed_share",
];
/// What is counted by names that not every tenant has.
const GROUPS: [&str; 2] = ["sign_ins", "failures"];
/// What becomes of passkeys.
const FUNNELS: [(&str, &[&str]); 2] = [
    ("sign_in", &["offered", "started", "completed", "failed"]),
    ("creation", &["offered", "declined", "started", "completed", "failed"]),
];

/// A table of the figures, a line for each period.
fn csv(figures: &Value) -> String {
    let points = figures["points"].as_array().map_or(&[][..], Vec::as_slice);
    let names = GROUPS.map(|group| {
        let names = points.iter().filter_map(|point| point[group].as_object()).flat_map(Map::keys);
        (group, names.collect::<BTreeSet<_>>())
    });
    let mut head: Vec<String> = COLUMNS.map(str::to_owned).into();
    head.extend(
        names.iter().flat_map(|(group, names)| names.iter().map(move |name| format!("{group}: {name}"))),
    );
    head.extend(
        FUNNELS
            .iter()
            .flat_map(|(funnel, steps)| steps.iter().map(move |step| format!("passkey_{funnel}: {step}"))),
    );
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let row = |point: &Value| {
        let mut row: Vec<String> = COLUMNS.map(|column| cell(&point[column])).into();
        let counted = |value: &Value| if value.is_null() { "0".to_owned() } else { cell(value) };
        row.extend(names.iter().flat_map(|(group, names)| {
            let counts = &point[*group];
            names.iter().map(move |name| counted(&counts[name.as_str()]))
        }));
        row.extend(FUNNELS.iter().flat_map(|(funnel, steps)| {
            let counts = &point["passkey_funnel"][*funnel];
            steps.iter().map(move |step| counted(&counts[*step]))
        }));
        csv_row(row)
    };
    std::iter::once(csv_row(head.clone())).chain(points.iter().map(row)).collect()
}

/// JSON that is written already.
fn json(status: StatusCode, body: Bytes) -> Response {
    let media_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [media_type], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_whatever_there_was_on_any_day() {
        let point = |day: &str, by: &str| {
            serde_json::json!({
                "from": day, "to": day, "is_finished": true, "active_users": 3, "wau": 5, "mau": 8, "stickiness": 0.375,
                "new_users": 1, "sign_ins": { by: 2 }, "failures": {}, "passkey_share": null, "failed_share": 0.0,
                "passkey_funnel": {
                    "sign_in": { "offered": 4, "started": 4, "completed": 2, "failed": 0 },
                    "creation": { "offered": 1, "declined": 0, "started": 1, "completed": 1, "failed": 0 },
                },
            })
        };
        let told =
            serde_json::json!({ "points": [point("2026-11-25", "passkey"), point("2026-11-26", "=cmd()")] });
        let table = csv(&told);
        let lines: Vec<_> = table.split("\r\n").collect();
        assert!(
            lines[0].contains(
                r#""failed_share","sign_ins: =cmd()","sign_ins: passkey","passkey_sign_in: offered""#
            )
        );
        assert_eq!(
            lines[1],
            r#""2026-11-25","2026-11-25","true","3","5","8","0.375","1","","0.0","0","2","4","4","2","0","1","0","1","1","0""#
        );
        assert_eq!((lines.len(), lines[3]), (4, ""));
    }

    #[test]
    fn a_day_is_written_in_one_way() {
        for text in ["2026-11-26", "2024-02-29", "0001-01-01"] {
            assert!(checked("from", text).is_ok(), "{text}");
        }
        for text in ["", "today", "20261126", "2026-11-31", "2026-11-26T00:00", "+002026-11-26", "2026-1-1  "]
        {
            assert!(checked("from", text).is_err(), "{text}");
        }
    }
}
