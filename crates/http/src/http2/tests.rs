use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Extension;
use axum::http::HeaderMap;
use axum::routing::{any, get};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2::{SendRequest, handshake};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

use super::*;
use crate::{DrainTrigger, drain};

type Client = SendRequest<Empty<Bytes>>;

/// Tells what it was asked, as the router sees it.
async fn tell(headers: HeaderMap, Extension(info): Extension<ConnectionInfo>, uri: Uri) -> String {
    let hosts: Vec<_> = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap()).collect();
    format!("{} {uri} {hosts:?}", info.sequence)
}

fn serve(router: Router) -> (DuplexStream, JoinHandle<io::Result<()>>, DrainTrigger) {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let info = ConnectionInfo { peer: ([192, 0, 2, 1], 99).into(), sequence: 7 };
    let (trigger, drain) = drain();
    (client, tokio::spawn(serve_http2_connection(server, info, router, drain)), trigger)
}

async fn connected(client: DuplexStream) -> (Client, JoinHandle<hyper::Result<()>>) {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn request(method: &str, uri: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(uri)
}

async fn send(client: &mut Client, request: axum::http::request::Builder) -> (StatusCode, String) {
    client.ready().await.unwrap();
    let response = client.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    let (status, body) = (response.status(), response.into_body().collect().await.unwrap().to_bytes());
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_request_reaches_the_router_as_one_of_http_1_does() {
    let (client, _task, _trigger) = serve(Router::new().fallback(any(tell)));
    let (mut client, _connection) = connected(client).await;
    let asked = send(&mut client, request("GET", "https://shop.example:8443/a?b=c")).await;
    assert_eq!(asked, (StatusCode::OK, "7 /a?b=c [\"shop.example:8443\"]".to_owned()));
    let named_twice = request("GET", "https://shop.example/").header(HOST, "shop.example");
    assert_eq!(send(&mut client, named_twice).await.1, "7 / [\"shop.example\"]");
    let two_names = request("GET", "https://shop.example/").header(HOST, "other.example");
    assert_eq!(send(&mut client, two_names).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn there_is_no_tunnel() {
    let (client, _task, _trigger) = serve(Router::new().fallback(any(tell)));
    let (mut client, _connection) = connected(client).await;
    assert_eq!(send(&mut client, request("CONNECT", "other.example:443")).await.0.as_u16(), 405);
}

#[tokio::test]
async fn a_connection_that_is_handed_over_while_draining_has_its_request_served() {
    let (client, task, trigger) = serve(Router::new().fallback(any(tell)));
    trigger.start();
    tokio::task::yield_now().await;
    let (mut client, connection) = connected(client).await;
    assert_eq!(send(&mut client, request("GET", "https://shop.example/")).await.0, StatusCode::OK);
    assert!(connection.await.unwrap().is_ok(), "the connection ends well");
    // The client may be gone before it has read everything.
    let _ = task.await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_under_way_when_the_drain_starts_is_answered() {
    let (begun, released) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (at, until) = (begun.clone(), released.clone());
    let slow = get(move || async move {
        at.notify_one();
        until.notified().await;
        "done"
    });
    let (client, task, trigger) = serve(Router::new().route("/", slow));
    let (mut client, _connection) = connected(client).await;
    let asking =
        tokio::spawn(async move { send(&mut client, request("GET", "https://shop.example/")).await });
    begun.notified().await;
    trigger.start();
    tokio::task::yield_now().await;
    released.notify_one();
    assert_eq!(asking.await.unwrap(), (StatusCode::OK, "done".to_owned()));
    // The client may be gone before it has read everything.
    let _ = task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_and_so_is_one_that_never_begins() {
    let (client, task, _trigger) = serve(Router::new().fallback(any(tell)));
    let (mut client, connection) = connected(client).await;
    assert_eq!(send(&mut client, request("GET", "https://shop.example/")).await.0, StatusCode::OK);
    // The client may be gone before it has read everything.
    let _ = task.await.unwrap();
    assert!(connection.await.unwrap().is_ok());

    let (mut silent, task, _trigger) = serve(Router::new());
    assert!(task.await.unwrap().is_err());
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).await.unwrap();
}

/// RFC 9113 §4.1: length, type, flags, stream.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn a_client_that_opens_streams_only_to_reset_them_is_cut_off() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    let (mut client, task, _trigger) = serve(Router::new().fallback(move || async move {
        count.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<()>().await;
    }));
    // HEADERS and RST_STREAM, over and over.
    let mut bytes = preface();
    for number in 0..2_000u32 {
        bytes.extend(frame(1, 5, 2 * number + 1, REQUEST));
        bytes.extend(frame(3, 0, 2 * number + 1, &[0, 0, 0, 8]));
    }
    let flood = tokio::spawn(async move {
        let _ = client.write_all(&bytes).await;
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
        rest
    });
    assert!(task.await.unwrap().is_err(), "the connection is broken off");
    let rest = flood.await.unwrap();
    // RFC 9113 §7: the last frame is GOAWAY with ENHANCE_YOUR_CALM.
    assert!(rest.windows(4).any(|code| code == [0, 0, 0, 11]), "{rest:?}");
    assert!(served.load(Ordering::Relaxed) < 200, "{served:?} of 2000 were served");
}

/// A request for `/` that is all in one frame (RFC 7541: GET, https, /, and an authority).
const REQUEST: &[u8] = b"\x82\x87\x84\x41\x01a";

/// RFC 9113 §3.4, and that the server's settings are agreed to (§6.5.3).
fn preface() -> Vec<u8> {
    [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(4, 0, 0, b""), &frame(4, 1, 0, b"")].concat()
}

/// Reads the next frame of this kind: its stream and its payload.
async fn next_frame(client: &mut DuplexStream, kind: u8) -> (u32, Vec<u8>) {
    loop {
        let mut head = [0; 9];
        client.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        client.read_exact(&mut payload).await.unwrap();
        if head[3] == kind {
            return (u32::from_be_bytes(head[5..].try_into().unwrap()), payload);
        }
    }
}

#[tokio::test]
async fn a_client_has_so_many_requests_under_way_and_no_more() {
    let begun = Arc::new(tokio::sync::Semaphore::new(0));
    let at = begun.clone();
    let (mut client, _task, _trigger) = serve(Router::new().fallback(move || async move {
        at.add_permits(1);
        std::future::pending::<()>().await;
    }));
    let numbers = (0..MAX_STREAMS + 10).map(|number| 2 * number + 1);
    let requests: Vec<_> = numbers.clone().flat_map(|stream| frame(1, 5, stream, REQUEST)).collect();
    client.write_all(&[preface(), requests].concat()).await.unwrap();
    for refused in numbers.skip(MAX_STREAMS as usize) {
        // RFC 9113 §6.4: RST_STREAM, with REFUSED_STREAM.
        assert_eq!(next_frame(&mut client, 3).await, (refused, vec![0, 0, 0, 7]));
    }
    begun.acquire_many(MAX_STREAMS).await.unwrap().forget();
    assert_eq!(begun.available_permits(), 0);
}

#[tokio::test]
async fn a_head_that_is_too_large_or_has_no_end_is_refused() {
    let (client, _task, _trigger) = serve(Router::new().fallback(any(tell)));
    let (mut client, _connection) = connected(client).await;
    let large = "a".repeat(MAX_HEAD_BYTES);
    let asked = send(&mut client, request("GET", "https://shop.example/").header("x", large)).await;
    assert_eq!(asked.0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(send(&mut client, request("GET", "https://shop.example/")).await.0, StatusCode::OK);

    // HEADERS without END_HEADERS, and CONTINUATION without end (RFC 9113 §6.10, CVE-2024-27316).
    let (mut client, task, _trigger) = serve(Router::new().fallback(any(tell)));
    let endless: Vec<_> = (0..10_000).flat_map(|_| frame(9, 0, 1, b"\x00\x01x\x01y")).collect();
    let bytes = [preface(), frame(1, 1, 1, REQUEST), endless].concat();
    let flood = tokio::spawn(async move {
        let _ = client.write_all(&bytes).await;
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
    });
    assert!(task.await.unwrap().is_err(), "the connection is broken off");
    flood.await.unwrap();
}

#[tokio::test]
async fn a_head_has_as_many_lines_as_in_http_1_and_cookies_are_one_of_them() {
    let cookies = |headers: HeaderMap| async move {
        let lines: Vec<_> = headers.get_all(COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        lines.join("|")
    };
    let (client, _task, _trigger) = serve(Router::new().fallback(any(cookies)));
    let (mut client, _connection) = connected(client).await;
    let with = |lines: usize| {
        let crumbs = (0..100)
            .fold(request("GET", "https://shop.example/"), |it, n| it.header(COOKIE, format!("c{n}={n}")));
        (0..lines).fold(crumbs, |it, n| it.header(format!("x-{n}"), "a"))
    };
    // Host and Cookie are lines, too.
    let (status, text) = send(&mut client, with(MAX_HEADERS - 2)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.starts_with("c0=0; c1=1; ") && text.ends_with("; c99=99") && !text.contains('|'), "{text}");
    let refused = send(&mut client, with(MAX_HEADERS - 1)).await;
    assert_eq!(refused.0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}
