//! Better Auth's encryption of values at rest (`symmetricEncrypt`), so that either server opens what the other
//! stored.
//!
//! The key is SHA-256 of the tenant's secret, the cipher XChaCha20-Poly1305 with a random nonce
//! (draft-irtf-cfrg-xchacha-03 §2), the text the lower-case hex of `nonce ‖ ciphertext ‖ tag`. A secret that has
//! versions writes `$ba$<version>$` in front.

use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use kiavi_base::{ExposeSecret, Rng, SecretString, random_bytes};
use secrecy::zeroize::Zeroizing;

use crate::{TenantSecret, sha256};

const PREFIX: &str = "$ba$";
const NONCE_LENGTH: usize = 24;

/// Why a stored value does not open. Tells nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is not what Better Auth writes.
    #[error("it is no encrypted value")]
    Format,
    /// The secret has no such version (any more).
    #[error("it was encrypted under a version of the secret that is not there")]
    Version,
    /// It was encrypted under another secret, or changed since.
    #[error("the encrypted value does not open")]
    Secret,
}

impl TenantSecret {
    /// Encrypts a text under the current version.
    #[allow(clippy::expect_used, reason = "encryption fails only past 2^38 bytes")]
    pub fn encrypt(&self, rng: &dyn Rng, text: &str) -> String {
        let nonce: [u8; NONCE_LENGTH] = random_bytes(rng);
        let sealed = cipher(self.expose_secret())
            .encrypt(&XNonce::from(nonce), text.as_bytes())
            .expect("the text is far below the cipher's limit");
        let prefix = self.current_version().map(|version| format!("{PREFIX}{version}$"));
        let mut envelope = prefix.unwrap_or_default();
        envelope.reserve(2 * (NONCE_LENGTH + sealed.len()));
        for byte in nonce.iter().chain(&sealed) {
            envelope.push(hex_digit(byte >> 4));
            envelope.push(hex_digit(byte & 15));
        }
        envelope
    }

    /// The text that was encrypted, by us or by Better Auth.
    ///
    /// # Errors
    /// When it is no such value, or no version of the secret opens it.
    pub fn decrypt(&self, envelope: &str) -> Result<Zeroizing<String>, EnvelopeError> {
        let (version, hex) = parse(envelope)?;
        let secret: &SecretString = self.text_of(version).ok_or(EnvelopeError::Version)?;
        let bytes = from_hex(hex).ok_or(EnvelopeError::Format)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LENGTH>().ok_or(EnvelopeError::Format)?;
        let opened = cipher(secret.expose_secret())
            .decrypt(&XNonce::from(*nonce), sealed)
            .map_err(|_| EnvelopeError::Secret)?;
        match String::from_utf8(opened) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(EnvelopeError::Format)
            }
        }
    }
}

fn cipher(secret: &str) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(sha256(secret.as_bytes()));
    XChaCha20Poly1305::new(&Key::from(*key))
}

/// The version that an envelope names, and its hex.
fn parse(envelope: &str) -> Result<(Option<u32>, &str), EnvelopeError> {
    let Some(versioned) = envelope.strip_prefix(PREFIX) else { return Ok((None, envelope)) };
    let (version, hex) = versioned.split_once('$').ok_or(EnvelopeError::Format)?;
    // Rust's parser takes a sign, which a version never has.
    if !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EnvelopeError::Format);
    }
    Ok((Some(version.parse().map_err(|_| EnvelopeError::Format)?), hex))
}

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value & 15)])
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{SecretVersion, SystemRng};

    const TEXT: &str = r#"{"kty":"OKP"} ü"#;
    const CURRENT: &str = "kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ";

    /// Made by better-auth 1.7.25's `symmetricEncrypt`.
    const PLAIN: &str = concat!(
        "296e430f289d86ebacf2bc44b597ecbea19aaca6c471c84d1b36a1a7cb9e4a1af637c2f4e69bc5eafdc1a78a7e9231dc",
        "bd7ac76afdaf4dab"
    );
    const VERSION_2: &str = concat!(
        "$ba$2$36d54eb6ebb184a7cf6608c1eea785d85502c80aa3f79e50d7d5d566a056135fdafc9b9094baad038ebfd20038",
        "01ff8828d2ac3c19253e52"
    );
    const VERSION_1: &str =
        "$ba$1$56d8d16362954f21f427022ad522bbc426915b551377b2cd95e7660c0f8c01402b81088308ce818d1e59bb4a29";
    const UNVERSIONED: &str =
        "d27d02e066a7f475144a933e5e2bd0c78f99219b74071bfb0e3b5f86278daf36a622d33f8a800fd9bd2188f80fca";

    fn secret() -> TenantSecret {
        TenantSecret::new(CURRENT.to_owned().into())
    }

    fn rotated(unversioned: Option<&str>) -> TenantSecret {
        let version = |version, text: &str| SecretVersion { version, text: text.to_owned().into() };
        let versions = [version(2, CURRENT), version(1, "old-secret-old-secret-old-secret-1")];
        TenantSecret::versioned(versions, unversioned.map(|text| text.to_owned().into())).unwrap()
    }

    fn opened(secret: &TenantSecret, envelope: &str) -> Result<String, EnvelopeError> {
        secret.decrypt(envelope).map(|text| text.to_string())
    }

    #[test]
    fn opens_what_better_auth_encrypted() {
        assert_eq!(opened(&secret(), PLAIN).as_deref(), Ok(TEXT));
        let rotated = rotated(Some("legacy-secret-legacy-secret-00000"));
        assert_eq!(opened(&rotated, VERSION_2).as_deref(), Ok(TEXT));
        assert_eq!(opened(&rotated, VERSION_1).as_deref(), Ok("older"));
        assert_eq!(opened(&rotated, UNVERSIONED).as_deref(), Ok("oldest"));
    }

    #[test]
    fn names_the_version_only_where_there_are_versions() {
        let plain = secret().encrypt(&SystemRng, TEXT);
        assert!(plain.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{plain}");
        let versioned = rotated(None).encrypt(&SystemRng, TEXT);
        assert!(versioned.starts_with("$ba$2$"), "{versioned}");
        assert_eq!(opened(&rotated(None), &versioned).as_deref(), Ok(TEXT));
    }

    #[test]
    fn the_wrong_secret_and_a_retired_version_open_nothing() {
        assert_eq!(opened(&rotated(Some("another")), PLAIN), Err(EnvelopeError::Secret));
        assert_eq!(opened(&rotated(None), PLAIN), Err(EnvelopeError::Version));
        assert_eq!(opened(&secret(), VERSION_2), Err(EnvelopeError::Version));
        assert_eq!(opened(&rotated(None), &VERSION_2.replacen('2', "3", 1)), Err(EnvelopeError::Version));
        for damaged in ["", "$ba$", "$ba$2", "$ba$x$00", "$ba$+2$00", "$ba$2$0", "0g", "ü", "00"] {
            assert_eq!(opened(&rotated(Some("x")), damaged), Err(EnvelopeError::Format), "{damaged}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(text in ".{0,200}", flip in 0usize..10_000) {
            let envelope = secret().encrypt(&SystemRng, &text);
            prop_assert_eq!(opened(&secret(), &envelope), Ok(text));
            let mut changed = envelope.into_bytes();
            let index = flip % changed.len();
            changed[index] = if changed[index] == b'0' { b'1' } else { b'0' };
            prop_assert!(secret().decrypt(&String::from_utf8(changed).unwrap()).is_err());
        }

        #[test]
        fn no_input_panics(envelope in "(\\$ba\\$)?[0-9a-f$]{0,120}", other in ".{0,60}") {
            let _ = rotated(Some("x")).decrypt(&envelope);
            let _ = secret().decrypt(&other);
        }
    }
}
