//! Keys as JSON (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::zeroize::{Zeroize, Zeroizing};
use serde::{Deserialize, Serialize};

use super::JwsError;

/// A public key with the members of its type and no others: a private member beside them does not survive
/// reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicJwk {
    /// An Edwards curve (RFC 8037 §2).
    #[serde(rename = "OKP")]
    Okp {
        /// The curve.
        crv: String,
        /// The public key, base64url.
        x: String,
    },
    /// An elliptic curve (RFC 7518 §6.2.1).
    #[serde(rename = "EC")]
    Ec {
        /// The curve.
        crv: String,
        /// The coordinates, base64url.
        x: String,
        /// The second one.
        y: String,
    },
    /// RSA (RFC 7518 §6.3.1).
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus, base64url.
        n: String,
        /// The exponent, base64url.
        e: String,
    },
}

impl PublicJwk {
    /// The curve; none for RSA.
    pub fn curve(&self) -> Option<&str> {
        match self {
            Self::Okp { crv, .. } | Self::Ec { crv, .. } => Some(crv),
            Self::Rsa { .. } => None,
        }
    }
}

/// A private key; wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kty")]
pub(super) enum PrivateJwk {
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String, d: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String, d: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String, d: String, p: String, q: String, dp: String, dq: String, qi: String },
}

impl PrivateJwk {
    /// The curve; none for RSA.
    pub(super) fn curve(&self) -> Option<&str> {
        match self {
            Self::Okp { crv, .. } | Self::Ec { crv, .. } => Some(crv),
            Self::Rsa { .. } => None,
        }
    }

    /// The public half.
    pub(super) fn public(&self) -> PublicJwk {
        match self {
            Self::Okp { crv, x, .. } => PublicJwk::Okp { crv: crv.clone(), x: x.clone() },
            Self::Ec { crv, x, y, .. } => PublicJwk::Ec { crv: crv.clone(), x: x.clone(), y: y.clone() },
            Self::Rsa { n, e, .. } => PublicJwk::Rsa { n: n.clone(), e: e.clone() },
        }
    }

    /// As JSON, without a copy left behind in a buffer that grew.
    pub(super) fn to_json(&self) -> Result<Zeroizing<String>, JwsError> {
        const ROOM: usize = 8_192;
        let mut json = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer(&mut *json, self).map_err(|_| JwsError::Library)?;
        String::from_utf8(std::mem::take(&mut *json)).map(Zeroizing::new).map_err(|_| JwsError::Library)
    }
}

impl Drop for PrivateJwk {
    fn drop(&mut self) {
        match self {
            Self::Okp { d, .. } | Self::Ec { d, .. } => d.zeroize(),
            Self::Rsa { d, p, q, dp, dq, qi, .. } => {
                for part in [d, p, q, dp, dq, qi] {
                    part.zeroize();
                }
            }
        }
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, JwsError> {
    URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| JwsError::Key)
}

/// The halves of an uncompressed point (SEC 1 §2.3.3).
pub(super) fn coordinates(point: &[u8]) -> Option<(&[u8], &[u8])> {
    let both = point.strip_prefix(&[0x04])?;
    (both.len() % 2 == 0).then(|| both.split_at(both.len() / 2))
}
