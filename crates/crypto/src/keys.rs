//! A tenant's secret and the subkeys derived from it.

use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use kiavi_base::{ExposeSecret, SecretString};

/// The secret of one tenant: the text that Better Auth calls `secret`. Cookies are signed with its bytes as
/// they are, because that is the wire format; every use of our own has a subkey.
#[derive(Clone, Debug)]
pub struct TenantSecret(SecretString);

/// What a subkey is for. The text is part of the derivation: a value sealed for one purpose is noise under
/// every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Keyed hashes of one-time codes at rest.
    OneTimeCode,
    /// Opaque handles that stand for sessions in lists.
    SessionHandle,
    /// The hosted pages' flow cookie.
    HostedFlow,
    /// Keys of rate limit counters, so that the table holds no address in clear.
    RateLimitKey,
    /// Stable WebAuthn user handles.
    UserHandle,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::OneTimeCode => b"kiavi/1 one-time-code",
            Self::SessionHandle => b"kiavi/1 session-handle",
            Self::HostedFlow => b"kiavi/1 hosted-flow",
            Self::RateLimitKey => b"kiavi/1 rate-limit-key",
            Self::UserHandle => b"kiavi/1 user-handle",
        }
    }
}

impl TenantSecret {
    /// Wraps the secret's text.
    pub fn new(text: SecretString) -> Self {
        Self(text)
    }

    /// The bytes that sign cookies.
    pub(crate) fn cookie_key(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// The 256-bit subkey for `purpose` (HKDF-SHA256, empty salt, RFC 5869 §2). Costs two HMACs: derive once.
    #[allow(clippy::expect_used, reason = "32 bytes is below HKDF's limit of 255 × 32")]
    pub fn subkey(&self, purpose: Purpose) -> [u8; 32] {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(self.cookie_key());
        let info = [purpose.info()];
        let mut key = [0; 32];
        extracted
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("a 32-byte output is within HKDF's bound");
        key
    }
}

/// For the one place that hands the secret to the tenant's engine.
impl ExposeSecret<str> for TenantSecret {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

/// HMAC-SHA256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, message).as_ref());
    bytes
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_own_key() {
        let secret = TenantSecret::new("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into());
        let purposes =
            [Purpose::OneTimeCode, Purpose::SessionHandle, Purpose::HostedFlow, Purpose::UserHandle];
        let keys: std::collections::HashSet<_> = purposes.map(|p| secret.subkey(p)).into_iter().collect();
        assert_eq!(keys.len(), purposes.len());
    }

    #[test]
    fn debug_does_not_print_the_secret() {
        let secret = TenantSecret::new("hunter2hunter2hunter2hunter2hunter2".to_owned().into());
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
