//! Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use kiavi_crypto::{Zeroizing, hmac_sha256};

use super::settings::SigningSecretSettings;

/// What secrets begin with (Signature scheme, secret serialization).
const PREFIX: &str = "whsec_";

/// A secret, ready to sign.
pub(super) struct SigningKey {
    key: Zeroizing<Vec<u8>>,
    expires_at: Option<Timestamp>,
}

impl SigningKey {
    /// The key of a secret; `None` when it is none.
    pub(super) fn parse(secret: &SigningSecretSettings) -> Option<Self> {
        let text = secret.signing_secret.expose().strip_prefix(PREFIX)?;
        let key = Zeroizing::new(STANDARD.decode(text).ok()?);
        // 192 to 512 bits.
        (24..=64).contains(&key.len()).then_some(Self { key, expires_at: secret.expires_at })
    }

    /// `v1,` and the signature in base64.
    fn sign(&self, content: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(hmac_sha256(&self.key, content)))
    }
}

/// The value of `webhook-signature`: one signature for each secret that has not expired, with a space between two.
pub(super) fn signatures(keys: &[SigningKey], id: &str, now: Timestamp, body: &str) -> String {
    let content = format!("{id}.{}.{body}", now.as_second());
    let valid = keys.iter().filter(|key| key.expires_at.is_none_or(|end| now < end));
    valid.map(|key| key.sign(content.as_bytes())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str, expires_at: Option<&str>) -> SigningKey {
        let expires_at = expires_at.map(|text| text.parse().unwrap());
        let secret = SigningSecretSettings {
            id: "a".to_owned(),
            signing_secret: secret.to_owned().into(),
            expires_at,
        };
        SigningKey::parse(&secret).unwrap()
    }

    /// The example that the authors' own libraries are tested with.
    #[test]
    fn the_signature_is_the_one_of_the_standard() {
        let keys = [key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None)];
        let now = Timestamp::from_second(1_614_265_330).unwrap();
        let signed = signatures(&keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_signs_until_it_expires() {
        let new = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None);
        let old = key("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", Some("2026-11-24T00:00:00Z"));
        let keys = [new, old];
        let count = |at: &str| signatures(&keys, "a", at.parse().unwrap(), "{}").split(' ').count();
        assert_eq!((count("2026-11-23T23:59:59Z"), count("2026-11-24T00:00:00Z")), (2, 1));
    }
}
