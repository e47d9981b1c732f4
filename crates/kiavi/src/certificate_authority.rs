//! Who makes an instance's certificates, as control is told it.

use kiavi_control::{AcmeConfig, AcmeIssuer, ChallengeKind, ExternalAccount, Issuer, LocalIssuer};
use kiavi_egress::{Client, Dial, EgressHost};
use kiavi_ipc::egress::{AllowList, TooManyTargets};
use kiavi_launcher::CertificateStart;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use std::sync::Arc;

use kiavi_base::{Hostname, SystemClock};
use kiavi_db::Database;
use kiavi_vault::Vault;

/// Who makes certificates. It has a secret: it travels in a sealed memory file only.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CertificateAuthority {
    /// The instance itself.
    Local,
    /// One that is asked by ACME.
    Acme(Box<Acme>),
}

/// An authority that is asked by ACME, and how.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acme {
    /// Its directory.
    pub(crate) directory: String,
    /// Where it may write to.
    pub(crate) contact: Vec<String>,
    /// The ways in which names are proved, as the protocol spells them.
    pub(crate) challenges: Vec<String>,
    /// Certificates (PEM) of those who vouch for its server, beside the system's.
    pub(crate) roots: Vec<String>,
    /// Whether its server may be in a private network.
    pub(crate) allows_private: bool,
    /// The identifier and the key of an external account.
    pub(crate) external_account: Option<(String, Hidden)>,
}

/// A secret on its way.
pub(crate) struct Hidden(pub(crate) SecretString);

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableAuthority {
    #[error("the directory's URL has no server that could be reached")]
    Directory,
    #[error("it cannot be written down")]
    Unwritable(#[from] serde_json::Error),
    #[error(transparent)]
    TooMany(#[from] TooManyTargets),
}

impl CertificateAuthority {
    /// What the launcher passes on.
    ///
    /// # Errors
    /// When the directory has no server.
    pub(crate) fn start(&self) -> Result<CertificateStart, UnusableAuthority> {
        let egress = match self {
            Self::Local => None,
            Self::Acme(acme) => {
                Some(AllowList::new(vec![acme.host()?.target().clone()], acme.allows_private)?)
            }
        };
        Ok(CertificateStart { document: serde_json::to_string(self)?.into(), egress })
    }

    /// Who makes them, for an instance with this domain.
    ///
    /// # Errors
    /// When the directory has no server.
    pub(crate) fn issuer(
        &self,
        domain: &Hostname,
        vault: Arc<dyn Vault>,
        database: Database,
        dial: Arc<dyn Dial>,
    ) -> Result<Arc<dyn Issuer>, UnusableAuthority> {
        let clock = Arc::new(SystemClock);
        let acme = match self {
            Self::Local => return Ok(Arc::new(LocalIssuer::new(vault, clock, domain.clone()))),
            Self::Acme(acme) => acme,
        };
        let http = Client::new([acme.host()?], acme.roots.clone(), dial, clock);
        let config = AcmeConfig {
            directory: acme.directory.clone(),
            contact: acme.contact.clone(),
            challenges: acme.challenges.iter().filter_map(|kind| ChallengeKind::parse(kind)).collect(),
            external_account: acme
                .external_account
                .as_ref()
                .map(|(key_id, key)| ExternalAccount { key_id: key_id.clone(), hmac_key: key.0.clone() }),
        };
        Ok(Arc::new(AcmeIssuer::new(config, Arc::new(http), vault, database)))
    }
}

impl Acme {
    fn host(&self) -> Result<EgressHost, UnusableAuthority> {
        let url = Url::parse(&self.directory).ok();
        url.as_ref().and_then(EgressHost::of).ok_or(UnusableAuthority::Directory)
    }
}
