//! Signing JSON Web Tokens: JWS in compact form (RFC 7515 §7.1) with keys stored as JWK (RFC 7517).
//!
//! A [`SigningKey`] belongs to one algorithm for life, so that nothing in a token or a row can make an RSA key
//! sign as something else.

mod der;
mod jwk;

use aws_lc_rs::{
    encoding::AsBigEndian,
    rand::SystemRandom,
    rsa::{KeyPairComponents, KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
        RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;

pub use jwk::PublicJwk;
use jwk::{PrivateJwk, coordinates, decode, encode};

/// The algorithms of RFC 7518 §3.1 and RFC 8037 that Better Auth can be set to, but Ed448.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JwsAlgorithm {
    /// Ed25519. The fastest to sign, the shortest signature that is not ECDSA's.
    #[default]
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

impl JwsAlgorithm {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::EdDsa, Self::Es256, Self::Es512, Self::Rs256, Self::Ps256];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es512 => "ES512",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// The algorithm of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The name of the curve (`crv`); none for RSA.
    pub const fn curve(self) -> Option<&'static str> {
        match self {
            Self::EdDsa => Some("Ed25519"),
            Self::Es256 => Some("P-256"),
            Self::Es512 => Some("P-521"),
            Self::Rs256 | Self::Ps256 => None,
        }
    }

    fn ecdsa(self) -> Option<&'static EcdsaSigningAlgorithm> {
        match self {
            Self::Es256 => Some(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Self::Es512 => Some(&ECDSA_P521_SHA512_FIXED_SIGNING),
            Self::EdDsa | Self::Rs256 | Self::Ps256 => None,
        }
    }

    fn padding(self) -> &'static dyn RsaEncoding {
        // A PSS salt is as long as the hash (RFC 7518 §3.5), which is AWS-LC's choice too.
        if self == Self::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 }
    }
}

/// What went wrong with a private key. Tells nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is no private JWK, not one of its algorithm, or its parts do not belong together.
    #[error("the private key is not a usable key of its algorithm")]
    Key,
    /// The cryptographic library refused to make a key or a signature.
    #[error("the cryptographic library failed")]
    Library,
}

enum KeyPair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A private key with the only algorithm that it signs with.
pub struct SigningKey {
    algorithm: JwsAlgorithm,
    pair: KeyPair,
    public: PublicJwk,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A fresh key; RSA keys have 2048 bits, as Better Auth's. An RSA key takes a tenth of a second and more,
    /// the others microseconds. AWS-LC draws from its own generator, which is that of [`crate::SystemRng`].
    ///
    /// # Errors
    /// [`JwsError::Library`].
    pub fn generate(algorithm: JwsAlgorithm) -> Result<Self, JwsError> {
        let pair = match (algorithm, algorithm.ecdsa()) {
            (JwsAlgorithm::EdDsa, _) => Ed25519KeyPair::generate().map(KeyPair::Ed25519),
            (_, Some(ecdsa)) => EcdsaKeyPair::generate(ecdsa).map(KeyPair::Ecdsa),
            (_, None) => RsaKeyPair::generate(KeySize::Rsa2048).map(KeyPair::Rsa),
        };
        Self::from_pair(algorithm, pair.map_err(|_| JwsError::Library)?)
    }

    /// The key in a private JWK. Members that its type does not have are ignored (RFC 7517 §4).
    ///
    /// # Errors
    /// [`JwsError::Key`], also when public and private part do not belong together.
    pub fn from_jwk(algorithm: JwsAlgorithm, json: &str) -> Result<Self, JwsError> {
        let jwk: PrivateJwk = serde_json::from_str(json).map_err(|_| JwsError::Key)?;
        if jwk.curve() != algorithm.curve() {
            return Err(JwsError::Key);
        }
        let pair = match (&jwk, algorithm.ecdsa()) {
            (PrivateJwk::Okp { d, x, .. }, None) => {
                let (seed, public) = (decode(d)?, decode(x)?);
                Ed25519KeyPair::from_seed_and_public_key(&seed, &public).map(KeyPair::Ed25519)
            }
            (PrivateJwk::Ec { d, x, y, .. }, Some(ecdsa)) => {
                let (private, x, y) = (decode(d)?, decode(x)?, decode(y)?);
                let point = [&[0x04], x.as_slice(), y.as_slice()].concat(); // SEC 1 §2.3.3: uncompressed
                EcdsaKeyPair::from_private_key_and_public_key(ecdsa, &private, &point).map(KeyPair::Ecdsa)
            }
            (PrivateJwk::Rsa { n, e, d, p, q, dp, dq, qi }, None) => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents { n: decode(n)?, e: decode(e)? },
                    d: decode(d)?,
                    p: decode(p)?,
                    q: decode(q)?,
                    dP: decode(dp)?,
                    dQ: decode(dq)?,
                    qInv: decode(qi)?,
                };
                RsaKeyPair::from_components(&components).map(KeyPair::Rsa)
            }
            _ => return Err(JwsError::Key),
        };
        Self::from_pair(algorithm, pair.map_err(|_| JwsError::Key)?)
    }

    fn from_pair(algorithm: JwsAlgorithm, pair: KeyPair) -> Result<Self, JwsError> {
        let curve = algorithm.curve().unwrap_or_default().to_owned();
        let public = match &pair {
            KeyPair::Ed25519(key) => PublicJwk::Okp { crv: curve, x: encode(key.public_key().as_ref()) },
            KeyPair::Ecdsa(key) => {
                let (x, y) = coordinates(key.public_key().as_ref()).ok_or(JwsError::Library)?;
                PublicJwk::Ec { crv: curve, x: encode(x), y: encode(y) }
            }
            KeyPair::Rsa(key) => der::rsa_private_jwk(key)?.public(),
        };
        Ok(Self { algorithm, pair, public })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// The public half.
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    /// The private JWK as JSON, to be encrypted before it goes anywhere.
    ///
    /// # Errors
    /// [`JwsError::Library`].
    pub fn private_jwk(&self) -> Result<Zeroizing<String>, JwsError> {
        let jwk = match (&self.pair, &self.public) {
            (KeyPair::Ed25519(key), PublicJwk::Okp { crv, x }) => {
                let seed = key.seed().and_then(|seed| seed.as_be_bytes()).map_err(|_| JwsError::Library)?;
                PrivateJwk::Okp { crv: crv.clone(), x: x.clone(), d: encode(seed.as_ref()) }
            }
            (KeyPair::Ecdsa(key), PublicJwk::Ec { crv, x, y }) => {
                let private = key.private_key().as_be_bytes().map_err(|_| JwsError::Library)?;
                let d = encode(private.as_ref());
                PrivateJwk::Ec { crv: crv.clone(), x: x.clone(), y: y.clone(), d }
            }
            (KeyPair::Rsa(key), _) => der::rsa_private_jwk(key)?,
            _ => return Err(JwsError::Library),
        };
        jwk.to_json()
    }

    /// The signature of `message`, in the form of RFC 7518 §3: ECDSA's is `r ‖ s`.
    ///
    /// # Errors
    /// [`JwsError::Library`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JwsError> {
        // AWS-LC ignores the source it is given and draws from its own.
        let random = SystemRandom::new();
        let signature = match &self.pair {
            KeyPair::Ed25519(key) => key.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            KeyPair::Ecdsa(key) => key.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            KeyPair::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(self.algorithm.padding(), &random, message, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| JwsError::Library)
    }

    /// `header.payload.signature` (RFC 7515 §7.1). `encoded_header` is base64url already: a key's header never
    /// changes, so it is encoded once.
    ///
    /// # Errors
    /// [`JwsError::Library`].
    pub fn sign_compact(&self, encoded_header: &str, payload: &[u8]) -> Result<String, JwsError> {
        let mut token = String::with_capacity(encoded_header.len() + payload.len() * 4 / 3 + 128);
        token.push_str(encoded_header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
