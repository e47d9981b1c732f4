//! Real handshakes, of rustls's client.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use jiff::SignedDuration;
use kiavi_base::ManualClock;
use kiavi_crypto::{SystemRng, TenantSecret, TicketKeys, Zeroizing};
use kiavi_ipc::certificate::{Certificate, Certificates, Challenge};
use rcgen::{CertificateParams, CertifiedKey, CustomExtension, KeyPair, generate_simple_self_signed};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, HandshakeKind, NamedGroup, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::visit::Anybody;
use crate::{HANDSHAKE_DEADLINE, Protocol, TlsError, TlsServer, visit};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

fn certificate(name: &str) -> Certificate {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    Certificate {
        names: vec![name.parse().unwrap()],
        chain: vec![cert.der().to_vec()],
        key: Zeroizing::new(signing_key.serialize_der()),
    }
}

/// What answers a challenge, with the extension that says so (RFC 8737 §3).
fn answer(name: &str) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(&[7; 32])];
    let cert = params.self_signed(&key).unwrap();
    Certificate {
        names: vec![name.parse().unwrap()],
        chain: vec![cert.der().to_vec()],
        key: Zeroizing::new(key.serialize_der()),
    }
}

fn shown(certificates: &[&Certificate], challenges: Vec<Challenge>) -> Certificates {
    Certificates { certificates: certificates.iter().map(|one| (*one).clone()).collect(), challenges }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2020-01-01T00:00:00Z".parse().unwrap()))
}

/// A process of the tenant with this secret.
fn process(secret: &str, clock: &Arc<ManualClock>, certificates: &Certificates) -> Arc<TlsServer> {
    let keys = TicketKeys::of(&TenantSecret::new(secret.to_owned().into()));
    let server = TlsServer::new(keys, clock.clone(), Arc::new(SystemRng));
    server.announce(certificates.seal().unwrap().fd());
    Arc::new(server)
}

/// A certificate authority, which alone knows the critical extension of a challenge's answer.
#[derive(Debug)]
struct Authority(Anybody);

impl ServerCertVerifier for Authority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0.verify_server_cert(end_entity, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.0.verify_tls13_signature(message, certificate, signed) {
            Err(Error::InvalidCertificate(CertificateError::Other(_))) => {
                Ok(HandshakeSignatureValid::assertion())
            }
            verified => verified,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// A client that keeps its sessions.
fn client(versions: &[&'static SupportedProtocolVersion], alpn: &[&str]) -> Arc<ClientConfig> {
    client_with(Arc::new(Anybody::new(&default_provider())), versions, alpn)
}

fn client_with(
    verifier: Arc<dyn ServerCertVerifier>,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&str],
) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(default_provider().into());
    let builder = builder.with_protocol_versions(versions).unwrap();
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

struct Met {
    client: std::io::Result<TlsStream<DuplexStream>>,
    /// What the server answers, and what it then reads until the client ends.
    server: Result<Option<Protocol>, TlsError>,
}

/// Has a client come for `name`. The server says hello once the handshake is done, so that tickets arrive.
async fn meet(server: &Arc<TlsServer>, client: &Arc<ClientConfig>, name: &'static str) -> Met {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let accepting = async {
        match server.accept(theirs, CLIENT).await? {
            Some((mut stream, protocol)) => {
                stream.write_all(b"hello").await?;
                stream.flush().await?;
                tokio::spawn(async move {
                    let mut rest = Vec::new();
                    let _ = stream.read_to_end(&mut rest).await;
                });
                Ok(Some(protocol))
            }
            None => Ok(None),
        }
    };
    let connecting = async {
        let name = ServerName::try_from(name).unwrap();
        let mut stream = TlsConnector::from(client.clone()).connect(name, ours).await?;
        let mut hello = [0; 5];
        // A certificate authority is told nothing.
        let _ = stream.read_exact(&mut hello).await;
        Ok(stream)
    };
    let (server, client) = tokio::join!(accepting, connecting);
    Met { client, server }
}

impl Met {
    fn certificate(&self) -> Vec<u8> {
        self.client.as_ref().unwrap().get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    fn kind(&self) -> HandshakeKind {
        self.client.as_ref().unwrap().get_ref().1.handshake_kind().unwrap()
    }

    fn alert(&self) -> String {
        self.client.as_ref().err().unwrap().to_string()
    }
}

#[tokio::test]
async fn a_client_is_shown_the_certificate_of_the_name_that_it_wants() {
    let (one, other) = (certificate("one.example"), certificate("other.example"));
    let server = process("secret", &clock(), &shown(&[&one, &other], vec![]));
    let browser = client(&[&TLS13, &TLS12], &["h2", "http/1.1"]);
    assert_eq!(meet(&server, &browser, "one.example").await.certificate(), one.chain[0]);
    let met = meet(&server, &browser, "OTHER.example").await;
    assert_eq!(met.certificate(), other.chain[0]);
    assert_eq!(met.server.unwrap(), Some(Protocol::Http2));
}

#[tokio::test]
async fn both_versions_and_both_protocols_are_spoken() {
    let one = certificate("one.example");
    let server = process("secret", &clock(), &shown(&[&one], vec![]));
    for version in [&TLS13, &TLS12] {
        for (alpn, protocol) in
            [(&["h2"][..], Protocol::Http2), (&["http/1.1"], Protocol::Http1), (&[], Protocol::Http1)]
        {
            let met = meet(&server, &client(&[version], alpn), "one.example").await;
            assert_eq!(met.server.unwrap(), Some(protocol), "{version:?} {alpn:?}");
        }
    }
    let met = meet(&server, &client(&[&TLS13], &["spdy/3"]), "one.example").await;
    assert!(matches!(met.server, Err(TlsError::Handshake(_))));
    assert!(met.alert().contains("NoApplicationProtocol"), "{}", met.alert());
}

#[tokio::test]
async fn what_is_recorded_today_is_not_read_by_a_quantum_computer_later() {
    let server = process("secret", &clock(), &shown(&[&certificate("one.example")], vec![]));
    let mut hybrid = default_provider();
    hybrid.kx_groups.sort_by_key(|group| group.name() != NamedGroup::X25519MLKEM768);
    let builder = ClientConfig::builder_with_provider(hybrid.into());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let verifier = Arc::new(Anybody::new(&default_provider()));
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    let met = meet(&server, &Arc::new(config), "one.example").await;
    let client = met.client.unwrap();
    let group = client.get_ref().1.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), NamedGroup::X25519MLKEM768);
}

#[tokio::test]
async fn without_a_certificate_the_handshake_fails() {
    let server = process("secret", &clock(), &shown(&[&certificate("one.example")], vec![]));
    let met = meet(&server, &client(&[&TLS13], &[]), "other.example").await;
    assert!(matches!(met.server, Err(TlsError::NoCertificate)));
    assert!(met.alert().contains("UnrecognisedName"), "{}", met.alert());
    let keys = TicketKeys::random(&SystemRng);
    let none = Arc::new(TlsServer::new(keys, clock(), Arc::new(SystemRng)));
    let met = meet(&none, &client(&[&TLS13], &[]), "one.example").await;
    assert!(matches!(met.server, Err(TlsError::NoCertificate)));
    assert!(met.alert().contains("UnrecognisedName"), "{}", met.alert());
}

#[tokio::test(start_paused = true)]
async fn who_comes_before_certificates_that_are_on_their_way_waits_for_them() {
    let one = certificate("one.example");
    let keys = || TicketKeys::random(&SystemRng);
    let server = Arc::new(TlsServer::expecting(keys(), clock(), Arc::new(SystemRng)));
    let announcing = async {
        tokio::time::sleep(HANDSHAKE_DEADLINE / 2).await;
        server.announce(shown(&[&one], vec![]).seal().unwrap().fd());
    };
    let browser = client(&[&TLS13], &[]);
    let (met, ()) = tokio::join!(meet(&server, &browser, "one.example"), announcing);
    assert_eq!(met.certificate(), one.chain[0]);
    let never = Arc::new(TlsServer::expecting(keys(), clock(), Arc::new(SystemRng)));
    assert!(matches!(meet(&never, &browser, "one.example").await.server, Err(TlsError::Deadline)));
}

#[tokio::test]
async fn one_certificate_that_cannot_be_used_leaves_the_others() {
    let (one, broken) = (certificate("one.example"), certificate("broken.example"));
    let broken = Certificate { key: one.key.clone(), ..broken };
    let server = process("secret", &clock(), &shown(&[&broken, &one], vec![]));
    let browser = client(&[&TLS13], &[]);
    assert!(meet(&server, &browser, "broken.example").await.client.is_err(), "the key is another's");
    assert_eq!(meet(&server, &browser, "one.example").await.certificate(), one.chain[0]);
}

#[tokio::test]
async fn a_new_certificate_is_shown_from_then_on_and_open_connections_go_on() {
    let (old, new) = (certificate("one.example"), certificate("one.example"));
    let server = process("secret", &clock(), &shown(&[&old], vec![]));
    let mut before = meet(&server, &client(&[&TLS13], &[]), "one.example").await;
    server.announce(shown(&[&new], vec![]).seal().unwrap().fd());
    let after = meet(&server, &client(&[&TLS13], &[]), "one.example").await;
    assert_eq!(after.certificate(), new.chain[0]);
    assert_eq!(before.certificate(), old.chain[0]);
    before.client.as_mut().unwrap().write_all(b"still here").await.unwrap();
}

#[tokio::test]
async fn the_answer_to_a_challenge_is_shown_to_who_asks_for_it_and_to_nobody_else() {
    let (own, answer) = (certificate("one.example"), answer("one.example"));
    let challenges = vec![
        Challenge::TlsAlpn01(answer.clone()),
        Challenge::Http01 { token: "a".to_owned(), key_authorization: "a.b".to_owned() },
    ];
    let server = process("secret", &clock(), &shown(&[&own], challenges));
    let authority = Arc::new(Authority(Anybody::new(&default_provider())));
    let authority = client_with(authority, &[&TLS13], &["acme-tls/1"]);
    let met = meet(&server, &authority, "one.example").await;
    assert_eq!(met.certificate(), answer.chain[0]);
    assert_eq!(met.server.unwrap(), None);
    // RFC 8737 §3: only who offers it alone.
    let met = meet(&server, &client(&[&TLS13], &["acme-tls/1", "h2"]), "one.example").await;
    assert_eq!(met.certificate(), own.chain[0]);
    assert_eq!(meet(&server, &client(&[&TLS13], &[]), "one.example").await.certificate(), own.chain[0]);
    assert_eq!(server.key_authorization("a").as_deref(), Some("a.b"));
    assert_eq!(server.key_authorization("b"), None);
}

#[tokio::test]
async fn a_session_is_resumed_by_the_next_process_of_the_tenant_and_by_no_other() {
    let (clock, all) = (clock(), shown(&[&certificate("one.example")], vec![]));
    for version in [&TLS13, &TLS12] {
        let browser = client(&[version], &["h2"]);
        assert_eq!(
            meet(&process("secret", &clock, &all), &browser, "one.example").await.kind(),
            HandshakeKind::Full
        );
        let restarted = process("secret", &clock, &all);
        assert_eq!(
            meet(&restarted, &browser, "one.example").await.kind(),
            HandshakeKind::Resumed,
            "{version:?}"
        );
        let other = process("another secret", &clock, &all);
        assert_eq!(meet(&other, &browser, "one.example").await.kind(), HandshakeKind::Full, "{version:?}");
        // The next period's process takes tickets of this one, and the one after it does not.
        clock.advance(SignedDuration::from_hours(12));
        assert_eq!(meet(&other, &browser, "one.example").await.kind(), HandshakeKind::Resumed);
        clock.advance(SignedDuration::from_hours(36));
        assert_eq!(meet(&other, &browser, "one.example").await.kind(), HandshakeKind::Full);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_go_on_is_dropped() {
    let server = process("secret", &clock(), &shown(&[&certificate("one.example")], vec![]));
    let (mut silent, theirs) = tokio::io::duplex(1024);
    silent.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    let before = tokio::time::Instant::now();
    assert!(matches!(server.accept(theirs, CLIENT).await, Err(TlsError::Deadline)));
    assert_eq!(before.elapsed().as_secs(), HANDSHAKE_DEADLINE.as_secs());
}

#[tokio::test]
async fn a_visit_tells_what_is_shown_and_that_nothing_is() {
    let one = certificate("one.example");
    let server = process("secret", &clock(), &shown(&[&one], vec![]));
    let visited = async |name: &str| {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (server, name) = (server.clone(), name.parse().unwrap());
        tokio::spawn(async move { server.accept(theirs, CLIENT).await.map(drop) });
        visit(ours, &name).await
    };
    assert_eq!(visited("one.example").await.unwrap(), Some(one.chain));
    assert_eq!(visited("third.example").await.unwrap(), None);
    let (ours, theirs) = tokio::io::duplex(64);
    drop(theirs);
    assert!(visit(ours, &"one.example".parse().unwrap()).await.is_err());
}
