//! The gateway on real sockets, with the test as its launcher and as the tenant's engine.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests do

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::Network;
use kiavi_gateway::Pages;
use kiavi_ipc::door::{Acceptor, HandedOver, ListenerKind};
use kiavi_ipc::gateway::{Destination, FromGateway, ToGateway};
use kiavi_ipc::{Channel, Endpoint, Fd, Receiver, Sender};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TENANT: &str = "tabcdefghijklmnopqrstuvwx";

/// Pages of which it does not matter what they say.
const PAGES: Pages = Pages { page: |_, _| "<!doctype html>", policy: "default-src 'none'" };

struct Gateway {
    address: SocketAddr,
    launcher: Sender<ToGateway>,
    /// Kept: the gateway ends with it.
    _said: Receiver<FromGateway>,
    door: Acceptor,
}

fn tenant() -> Destination {
    Destination::Tenant(TENANT.parse().unwrap())
}

impl Gateway {
    /// One that listens in this way, serves `shop.example`, knows that `paused.example` is suspended, and that there are no
    /// others.
    async fn start(kind: ListenerKind, proxies: Option<&str>) -> Self {
        let gateway = Self::starting(kind, proxies).await;
        gateway.tell(ToGateway::HostsKnown).await;
        gateway
    }

    /// The same one, which has not been told that there are no others.
    async fn starting(kind: ListenerKind, proxies: Option<&str>) -> Self {
        let (ours, theirs) = Channel::pair().unwrap();
        let (launcher, said) = Endpoint::<ToGateway, FromGateway>::new(ours).unwrap().split();
        tokio::spawn(kiavi_gateway::run(Endpoint::new(theirs).unwrap(), PAGES));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let proxies: Option<Vec<Network>> = proxies.map(|network| vec![network.parse().unwrap()]);
        let socket = Fd::from(OwnedFd::from(listener));
        launcher.send(&ToGateway::Listener { socket, kind, proxies }).await.unwrap();
        let (engine, gateway) = Channel::pair().unwrap();
        let door = Acceptor::new(Fd::from(engine)).unwrap();
        let gateway_door = ToGateway::Door { destination: tenant(), door: Fd::from(gateway) };
        let gateway = Self { address, launcher, _said: said, door };
        gateway.route("shop.example", tenant()).await;
        gateway.route("paused.example", Destination::Suspended).await;
        gateway.tell(gateway_door).await;
        gateway
    }

    async fn tell(&self, message: ToGateway) {
        self.launcher.send(&message).await.unwrap();
    }

    async fn route(&self, name: &str, destination: Destination) {
        self.tell(ToGateway::Route { hostname: name.parse().unwrap(), destination }).await;
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A client that has said `bytes`.
    async fn client(&self, bytes: &[u8]) -> TcpStream {
        let mut client = self.connect().await;
        client.write_all(bytes).await.unwrap();
        client
    }

    async fn handed_over(&mut self) -> HandedOver {
        self.door.accept().await.unwrap().unwrap()
    }

    /// What a client is told that says `bytes`.
    async fn told(&self, bytes: &[u8]) -> Vec<u8> {
        told(self.client(bytes).await).await
    }
}

/// What a client is told until its connection ends.
async fn told(mut client: TcpStream) -> Vec<u8> {
    let mut told = Vec::new();
    // A connection that is closed with unread bytes may be reset.
    let _ = client.read_to_end(&mut told).await;
    told
}

/// A request in plain.
fn request(host: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

/// What rustls's client says first when it wants `name`.
fn hello(name: &str) -> Vec<u8> {
    let builder = ClientConfig::builder_with_provider(default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    bytes
}

/// RFC 8446 §6: a fatal alert.
fn alert(description: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, description]
}

/// A header of the PROXY protocol for a client at 192.0.2.7:4711.
fn header() -> Vec<u8> {
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", &[192, 0, 2, 7, 127, 0, 0, 1, 0x12, 0x67, 1, 187][..]].concat()
}

#[tokio::test]
async fn a_client_that_speaks_tls_is_handed_over_by_its_name_with_every_byte_in_the_socket() {
    let mut gateway = Gateway::start(ListenerKind::Tls, None).await;
    let (hello, mut client) = (hello("shop.example"), gateway.connect().await);
    client.write_all(&hello).await.unwrap();
    let mut taken = gateway.handed_over().await;
    assert_eq!((taken.kind, taken.peer), (ListenerKind::Tls, client.local_addr().unwrap()));
    let mut read = vec![0; hello.len()];
    taken.stream.read_exact(&mut read).await.unwrap();
    assert_eq!(read, hello);
}

#[tokio::test]
async fn a_hello_in_many_records_and_many_segments_is_put_together() {
    let mut gateway = Gateway::start(ListenerKind::Tls, None).await;
    let mut client = gateway.connect().await;
    client.set_nodelay(true).unwrap();
    let hello = hello("shop.example");
    for fragment in hello[5..].chunks(90) {
        let head = [&[22, 3, 1][..], &(fragment.len() as u16).to_be_bytes()].concat();
        client.write_all(&head).await.unwrap();
        tokio::task::yield_now().await;
        client.write_all(fragment).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(gateway.handed_over().await.kind, ListenerKind::Tls);
}

#[tokio::test]
async fn who_speaks_tls_is_refused_by_an_alert() {
    let gateway = Gateway::start(ListenerKind::Tls, None).await;
    assert_eq!(gateway.told(&hello("other.example")).await, alert(112), "an unknown name");
    assert_eq!(gateway.told(&hello("192.0.2.1")).await, alert(112), "no name");
    assert_eq!(gateway.told(&hello("paused.example")).await, alert(49), "suspended");
    assert_eq!(gateway.told(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await, alert(50), "no TLS");
}

#[tokio::test]
async fn a_plain_listener_hands_over_its_kind() {
    for kind in [ListenerKind::Plain, ListenerKind::Redirect] {
        let mut gateway = Gateway::start(kind, None).await;
        let mut client = gateway.connect().await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.unwrap();
        assert_eq!(gateway.handed_over().await.kind, kind);
        let told = gateway.told(&hello("shop.example")).await;
        assert!(told.starts_with(b"HTTP/1.1 400 "), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_end_its_hello_is_dropped_in_time() {
    let gateway = Gateway::start(ListenerKind::Tls, None).await;
    let hello = hello("shop.example");
    assert_eq!(gateway.told(&hello[..hello.len() - 1]).await, b"");
}

#[tokio::test]
async fn a_load_balancer_says_whose_a_connection_is_and_what_it_says_is_read_away() {
    let mut gateway = Gateway::start(ListenerKind::Tls, Some("127.0.0.0/8")).await;
    let (hello, mut client) = (hello("shop.example"), gateway.connect().await);
    client.write_all(&[header(), hello.clone()].concat()).await.unwrap();
    let mut taken = gateway.handed_over().await;
    assert_eq!(taken.peer, "192.0.2.7:4711".parse().unwrap());
    let mut read = vec![0; hello.len()];
    taken.stream.read_exact(&mut read).await.unwrap();
    assert_eq!(read, hello);
}

#[tokio::test]
async fn nobody_but_a_load_balancer_says_whose_a_connection_is() {
    let spoof = [header(), hello("shop.example")].concat();
    // Who is not listed is not even read.
    let mut gateway = Gateway::start(ListenerKind::Tls, Some("192.0.2.0/24")).await;
    assert_eq!(gateway.told(&spoof).await, b"");
    // On a listener for everybody it is no hello.
    let open = Gateway::start(ListenerKind::Tls, None).await;
    assert_eq!(open.told(&spoof).await, alert(50));
    // Where there has to be a header, there is no connection without one.
    let balanced = Gateway::start(ListenerKind::Tls, Some("127.0.0.1")).await;
    assert_eq!(balanced.told(&hello("shop.example")).await, b"");
    assert!(
        tokio::time::timeout(Duration::ZERO, gateway.door.accept()).await.is_err(),
        "nothing was handed over"
    );
}

#[tokio::test]
async fn who_comes_before_all_hosts_are_known_waits_for_it() {
    for kind in [ListenerKind::Plain, ListenerKind::Tls] {
        let mut gateway = Gateway::starting(kind, None).await;
        let says = |host: &str| if kind == ListenerKind::Tls { hello(host) } else { request(host) };
        let (late, other) =
            (gateway.client(&says("late.example")).await, gateway.client(&says("other.example")).await);
        let shop = gateway.client(&says("shop.example")).await;
        assert_eq!(
            gateway.handed_over().await.peer,
            shop.local_addr().unwrap(),
            "a host that is known waits for nobody"
        );
        gateway.route("late.example", tenant()).await;
        gateway.tell(ToGateway::HostsKnown).await;
        assert_eq!(gateway.handed_over().await.peer, late.local_addr().unwrap());
        let (answer, is_plain) = (told(other).await, kind == ListenerKind::Plain);
        assert!(
            if is_plain { answer.starts_with(b"HTTP/1.1 404 ") } else { answer == alert(112) },
            "{answer:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_all_hosts_is_told_to_come_again() {
    let plain = Gateway::starting(ListenerKind::Plain, None).await;
    let answer = String::from_utf8(plain.told(&request("late.example")).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 2\r\n"), "{answer}");
    let tls = Gateway::starting(ListenerKind::Tls, None).await;
    assert_eq!(tls.told(&hello("late.example")).await, alert(80));
    // The next one has the whole time again.
    let waits = plain.client(&request("late.example")).await;
    plain.tell(ToGateway::HostsKnown).await;
    assert!(told(waits).await.starts_with(b"HTTP/1.1 404 "));
}

#[tokio::test(start_paused = true)]
async fn who_still_waits_at_the_end_is_told_to_come_again() {
    let mut gateway = Gateway::starting(ListenerKind::Plain, None).await;
    let waits =
        [gateway.client(&request("late.example")).await, gateway.client(&request("other.example")).await];
    let _shop = gateway.client(&request("shop.example")).await;
    // Whoever came before is accepted, too.
    gateway.handed_over().await;
    gateway.tell(ToGateway::Drain).await;
    for client in waits {
        assert!(told(client).await.starts_with(b"HTTP/1.1 503 "));
    }
}
