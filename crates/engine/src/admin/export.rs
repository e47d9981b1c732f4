//! Users as a table that spreadsheets open, for operators: those of a selection or of a search, streamed page by page.

use axum::{
    body::Body,
    extract::RawQuery,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use kiavi_audit::csv_row;
use kiavi_db::DbError;

use super::{
    access::{Caller, LIST_USERS},
    find::{self, Found, Search},
    parameters::Parameters,
};
use crate::{
    ApiError, Context, State,
    audit::{EventType, Outcome},
    context::not_found,
};

/// Users that are read at once.
const PAGE: i64 = 500;
/// The names of the columns.
const COLUMNS: [&str; 12] = [
    "id",
    "email",
    "email_verified",
    "name",
    "role",
    "created_at",
    "last_seen",
    "passkeys",
    "providers",
    "suspended",
    "suspended_until",
    "suspension_reason",
];

/// `GET /admin/export-users`: the table, which tells in the log that it was asked for before anything of it leaves. One that
/// cannot be read to its end is cut off, which whoever reads it notices.
pub(super) async fn export_users(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let search = Search::read(&mut query);
    query.finish()?;
    let caller = Caller::with(LIST_USERS, &state, &context).await?;
    caller.note_look(&state, &context, EventType::UsersExported, None, Outcome::Success).await?;
    let busy = state.busy.enter();
    let head = Bytes::from(csv_row(COLUMNS.map(str::to_owned)));
    let begin = Reading { state, search, after: None, head: Some(head), is_over: false };
    let pieces = stream::try_unfold(begin, |reading| reading.next());
    let pieces = futures_util::StreamExt::map(pieces, move |piece| {
        // The engine does not end meanwhile.
        let _ = &busy;
        piece
    });
    let mut response = Body::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(response)
}

/// Where an export is.
struct Reading {
    state: State,
    search: Search,
    after: Option<(Timestamp, String)>,
    head: Option<Bytes>,
    is_over: bool,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, DbError> {
        if let Some(head) = self.head.take() {
            return Ok(Some((head, self)));
        }
        if self.is_over {
            return Ok(None);
        }
        let after = self.after.as_ref().map(|(at, id)| (*at, id.as_str()));
        let users = find::page(&self.state, &self.search, after, PAGE, 0).await?;
        let Some(last) = users.last() else { return Ok(None) };
        self.after = Some((last.user.created_at, last.user.id.clone()));
        self.is_over = i64::try_from(users.len()).is_ok_and(|count| count < PAGE);
        let now = self.state.clock.now();
        let rows: String = users.iter().map(|found| row(found, now)).collect();
        Ok(Some((Bytes::from(rows), self)))
    }
}

fn row(found: &Found, now: Timestamp) -> String {
    let Found { user, last_seen, passkeys, providers } = found;
    let word = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let time = |at: Timestamp| format!("{at:.3}");
    let is_suspended = user.banned == Some(true) && user.ban_expires.is_none_or(|until| until > now);
    let of_ban = |text: Option<String>| text.filter(|_| is_suspended).unwrap_or_default();
    csv_row([
        user.id.clone(),
        user.email.clone(),
        word(user.email_verified),
        user.name.clone(),
        user.role.clone().unwrap_or_default(),
        time(user.created_at),
        last_seen.map(|day| day.to_string()).unwrap_or_default(),
        passkeys.to_string(),
        providers.join(" "),
        word(is_suspended),
        of_ban(user.ban_expires.map(time)),
        of_ban(user.ban_reason.clone()),
    ])
}
