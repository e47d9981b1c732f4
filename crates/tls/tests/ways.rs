//! Connections as the gateway hands them over, on real sockets, of each kind.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests do

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::routing::get;
use http_body_util::BodyExt;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kiavi_base::SystemClock;
use kiavi_crypto::{SystemRng, TicketKeys, Zeroizing};
use kiavi_http::{DrainTrigger, drain, on_hosts};
use kiavi_ipc::certificate::{Certificate, Certificates, Challenge};
use kiavi_ipc::door::{HandedOver, ListenerKind};
use kiavi_tls::{TlsServer, Ways};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

const HOST: &str = "shop.example";

/// A destination that serves one host.
struct Destination {
    address: SocketAddr,
    root: CertificateDer<'static>,
    _drain: DrainTrigger,
}

async fn destination(kind: ListenerKind) -> Destination {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()]).unwrap();
    let certificate = Certificate {
        names: vec![HOST.parse().unwrap()],
        chain: vec![cert.der().to_vec()],
        key: Zeroizing::new(signing_key.serialize_der()),
    };
    let challenge = Challenge::Http01 { token: "a".to_owned(), key_authorization: "a.b".to_owned() };
    let certificates = Certificates { certificates: vec![certificate], challenges: vec![challenge] };
    let rng = Arc::new(SystemRng);
    let tls = TlsServer::new(TicketKeys::random(&*rng), Arc::new(SystemClock), rng);
    tls.announce(certificates.seal().unwrap().fd());
    let router = on_hosts(Router::new().route("/", get(|| async { "served" })), |host| host == HOST);
    let ways = Ways::new(router, Arc::new(tls), |host| host == HOST, true);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, drain) = drain();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let connection = HandedOver { peer, kind, sequence: 1, stream };
            tokio::spawn(ways.clone().serve(connection, drain.clone()));
        }
    });
    Destination { address, root: cert.der().clone(), _drain: trigger }
}

impl Destination {
    async fn plain(&self) -> http1::SendRequest<Body> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// A connection whose certificate was verified, with what was agreed to be spoken on it.
    async fn secure(&self, alpn: &[&str]) -> (tokio_rustls::client::TlsStream<TcpStream>, Option<Vec<u8>>) {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(default_provider().into());
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        (stream, agreed)
    }
}

struct Answer {
    status: StatusCode,
    location: Option<String>,
    is_closing: bool,
    body: String,
}

async fn read(response: axum::http::Response<hyper::body::Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let text = |name| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (location, connection) = (text(header::LOCATION), text(header::CONNECTION));
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: head.status, location, is_closing: connection.as_deref() == Some("close"), body }
}

async fn over_http1(sender: &mut http1::SendRequest<Body>, path: &str, host: &str) -> Answer {
    let request = Request::builder().uri(path).header(header::HOST, host).body(Body::empty()).unwrap();
    sender.ready().await.unwrap();
    read(sender.send_request(request).await.unwrap()).await
}

async fn over_http2(sender: &mut http2::SendRequest<Body>, uri: &str) -> Answer {
    let request = Request::builder().method(Method::GET).uri(uri).body(Body::empty()).unwrap();
    sender.ready().await.unwrap();
    read(sender.send_request(request).await.unwrap()).await
}

#[tokio::test]
async fn by_tls_http_2_is_served_and_another_host_is_not() {
    let destination = destination(ListenerKind::Tls).await;
    let (stream, agreed) = destination.secure(&["h2", "http/1.1"]).await;
    assert_eq!(agreed.as_deref(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = over_http2(&mut sender, "https://shop.example/").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "served"));
    let foreign = over_http2(&mut sender, "https://other.example/").await;
    assert_eq!(foreign.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(over_http2(&mut sender, "https://shop.example/").await.status, StatusCode::OK, "it goes on");
}

#[tokio::test]
async fn by_tls_http_1_is_served_and_the_connection_is_kept() {
    let destination = destination(ListenerKind::Tls).await;
    let (stream, agreed) = destination.secure(&["http/1.1"]).await;
    assert_eq!(agreed.as_deref(), Some(&b"http/1.1"[..]));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let answer = over_http1(&mut sender, "/", HOST).await;
        assert_eq!((answer.body.as_str(), answer.is_closing), ("served", false));
    }
    let foreign = over_http1(&mut sender, "/", "other.example").await;
    assert!(foreign.status == StatusCode::MISDIRECTED_REQUEST && foreign.is_closing);
}

#[tokio::test]
async fn where_browsers_come_in_plain_nothing_is_served_but_the_way_to_https() {
    let destination = destination(ListenerKind::Redirect).await;
    let mut sender = destination.plain().await;
    let answer = over_http1(&mut sender, "/sign-in?a=b", "shop.example:80").await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.location.as_deref(), Some("https://shop.example/sign-in?a=b"));
    let challenge = over_http1(&mut sender, "/.well-known/acme-challenge/a", HOST).await;
    assert_eq!((challenge.status, challenge.body.as_str()), (StatusCode::OK, "a.b"));
    assert_eq!(over_http1(&mut sender, "/", "other.example").await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_reverse_proxy_is_served_in_plain_and_keeps_no_connection() {
    let destination = destination(ListenerKind::Plain).await;
    let answer = over_http1(&mut destination.plain().await, "/", HOST).await;
    assert_eq!((answer.body.as_str(), answer.is_closing), ("served", true));
    let challenge = over_http1(&mut destination.plain().await, "/.well-known/acme-challenge/a", HOST).await;
    assert_eq!(challenge.body, "a.b");
}
