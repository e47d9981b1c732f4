//! Bytes as lower-case hexadecimal digits, each in one spelling only. Copies are wiped: some of them are keys.

use std::fmt::Write as _;

use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect::<Option<_>>()
        .filter(|_| rest.is_empty())
}

/// For `#[serde(with)]`.
pub(crate) fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Zeroizing::new(encode(bytes.as_ref())))
}

/// For `#[serde(with)]`.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<Vec<u8>>,
{
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    let bytes = decode(&text).ok_or_else(|| D::Error::custom("not lower-case hexadecimal digits"))?;
    T::try_from(bytes).map_err(|_| D::Error::custom("not as many bytes as it has"))
}
