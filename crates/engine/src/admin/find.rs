//! Users as operators look for them: by several things at once, with what one wants to see of each in a list. Better Auth has
//! no such route; to anybody else it is not there.

use axum::{extract::RawQuery, response::Response};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kiavi_db::{Database, DbError, Row, Sql, ToSql};
use serde::Serialize;

use super::{
    access::{Caller, LIST_USERS},
    found::{ALL, METHODS, Statements, statements_for},
    parameters::Parameters,
    wire,
};
use crate::{
    ApiError, Context, State,
    audit::{EventType, Outcome},
    context::not_found,
    social::provider_name_of,
    user::User,
};

/// Users of a page that asks for no other number, and of any.
const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 1_000;
/// The most that are counted of those who fit a search: to count them all, PostgreSQL has to look at everybody. How many there
/// are at all, an index knows.
const COUNTED: i64 = 1_000;
/// The most of those who were there on some days that are looked at before all are: as many as are counted, and some for those
/// who are forgotten since.
const NEAR: i64 = COUNTED + COUNTED / 4;
/// Characters of a text that is looked for: those of the longest address (RFC 5321 §4.5.3.1).
const MAX_TEXT: usize = 254;
/// Characters of a day, `2026-11-26`.
const DAY_LENGTH: usize = 10;

/// Who is looked for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Search {
    /// A LIKE pattern, and whether it is for names.
    text: Option<(String, bool)>,
    standing: &'static str,
    method: &'static str,
    created_from: Option<Timestamp>,
    created_before: Option<Timestamp>,
    seen: (Option<Date>, Option<Date>),
    /// These only.
    ids: Option<Vec<String>>,
}

impl Search {
    /// Reads it out of a query that may have more.
    pub(super) fn read(query: &mut Parameters<'_>) -> Self {
        let is_name = query.choice("field", &["email", "name"], "email") == "name";
        let text = query.one("text").filter(|text| !text.trim().is_empty());
        if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
            query.issue("text", "Too long: expected at most 254 characters");
        }
        // PostgreSQL's text cannot hold a NUL.
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            query.issue("text", "Invalid string");
        }
        let ids = query.all("id").map(|ids| ids.into_iter().filter(|id| !id.contains('\0')).collect());
        let (created_from, created_to) = (day(query, "created_from"), day(query, "created_to"));
        let begins = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
        Self {
            text: text.map(|text| (format!("%{}%", literal(text.trim())), is_name)),
            standing: query.choice("standing", &[ALL, "active", "suspended"], ALL),
            method: query.choice("method", &METHODS, ALL),
            created_from: created_from.and_then(begins),
            created_before: created_to.and_then(|day| begins(day.tomorrow().ok()?)),
            seen: (day(query, "seen_from"), day(query, "seen_to")),
            ids,
        }
    }
}

impl Search {
    /// Whether everybody fits.
    fn is_of_all(&self) -> bool {
        let Self { text, standing, method, created_from, created_before, seen, ids } = self;
        let has_no_text = text.is_none() && ids.is_none();
        let has_no_day = created_from.is_none() && created_before.is_none() && *seen == (None, None);
        has_no_text && has_no_day && *standing == ALL && *method == ALL
    }

    fn statements(&self) -> &'static Statements {
        statements_for(self.method, self.seen != (None, None))
    }
}

/// A day as it is written in one way.
fn day(query: &mut Parameters<'_>, name: &str) -> Option<Date> {
    let text = query.one(name).filter(|text| !text.is_empty())?;
    let day = text.parse().ok().filter(|_| text.len() == DAY_LENGTH);
    if day.is_none() {
        query.issue(name, "Invalid day: expected one such as 2026-11-26");
    }
    day
}

/// A text that means itself in a pattern of LIKE.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// A user as a list shows them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    #[serde(flatten)]
    pub(super) user: User,
    /// The last day on which they were there, by the tenant's clock.
    pub(super) last_seen: Option<Date>,
    /// How many passkeys they have.
    pub(super) passkeys: i64,
    /// The providers that they have accounts at.
    pub(super) providers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    users: Vec<Found>,
    /// How many fit; where some are looked for, at most [`COUNTED`].
    total: i64,
    /// Whether these are all who fit.
    total_is_exact: bool,
}

/// `GET /admin/find-users`.
pub(super) async fn find_users(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let search = Search::read(&mut query);
    let limit = number(&mut query, "limit").unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let offset = number(&mut query, "offset").unwrap_or(0);
    query.finish()?;
    let caller = Caller::with(LIST_USERS, &state, &context).await?;
    let page = async {
        let (users, counted) =
            tokio::try_join!(page(&state, &search, None, limit, offset), count(&state.database, &search))?;
        let (total, total_is_exact) = counted;
        Ok::<_, DbError>(Page { users, total, total_is_exact })
    };
    let page = page.await?;
    caller.note_look(&state, &context, EventType::UsersListed, None, Outcome::Success).await?;
    wire::json(&page)
}

fn number(query: &mut Parameters<'_>, name: &str) -> Option<i64> {
    let text = query.one(name)?;
    let number = text.parse().ok().filter(|number| (0..=1_000_000_000).contains(number));
    if number.is_none() {
        query.issue(name, "Invalid number");
    }
    number
}

/// Where a page begins: after this time and id.
pub(super) type After<'a> = Option<(Timestamp, &'a str)>;

/// A page of those who fit, the newest first.
pub(super) async fn page(
    state: &State,
    search: &Search,
    after: After<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Found>, DbError> {
    let (at, id) = after.unzip();
    let (text, is_name) = search.text.as_ref().map(|(text, is_name)| (text, *is_name)).unzip();
    let Search { standing, created_from, created_before, seen, ids, .. } = search;
    let values: [&(dyn ToSql + Sync); 12] = [
        &text,
        &is_name,
        standing,
        created_from,
        created_before,
        ids,
        &seen.0,
        &seen.1,
        &at,
        &id,
        &limit,
        &offset,
    ];
    let rows = state.database.query(&search.statements().find, &values).await?;
    rows.iter().map(|row| found(state, row)).collect()
}

/// How many fit, and whether these are all.
async fn count(database: &Database, search: &Search) -> Result<(i64, bool), DbError> {
    let (text, is_name) = search.text.as_ref().map(|(text, is_name)| (text, *is_name)).unzip();
    let Search { standing, created_from, created_before, seen, ids, .. } = search;
    let ask = async |sql: &Sql, most: Option<i64>| {
        let values: [&(dyn ToSql + Sync); 9] =
            [&text, &is_name, standing, created_from, created_before, ids, &seen.0, &seen.1, &most];
        database.query_one(sql, &values).await
    };
    let told = |counted: i64, is_all: bool| match counted {
        0..=COUNTED => (counted, is_all),
        _ => (COUNTED, false),
    };
    if let Some(near) = &search.statements().near {
        let row = ask(near, Some(NEAR)).await?;
        let (there, fitting): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if there < NEAR || fitting > COUNTED {
            return Ok(told(fitting, there < NEAR));
        }
    }
    let most = (!search.is_of_all()).then_some(COUNTED + 1);
    let counted = ask(&search.statements().count, most).await?.try_get(0)?;
    Ok(if most.is_some() { told(counted, true) } else { (counted, true) })
}

fn found(state: &State, row: &Row) -> Result<Found, DbError> {
    let providers: Vec<String> = row.try_get(User::WIDTH + 2)?;
    Ok(Found {
        user: User::from_row(row, 0)?,
        last_seen: row.try_get(User::WIDTH)?,
        passkeys: row.try_get(User::WIDTH + 1)?,
        providers: providers.iter().map(|id| provider_name_of(&state.settings.social, id)).collect(),
    })
}
