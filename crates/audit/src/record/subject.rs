//! Whom an event names: a random id that means somebody in this log only, as long as the log keeps who.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_base::{InvalidName, Rng, random_bytes};

const PREFIX: &str = "user:";

/// The random id of a person in one log, and of the key that their fields are sealed under. As text, `user:` and
/// 22 characters of unpadded base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectId([u8; 16]);

impl SubjectId {
    /// A fresh id.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(random_bytes(rng))
    }

    /// The id that these bytes are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectId({self})")
    }
}

impl FromStr for SubjectId {
    type Err = InvalidName;

    /// The form that [`fmt::Display`] writes, and no other.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let decoded = text.strip_prefix(PREFIX).and_then(|id| URL_SAFE_NO_PAD.decode(id).ok());
        let bytes = decoded.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(InvalidName::Shape("subject of a log"))
    }
}
