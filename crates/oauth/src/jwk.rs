//! The public keys of a provider (RFC 7517).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_crypto::{EcdsaCurve, RsaScheme, VerifyingKey, sha256, sha384, sha512};
use serde_json::Value;

/// Keys of one set that are looked at.
const KEY_LIMIT: usize = 64;

/// The signatures that may count (RFC 7518 §3.1, RFC 8037 §3.1). There is no `none` and nothing with a shared key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the name on the wire")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

impl Algorithm {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// The left half of the hash that goes with the algorithm (OpenID Connect Core §3.1.3.6), as it is written.
    pub(crate) fn half_hash(self, text: &str) -> String {
        let bytes = text.as_bytes();
        let hash = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => sha256(bytes).to_vec(),
            Self::Rs384 | Self::Ps384 | Self::Es384 => sha384(bytes).to_vec(),
            // Ed25519 hashes with SHA-512.
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => sha512(bytes).to_vec(),
        };
        URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
    }
}

/// The text is no JWK Set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK Set")]
pub struct MalformedJwkSet;

/// The keys of a provider that can verify a signature; others are left out.
#[derive(Debug, Clone, Default)]
pub struct JwkSet(Vec<Jwk>);

#[derive(Debug, Clone)]
struct Jwk {
    kid: Option<String>,
    algorithm: Option<String>,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ec { curve: EcdsaCurve, x: Vec<u8>, y: Vec<u8> },
    Ed25519(Vec<u8>),
}

impl JwkSet {
    /// Reads a set (RFC 7517 §5): keys of unknown kinds are ignored.
    ///
    /// # Errors
    /// When it is no set at all.
    pub fn parse(json: &[u8]) -> Result<Self, MalformedJwkSet> {
        let set: Value = serde_json::from_slice(json).map_err(|_| MalformedJwkSet)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(MalformedJwkSet)?;
        Ok(Self(keys.iter().take(KEY_LIMIT).filter_map(Jwk::read).collect()))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that a token with this header may be signed with: those of the id that it names; all, if it names
    /// none (OpenID Connect Core §10.1 allows that only while there is one).
    pub(crate) fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> Vec<VerifyingKey> {
        let fits = |key: &&Jwk| {
            (kid.is_none() || key.kid.as_deref() == kid)
                && key.algorithm.as_deref().is_none_or(|name| name == algorithm.name())
        };
        self.0.iter().filter(fits).filter_map(|key| key.material.verifying_key(algorithm)).collect()
    }
}

impl Jwk {
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let material = match text("kty")? {
            "RSA" => Material::Rsa { modulus: bytes("n")?, exponent: bytes("e")? },
            "EC" => {
                let curve = match text("crv")? {
                    "P-256" => EcdsaCurve::P256,
                    "P-384" => EcdsaCurve::P384,
                    "P-521" => EcdsaCurve::P521,
                    _ => return None,
                };
                Material::Ec { curve, x: bytes("x")?, y: bytes("y")? }
            }
            "OKP" if text("crv")? == "Ed25519" => Material::Ed25519(bytes("x")?),
            _ => return None,
        };
        Some(Self {
            kid: text("kid").map(str::to_owned),
            algorithm: text("alg").map(str::to_owned),
            material,
        })
    }
}

impl Material {
    /// The key for one algorithm, if it is of its kind: the key, not the token, decides what a signature is.
    fn verifying_key(&self, algorithm: Algorithm) -> Option<VerifyingKey> {
        match self {
            Self::Rsa { modulus, exponent } => {
                let scheme = match algorithm {
                    Algorithm::Rs256 => RsaScheme::Pkcs1Sha256,
                    Algorithm::Rs384 => RsaScheme::Pkcs1Sha384,
                    Algorithm::Rs512 => RsaScheme::Pkcs1Sha512,
                    Algorithm::Ps256 => RsaScheme::PssSha256,
                    Algorithm::Ps384 => RsaScheme::PssSha384,
                    Algorithm::Ps512 => RsaScheme::PssSha512,
                    _ => return None,
                };
                VerifyingKey::rsa(scheme, modulus, exponent).ok()
            }
            Self::Ec { curve, x, y } => {
                let fits = matches!(
                    (algorithm, curve),
                    (Algorithm::Es256, EcdsaCurve::P256)
                        | (Algorithm::Es384, EcdsaCurve::P384)
                        | (Algorithm::Es512, EcdsaCurve::P521)
                );
                fits.then(|| VerifyingKey::ecdsa_of_jose(*curve, x, y).ok())?
            }
            Self::Ed25519(x) => (algorithm == Algorithm::EdDsa).then(|| VerifyingKey::ed25519(x).ok())?,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_verify_nothing_are_left_out() {
        let set = br#"{"keys":[
            {"kty":"oct","k":"c2VjcmV0"},
            {"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"},
            {"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"},
            7, {}
        ]}"#;
        let set = JwkSet::parse(set).unwrap();
        assert_eq!(set.len(), 1);
        assert_eq!(set.candidates(Some("a"), Algorithm::EdDsa).len(), 1);
        assert_eq!(set.candidates(None, Algorithm::EdDsa).len(), 1);
        assert!(set.candidates(Some("b"), Algorithm::EdDsa).is_empty());
        assert!(set.candidates(Some("a"), Algorithm::Rs256).is_empty(), "a key has one kind of signature");
        assert!(JwkSet::parse(b"[]").is_err());
    }

    #[test]
    fn a_name_is_exact() {
        assert_eq!(Algorithm::named("RS256"), Some(Algorithm::Rs256));
        for bad in ["none", "rs256", "HS256", ""] {
            assert_eq!(Algorithm::named(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_set_panics(bytes: Vec<u8>, kind in "RSA|EC|OKP|oct", curve in "P-256|P-521|Ed25519|.{0,8}",
                         n in "[A-Za-z0-9_-]{0,90}", e in "[A-Za-z0-9_-]{0,12}") {
            let _ = JwkSet::parse(&bytes);
            let set = serde_json::json!({ "keys": [{
                "kty": kind, "crv": curve, "n": n, "e": e, "x": n, "y": e,
            }] });
            let set = JwkSet::parse(set.to_string().as_bytes()).unwrap();
            for algorithm in Algorithm::ALL {
                set.candidates(None, *algorithm);
            }
        }
    }
}
