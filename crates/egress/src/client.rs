//! The way out as the process has it: a connection from outbound, TLS and HTTP in here.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use kiavi_base::Clock;
use kiavi_ipc::SealedDocument;
use kiavi_ipc::egress::{Refusal, Target};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use crate::breaker::Breakers;
use crate::delivery::{self, Pace};
use crate::exchange::{Line, NoAnswer, Wanted, wire_form};
use crate::pool::Pool;
use crate::{EgressError, EgressHost, HttpClient, roots};

/// From the call to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// Whoever has connections to servers outside.
pub trait Dial: Send + Sync {
    /// Connects.
    fn dial<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<TcpStream, Refusal>>;

    /// The system's certificate authorities, with a number that changes when they do. There once a connection is.
    fn roots(&self) -> Option<(u64, SealedDocument)>;
}

/// Sends requests over connections that somebody else makes, one at a time over each.
pub struct Client {
    hosts: Vec<EgressHost>,
    extra_roots: Vec<String>,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    breakers: Breakers,
    pool: Pool,
    /// That of deliveries.
    pub(crate) pace: Pace,
    /// Made by the first request: most engines never send one.
    tls: Mutex<Option<(u64, Configs)>>,
}

/// How TLS is spoken.
#[derive(Clone)]
struct Configs {
    /// For HTTP.
    http: Arc<ClientConfig>,
    /// For what has no name in TLS (RFC 7301).
    plain: Arc<ClientConfig>,
}

impl Client {
    /// Reaches `hosts` by way of `dial`. Believes the certificate authorities of the system and `extra_roots` (PEM).
    pub fn new(
        hosts: impl IntoIterator<Item = EgressHost>,
        extra_roots: Vec<String>,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            hosts: hosts.into_iter().collect(),
            extra_roots,
            dial,
            clock,
            breakers: Breakers::default(),
            pool: Pool::default(),
            pace: Pace::default(),
            tls: Mutex::default(),
        }
    }

    /// The listed server that the request is for.
    pub(crate) fn host(&self, request: &Request<Bytes>) -> Result<&EgressHost, EgressError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| EgressError::Refused)?;
        // RFC 9110 §4.2.4: a name and password in a URL are for nobody's eyes but the sender's.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::Refused);
        }
        let host = EgressHost::of(&url).ok_or(EgressError::Refused)?;
        self.hosts.iter().find(|listed| **listed == host).ok_or(EgressError::Refused)
    }

    pub(crate) async fn attempt(
        &self,
        host: &EgressHost,
        request: Request<Bytes>,
        wanted: Wanted,
    ) -> Result<Response<Bytes>, Failure> {
        // A delivery may arrive twice, and says so.
        let is_repeatable = request.method() == Method::GET || wanted != Wanted::Whole;
        let mut request = wire_form(request)?;
        while let Some(mut line) = self.pool.take(host) {
            // RFC 9110 §9.2.2: what changes nothing may be sent again when the server closed meanwhile; a code may not.
            let again = is_repeatable.then(|| request.clone());
            match line.ask(request, wanted).await {
                Ok(response) => return Ok(self.answered(host, line, response)),
                Err(NoAnswer { unsent: Some(unsent), .. }) => request = *unsent,
                Err(NoAnswer { error, .. }) => match again.filter(|_| error == EgressError::Unreachable) {
                    Some(again) => request = again,
                    None => return Err(error.into()),
                },
            }
        }
        let mut line = self.connect(host).await?;
        let response = line.ask(request, wanted).await.map_err(|no_answer| no_answer.error)?;
        Ok(self.answered(host, line, response))
    }

    /// An answer was read to its end, so the next one may follow.
    fn answered(&self, host: &EgressHost, line: Line, response: Response<Bytes>) -> Response<Bytes> {
        self.pool.put(host, line);
        response
    }

    /// Whether the server is listed.
    pub(crate) fn has(&self, host: &EgressHost) -> bool {
        self.hosts.contains(host)
    }

    async fn connect(&self, host: &EgressHost) -> Result<Line, Failure> {
        let stream = self.dialled(host).await?;
        if !host.is_secure() {
            return Ok(Line::new(stream).await?);
        }
        let config = self.tls()?.http;
        Ok(Line::new(handshake(host, stream, config).await?).await?)
    }

    /// A connection over TLS to a server that does not speak HTTP.
    pub(crate) async fn secured(&self, host: &EgressHost) -> Result<TlsStream<TcpStream>, Failure> {
        let stream = self.dialled(host).await?;
        Ok(handshake(host, stream, self.tls()?.plain).await?)
    }

    async fn dialled(&self, host: &EgressHost) -> Result<TcpStream, Failure> {
        let stream = self.dial.dial(host.target()).await.map_err(Failure::Connection)?;
        // Small requests, each waited for; a socket that takes no option is one that no longer works.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Whether a connection to the server waits.
    pub(crate) fn has_line(&self, host: &EgressHost) -> bool {
        self.pool.has(host)
    }

    /// How many connections wait for a request.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.pool.len()
    }

    fn tls(&self) -> Result<Configs, EgressError> {
        let (number, document) = self.dial.roots().ok_or(EgressError::Unreachable)?;
        let mut tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_for, config)) = tls.as_ref()
            && *made_for == number
        {
            return Ok(config.clone());
        }
        let plain = self.configure(document).map_err(|error| {
            tracing::error!(%error, "the certificate authorities cannot be used");
            EgressError::Unreachable
        })?;
        let mut http = plain.clone();
        http.alpn_protocols = vec![b"http/1.1".to_vec()];
        let configs = Configs { http: Arc::new(http), plain: Arc::new(plain) };
        Ok(tls.insert((number, configs)).1.clone())
    }

    fn configure(
        &self,
        document: SealedDocument,
    ) -> Result<ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
        let roots = roots::load(document, &self.extra_roots)?;
        let time = Arc::new(Time(self.clock.clone()));
        let mut config = ClientConfig::builder_with_details(Arc::new(default_provider()), time)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

impl HttpClient for Client {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        Box::pin(async move {
            let host = self.host(&request)?;
            let passage = self.breakers.enter(host.target()).ok_or(EgressError::Unreachable)?;
            let attempt = timeout(DEADLINE, self.attempt(host, request, Wanted::Whole)).await;
            let outcome = attempt.unwrap_or(Err(Failure::Exchange(EgressError::Deadline)));
            match &outcome {
                // RFC 9110 §15.6: the server is aware that it has erred.
                Ok(response) if response.status().is_server_error() => passage.failed(),
                Ok(_) | Err(Failure::Exchange(EgressError::TooLarge)) => passage.succeeded(),
                Err(failure) if failure.is_the_servers() => passage.failed(),
                Err(_) => drop(passage),
            }
            outcome.map_err(EgressError::from)
        })
    }

    fn pour<'a>(&'a self, server: &'a EgressHost, bytes: Bytes) -> BoxFuture<'a, Result<(), EgressError>> {
        Box::pin(delivery::pour(self, server, bytes))
    }

    fn deliver(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        Box::pin(delivery::deliver(self, request))
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failure {
    Connection(Refusal),
    Exchange(EgressError),
}

impl Failure {
    /// Whether it says something about the server.
    fn is_the_servers(self) -> bool {
        match self {
            Self::Connection(reason) => matches!(reason, Refusal::Unreachable | Refusal::Deadline),
            Self::Exchange(error) => error != EgressError::Refused,
        }
    }
}

impl From<EgressError> for Failure {
    fn from(error: EgressError) -> Self {
        Self::Exchange(error)
    }
}

impl From<Failure> for EgressError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Exchange(error) => error,
            Failure::Connection(Refusal::NotAllowed | Refusal::PrivateAddress) => Self::Refused,
            Failure::Connection(Refusal::Busy | Refusal::Unreachable) => Self::Unreachable,
            Failure::Connection(Refusal::Deadline) => Self::Deadline,
        }
    }
}

async fn handshake(
    host: &EgressHost,
    stream: TcpStream,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, EgressError> {
    let name = host.target().host().trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name.to_owned()).map_err(|_| EgressError::Refused)?;
    let connecting = TlsConnector::from(config).connect(name, stream);
    connecting.await.map_err(|error| tls_failure(host, &error))
}

fn tls_failure(host: &EgressHost, error: &io::Error) -> EgressError {
    // A certificate that cannot be verified is for the operator to know; it names no person.
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => {
            tracing::warn!(%host, %error, "TLS failed");
            EgressError::Protocol
        }
        None => EgressError::Unreachable,
    }
}

/// The process's clock, for the validity of certificates.
struct Time(Arc<dyn Clock>);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}
