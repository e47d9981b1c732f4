//! engine ↔ outbound: connections to servers outside. Whose engine asks, and what it may reach, are facts about
//! the socket.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use kiavi_base::Hostname;
use minicbor::{Decode, Encode};

use crate::Fd;
use crate::codec::texts::MAX_TEXTS;

/// A server: `host:port`. The host is a DNS name in lower case, an IPv4 address, or an IPv6 address in brackets;
/// each server has one spelling only, so comparing is comparing text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    text: String,
    port: u16,
}

/// The text names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be host:port, the host in lower case")]
pub struct InvalidTarget;

impl Target {
    /// The server at `host` (an IPv6 address in brackets) and `port`.
    ///
    /// # Errors
    /// When the host is neither a DNS name nor an address, or is not spelt as [`Target`] says; when the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, InvalidTarget> {
        let is_address = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == inner),
            None => host.parse::<Ipv4Addr>().is_ok(),
        };
        // WHATWG URL §3.5: a name whose last label is a number is an address in disguise, such as 127.1.
        let last = host.rsplit('.').next().unwrap_or_default();
        let is_number = last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit());
        let is_name = !is_number && host.parse::<Hostname>().is_ok();
        if port != 0 && (is_address || is_name) {
            Ok(Self { text: format!("{host}:{port}"), port })
        } else {
            Err(InvalidTarget)
        }
    }

    /// The host; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.text.rsplit_once(':').map_or("", |(host, _)| host)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidTarget)?;
        let target = Self::new(host, port.parse().map_err(|_| InvalidTarget)?)?;
        // Ports have more than one spelling, too: +443, 0443.
        if target.text == text { Ok(target) } else { Err(InvalidTarget) }
    }
}

impl AsRef<str> for Target {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.text)
    }
}

/// What one tenant's engine may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct AllowList {
    #[n(0)]
    #[cbor(with = "crate::codec::texts")]
    targets: Vec<Target>,
    #[n(1)]
    allows_private: bool,
}

/// More servers than an [`AllowList`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {} servers", AllowList::MAX_TARGETS)]
pub struct TooManyTargets;

impl AllowList {
    /// The most servers of one tenant.
    pub const MAX_TARGETS: usize = MAX_TEXTS as usize;

    /// Exactly these servers; with `allows_private` also at addresses of a private network or this machine.
    ///
    /// # Errors
    /// When there are more than [`AllowList::MAX_TARGETS`].
    pub fn new(targets: Vec<Target>, allows_private: bool) -> Result<Self, TooManyTargets> {
        if targets.len() > Self::MAX_TARGETS {
            return Err(TooManyTargets);
        }
        Ok(Self { targets, allows_private })
    }

    /// Each of the servers.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter()
    }

    /// These servers and those of `other`; at private addresses if either allows that.
    ///
    /// # Errors
    /// When there are more than [`AllowList::MAX_TARGETS`].
    pub fn joined(self, other: Self) -> Result<Self, TooManyTargets> {
        let allows_private = self.allows_private || other.allows_private;
        Self::new([self.targets, other.targets].concat(), allows_private)
    }

    /// Whether the server may be reached.
    pub fn has(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }

    /// Whether a server may be in a private network or on this machine.
    pub fn allows_private(&self) -> bool {
        self.allows_private
    }
}

/// What an engine asks: a connection, please.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct Connect {
    /// Chosen by the engine; names the answer.
    #[n(0)]
    pub request: u64,
    /// To where.
    #[n(1)]
    #[cbor(with = "crate::codec::text")]
    pub target: Target,
}

/// What outbound tells an engine.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum FromEgress {
    /// The first message of a door: the certificate authorities to believe, see [`crate::SealedDocument`] and
    /// [`join_certificates`].
    #[n(0)]
    Roots {
        /// The document, shared by all engines.
        #[n(0)]
        document: Fd,
    },
    /// The connection. Outbound has kept no copy of it.
    #[n(1)]
    Connected {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// A connected TCP socket.
        #[n(1)]
        stream: Fd,
    },
    /// There is no connection.
    #[n(2)]
    Refused {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// Why.
        #[n(1)]
        reason: Refusal,
    },
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refusal {
    /// The server is not on the tenant's allow-list.
    #[n(0)]
    NotAllowed,
    /// The server has no address that may be connected to.
    #[n(1)]
    PrivateAddress,
    /// The tenant asks for too much at once.
    #[n(2)]
    Busy,
    /// The name has no address, or the server refused.
    #[n(3)]
    Unreachable,
    /// The time was up.
    #[n(4)]
    Deadline,
}

/// The content of [`FromEgress::Roots`]: each certificate (DER) after its length in bytes, four of them, big-endian.
pub fn join_certificates<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for certificate in certificates {
        // A certificate that does not fit into 4 GiB does not exist.
        let Ok(length) = u32::try_from(certificate.len()) else { continue };
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(certificate);
    }
    bytes
}

/// The certificates that [`join_certificates`] joined; ends early where the bytes are not its work.
pub fn split_certificates(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (certificate, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        bytes = rest;
        Some(certificate)
    })
}
