//! Bytes that travel as base64url text.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Longest value of one field of a response, in bytes. Attestation objects with a chain of certificates stay
/// below 10 kB.
pub const MAX_FIELD_BYTES: usize = 64 * 1024;

/// Bytes as `Base64URLString` (WebAuthn L3 §5.1): RFC 4648 §5 without padding, at most [`MAX_FIELD_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Base64Url(pub Vec<u8>);

impl Base64Url {
    /// The text form.
    pub fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The bytes of `text`; `None` for padding, foreign characters, stray bits or too long a value.
    pub fn decode(text: &str) -> Option<Vec<u8>> {
        if text.len() > MAX_FIELD_BYTES.div_ceil(3) * 4 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()
    }
}

impl Serialize for Base64Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Self::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).map(Self).ok_or_else(|| de::Error::custom("not base64url"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_unpadded_base64url_is_read() {
        for text in ["AQ==", "AQ=", "A", "AR", "+/8", "A Q", "AQ\n", "é"] {
            assert_eq!(Base64Url::decode(text), None, "{text:?}");
        }
        assert_eq!(Base64Url::decode(&"A".repeat(MAX_FIELD_BYTES.div_ceil(3) * 4 + 4)), None);
        assert_eq!(Base64Url::decode("-_8"), Some(vec![0xfb, 0xff]));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Base64Url::decode(&Base64Url::encode(&bytes)), Some(bytes));
        }

        #[test]
        fn no_text_panics(text in ".{0,100}") {
            if let Some(bytes) = Base64Url::decode(&text) {
                prop_assert_eq!(Base64Url::encode(&bytes), text);
            }
        }
    }
}
