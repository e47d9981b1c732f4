//! The development mailbox in a browser (`/`), as JSON (`/messages?to=ADDRESS`) and live (`/events`).

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use kiavi_base::{Clock, Locale};
use kiavi_http::{json_response, set_api_headers, set_page_headers};
use kiavi_pages::{ASSET_PATH, Frame, Mailbox as MailboxPage, MailboxMessage, NotFound, Page};
use serde::Deserialize;

use crate::mailbox::Mailbox;

#[derive(Clone)]
struct Shared {
    mailbox: Arc<Mailbox>,
    clock: Arc<dyn Clock>,
}

/// The pages of one mailbox.
pub(crate) fn router(mailbox: Arc<Mailbox>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/messages", get(messages))
        .route("/events", get(events))
        .route(&format!("{ASSET_PATH}{{*path}}"), get(asset))
        .fallback(not_found)
        .with_state(Shared { mailbox, clock })
}

fn frame(headers: &HeaderMap, path: &str) -> Frame {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Frame::ours(Locale::negotiate(accepted.unwrap_or_default()), path.to_owned())
}

async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let messages = shared.mailbox.mails(None).into_iter();
    let messages = messages
        .map(|mail| MailboxMessage {
            to: mail.to,
            subject: mail.subject,
            text: mail.text,
            at: mail.received_at,
        })
        .collect();
    let page = MailboxPage {
        frame: frame(&headers, "/"),
        messages,
        events: "/events".to_owned(),
        now: shared.clock.now(),
    };
    with_page_headers(Html(page.html()).into_response())
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn messages(State(shared): State<Shared>, Query(filter): Query<Filter>) -> Response {
    let mails = shared.mailbox.mails(filter.to.as_deref());
    let mut response = match serde_json::to_vec(&mails) {
        Ok(json) => json_response(StatusCode::OK, json),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    set_api_headers(response.headers_mut(), false);
    response
}

async fn events(State(shared): State<Shared>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watch = shared.mailbox.watch();
    let events = stream::unfold(watch, |mut watch| async move {
        watch.changed().await.ok()?;
        Some((Ok(Event::default().data("mail")), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn asset(Path(path): Path<String>) -> Response {
    let Some(asset) = kiavi_pages::asset(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(Body::from(asset.bytes.into_owned()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    set_api_headers(headers, false);
    response
}

async fn not_found(uri: Uri, headers: HeaderMap) -> Response {
    let page = NotFound { frame: frame(&headers, uri.path()) };
    with_page_headers((StatusCode::NOT_FOUND, Html(page.html())).into_response())
}

fn with_page_headers(mut response: Response) -> Response {
    set_page_headers(response.headers_mut(), false);
    response
}
