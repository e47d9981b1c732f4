//! Coming as a client, to see what clients are shown.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::Hostname;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a visit may take, the start of a sleeping engine included.
pub const VISIT_DEADLINE: Duration = Duration::from_secs(10);

/// The chain that a client of `hostname` is shown, each certificate DER, the host's own first: by somebody who has its key, for
/// the handshake is finished. Who signed it is the caller's to judge. `None` when there is no certificate for this host.
///
/// # Errors
/// When no handshake comes about for another reason, or not within [`VISIT_DEADLINE`].
pub async fn visit<S>(stream: S, hostname: &Hostname) -> io::Result<Option<Vec<Vec<u8>>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let provider = Arc::new(default_provider());
    let verifier = Arc::new(Anybody::new(&provider));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let name = ServerName::try_from(hostname.as_str().to_owned()).map_err(io::Error::other)?;
    let connected = timeout(VISIT_DEADLINE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    match connected.map_err(|_| io::ErrorKind::TimedOut)? {
        Ok(stream) => {
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            Ok(Some(shown.iter().map(|der| der.to_vec()).collect()))
        }
        Err(error) if is_unrecognized(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a host's name was not recognised (RFC 6066 §3).
fn is_unrecognized(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(Error::AlertReceived(AlertDescription::UnrecognisedName)))
}

/// Takes the certificate of anybody who has its key: nothing secret is sent, and what is shown is what is asked.
#[derive(Debug)]
pub(crate) struct Anybody(WebPkiSupportedAlgorithms);

impl Anybody {
    pub(crate) fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
