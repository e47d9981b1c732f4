//! Which servers outside a tenant reaches.

use std::{collections::BTreeSet, fmt, str::FromStr};

use kiavi_ipc::egress::{AllowList, InvalidTarget, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{Reaches, roots};
use crate::{Settings, SettingsError};

/// The servers that a tenant's engine may reach besides those that its other settings imply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EgressSettings {
    /// Further servers: `host:port` (HTTPS), or an origin.
    pub hosts: Vec<EgressHost>,
    /// Whether servers may be in a private network or on this machine, and be spoken to without TLS. Has an effect
    /// only where the instance allows it.
    pub allows_private: bool,
    /// Certificate authorities (PEM) to believe besides those of the system, such as the one of a private network.
    pub extra_roots: Vec<String>,
}

impl Reaches for EgressSettings {
    fn egress_hosts(&self) -> Vec<EgressHost> {
        self.hosts.clone()
    }
}

/// A server and how it is spoken to: `host:port` for HTTPS, `http://host:port` without TLS.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct EgressHost {
    is_secure: bool,
    target: Target,
}

impl EgressHost {
    /// The server that a URL's requests go to; `None` unless its scheme is `https` or `http`.
    pub fn of(url: &Url) -> Option<Self> {
        let is_secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = match url.host()? {
            // A dot at the end names the same server.
            Host::Domain(name) => name.strip_suffix('.').unwrap_or(name).to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => format!("[{address}]"),
        };
        let target = Target::new(&host, url.port_or_known_default()?).ok()?;
        Some(Self { is_secure, target })
    }

    /// Whether it is spoken to over TLS.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Where it is.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

impl FromStr for EgressHost {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        if !text.contains("://") {
            return Ok(Self { is_secure: true, target: text.parse()? });
        }
        let url = Url::parse(text).map_err(|_| InvalidTarget)?;
        let is_origin = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        Self::of(&url).filter(|_| is_origin).ok_or(InvalidTarget)
    }
}

impl TryFrom<String> for EgressHost {
    type Error = InvalidTarget;

    fn try_from(text: String) -> Result<Self, InvalidTarget> {
        text.parse()
    }
}

impl From<EgressHost> for String {
    fn from(host: EgressHost) -> Self {
        host.to_string()
    }
}

impl fmt::Display for EgressHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_secure { "" } else { "http://" }, self.target)
    }
}

impl fmt::Debug for EgressHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EgressHost({self})")
    }
}

impl Settings {
    /// Every server that the engine may reach: what each part of the settings needs.
    pub fn egress_hosts(&self) -> BTreeSet<EgressHost> {
        let parts: [&dyn Reaches; 4] = [&self.egress, &self.social, &self.abuse, &self.webhooks];
        parts.iter().flat_map(|part| part.egress_hosts()).collect()
    }

    /// The same as outbound holds the engine to it.
    ///
    /// # Errors
    /// When there are more servers than a tenant may have.
    pub fn allow_list(&self) -> Result<AllowList, SettingsError> {
        let targets: BTreeSet<Target> = self.egress_hosts().into_iter().map(|host| host.target).collect();
        AllowList::new(targets.into_iter().collect(), self.egress.allows_private)
            .map_err(|_| SettingsError::Invalid("egress.hosts", "has too many servers"))
    }

    pub(crate) fn validate_egress(&self) -> Result<(), SettingsError> {
        self.allow_list()?;
        let may_be_plain = self.egress.allows_private;
        if !self.egress_hosts().iter().all(|host| host.is_secure || may_be_plain) {
            return Err(SettingsError::Invalid(
                "egress.hosts",
                "and other servers may be http only with allows_private",
            ));
        }
        if self.egress.extra_roots.iter().all(|pem| roots::is_usable(pem)) {
            Ok(())
        } else {
            Err(SettingsError::Invalid("egress.extra_roots", "must each be a certificate authority in PEM"))
        }
    }
}
