//! What Better Auth encrypts around OAuth: tokens under the plain secret, where encryption may have been switched on
//! late, and values of one purpose under a secret of their own.

use std::fmt::Write as _;

use aws_lc_rs::hkdf;

use crate::TenantSecret;

const SALT: &[u8] = b"better-auth:oauth-encryption:v1";

impl TenantSecret {
    /// The secret that stands for this one in values of one purpose: the lower-case hex of 32 bytes from
    /// HKDF-SHA256 (RFC 5869). Nothing encrypted under it opens under another purpose or the plain secret.
    #[allow(clippy::expect_used, reason = "32 bytes is below HKDF's limit of 255 × 32")]
    pub fn for_oauth_purpose(&self, purpose: &str) -> Self {
        let info = format!("better-auth:{purpose}:v1");
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(self.cookie_key());
        let mut key = [0; 32];
        extracted
            .expand(&[info.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("a 32-byte output is within HKDF's bound");
        let mut text = String::with_capacity(64);
        for byte in key {
            let _ = write!(text, "{byte:02x}");
        }
        Self::new(text.into())
    }
}

/// Whether a stored token has the form of an encrypted one. Others are clear text, from a server that did not encrypt.
pub fn is_envelope(stored: &str) -> bool {
    let is_hex = || stored.bytes().all(|byte| byte.is_ascii_hexdigit());
    stored.starts_with("$ba$") || (!stored.is_empty() && stored.len().is_multiple_of(2) && is_hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRng;

    #[test]
    fn a_purpose_opens_its_own_only() {
        let secret = TenantSecret::new("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into());
        let linking = secret.for_oauth_purpose("oauth-link-session-token");
        let sealed = linking.encrypt(&SystemRng, "token");
        assert_eq!(linking.decrypt(&sealed).map(|text| text.to_string()), Ok("token".to_owned()));
        assert!(secret.decrypt(&sealed).is_err());
        assert!(secret.for_oauth_purpose("oauth-state-cookie").decrypt(&sealed).is_err());
    }

    #[test]
    fn clear_text_is_told_apart() {
        let secret = TenantSecret::new("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into());
        assert!(is_envelope(&secret.encrypt(&SystemRng, "token")) && is_envelope("$ba$1$00"));
        for clear in ["", "ya29.token", "abc", "gho_0123"] {
            assert!(!is_envelope(clear), "{clear}");
        }
    }
}
