//! Servers with certificates of our own making, which say what they were told to say.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// The plainest answer there is.
pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A certificate authority.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    /// What a server called `name` needs.
    pub(super) fn server(&self, name: &str) -> ServerConfig {
        self.issue(CertificateParams::new([name.to_owned()]).unwrap())
    }

    pub(super) fn expired_server(&self, name: &str) -> ServerConfig {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(2026, 11, 23);
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateDer::from(params.signed_by(&key, &self.0).unwrap());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap()
    }
}

/// A listener on a port of its own.
pub(super) struct Server {
    pub(super) port: u16,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(super) async fn secure(config: ServerConfig, answer: &'static [u8]) -> Self {
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), Some(answer), After::Close).await
    }

    pub(super) async fn plain(answer: &'static [u8]) -> Self {
        Self::start(None, Some(answer), After::Close).await
    }

    /// Answers as many requests on a connection as come.
    pub(super) async fn patient(config: Option<ServerConfig>, answer: &'static [u8]) -> Self {
        let tls = config.map(|config| TlsAcceptor::from(Arc::new(config)));
        Self::start(tls, Some(answer), After::Answer).await
    }

    /// Hears a second request on a connection and closes without an answer.
    pub(super) async fn hasty(answer: &'static [u8]) -> Self {
        Self::start(None, Some(answer), After::Hear).await
    }

    /// Reads a connection to its end, and then ends it.
    pub(super) async fn listening(config: ServerConfig) -> Self {
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), Some(b""), After::End).await
    }

    /// Takes connections and says nothing.
    pub(super) async fn silent() -> Self {
        Self::start(None, None, After::Close).await
    }

    async fn start(tls: Option<TlsAcceptor>, answer: Option<&'static [u8]>, after: After) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, seen) = (tls.clone(), seen.clone());
                tokio::spawn(async move {
                    let Some(answer) = answer else {
                        std::future::pending::<()>().await;
                        return drop(stream);
                    };
                    let Some(tls) = tls else { return serve(stream, answer, after, seen).await };
                    match tls.accept(stream).await {
                        Ok(stream) => serve(stream, answer, after, seen).await,
                        Err(_) => seen.send(String::new()).unwrap_or_default(),
                    }
                });
            }
        });
        Self { port, requests }
    }

    /// The next request as it arrived; empty when the client left before it sent one.
    pub(super) async fn seen(&mut self) -> String {
        self.requests.recv().await.unwrap()
    }
}

/// What becomes of a connection after its first answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Close,
    Answer,
    Hear,
    /// It says nothing and listens to the end.
    End,
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &[u8],
    after: After,
    seen: mpsc::UnboundedSender<String>,
) {
    if after == After::End {
        let mut heard = String::new();
        let read = stream.read_to_string(&mut heard).await;
        let _ = seen.send(if read.is_ok() { heard } else { String::new() });
        let _ = stream.shutdown().await;
        return;
    }
    for number in 0.. {
        let mut request = Vec::new();
        while !is_whole(&request) {
            match stream.read_buf(&mut request).await {
                Ok(0) | Err(_) if number > 0 => return,
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        // Nobody may look, and the client may leave in the middle of what it does not want.
        let _ = seen.send(String::from_utf8_lossy(&request).into_owned());
        if after == After::Hear && number > 0 {
            return;
        }
        let _ = stream.write_all(answer).await;
        if after == After::Close {
            break;
        }
        let _ = stream.flush().await;
    }
    let _ = stream.shutdown().await;
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
