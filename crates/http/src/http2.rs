//! Serving one connection that another process accepted, by HTTP/2 (RFC 9113).
//!
//! A request reaches the router in the form that it has in HTTP/1.1: a path, and a `Host`. So there is one way to read
//! either, and nothing that a check could overlook in one of them.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, COOKIE, HOST};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::serve::{DRAIN_GRACE, DRAIN_LIMIT, MAX_HEAD_BYTES, MAX_HEADERS};
use crate::{ConnectionInfo, Drain, joined_cookies, requested_host};

/// Requests that a client may have under way on one connection (RFC 9113 §6.5.2 asks for 100 at least).
const MAX_STREAMS: u32 = 100;
/// Streams that a client may have reset before they were looked at, and that it may have had us reset, before the connection
/// is closed: a client that opens streams only to reset them costs work and waits for none (CVE-2023-44487).
const MAX_RESET_BY_CLIENT: usize = 20;
const MAX_RESET_BY_US: usize = 64;
/// Bytes of an answer that wait for a client that does not read, for each stream.
const MAX_WAITING_BYTES: usize = 64 * 1024;
/// How often a client that says nothing is asked whether it is there, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection without a request is kept.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// Serves HTTP/2 on `stream` until the client leaves, it has been idle for a minute, or `drain` starts.
///
/// A connection ends in two steps (RFC 9113 §6.8): the client is told to open no more streams, and the last one that counts
/// is named only when it has heard that. So a request that was on its way is served, on a connection that was just handed
/// over too.
///
/// # Errors
/// When the connection breaks, the client speaks no HTTP/2, or does not end in time.
pub async fn serve_http2_connection<S>(
    stream: S,
    info: ConnectionInfo,
    router: Router,
    mut drain: Drain,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (busy, mut requests) = watch::channel(Requests::default());
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, busy) = (router.clone(), Busy::new(busy.clone()));
        async move { Ok::<_, Infallible>(answer(request, info, router, busy).await) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_pending_accept_reset_streams(MAX_RESET_BY_CLIENT)
        .max_local_error_reset_streams(MAX_RESET_BY_US)
        .max_send_buf_size(MAX_WAITING_BYTES)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        served = connection.as_mut() => return served.map_err(io::Error::other),
        () = drain.started() => {}
        () = idle(&mut requests) => {}
    }
    // A connection that was just handed over brings its first request yet: a client that hears of the end before it has
    // sent one would have to come again.
    let begun = async { requests.wait_for(|requests| requests.have_come).await.is_ok() };
    tokio::select! {
        served = connection.as_mut() => return served.map_err(io::Error::other),
        _ = tokio::time::timeout(DRAIN_GRACE, begun) => {}
    }
    connection.as_mut().graceful_shutdown();
    match tokio::time::timeout(DRAIN_LIMIT, connection).await {
        Ok(served) => served.map_err(io::Error::other),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Resolves when there has been no request for [`IDLE_LIMIT`].
async fn idle(requests: &mut watch::Receiver<Requests>) {
    loop {
        // The sender lives in the connection, which outlives this.
        let _ = requests.wait_for(|requests| requests.under_way == 0).await;
        let more = requests.wait_for(|requests| requests.under_way > 0);
        match tokio::time::timeout(IDLE_LIMIT, more).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// The requests of one connection.
#[derive(Default)]
struct Requests {
    under_way: usize,
    /// Whether there has been any.
    have_come: bool,
}

/// A request that is under way, until this is dropped with its answer's last byte.
struct Busy(watch::Sender<Requests>);

impl Busy {
    fn new(requests: watch::Sender<Requests>) -> Self {
        requests.send_modify(|requests| {
            requests.under_way += 1;
            requests.have_come = true;
        });
        Self(requests)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|requests| requests.under_way -= 1);
    }
}

async fn answer(
    request: Request<Incoming>,
    info: ConnectionInfo,
    router: Router,
    busy: Busy,
) -> Response<Body> {
    let mut request = match as_http1(request.map(Body::new)) {
        Ok(request) => request,
        Err(status) => return status.into_response(),
    };
    request.extensions_mut().insert(info);
    let mut response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // RFC 9113 §8.2.2: what HTTP/1.1 says of a connection has no place here.
    response.headers_mut().remove(CONNECTION);
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _ = &busy;
            frame
        }))
    })
}

/// The request as HTTP/1.1 has it: its target a path (RFC 9112 §3.2.1), the authority in `Host`, cookies on one line, and as many
/// lines as there may be.
fn as_http1(mut request: Request<Body>) -> Result<Request<Body>, StatusCode> {
    // RFC 9113 §8.5: a tunnel. There is none here.
    if request.method() == Method::CONNECT {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    if let Some(authority) = request.uri().authority() {
        // RFC 9113 §8.3.1: a request whose authority and Host differ is malformed.
        let told = HeaderValue::from_str(authority.as_str()).map_err(|_| StatusCode::BAD_REQUEST)?;
        if request.headers().contains_key(HOST) {
            requested_host(request.uri(), request.headers()).ok_or(StatusCode::BAD_REQUEST)?;
        }
        request.headers_mut().insert(HOST, told);
    }
    // RFC 9113 §8.2.3: here each cookie may have a line of its own.
    let cookies = match joined_cookies(request.headers()) {
        Some(Cow::Owned(joined)) => Some(HeaderValue::from_bytes(&joined)),
        Some(Cow::Borrowed(_)) | None => None,
    };
    if let Some(line) = cookies {
        request.headers_mut().insert(COOKIE, line.map_err(|_| StatusCode::BAD_REQUEST)?);
    }
    if request.headers().len() > MAX_HEADERS {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    Ok(request)
}

#[cfg(test)]
mod tests;
