//! Who makes certificates: the instance's own authority, or one that is asked by ACME.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::Hostname;
use kiavi_crypto::Zeroizing;
use kiavi_db::BoxFuture;
use kiavi_ipc::certificate::{Certificate, Challenge};
use kiavi_vault::VaultError;

use super::dns::Published;

/// When an authority would have a certificate renewed (RFC 9773 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalWindow {
    /// From then on.
    pub start: Timestamp,
    /// Until then.
    pub end: Timestamp,
    /// When to ask again.
    pub look_in: Duration,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Order {
    /// For this name and no other.
    pub hostname: Hostname,
    /// The chain (PEM) that the new one takes the place of, if it is its issuer's.
    pub replaces: Option<String>,
    /// How often this failed since it last succeeded. Another way is tried each time, where there are several.
    pub attempts: u32,
}

/// A certificate that was made.
pub struct Issued {
    /// The certificate and those that lead to a root (PEM).
    pub chain: String,
    /// Its private key (PKCS#8, DER).
    pub key: Zeroizing<Vec<u8>>,
}

/// Where an issuer has its questions answered.
pub trait Answering: Send + Sync {
    /// Has the host answer: once this returns, whoever asks there is answered.
    ///
    /// # Errors
    /// When nobody is there who could.
    fn answer(&self, challenge: Challenge) -> BoxFuture<'_, Result<(), IssueError>>;

    /// Has this value published in the DNS as the proof of the order's name (RFC 8555 §8.4): it is there once this returns, and
    /// until what it returns is dropped.
    ///
    /// # Errors
    /// When nobody publishes records, or it came to nothing.
    fn publish(&self, value: String) -> BoxFuture<'_, Result<Published, IssueError>>;
}

/// Makes certificates.
pub trait Issuer: Send + Sync + 'static {
    /// `local`, or the URL of an ACME directory.
    fn name(&self) -> &str;

    /// Whether it needs nobody to answer questions, and may be asked before a host is reached.
    fn is_immediate(&self) -> bool;

    /// Makes one.
    ///
    /// # Errors
    /// When it does not.
    fn issue<'a>(
        &'a self,
        order: &'a Order,
        host: &'a dyn Answering,
    ) -> BoxFuture<'a, Result<Issued, IssueError>>;

    /// When the certificate of this chain should be renewed, if the issuer has a word on that.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn window<'a>(&'a self, _chain: &'a str) -> BoxFuture<'a, Result<Option<RenewalWindow>, IssueError>> {
        Box::pin(async { Ok(None) })
    }

    /// The certificate (PEM) that clients have to trust, if they do not already.
    ///
    /// # Errors
    /// When the vault fails.
    fn root(&self) -> BoxFuture<'_, Result<Option<String>, IssueError>> {
        Box::pin(async { Ok(None) })
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The authority did not find its challenge answered at the name, or found another address there.
    #[error("the authority could not verify the name: {detail}")]
    Unverified {
        /// The authority's words.
        detail: String,
    },
    /// The authority wants to be asked later.
    #[error("the authority's limits are used up: {detail}")]
    RateLimited {
        /// The authority's words.
        detail: String,
        /// After this time.
        retry_after: Option<Duration>,
    },
    /// A CAA record of the domain names other authorities (RFC 8659).
    #[error("a CAA record of the domain forbids it: {detail}")]
    Forbidden {
        /// The authority's words.
        detail: String,
    },
    /// The authority takes no orders for this name, or none from this account.
    #[error("the authority refused: {detail}")]
    Refused {
        /// The authority's words.
        detail: String,
    },
    /// The authority offers none of the ways in which a name may be proved here.
    #[error("the authority offers none of the challenges that are configured")]
    NoChallenge,
    /// The authority's server did not answer.
    #[error("the authority cannot be reached")]
    Unreachable,
    /// The authority did not get ready in time.
    #[error("the authority took too long")]
    Deadline,
    /// What the authority answered is not what the protocol has there.
    #[error("the authority does not keep to the protocol: {0}")]
    Protocol(String),
    /// What was issued is for another name or key, or over already.
    #[error("what was issued cannot be used: {0}")]
    Unusable(&'static str),
    /// The host that has to answer the challenge could not be told.
    #[error("the host could not be told what to answer: {0}")]
    Host(String),
    /// No program of the operator's publishes records in the DNS.
    #[error("nobody publishes records in the DNS")]
    NoPublisher,
    /// The program that publishes records could not.
    #[error("the record could not be published: {detail}")]
    Unpublished {
        /// The program's words.
        detail: String,
    },
    /// Keys cannot be kept.
    #[error("the vault failed: {0}")]
    Vault(#[from] VaultError),
    /// No key or certificate could be made here.
    #[error("no certificate could be made: {0}")]
    Making(String),
}

impl IssueError {
    /// What an authority's problem document means (RFC 8555 §6.7).
    pub(crate) fn refused(kind: &str, detail: &str) -> Self {
        // Somebody else's words, for our log and page: a line, of bounded length.
        let detail: String = detail.chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect();
        match kind.strip_prefix("urn:ietf:params:acme:error:").unwrap_or(kind) {
            "rateLimited" => Self::RateLimited { detail, retry_after: None },
            "caa" => Self::Forbidden { detail },
            "unauthorized" | "connection" | "dns" | "tls" | "incorrectResponse" => {
                Self::Unverified { detail }
            }
            _ => Self::Refused { detail },
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "unverified",
            Self::RateLimited { .. } => "rate_limited",
            Self::Forbidden { .. } => "forbidden_by_caa",
            Self::Refused { .. } => "refused",
            Self::NoChallenge => "no_challenge",
            Self::Unreachable => "unreachable",
            Self::Deadline => "deadline",
            Self::Protocol(_) => "protocol",
            Self::Unusable(_) => "unusable",
            Self::Host(_) => "host_unreachable",
            Self::NoPublisher => "no_publisher",
            Self::Unpublished { .. } => "unpublished",
            Self::Vault(_) => "vault_unavailable",
            Self::Making(_) => "not_made",
        }
    }

    /// All codes.
    pub const CODES: [&'static str; 14] = [
        "unverified",
        "rate_limited",
        "forbidden_by_caa",
        "refused",
        "no_challenge",
        "unreachable",
        "deadline",
        "protocol",
        "unusable",
        "host_unreachable",
        "no_publisher",
        "unpublished",
        "vault_unavailable",
        "not_made",
    ];

    /// The authority's own words, or those of who publishes records.
    pub(crate) fn detail(&self) -> Option<&str> {
        match self {
            Self::Unverified { detail }
            | Self::RateLimited { detail, .. }
            | Self::Forbidden { detail }
            | Self::Refused { detail }
            | Self::Unpublished { detail } => Some(detail),
            _ => None,
        }
    }

    /// Whether no authority has counted it against us.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Vault(_) | Self::Host(_) | Self::NoPublisher | Self::Unpublished { .. }
        )
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The most of an authority's words that is kept, in characters.
const MAX_DETAIL: usize = 400;

/// The certificate by which a name is proved over TLS (RFC 8737 §3): self-signed, for the name alone, with the hash of the key
/// authorization.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn alpn_certificate(hostname: &Hostname, digest: &[u8]) -> Result<Certificate, IssueError> {
    let making = |error: rcgen::Error| IssueError::Making(error.to_string());
    let key = rcgen::KeyPair::generate().map_err(making)?;
    let mut params = rcgen::CertificateParams::new(vec![hostname.to_string()]).map_err(making)?;
    params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key).map_err(making)?;
    Ok(Certificate {
        names: vec![hostname.clone()],
        chain: vec![certificate.der().to_vec()],
        key: Zeroizing::new(key.serialize_der()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_have_codes_and_an_authoritys_words_are_one_short_line() {
        let urn = |kind: &str| format!("urn:ietf:params:acme:error:{kind}");
        let code = |kind: &str| IssueError::refused(&urn(kind), "why").code();
        assert_eq!(code("dns"), "unverified");
        assert_eq!(code("caa"), "forbidden_by_caa");
        assert_eq!(code("rateLimited"), "rate_limited");
        assert_eq!(code("rejectedIdentifier"), "refused");
        let long = IssueError::refused(&urn("malformed"), &format!("a\r\nb{}", "x".repeat(1000)));
        let detail = long.detail().unwrap();
        assert!(detail.starts_with("abx") && detail.chars().count() == MAX_DETAIL);
    }
}
