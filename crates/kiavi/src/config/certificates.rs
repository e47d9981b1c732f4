//! Who makes certificates, and how names are proved to them.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Certificates of the names that are served ([certificates.md](certificates.md)): of each tenant's, and of the console's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CertificatesConfig {
    /// Who makes them.
    pub(crate) issuer: CertificateIssuer,
    /// The URL of the directory of an ACME authority (RFC 8555).
    pub(crate) directory: String,
    /// Where the authority may write to, such as `mailto:ops@example.com`.
    pub(crate) contact: Vec<String>,
    /// Says that somebody has read the authority's terms of service and agrees to them. ACME needs it.
    pub(crate) agrees_to_terms: bool,
    /// The ways in which names are proved to the authority, the one to try first before the others: `tls-alpn-01` asks at
    /// port 443, `http-01` at port 80, and for `dns-01` a program of yours publishes records
    /// ([certificates.md](certificates.md#by-the-dns)). Each attempt after one that failed takes another way.
    pub(crate) challenges: Vec<Challenge>,
    /// Files with certificates (PEM) of those who vouch for the directory's server, beside the system's. Relative paths
    /// begin at the configuration's folder.
    pub(crate) root_files: Vec<PathBuf>,
    /// Whether the directory's server may be in a private network or on this machine; `egress.allow_private` has to allow it, too.
    pub(crate) allow_private: bool,
    /// The account outside of ACME that some authorities want to know (external account binding).
    pub(crate) external_account: Option<ExternalAccountConfig>,
}

impl Default for CertificatesConfig {
    fn default() -> Self {
        Self {
            issuer: CertificateIssuer::None,
            directory: LETS_ENCRYPT.to_owned(),
            contact: Vec::new(),
            agrees_to_terms: false,
            challenges: vec![Challenge::TlsAlpn01, Challenge::Http01],
            root_files: Vec::new(),
            allow_private: false,
            external_account: None,
        }
    }
}

/// The authority that is asked if none is named.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Who makes certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateIssuer {
    /// Nobody: something in front of the instance speaks TLS.
    None,
    /// An authority that is asked by ACME.
    Acme,
    /// The instance itself, for names below `domain.tenants`: for tests and closed networks, whose clients are told to trust
    /// its root (`kiavi certificate root`).
    Local,
}

/// A way in which a name is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Challenge {
    /// Over TLS (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
    /// Over plain HTTP (RFC 8555 §8.3).
    #[serde(rename = "http-01")]
    Http01,
    /// In the DNS (RFC 8555 §8.4).
    #[serde(rename = "dns-01")]
    Dns01,
}

/// An account at a certificate authority.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalAccountConfig {
    /// The authority's name for the key.
    pub(crate) key_id: String,
    /// A file with the key, in base64url. Its reader should be root alone. Relative paths begin at the configuration's
    /// folder.
    pub(crate) key_file: PathBuf,
}
