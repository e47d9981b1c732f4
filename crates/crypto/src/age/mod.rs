//! Files in the format age v1 (C2SP age.md), with X25519 recipients and one kind of recipient of our own.
//!
//! A file is a text header, in which a random file key is wrapped for each recipient, and a payload in chunks, each
//! sealed with its number and whether it is the last: what is cut short, put together anew or changed does not open. The
//! primitives are aws-lc-rs'; `age -d` opens what is written here, and the tests hold both to each other.

mod bech32;
mod header;
mod payload;
mod recipient;
#[cfg(test)]
mod tests;

use kiavi_base::{Rng, random_bytes};
use secrecy::zeroize::Zeroizing;

pub use header::{HEADER_LIMIT, Header, Stanza};
pub use payload::{CHUNK, Opener, Sealer};
pub use recipient::{Identity, InvalidAgeKey, Recipient};

/// Bytes of a file key.
const FILE_KEY: usize = 16;

/// The file is not one of this format, is not whole, or is not for this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgeError {
    /// Its header cannot be read.
    #[error("this is no file of the format age v1")]
    Format,
    /// Nothing in the header opens.
    #[error("the file is not for this key")]
    NotForThisKey,
    /// The header was changed, or belongs to another file.
    #[error("the file's header was changed")]
    Header,
    /// A part of the payload was changed.
    #[error("the file was changed")]
    Changed,
    /// The end is missing.
    #[error("the file was cut short")]
    CutShort,
}

/// The key of one file. Wiped when it is dropped.
#[derive(Clone)]
pub struct FileKey(Zeroizing<[u8; FILE_KEY]>);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

impl FileKey {
    /// A key for a new file.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(Zeroizing::new(random_bytes(rng)))
    }

    /// The key that was wrapped.
    ///
    /// # Errors
    /// When it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AgeError> {
        let bytes: [u8; FILE_KEY] = bytes.try_into().map_err(|_| AgeError::NotForThisKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Its bytes, for whoever wraps it.
    pub fn expose(&self) -> &[u8] {
        &*self.0
    }
}

/// HKDF-SHA256 to 32 bytes (RFC 5869).
#[allow(clippy::expect_used, reason = "32 bytes is below HKDF's limit of 255 × 32")]
fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
    let mut key = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("a 32-byte output is within HKDF's bound");
    key
}
