//! Events as a file, for operators: all that a question finds up to a number of them, streamed page by page. What of people can
//! still be opened is told, as in the list.

use std::collections::HashMap;

use axum::{
    body::Body as ResponseBody,
    extract::RawQuery,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use kiavi_audit::{Body, EventLine, Hash, MOST_EXPORTED, ProvenLine, ProvenLines, SignedCheckpoint};
use kiavi_db::DbError;
use serde_json::{Value, json};

use super::{
    Event, EventType, Method, Outcome, StoredEvent,
    question::{Filters, Page, Question},
    reading::{self, Answer},
    record_alone,
    view::{self, Behind},
};
use crate::{ApiError, Context, State, admin::parameters::Parameters, context::not_found, log};

/// Events that are read at once. The proofs of each may come from a tile of 8 KiB of its own.
const PAGE: i64 = 200;

/// How events are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A table (RFC 4180).
    Csv,
    /// Lines of JSON, each with its proof.
    Ndjson,
}

impl Form {
    const NAMES: [&'static str; 2] = ["csv", "ndjson"];

    fn named(name: &str) -> Self {
        if name == "ndjson" { Self::Ndjson } else { Self::Csv }
    }

    const fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        })
    }
}

/// `GET /audit/events/export?format=csv|ndjson` with the filters of the list: the newest events that fit, which the log tells
/// before anything of it leaves. A file that cannot be read to its end is cut off, which whoever reads it notices.
pub(super) async fn export(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Some(operator) = context.operator().map(|operator| format!("operator:{operator}")) else {
        return Ok(not_found().await);
    };
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let format = query.choice("format", &Form::NAMES, Form::NAMES[0]);
    let filters = Filters::take(&mut query, state.analytics.zone());
    query.finish()?;
    let told = json!({ "format": format, "filters": filters.names() });
    let form = Form::named(format);
    let export = Export::begin(state.clone(), filters, form, MOST_EXPORTED).await?;
    let event = Event { actor: Some(&operator), ..Event::new(EventType::LogExported, Outcome::Success) };
    record_alone(&state, &context, event.using(Method::Management).detail(told)).await?;

    let busy = state.busy.enter();
    let pieces = export.pieces().map(move |piece| {
        // The engine does not end meanwhile.
        let _ = &busy;
        piece
    });
    let mut response = ResponseBody::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, form.media_type());
    Ok(response)
}

/// Where an export is.
pub(super) struct Export {
    state: State,
    form: Form,
    question: Question,
    /// The next page.
    page: Page,
    /// What the proofs lead to, once the log has one.
    checkpoint: Option<SignedCheckpoint>,
    head: Option<Bytes>,
    /// The page that was read before the stream began.
    read: Option<Answer>,
    /// How many events may still be written; none when it is over.
    left: i64,
}

impl Export {
    /// Begins one of `most` events at most. The first page is read here, so that what is told of the export is not in it.
    ///
    /// # Errors
    /// Those of the statements.
    pub(super) async fn begin(
        state: State,
        filters: Filters,
        form: Form,
        most: u64,
    ) -> Result<Self, ApiError> {
        let left = i64::try_from(most).unwrap_or(i64::MAX);
        let page = Page { bounds: filters.bounds(), limit: left.min(PAGE) };
        let question = filters.resolve(&state).await?;
        // Before the places of events: what is sealed later has none under it.
        let checkpoint = log::newest_over(&state.database, 0).await?;
        let read = Some(reading::page(&state.database, &question, &page).await?);
        let head = match form {
            Form::Csv => EventLine::csv_head(),
            Form::Ndjson => ProvenLines::head(checkpoint.as_ref()),
        };
        Ok(Self { state, form, question, page, checkpoint, head: Some(head.into()), read, left })
    }

    /// What it writes, a page at a time as somebody reads it.
    pub(super) fn pieces(self) -> impl Stream<Item = Result<Bytes, DbError>> {
        stream::try_unfold(self, |export| export.next())
    }

    async fn next(mut self) -> Result<Option<(Bytes, Self)>, DbError> {
        if let Some(head) = self.head.take() {
            return Ok(Some((head, self)));
        }
        while self.left > 0 {
            let answer = match self.read.take() {
                Some(read) => read,
                None => reading::page(&self.state.database, &self.question, &self.page).await?,
            };
            self.left -= i64::try_from(answer.events.len()).unwrap_or(i64::MAX);
            match answer.next {
                Some(next) => self.page.bounds.narrow(None, Some(next)),
                None => self.left = 0,
            }
            self.page.limit = self.left.min(PAGE);
            // A page may have no event that fits and yet have a next.
            if !answer.events.is_empty() {
                let lines = self.lines(&answer.events).await?;
                return Ok(Some((Bytes::from(lines), self)));
            }
        }
        Ok(None)
    }

    async fn lines(&self, events: &[StoredEvent]) -> Result<String, DbError> {
        let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
        let places = log::places(&self.state.database, &numbers).await?;
        // One that cannot be read is told as such, and names nobody.
        let bodies: Vec<Body> = events.iter().filter_map(|event| Body::decode(&event.body).ok()).collect();
        let behind = view::behind(&self.state, &bodies).await?;
        let line = |event: &StoredEvent| {
            let index = places.get(&event.seq).copied();
            EventLine::opened(index, &event.body, |id, sealed| {
                let (_, key) = behind.get(&sealed.holder)?;
                sealed.open(key, id).ok()
            })
        };
        let lines = events.iter().map(|event| (event, line(event)));
        if self.form == Form::Csv {
            return Ok(lines.map(|(_, line)| named(line, &behind).to_csv()).collect());
        }
        let proofs = self.proofs(places.values().copied()).await?;
        let proven = |(event, line): (&StoredEvent, EventLine)| {
            let user = |name: &Option<String>| view::known(&behind, name.as_deref()?);
            let ids = [user(&line.actor), user(&line.subject)];
            let proof = line.index.and_then(|index| proofs.get(&index));
            ProvenLine::new(line, ids, &event.body, proof.map(Vec::as_slice)).to_json()
        };
        Ok(lines.map(proven).collect())
    }

    /// The proofs of what is at these places, as far as the checkpoint is over it.
    async fn proofs(&self, places: impl Iterator<Item = u64>) -> Result<HashMap<u64, Vec<Hash>>, DbError> {
        let size = self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.checkpoint().size);
        log::inclusions(&self.state.database, places, size).await
    }
}

/// A line for people: users by their ids, as long as the log knows them.
fn named(mut line: EventLine, behind: &Behind) -> EventLine {
    for name in [&mut line.actor, &mut line.subject].into_iter().flatten() {
        if let Some(user_id) = view::known(behind, name) {
            *name = user_id;
        }
    }
    if let Some(Value::Object(facts)) = &mut line.detail {
        view::name_users(facts, behind);
    }
    line
}
