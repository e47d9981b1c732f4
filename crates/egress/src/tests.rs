//! The client against servers of this machine: what leaves, what comes back, and what is refused.

mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use kiavi_base::ManualClock;
use kiavi_ipc::SealedDocument;
use kiavi_ipc::egress::{Refusal, Target, join_certificates};
use tokio::net::TcpStream;
use tokio::time::Instant;

use self::server::{Authority, Server};
use crate::pool::{IDLE, PER_HOST};
use crate::{Client, DELIVERY_BODY, Dial, EgressError, EgressHost, HttpClient};

/// Connects everything that is asked for to one port of this machine, or to nothing.
struct Local {
    port: Result<u16, Refusal>,
    roots: Vec<Vec<u8>>,
    dialled: AtomicU32,
}

impl Local {
    fn new(port: Result<u16, Refusal>) -> Arc<Self> {
        Arc::new(Self { port, roots: Vec::new(), dialled: AtomicU32::new(0) })
    }

    fn dialled(&self) -> u32 {
        self.dialled.load(Ordering::Relaxed)
    }
}

impl Dial for Local {
    fn dial<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<TcpStream, Refusal>> {
        self.dialled.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let port = self.port?;
            TcpStream::connect(("127.0.0.1", port)).await.map_err(|_| Refusal::Unreachable)
        })
    }

    fn roots(&self) -> Option<(u64, SealedDocument)> {
        Some((1, SealedDocument::seal(&join_certificates(self.roots.iter().map(Vec::as_slice))).unwrap()))
    }
}

/// Whom a client knows.
#[derive(Default)]
struct Known {
    hosts: Vec<EgressHost>,
    extra_roots: Vec<String>,
}

fn listing(hosts: &[&str]) -> Known {
    Known { hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(), ..Known::default() }
}

fn client(dial: &Arc<Local>, known: Known) -> Client {
    let clock = Arc::new(ManualClock::new("2026-11-24T12:00:00Z".parse().unwrap()));
    Client::new(known.hosts, known.extra_roots, dial.clone(), clock)
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

/// Asks for `https://idp.test/` a server that answers with `answer`.
async fn asked(answer: &'static [u8]) -> Result<Response<Bytes>, EgressError> {
    let authority = Authority::new();
    let server = Server::secure(authority.server("idp.test"), answer).await;
    let known = Known { extra_roots: vec![authority.pem()], ..listing(&["idp.test:443"]) };
    client(&Local::new(Ok(server.port)), known).send(get("https://idp.test/")).await
}

#[tokio::test]
async fn a_request_leaves_as_it_should_and_its_answer_comes_back() {
    let authority = Authority::new();
    let answer = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let mut server = Server::secure(authority.server("idp.test"), answer).await;
    let known = Known { extra_roots: vec![authority.pem()], ..listing(&["idp.test:8443"]) };
    let client = client(&Local::new(Ok(server.port)), known);
    let request = Request::post("https://idp.test:8443/token?a=b")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from_static(b"grant_type=authorization_code"))
        .unwrap();
    let response = client.send(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.body(), "{}");
    let seen = server.seen().await;
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next().unwrap(), "POST /token?a=b HTTP/1.1");
    let mut headers: Vec<_> = lines.collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "content-length: 29",
            "content-type: application/x-www-form-urlencoded",
            "host: idp.test:8443",
            "user-agent: kiavi",
        ]
    );
    assert_eq!(body, "grant_type=authorization_code");
}

#[tokio::test]
async fn the_systems_authorities_are_believed() {
    let authority = Authority::new();
    let server = Server::secure(authority.server("idp.test"), server::OK).await;
    let roots = vec![authority.der(), b"not a certificate".to_vec()];
    let dial = Arc::new(Local { port: Ok(server.port), roots, dialled: AtomicU32::new(0) });
    let client = client(&dial, listing(&["idp.test:443"]));
    for _ in 0..2 {
        assert_eq!(client.send(get("https://idp.test/")).await.unwrap().body(), "ok");
    }
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for certificate in
        [stranger.server("idp.test"), authority.server("other.test"), authority.expired_server("idp.test")]
    {
        let mut server = Server::secure(certificate, server::OK).await;
        let known = Known { extra_roots: vec![authority.pem()], ..listing(&["idp.test:443"]) };
        let client = client(&Local::new(Ok(server.port)), known);
        assert_eq!(client.send(get("https://idp.test/")).await.unwrap_err(), EgressError::Protocol);
        assert_eq!(server.seen().await, "");
    }
}

#[tokio::test]
async fn what_is_not_listed_is_refused_before_anything_is_asked() {
    let dial = Local::new(Err(Refusal::Unreachable));
    let client = client(&dial, listing(&["idp.test:443"]));
    for url in [
        "https://idp.test:8443/",
        "https://other.test/",
        "https://idp.test.other.test/",
        "https://sub.idp.test/",
        "http://idp.test/",
        "http://idp.test:443/",
        "https://user@idp.test/",
        "https://user:password@idp.test/",
        "https://idp.test@other.test/",
        "ftp://idp.test:443/",
        "/path",
        "idp.test:443",
    ] {
        assert_eq!(client.send(get(url)).await.unwrap_err(), EgressError::Refused, "{url}");
    }
    assert_eq!(dial.dialled(), 0);
    assert_eq!(client.send(get("https://IDP.test:443/")).await.unwrap_err(), EgressError::Unreachable);
    assert_eq!(dial.dialled(), 1);
}

#[tokio::test]
async fn a_server_that_is_listed_without_tls_is_spoken_to_without() {
    let server = Server::plain(server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://127.0.0.1:9000"]));
    assert_eq!(client.send(get("http://127.0.0.1:9000/")).await.unwrap().body(), "ok");
    assert_eq!(client.send(get("https://127.0.0.1:9000/")).await.unwrap_err(), EgressError::Refused);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let response =
        asked(b"HTTP/1.1 302 Found\r\nlocation: https://other.test/\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(response.unwrap().headers()["location"], "https://other.test/");
}

#[tokio::test]
async fn an_answer_is_at_most_one_mebibyte() {
    let announced = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n").await;
    assert_eq!(announced.unwrap_err(), EgressError::TooLarge);
    let answer = |size: usize| {
        let mut all = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        all.resize(all.len() + size, b'x');
        &*all.leak()
    };
    assert_eq!(asked(answer(1024 * 1024)).await.unwrap().body().len(), 1024 * 1024);
    assert_eq!(asked(answer(1024 * 1024 + 1)).await.unwrap_err(), EgressError::TooLarge);
}

#[tokio::test]
async fn what_is_not_http_is_an_error_of_its_own() {
    assert_eq!(asked(b"SSH-2.0-server\r\n\r\n").await.unwrap_err(), EgressError::Protocol);
    let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'x'; 100_000]].concat().leak();
    assert_eq!(asked(endless).await.unwrap_err(), EgressError::Protocol);
    assert_eq!(asked(b"").await.unwrap_err(), EgressError::Unreachable);
    let cut = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!").await;
    assert_eq!(cut.unwrap_err(), EgressError::Unreachable);
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_five_seconds() {
    let server = Server::silent().await;
    let client = client(&Local::new(Ok(server.port)), listing(&["idp.test:443"]));
    let began = Instant::now();
    assert_eq!(client.send(get("https://idp.test/")).await.unwrap_err(), EgressError::Deadline);
    assert_eq!(began.elapsed(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_is_unwell_is_left_alone() {
    let server = Server::plain(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    for _ in 0..5 {
        let response = client.send(get("http://idp.test/")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(client.send(get("http://idp.test/")).await.unwrap_err(), EgressError::Unreachable);
    assert_eq!(dial.dialled(), 5);
}

fn notice(url: &str) -> Request<Bytes> {
    Request::post(url).body(Bytes::from_static(b"event")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_delivery_has_fifteen_seconds() {
    let server = Server::silent().await;
    let client = client(&Local::new(Ok(server.port)), listing(&["idp.test:443"]));
    let began = Instant::now();
    assert_eq!(client.deliver(notice("https://idp.test/")).await.unwrap_err(), EgressError::Deadline);
    assert_eq!(began.elapsed(), Duration::from_secs(15));
}

#[tokio::test]
async fn of_the_answer_to_a_delivery_the_beginning_is_read_however_it_goes_on() {
    let long = [b"HTTP/1.1 202 Accepted\r\ncontent-length: 3000000\r\n\r\n".as_slice(), &vec![b'x'; 4_000]];
    let short = b"HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nfive!".as_slice();
    for (answer, length) in [(&*long.concat().leak(), DELIVERY_BODY), (short, 5)] {
        let server = Server::plain(answer).await;
        let client = client(&Local::new(Ok(server.port)), listing(&["http://idp.test:80"]));
        let response = client.deliver(notice("http://idp.test/")).await.unwrap();
        assert_eq!((response.status(), response.body().len()), (StatusCode::ACCEPTED, length));
        assert_eq!(client.waiting(), 0);
    }
}

#[tokio::test]
async fn deliveries_share_connections_and_are_repeated_on_a_new_one() {
    let server = Server::patient(None, server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    for _ in 0..3 {
        assert_eq!(client.deliver(notice("http://idp.test/")).await.unwrap().body(), "ok");
    }
    assert_eq!((dial.dialled(), client.waiting()), (1, 1));
    let server = Server::hasty(server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = self::client(&dial, listing(&["http://idp.test:80"]));
    for _ in 0..2 {
        assert_eq!(client.deliver(notice("http://idp.test/")).await.unwrap().body(), "ok");
    }
    assert_eq!(dial.dialled(), 2);
}

#[tokio::test]
async fn a_server_that_takes_no_deliveries_is_still_one_to_sign_in_with() {
    let server = Server::plain(b"HTTP/1.1 500 Error\r\ncontent-length: 0\r\n\r\n").await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    for _ in 0..6 {
        let response = client.deliver(notice("http://idp.test/")).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert!(client.send(get("http://idp.test/")).await.is_ok(), "no circuit is open");
    assert_eq!(client.deliver(notice("https://other.test/")).await.unwrap_err(), EgressError::Refused);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let authority = Authority::new();
    let server = Server::patient(Some(authority.server("idp.test")), server::OK).await;
    let known = Known { extra_roots: vec![authority.pem()], ..listing(&["idp.test:443", "b.test:443"]) };
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, known);
    for _ in 0..5 {
        let post = Request::post("https://idp.test/").body(Bytes::from_static(b"a")).unwrap();
        assert_eq!(client.send(post).await.unwrap().body(), "ok");
        assert_eq!(client.send(get("https://idp.test/")).await.unwrap().body(), "ok");
    }
    assert_eq!((dial.dialled(), client.waiting()), (1, 1));
    assert!(client.send(get("https://b.test/")).await.is_err(), "it is this server's only, by name");
    assert_eq!(dial.dialled(), 2);
}

#[tokio::test]
async fn a_crowd_has_connections_of_their_own_and_a_few_of_them_wait() {
    let server = Server::patient(None, server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    let crowd = (0..20).map(|_| client.send(get("http://idp.test/")));
    assert!(futures_util::future::join_all(crowd).await.into_iter().all(|answer| answer.is_ok()));
    assert_eq!((dial.dialled(), client.waiting()), (20, PER_HOST));
}

#[tokio::test]
async fn a_connection_waits_for_seconds() {
    let server = Server::patient(None, server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    client.send(get("http://idp.test/")).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(IDLE / 2).await;
    assert_eq!(client.waiting(), 1);
    tokio::time::advance(IDLE).await;
    while client.waiting() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_that_has_closed_is_not_asked_and_what_was_sent_is_not_sent_twice() {
    // Closes as soon as the next request comes.
    let mut server = Server::hasty(server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    let post = || Request::post("http://idp.test/").body(Bytes::from_static(b"code")).unwrap();
    client.send(post()).await.unwrap();
    assert_eq!(client.send(post()).await.unwrap_err(), EgressError::Unreachable, "it may have been heard");
    assert_eq!(dial.dialled(), 1);
    client.send(post()).await.unwrap();
    assert_eq!(client.send(get("http://idp.test/")).await.unwrap().body(), "ok", "what changes nothing is");
    assert_eq!(dial.dialled(), 3);
    for method in ["POST", "POST", "POST", "GET", "GET"] {
        assert!(server.seen().await.starts_with(method), "{method}");
    }
    // And one that closes by itself, like all the others here, is noticed.
    let server = Server::plain(server::OK).await;
    let dial = Local::new(Ok(server.port));
    let client = self::client(&dial, listing(&["http://idp.test:80"]));
    for _ in 0..3 {
        client.send(post()).await.unwrap();
        while client.waiting() > 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(dial.dialled(), 3);
}

#[tokio::test]
async fn what_follows_an_answer_unasked_ends_the_connection() {
    let server =
        Server::patient(None, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n").await;
    let dial = Local::new(Ok(server.port));
    let client = client(&dial, listing(&["http://idp.test:80"]));
    for _ in 0..3 {
        assert_eq!(client.send(get("http://idp.test/")).await.unwrap().body(), "ok");
    }
    assert_eq!(dial.dialled(), 3);
}

#[tokio::test]
async fn only_failures_of_the_server_count() {
    for (refusal, error, counts) in [
        (Refusal::NotAllowed, EgressError::Refused, false),
        (Refusal::PrivateAddress, EgressError::Refused, false),
        (Refusal::Busy, EgressError::Unreachable, false),
        (Refusal::Unreachable, EgressError::Unreachable, true),
        (Refusal::Deadline, EgressError::Deadline, true),
    ] {
        let dial = Local::new(Err(refusal));
        let client = client(&dial, listing(&["idp.test:443"]));
        for _ in 0..5 {
            assert_eq!(client.send(get("https://idp.test/")).await.unwrap_err(), error);
        }
        assert!(client.send(get("https://idp.test/")).await.is_err());
        assert_eq!(dial.dialled(), if counts { 5 } else { 6 }, "{refusal:?}");
    }
}

#[test]
fn a_server_is_listed_as_host_and_port_or_as_an_origin() {
    for (text, written) in [
        ("idp.test:443", "idp.test:443"),
        ("https://idp.test", "idp.test:443"),
        ("https://idp.test:8443/", "idp.test:8443"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://idp.test", "http://idp.test:80"),
        ("https://[::1]:9000", "[::1]:9000"),
    ] {
        let host: EgressHost = text.parse().unwrap();
        assert_eq!(host.to_string(), written);
        assert_eq!(host.to_string().parse::<EgressHost>().unwrap(), host);
    }
    for text in ["idp.test", "https://idp.test/path", "https://user@idp.test", "ftp://idp.test:21", "*:443"] {
        assert!(text.parse::<EgressHost>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn what_is_poured_has_been_read_when_it_is_said_to_be() {
    let authority = Authority::new();
    let mut server = Server::listening(authority.server("siem.test")).await;
    let known = Known { extra_roots: vec![authority.pem()], ..listing(&["siem.test:6514"]) };
    let client = client(&Local::new(Ok(server.port)), known);
    let siem = "siem.test:6514".parse().unwrap();
    let much = "a line of some length\n".repeat(50_000);
    client.pour(&siem, Bytes::from(much.clone())).await.unwrap();
    assert_eq!(server.seen().await, much);
    for other in ["siem.test:6515", "http://siem.test:6514"] {
        let other = other.parse().unwrap();
        assert_eq!(client.pour(&other, Bytes::new()).await.unwrap_err(), EgressError::Refused, "not listed");
    }
}

#[tokio::test]
async fn nothing_is_poured_to_a_server_that_cannot_prove_who_it_is() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for certificate in [stranger.server("siem.test"), authority.server("other.test")] {
        let mut server = Server::listening(certificate).await;
        let known = Known { extra_roots: vec![authority.pem()], ..listing(&["siem.test:6514"]) };
        let client = client(&Local::new(Ok(server.port)), known);
        let siem = "siem.test:6514".parse().unwrap();
        assert_eq!(client.pour(&siem, Bytes::from_static(b"x")).await.unwrap_err(), EgressError::Protocol);
        assert_eq!(server.seen().await, "");
    }
}
