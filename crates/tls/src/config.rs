//! What rustls is told: versions, suites, groups, and which certificate is shown to whom.

use std::collections::HashMap;
use std::sync::Arc;

use kiavi_ipc::Fd;
use kiavi_ipc::certificate::{Certificate, Certificates, CertificatesError, Challenge};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group, sign::any_supported_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::tickets::Tickets;

/// RFC 9113 §3.1.
pub(crate) const HTTP_2: &[u8] = b"h2";
/// RFC 7301 §6.
const HTTP_1_1: &[u8] = b"http/1.1";
/// RFC 8737 §6.2.
pub(crate) const ACME_TLS_1: &[u8] = b"acme-tls/1";

/// Certificates that handshakes are made with.
pub(crate) struct Opened {
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
    /// Answers by their tokens.
    answers: HashMap<String, String>,
}

/// Certificates cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl Opened {
    pub(crate) fn new(document: Fd, tickets: Arc<Tickets>) -> Result<Self, OpenError> {
        let Certificates { certificates, challenges } = Certificates::open(document)?;
        let (mut shown, mut answers) = (Shown::default(), HashMap::new());
        for certificate in &certificates {
            insert(&mut shown.certificates, certificate, matching);
        }
        for challenge in challenges {
            match challenge {
                Challenge::TlsAlpn01(certificate) => insert(&mut shown.challenges, &certificate, usable),
                Challenge::Http01 { token, key_authorization } => {
                    answers.insert(token, key_authorization);
                }
            }
        }
        let shown = Arc::new(shown);
        Ok(Self { config: Arc::new(server_config(shown.clone(), tickets)?), shown, answers })
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }

    pub(crate) fn has_certificate(&self, hello: &ClientHello<'_>) -> bool {
        self.shown.find(hello).is_some()
    }

    pub(crate) fn key_authorization(&self, token: &str) -> Option<&str> {
        self.answers.get(token).map(String::as_str)
    }
}

/// Versions 1.3 and 1.2; of the latter ECDHE with AEAD only, which is all that rustls has. The hybrid of X25519 and ML-KEM
/// comes first: what is recorded today is not read by a quantum computer later.
fn server_config(shown: Arc<Shown>, tickets: Arc<Tickets>) -> Result<ServerConfig, rustls::Error> {
    let kx_groups =
        vec![kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];
    let provider = CryptoProvider { kx_groups, ..default_provider() };
    let builder =
        ServerConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions()?;
    let is_challenged = !shown.challenges.is_empty();
    let mut config = builder.with_no_client_auth().with_cert_resolver(shown);
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    if is_challenged {
        config.alpn_protocols.push(ACME_TLS_1.to_vec());
    }
    // A session is in its ticket and nowhere else: nothing is kept for clients that do not come back.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = tickets;
    Ok(config)
}

/// Which certificate is shown to whom, by names.
#[derive(Debug, Default)]
struct Shown {
    certificates: HashMap<String, Arc<CertifiedKey>>,
    challenges: HashMap<String, Arc<CertifiedKey>>,
}

impl Shown {
    fn find(&self, hello: &ClientHello<'_>) -> Option<&Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        // RFC 8737 §3: who speaks this protocol, and no other, is shown the answer to the challenge, and nobody else is.
        let is_challenge = hello.alpn().is_some_and(|protocols| protocols.eq([ACME_TLS_1]));
        if is_challenge { self.challenges.get(&name) } else { self.certificates.get(&name) }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(&hello).cloned()
    }
}

/// One that cannot be used leaves the others usable.
fn insert(
    shown: &mut HashMap<String, Arc<CertifiedKey>>,
    certificate: &Certificate,
    usable: fn(&Certificate) -> Result<CertifiedKey, rustls::Error>,
) {
    match usable(certificate) {
        Ok(usable) => {
            let usable = Arc::new(usable);
            for name in &certificate.names {
                shown.entry(name.as_str().to_owned()).or_insert_with(|| usable.clone());
            }
        }
        Err(error) => tracing::error!(names = ?certificate.names, %error, "a certificate cannot be used"),
    }
}

/// A certificate whose key is its own.
fn matching(certificate: &Certificate) -> Result<CertifiedKey, rustls::Error> {
    let usable = usable(certificate)?;
    usable.keys_match()?;
    Ok(usable)
}

/// Any certificate. The answer to a challenge has a critical extension (RFC 8737 §3), so that nothing but a certificate
/// authority takes it for one: neither does what compares keys.
fn usable(certificate: &Certificate) -> Result<CertifiedKey, rustls::Error> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(&certificate.key[..]));
    let chain = certificate.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    Ok(CertifiedKey::new(chain, any_supported_type(&key)?))
}
