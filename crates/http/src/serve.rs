//! Serving one connection that another process accepted, by HTTP/1.1. HTTP/2 is in [`crate::http2`].

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, header::CONNECTION},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tower::ServiceExt;

/// How long a client may take to send one request's headers; also how long an idle connection is kept.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Header lines of one request.
pub(crate) const MAX_HEADERS: usize = 64;
/// Bytes of one request's head.
pub(crate) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// While draining: how long a connection without a request may still bring one.
pub(crate) const DRAIN_GRACE: Duration = Duration::from_millis(500);
/// While draining: how long a request in flight may take.
pub(crate) const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// What the accepting process knows of a connection. Every request carries it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The other end of the TCP connection.
    pub peer: SocketAddr,
    /// The number the accepting process gave it.
    pub sequence: u64,
}

/// Tells connections to finish. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Drain(watch::Receiver<bool>);

/// The other end of a [`Drain`].
#[derive(Debug)]
pub struct DrainTrigger(watch::Sender<bool>);

/// A trigger and the signal it sends.
pub fn drain() -> (DrainTrigger, Drain) {
    let (sender, receiver) = watch::channel(false);
    (DrainTrigger(sender), Drain(receiver))
}

impl DrainTrigger {
    /// Asks every connection to end after the request it is on.
    pub fn start(&self) {
        self.0.send_replace(true);
    }
}

impl Drain {
    /// Whether draining has started.
    pub fn has_started(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when draining starts. Never, if the trigger is dropped without starting.
    pub async fn started(&mut self) {
        if self.0.wait_for(|started| *started).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Serves HTTP/1.1 on `stream` until the client leaves, a limit is hit, or `drain` starts.
///
/// When draining, answers carry `Connection: close` first; only a connection that brings no request within a
/// short grace is closed from our side. A connection that was just handed over, whose first request still lies
/// in the socket, is therefore served and not cut off.
///
/// # Errors
/// When the connection breaks or the client speaks no HTTP.
pub async fn serve_connection<S>(
    stream: S,
    info: ConnectionInfo,
    router: Router,
    mut drain: Drain,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let signal = drain.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let signal = signal.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(info);
            let mut response = router.oneshot(request).await?;
            if signal.has_started() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_READ_TIMEOUT)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        served = connection.as_mut() => return served.map_err(io::Error::other),
        () = drain.started() => {}
    }
    if let Ok(served) = tokio::time::timeout(DRAIN_GRACE, connection.as_mut()).await {
        return served.map_err(io::Error::other);
    }
    connection.as_mut().graceful_shutdown();
    match tokio::time::timeout(DRAIN_LIMIT, connection).await {
        Ok(served) => served.map_err(io::Error::other),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// The same, but every answer closes its connection. For reverse proxies: they keep connections for whichever request
/// comes next, and who serves one tenant must not be asked for another.
pub fn closing(router: Router) -> Router {
    router.layer(axum::middleware::map_response(async |mut response: axum::response::Response| {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Extension, routing::get};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn serve(drain: Drain) -> (DuplexStream, tokio::task::JoinHandle<io::Result<()>>) {
        let (client, server) = tokio::io::duplex(4096);
        let info = ConnectionInfo { peer: ([192, 0, 2, 1], 99).into(), sequence: 7 };
        let answer = |Extension(info): Extension<ConnectionInfo>| async move { format!("{}", info.sequence) };
        let router = Router::new().route("/", get(answer));
        (client, tokio::spawn(serve_connection(server, info, router, drain)))
    }

    #[tokio::test]
    async fn a_request_knows_its_connection_and_the_connection_is_kept() {
        let (_trigger, drain) = drain();
        let (mut client, _task) = serve(drain);
        for _ in 0..2 {
            client.write_all(REQUEST).await.unwrap();
            let mut buffer = [0; 1024];
            let length = client.read(&mut buffer).await.unwrap();
            let answer = std::str::from_utf8(&buffer[..length]).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with('7'), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_connection_handed_over_while_draining_is_served_and_told_to_close() {
        let (trigger, drain) = drain();
        trigger.start();
        let (mut client, task) = serve(drain);
        client.write_all(REQUEST).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
        task.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends_with_the_drain() {
        let (trigger, drain) = drain();
        let (mut client, task) = serve(drain);
        client.write_all(REQUEST).await.unwrap();
        let mut buffer = [0; 1024];
        assert!(client.read(&mut buffer).await.unwrap() > 0);
        trigger.start();
        assert_eq!(client.read(&mut buffer).await.unwrap(), 0);
        task.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_finishes_its_headers_is_dropped() {
        let (_trigger, drain) = drain();
        let (mut client, task) = serve(drain);
        client.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
        assert!(task.await.unwrap().is_err());
    }
}
