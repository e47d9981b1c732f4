//! Users as operators look for them: by several things at once, with what one wants to see of each in a list. Better Auth has
//! no such route; to anybody else it is not there.

use axum::{extract::RawQuery, response::Response};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kiavi_db::{Database, DbError, Row, Sql, ToSql};
use serde::Serialize;

use super::{
    access::{Caller, LIST_USERS},
    parameters::Parameters,
    wire,
};
use crate::{
    ApiError, Context, State,
    audit::{EventType, Outcome},
    context::not_found,
    social::provider_name_of,
    user::{User, user_columns},
};

/// Users of a page that asks for no other number, and of any.
const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 1_000;
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
        let (created_from, created_to) = (day(query, "created_from"), day(query, "created_to"));
        let begins = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
        Self {
            text: text.map(|text| (format!("%{}%", literal(text.trim())), is_name)),
            standing: query.choice("standing", &["all", "active", "suspended"], "all"),
            method: query.choice("method", &["all", "passkey", "account", "code"], "all"),
            created_from: created_from.and_then(begins),
            created_before: created_to.and_then(|day| begins(day.tomorrow().ok()?)),
            seen: (day(query, "seen_from"), day(query, "seen_to")),
            ids: query.all("id"),
        }
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
struct Page {
    users: Vec<Found>,
    total: i64,
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
        let (users, total) =
            tokio::try_join!(page(&state, &search, None, limit, offset), count(&state.database, &search))?;
        Ok::<_, DbError>(Page { users, total })
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

pub(super) const STATEMENTS: &[&Sql] = &[&FIND, &COUNT];

// The parameters decide everything; PostgreSQL plans with their values, so what is not asked for costs nothing.
macro_rules! found {
    () => {
        r#" FROM public."user" u WHERE
             ($1::text IS NULL OR CASE WHEN $2::boolean THEN u.name ILIKE $1 ELSE u.email LIKE lower($1) END)
             AND CASE $3::text
               WHEN 'active' THEN u.banned IS NOT TRUE OR u."banExpires" <= now()
               WHEN 'suspended' THEN u.banned AND (u."banExpires" IS NULL OR u."banExpires" > now())
               ELSE true END
             AND CASE $4::text
               WHEN 'passkey' THEN EXISTS (SELECT FROM public.passkey p WHERE p."userId" = u.id)
               WHEN 'account' THEN EXISTS (
                 SELECT FROM public.account a WHERE a."userId" = u.id AND a."providerId" <> 'credential')
               WHEN 'code' THEN NOT EXISTS (SELECT FROM public.passkey p WHERE p."userId" = u.id) AND NOT EXISTS (
                 SELECT FROM public.account a WHERE a."userId" = u.id AND a."providerId" <> 'credential')
               ELSE true END
             AND ($5::timestamptz IS NULL OR u."createdAt" >= $5)
             AND ($6::timestamptz IS NULL OR u."createdAt" < $6)
             AND ($7::date IS NULL AND $8::date IS NULL OR u.id IN (
               SELECT s.user_id FROM kiavi.activity_last l JOIN kiavi.audit_subject s ON s.id = l.subject
               WHERE l.day BETWEEN coalesce($7, '-infinity') AND coalesce($8, 'infinity')))
             AND ($9::text[] IS NULL OR u.id = ANY ($9))"#
    };
}

/// `$10` and `$11` are the last of the page before, `$12` how many and `$13` how many to leave out. Who is on the page is
/// found first, so that what is left out costs no more than an index.
const FIND: Sql = Sql::new(
    "ADMIN_FIND_USERS",
    concat!(
        "SELECT ",
        user_columns!(),
        r#", l.day, (SELECT count(*) FROM public.passkey p WHERE p."userId" = u.id),
             ARRAY(SELECT DISTINCT a."providerId" FROM public.account a
                   WHERE a."userId" = u.id AND a."providerId" <> 'credential' ORDER BY 1)
           FROM (SELECT u.id"#,
        found!(),
        r#" AND ($10::timestamptz IS NULL OR (u."createdAt", u.id) < ($10, $11::text))
            ORDER BY u."createdAt" DESC, u.id DESC LIMIT $12 OFFSET $13) AS page
           JOIN public."user" u ON u.id = page.id
           LEFT JOIN kiavi.audit_subject s ON s.user_id = u.id
           LEFT JOIN kiavi.activity_last l ON l.subject = s.id
           ORDER BY u."createdAt" DESC, u.id DESC"#
    ),
);

const COUNT: Sql = Sql::new("ADMIN_COUNT_FOUND", concat!("SELECT count(*)", found!()));

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
    let Search { standing, method, created_from, created_before, seen, ids, .. } = search;
    let values: [&(dyn ToSql + Sync); 13] = [
        &text,
        &is_name,
        standing,
        method,
        created_from,
        created_before,
        &seen.0,
        &seen.1,
        ids,
        &at,
        &id,
        &limit,
        &offset,
    ];
    let rows = state.database.query(&FIND, &values).await?;
    rows.iter().map(|row| found(state, row)).collect()
}

async fn count(database: &Database, search: &Search) -> Result<i64, DbError> {
    let (text, is_name) = search.text.as_ref().map(|(text, is_name)| (text, *is_name)).unzip();
    let Search { standing, method, created_from, created_before, seen, ids, .. } = search;
    let values: [&(dyn ToSql + Sync); 9] =
        [&text, &is_name, standing, method, created_from, created_before, &seen.0, &seen.1, ids];
    Ok(database.query_one(&COUNT, &values).await?.try_get(0)?)
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
