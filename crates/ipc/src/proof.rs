//! control ↔ outbound: what the owner of a domain has put into the DNS, as proof and about the domain's mail.
//!
//! Only the names of [`Wanted`] can be looked up here, and only texts that could be a proof, or what outbound has read in a
//! record about mail ([`crate::mail_record`]), come back: whoever holds the door has no resolver.

use std::fmt;
use std::str::FromStr;

use kiavi_base::Hostname;
use minicbor::{Decode, Encode};

use crate::codec::texts::MAX_TEXTS;
use crate::mail_record::{DkimKey, Dmarc, Selector, Spf};

/// The label below which a proof is: `_kiavi-challenge.auth.example.com` for `auth.example.com`. A name with an underscore
/// is no hostname (RFC 8552), so nothing else can be there.
pub const LABEL: &str = "_kiavi-challenge";

/// The most texts of one name that are passed on.
pub const MAX_PROOFS: usize = 16;
const _: () = assert!(MAX_PROOFS as u64 <= MAX_TEXTS);

/// Which record of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum Wanted {
    /// The proof, below [`LABEL`].
    #[n(0)]
    Proof,
    /// Which servers may send its mail, at the domain itself (RFC 7208 §3).
    #[n(1)]
    Spf,
    /// What becomes of mail that is not its own, below `_dmarc` (RFC 7489 §6.1).
    #[n(2)]
    Dmarc,
    /// A key by which its mail is signed, below the selector and `_domainkey` (RFC 6376 §3.6.2.1).
    #[n(3)]
    DkimKey(
        #[n(0)]
        #[cbor(with = "crate::codec::text")]
        Selector,
    ),
}

impl Wanted {
    /// The name at which the record is.
    pub fn name(&self, domain: &Hostname) -> String {
        match self {
            Self::Proof => format!("{LABEL}.{domain}"),
            Self::Spf => domain.to_string(),
            Self::Dmarc => format!("_dmarc.{domain}"),
            Self::DkimKey(selector) => format!("{selector}._domainkey.{domain}"),
        }
    }
}

/// What control asks: what is there?
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct LookUp {
    /// Names the answer.
    #[n(0)]
    pub request: u64,
    /// The domain itself, without what [`Wanted::name`] puts before it.
    #[n(1)]
    #[cbor(with = "crate::codec::text")]
    pub domain: Hostname,
    /// Which of its records.
    #[n(2)]
    pub wanted: Wanted,
}

/// What outbound answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct Looked {
    /// The request's number.
    #[n(0)]
    pub request: u64,
    /// What there is.
    #[n(1)]
    pub answer: Answer,
}

/// What there is at the name that was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum Answer {
    /// TXT records at the name of a proof; those that could be none are left out, and those beyond [`MAX_PROOFS`].
    #[n(0)]
    Texts(
        #[n(0)]
        #[cbor(with = "crate::codec::texts")]
        Vec<ProofText>,
    ),
    /// The name does not exist, or has no such record.
    #[n(1)]
    Absent,
    /// No name server gave an answer that can be used.
    #[n(2)]
    Unanswered,
    /// The record about servers.
    #[n(3)]
    Spf(#[n(0)] Spf),
    /// The record about what becomes of forgeries.
    #[n(4)]
    Dmarc(#[n(0)] Dmarc),
    /// The key.
    #[n(5)]
    DkimKey(#[n(0)] DkimKey),
}

/// A TXT record that could be a proof: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProofText(String);

/// The text could be no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct InvalidProofText;

impl FromStr for ProofText {
    type Err = InvalidProofText;

    fn from_str(text: &str) -> Result<Self, InvalidProofText> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_visible && (1..=255).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidProofText)
        }
    }
}

impl AsRef<str> for ProofText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProofText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
