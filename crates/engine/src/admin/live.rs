//! Who is signed in now, of all users, for operators. Better Auth has no such route; to anybody else it is not there.

use std::net::IpAddr;

use axum::{extract::RawQuery, response::Response};
use jiff::Timestamp;
use kiavi_db::{DbError, Row, Sql};
use serde::Serialize;

use super::{
    access::{Caller, LIST_SESSIONS},
    parameters::Parameters,
    wire,
};
use crate::{
    ApiError, Context, State,
    audit::{EventType, Outcome},
    context::not_found,
    iso_milliseconds,
};

/// Sessions on a page, when nothing is said and at most.
const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// Before a session, the newest first; of an address, from an IP address, where these are given. There is no index for this
/// order: an operator's look may cost what a sign-in must not pay for. Whose they are is looked up for those of the page only.
pub(super) const LIVE_SESSIONS: Sql = Sql::new(
    "ADMIN_LIVE_SESSIONS",
    r#"SELECT s.id, u.id, u.name, u.email, s."userAgent", s."ipAddress", s."createdAt", s."updatedAt",
         s."impersonatedBy" IS NOT NULL
       FROM (SELECT s.id, s."userId", s."userAgent", s."ipAddress", s."createdAt", s."updatedAt", s."impersonatedBy"
             FROM public.session s
             WHERE s."expiresAt" > now()
               AND ($1::text IS NULL OR s."userId" = (SELECT id FROM public."user" WHERE email = lower($1)))
               AND ($2::text IS NULL OR s."ipAddress" = $2)
               AND ($3::timestamptz IS NULL OR (s."createdAt", s.id) < ($3, $4))
             ORDER BY s."createdAt" DESC, s.id DESC LIMIT $5) AS s
       JOIN public."user" u ON u.id = s."userId"
       ORDER BY s."createdAt" DESC, s.id DESC"#,
);

/// A session and whose it is. No token is among it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LiveSession {
    id: String,
    user_id: String,
    name: String,
    email: String,
    user_agent: Option<String>,
    ip_address: Option<String>,
    /// Where that is today.
    country: Option<String>,
    network: Option<String>,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    updated_at: Timestamp,
    /// Whether somebody else acts as the user in it.
    is_acting: bool,
}

#[derive(Serialize)]
struct Page {
    sessions: Vec<LiveSession>,
    /// The `before` of the page after this one.
    next: Option<String>,
}

/// What is asked for.
struct Wanted {
    email: Option<String>,
    ip: Option<String>,
    before: Option<(Timestamp, String)>,
    limit: i64,
}

impl Wanted {
    fn read(query: &str) -> Result<Self, ApiError> {
        let mut query = Parameters::parse(query);
        let (email, ip) = (query.one("email"), query.one("ip"));
        let before = query.one("before");
        let limit = query.one("limit").map(|text| text.parse::<i64>());
        let position = before.as_deref().and_then(position);
        if before.is_some() && position.is_none() {
            query.issue("before", "Invalid input: expected the next of another page");
        }
        if matches!(limit, Some(Err(_))) {
            query.issue("limit", "Invalid input: expected int");
        }
        if ip.as_ref().is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
            query.issue("ip", "Invalid input: expected an IP address");
        }
        if email.as_ref().is_some_and(|email| email.contains('\0')) {
            query.issue("email", "Invalid input: expected an e-mail address");
        }
        query.finish()?;
        let limit = limit.and_then(Result::ok).unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        Ok(Self { email, ip, before: position, limit })
    }
}

/// A place in the list: when a session began, in microseconds, and its id.
fn position(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('.')?;
    let is_id =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_id.then_some(())?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, id.to_owned()))
}

/// `GET /admin/view-sessions?email&ip&before&limit`: who is signed in, those who came last first.
pub(super) async fn view_sessions(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let wanted = Wanted::read(query.as_deref().unwrap_or_default())?;
    let caller = Caller::with(LIST_SESSIONS, &state, &context).await?;
    let sessions = list(&state, &wanted).await?;
    caller.note_look(&state, &context, EventType::SessionsListed, None, Outcome::Success).await?;
    let is_full = i64::try_from(sessions.len()).is_ok_and(|count| count == wanted.limit);
    let next = sessions.last().filter(|_| is_full);
    let next = next.map(|last| format!("{}.{}", last.created_at.as_microsecond(), last.id));
    wire::json(&Page { sessions, next })
}

async fn list(state: &State, wanted: &Wanted) -> Result<Vec<LiveSession>, DbError> {
    let Wanted { email, ip, before, limit } = wanted;
    let (at, id) = before.as_ref().map(|(at, id)| (at, id.as_str())).unzip();
    let rows = state.database.query(&LIVE_SESSIONS, &[email, ip, &at, &id, limit]).await?;
    rows.iter().map(|row| session(state, row)).collect()
}

fn session(state: &State, row: &Row) -> Result<LiveSession, DbError> {
    let ip_address: Option<String> = row.try_get(5)?;
    let place = state.places.of_text(ip_address.as_deref());
    Ok(LiveSession {
        country: place.country.map(|country| country.to_string()),
        network: place.network.map(|network| network.to_string()),
        id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        name: row.try_get(2)?,
        email: row.try_get(3)?,
        user_agent: row.try_get(4)?,
        ip_address,
        created_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        is_acting: row.try_get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_a_moment_and_an_id() {
        let (at, id) = position("1764172800000001.aB3-_").unwrap();
        assert_eq!((at.as_microsecond(), id.as_str()), (1_764_172_800_000_001, "aB3-_"));
        for wrong in ["", ".", "1.", ".a", "x.a", "1.a b", "1.a\0", "99999999999999999999.a"] {
            assert!(position(wrong).is_none(), "{wrong:?}");
        }
    }
}
