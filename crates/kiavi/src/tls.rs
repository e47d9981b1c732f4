//! TLS as a client of servers that this machine's authorities vouch for.

use std::io;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Why there is no connection that could be believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The server did not prove that it has this name.
    #[error("{0}")]
    Untrusted(rustls::Error),
    /// The host can have no certificate.
    #[error("not a name of a server")]
    Name(#[from] InvalidDnsNameError),
    /// The connection broke, or something else answers.
    #[error("{0}")]
    Io(io::Error),
    /// There are no authorities to believe.
    #[error("this system has no certificate authorities: install the package ca-certificates")]
    NoAuthorities,
}

impl From<io::Error> for TlsError {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error @ rustls::Error::InvalidCertificate(_)) => Self::Untrusted(error.clone()),
            _ => Self::Io(error),
        }
    }
}

/// The certificates in a text (PEM); `None` when it is not one or more of them and nothing else.
pub(crate) fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let all = all.ok().filter(|all| !all.is_empty())?;
    let mut store = RootCertStore::empty();
    all.iter().all(|certificate| store.add(certificate.clone()).is_ok()).then_some(all)
}

/// Speaks TLS over `stream` with the server called `host` (an IPv6 address without brackets). Believes the system's
/// authorities and `more` (PEM).
///
/// # Errors
/// When the server does not prove to be that one.
pub(crate) async fn connect(
    stream: TcpStream,
    host: &str,
    more: Option<&str>,
) -> Result<TlsStream<TcpStream>, TlsError> {
    let name = ServerName::try_from(host.to_owned())?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(more.and_then(certificates).unwrap_or_default());
    if roots.is_empty() {
        return Err(TlsError::NoAuthorities);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}
