//! What records in the DNS say about a domain that mail comes from, read by outbound: facts of a few bits and names, never
//! the texts themselves.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// The most names that are passed on of one record: more than ten lookups make it void (RFC 7208 §4.6.4).
pub const MAX_INCLUDES: usize = 10;

/// A name in the DNS: labels of letters, digits, hyphens and underscores, in lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName(String);

/// A name below which a domain has a key (RFC 6376 §3.1), in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Selector(DnsName);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be labels of letters, digits, hyphens and underscores, with dots between them")]
pub struct InvalidDnsName;

/// Characters of a selector; those in use have a few dozen at most.
const MAX_SELECTOR: usize = 100;

impl FromStr for DnsName {
    type Err = InvalidDnsName;

    fn from_str(text: &str) -> Result<Self, InvalidDnsName> {
        let is_symbol = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        // RFC 1035 §2.3.4.
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_symbol);
        if text.len() <= 253 && text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidDnsName)
        }
    }
}

impl FromStr for Selector {
    type Err = InvalidDnsName;

    fn from_str(text: &str) -> Result<Self, InvalidDnsName> {
        let name = text.parse::<DnsName>()?;
        if text.len() <= MAX_SELECTOR { Ok(Self(name)) } else { Err(InvalidDnsName) }
    }
}

impl AsRef<str> for DnsName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Selector {
    fn as_ref(&self) -> &str {
        self.0.as_ref()
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which servers may send a domain's mail (RFC 7208).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct Spf {
    /// How many such records there are. More than one is an error, and receivers take none of them (§4.5).
    #[n(0)]
    pub records: u8,
    /// Whose servers it lets in by `include` and `redirect`, at most [`MAX_INCLUDES`].
    #[n(1)]
    #[cbor(with = "crate::codec::texts")]
    pub includes: Vec<DnsName>,
    /// How many addresses, networks and names of servers it lets in itself.
    #[n(2)]
    pub servers: u8,
    /// What it says of all others.
    #[n(3)]
    pub others: SpfOthers,
}

/// What a record says of servers that it does not name (RFC 7208 §4.6.2 and §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SpfOthers {
    /// `-all`: they may not.
    #[n(0)]
    Fail,
    /// `~all`: they probably may not.
    #[n(1)]
    SoftFail,
    /// `?all`, or nothing: it does not say.
    #[n(2)]
    Neutral,
    /// `+all`: anybody may.
    #[n(3)]
    Pass,
    /// What the record that it redirects to says (§6.1).
    #[n(4)]
    Redirected,
}

impl SpfOthers {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Redirected => "redirected",
        }
    }
}

/// What becomes of mail that only says that it is from a domain (RFC 7489 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct Dmarc {
    /// How many such records there are. With more than one receivers take none (§6.6.3).
    #[n(0)]
    pub records: u8,
    /// What is asked for; `None` where the record does not say it in a way that counts.
    #[n(1)]
    pub policy: Option<DmarcPolicy>,
    /// What is asked for mail of names below, where that is another thing.
    #[n(2)]
    pub subdomains: Option<DmarcPolicy>,
    /// Of how much of the mail, in percent.
    #[n(3)]
    pub percent: u8,
    /// Whether anybody is told what receivers saw.
    #[n(4)]
    pub has_reports: bool,
}

/// What a domain asks of receivers (RFC 7489 §6.3, `p`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DmarcPolicy {
    /// Nothing.
    #[n(0)]
    None,
    /// To be suspicious of it.
    #[n(1)]
    Quarantine,
    /// Not to take it.
    #[n(2)]
    Reject,
}

impl DmarcPolicy {
    /// The stable name, which is the record's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// A key by which mail is signed (RFC 6376 §3.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct DkimKey {
    /// Of what kind it is.
    #[n(0)]
    pub kind: DkimKind,
    /// How it stands.
    #[n(1)]
    pub state: DkimState,
    /// Whether receivers are asked to treat what it signed as if nobody had.
    #[n(2)]
    pub is_testing: bool,
}

/// The kind of a key (RFC 6376 §3.6.1 `k`, RFC 8463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DkimKind {
    /// RSA.
    #[n(0)]
    Rsa,
    /// Ed25519.
    #[n(1)]
    Ed25519,
    /// One that is not known here.
    #[n(2)]
    Other,
}

impl DkimKind {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
            Self::Other => "other",
        }
    }
}

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DkimState {
    /// It is there.
    #[n(0)]
    Good,
    /// It is an RSA key of less than the 2048 bits that signers should have (RFC 8301 §3.2).
    #[n(1)]
    Short,
    /// It has been taken back: the record is there without a key.
    #[n(2)]
    Revoked,
    /// What is there is no key of its kind.
    #[n(3)]
    Broken,
}

impl DkimState {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Short => "short",
            Self::Revoked => "revoked",
            Self::Broken => "broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_below_a_domain_and_nothing_else() {
        for good in ["s1", "google", "2026-11._a", "A"] {
            assert!(good.parse::<Selector>().is_ok(), "{good}");
        }
        let (long, label) = (vec!["a"; 51].join("."), "a".repeat(64));
        for bad in ["", ".", "a..b", "a b", "a.", "é", "*", long.as_str(), label.as_str()] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }
}
