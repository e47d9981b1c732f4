//! A server outside, and how it is spoken to.

use std::fmt;
use std::str::FromStr;

use kiavi_ipc::egress::{InvalidTarget, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

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
