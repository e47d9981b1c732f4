//! The engine's own process, locked down and sealed, speaks TLS with browsers. The test is its launcher and its gateway.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests do

use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, StatusCode, body::Incoming, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kiavi_crypto::Zeroizing;
use kiavi_engine::Settings;
use kiavi_ipc::certificate::{Certificate, Certificates, Challenge};
use kiavi_ipc::database::Whereabouts;
use kiavi_ipc::door::{FromDestination, ListenerKind, ToDestination};
use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::{Channel, Endpoint, Fd, Receiver, SealedDocument, Sender};
use kiavi_launcher::Isolation;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

const TENANT: &str = "tabcdefghijklmnopqrstuvwx";
const UID: u32 = 71_003;
const HOST: &str = "demo.auth.example";
const OK: &str = "/api/auth/ok";

/// A certificate for the tenant's host, and what makes a client believe it.
fn certificate() -> (Certificates, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()]).unwrap();
    let certificate = Certificate {
        names: vec![HOST.parse().unwrap()],
        chain: vec![cert.der().to_vec()],
        key: Zeroizing::new(signing_key.serialize_der()),
    };
    let challenge = Challenge::Http01 { token: "a".to_owned(), key_authorization: "a.b".to_owned() };
    (Certificates { certificates: vec![certificate], challenges: vec![challenge] }, cert.der().clone())
}

/// An engine's process with its secret.
struct Process {
    launcher: Sender<ToEngine>,
    door: Sender<ToDestination>,
    sequence: u64,
    /// Kept: it ends with them.
    _ends: (Receiver<FromDestination>, Channel, Channel, std::process::Child),
}

impl Process {
    async fn start(secret: &str, certificates: Option<&Certificates>) -> Self {
        let is_root = rustix::process::geteuid().is_root();
        let isolation =
            kiavi_launcher::isolation_name(if is_root { Isolation::Full } else { Isolation::Rootless });
        let (ours, theirs) = Channel::pair().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_kiavi"))
            .args(["role", "engine", "--isolation", isolation, "--log", "warn", "--uid", &UID.to_string()])
            .env_clear()
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (launcher, said) = Endpoint::<ToEngine, FromEngine>::new(ours).unwrap().split();
        let settings = Settings::for_slug(&"demo".parse().unwrap(), &format!("https://{HOST}")).unwrap();
        let document = serde_json::json!({ "settings": settings, "secret": secret });
        let document = SealedDocument::seal(document.to_string().as_bytes()).unwrap().fd();
        let ((door, gateway), (mail, kept_mail), (egress, kept_egress)) =
            (Channel::pair().unwrap(), Channel::pair().unwrap(), Channel::pair().unwrap());
        let start = ToEngine::Start {
            tenant: TENANT.parse().unwrap(),
            document,
            door: door.into(),
            mail: mail.into(),
            idle_seconds: None,
            egress: egress.into(),
            database: Whereabouts::Private { connected: None },
            places: Vec::new(),
            reads_log: false,
            certificates: certificates.map(|certificates| certificates.seal().unwrap().fd()),
        };
        launcher.send(&start).await.unwrap();
        until_ready(said, launcher.clone()).await;
        let (door, taken) = Endpoint::new(gateway).unwrap().split();
        Self { launcher, door, sequence: 0, _ends: (taken, kept_mail, kept_egress, child) }
    }

    /// A client's connection that came in this way, handed over.
    async fn connection(&mut self, kind: ListenerKind) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        self.sequence += 1;
        let stream = Fd::from(OwnedFd::from(stream.into_std().unwrap()));
        let connection = ToDestination::Connection { sequence: self.sequence, peer, stream, kind };
        self.door.send(&connection).await.unwrap();
        client
    }

    async fn secure(&mut self, client: &Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = self.connection(ListenerKind::Tls).await;
        let name = ServerName::try_from(HOST).unwrap();
        TlsConnector::from(client.clone()).connect(name, stream).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self._ends.3.kill();
        let _ = self._ends.3.wait();
    }
}

/// There is no database. Whoever asks for one is told so, until the process ends.
async fn until_ready(mut said: Receiver<FromEngine>, launcher: Sender<ToEngine>) {
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut ready = Some(ready);
        while let Ok(Some(message)) = said.receive().await {
            match message {
                FromEngine::Ready => drop(ready.take().map(|ready| ready.send(()))),
                FromEngine::NeedDatabase => {
                    let _ = launcher.send(&ToEngine::Database { stream: None }).await;
                }
                _ => {}
            }
        }
    });
    is_ready.await.unwrap();
}

/// A browser that believes this certificate and keeps its sessions.
fn browser(root: &CertificateDer<'static>, alpn: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

type Http1 = http1::SendRequest<Empty<Bytes>>;

async fn http1<S>(stream: S) -> Http1
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn get(sender: &mut Http1, path: &str, host: &str) -> Response<Incoming> {
    let request = Request::get(path).header(header::HOST, host).body(Empty::new()).unwrap();
    sender.ready().await.unwrap();
    sender.send_request(request).await.unwrap()
}

#[tokio::test]
async fn a_sealed_engine_serves_http_2_and_another_host_is_not_its_own() {
    let (certificates, root) = certificate();
    let mut engine = Process::start("a secret", Some(&certificates)).await;
    let stream = engine.secure(&browser(&root, &["h2", "http/1.1"])).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for (host, status) in [(HOST, StatusCode::OK), ("other.auth.example", StatusCode::MISDIRECTED_REQUEST)] {
        let request = Request::get(format!("https://{host}{OK}")).body(Empty::<Bytes>::new()).unwrap();
        sender.ready().await.unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{host}");
        // RFC 6797 §6.1: for this host alone.
        assert_eq!(response.headers()[header::STRICT_TRANSPORT_SECURITY], "max-age=63072000");
    }
}

#[tokio::test]
async fn a_session_is_resumed_by_the_engines_successor_and_by_no_other_tenant() {
    let (certificates, root) = certificate();
    let browser = browser(&root, &["http/1.1"]);
    let mut kinds = Vec::new();
    for secret in ["a secret", "a secret", "another secret"] {
        let mut engine = Process::start(secret, Some(&certificates)).await;
        let stream = engine.secure(&browser).await.unwrap();
        kinds.push(stream.get_ref().1.handshake_kind().unwrap());
        let answer = get(&mut http1(stream).await, OK, HOST).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert_eq!(kinds, [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Full]);
}

#[tokio::test]
async fn certificates_come_while_it_runs_and_no_connection_is_dropped() {
    let (first, first_root) = certificate();
    let (second, second_root) = certificate();
    let mut engine = Process::start("a secret", None).await;
    assert!(engine.secure(&browser(&first_root, &[])).await.is_err(), "there is no certificate");
    let announce =
        |certificates: &Certificates| ToEngine::Certificates { document: certificates.seal().unwrap().fd() };
    engine.launcher.send(&announce(&first)).await.unwrap();
    let mut open = http1(until(&mut engine, &first_root).await).await;
    engine.launcher.send(&announce(&second)).await.unwrap();
    until(&mut engine, &second_root).await;
    assert_eq!(get(&mut open, OK, HOST).await.status(), StatusCode::OK, "what is open goes on");
}

/// A connection, once the engine has heard of the certificate.
async fn until(engine: &mut Process, root: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    loop {
        if let Ok(stream) = engine.secure(&browser(root, &[])).await {
            return stream;
        }
    }
}

#[tokio::test]
async fn who_comes_in_plain_is_led_to_https_and_a_certificate_authority_is_answered() {
    let (certificates, _) = certificate();
    let mut engine = Process::start("a secret", Some(&certificates)).await;
    let mut sender = http1(engine.connection(ListenerKind::Redirect).await).await;
    let led = get(&mut sender, "/sign-in?a=b", HOST).await;
    assert_eq!(led.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(led.headers()[header::LOCATION], format!("https://{HOST}/sign-in?a=b"));
    let answered = get(&mut sender, "/.well-known/acme-challenge/a", HOST).await;
    assert_eq!(answered.into_body().collect().await.unwrap().to_bytes(), "a.b");
    let served = get(&mut http1(engine.connection(ListenerKind::Plain).await).await, OK, HOST).await;
    assert_eq!(served.status(), StatusCode::OK, "a reverse proxy is served");
}
