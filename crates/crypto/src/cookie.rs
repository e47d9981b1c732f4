//! Better Auth's signed cookie values.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::TenantSecret;

/// What ECMAScript's `encodeURIComponent` leaves as it is.
const URI_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Length of a base64 HMAC-SHA256 tag with its padding.
const SIGNATURE_LENGTH: usize = 44;

/// `value + "." + base64(HMAC-SHA256(secret, value))`: a cookie's value before it is encoded.
pub fn signed_value(secret: &TenantSecret, value: &str) -> String {
    let tag = hmac::sign(&key(secret.cookie_key()), value.as_bytes());
    format!("{value}.{}", STANDARD.encode(tag))
}

/// `encodeURIComponent(value + "." + base64(HMAC-SHA256(secret, value)))`.
pub fn sign_cookie(secret: &TenantSecret, value: &str) -> String {
    utf8_percent_encode(&signed_value(secret, value), URI_COMPONENT).to_string()
}

/// The value of a signed cookie, or `None` when the signature is not ours, by the current secret or an earlier one.
/// Percent-encoding is optional, as in the reference server. The comparison takes constant time.
pub fn verify_cookie(secret: &TenantSecret, cookie: &str) -> Option<String> {
    let decoded = percent_decode_str(cookie).decode_utf8().unwrap_or(cookie.into());
    let (value, signature) = decoded.rsplit_once('.')?;
    if value.is_empty() || signature.len() != SIGNATURE_LENGTH || !signature.ends_with('=') {
        return None;
    }
    let tag = STANDARD.decode(signature).ok()?;
    let mut keys = std::iter::once(secret.cookie_key()).chain(secret.earlier_cookie_keys());
    keys.any(|bytes| hmac::verify(&key(bytes), value.as_bytes(), &tag).is_ok()).then(|| value.to_owned())
}

fn key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret() -> TenantSecret {
        TenantSecret::new("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into())
    }

    #[test]
    fn agrees_with_a_value_signed_by_better_auth() {
        let signed = sign_cookie(&secret(), "FzPIgaSMuvaR17iuqrcet0fSmlQthvlk");
        assert_eq!(
            signed,
            "FzPIgaSMuvaR17iuqrcet0fSmlQthvlk.z3H4IP0HhD3GXFdzKEd5AGQ6%2FjmiQzZlV0JsbFQAkfM%3D"
        );
        assert_eq!(verify_cookie(&secret(), &signed).as_deref(), Some("FzPIgaSMuvaR17iuqrcet0fSmlQthvlk"));
    }

    #[test]
    fn another_secret_or_a_changed_byte_is_refused() {
        let signed = sign_cookie(&secret(), "token");
        let other = TenantSecret::new("another-secret-another-secret-00".to_owned().into());
        assert_eq!(verify_cookie(&other, &signed), None);
        assert_eq!(verify_cookie(&secret(), &signed.replacen("token", "tokem", 1)), None);
    }

    #[test]
    fn a_cookie_outlives_a_rotation_and_not_a_retirement() {
        let before = sign_cookie(&secret(), "token");
        let rotated = |unversioned| {
            let new = crate::SecretVersion { version: 2, text: "N2vQm8".repeat(6).into() };
            TenantSecret::versioned([new], unversioned).unwrap()
        };
        let during = rotated(Some("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into()));
        assert_eq!(verify_cookie(&during, &before).as_deref(), Some("token"));
        let after = rotated(None);
        assert_eq!(verify_cookie(&after, &before), None);
        assert_eq!(verify_cookie(&after, &sign_cookie(&during, "token")).as_deref(), Some("token"));
    }

    proptest! {
        #[test]
        fn round_trip(value in "[a-zA-Z0-9_.-]{1,64}") {
            let signed = sign_cookie(&secret(), &value);
            prop_assert_eq!(verify_cookie(&secret(), &signed), Some(value));
        }

        #[test]
        fn no_input_panics(cookie in ".{0,200}") {
            verify_cookie(&secret(), &cookie);
        }
    }
}
