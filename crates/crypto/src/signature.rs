//! Signature verification for public keys that come from outside, in the forms WebAuthn uses.
//!
//! A key is checked once, when it is read: what is accepted here is a usable key of a known strength. A value
//! of [`VerifyingKey`] belongs to one algorithm; nothing in a signature can choose another.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED,
    ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_FIXED, ED25519, EcdsaVerificationAlgorithm, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents,
};

/// The elliptic curves of ECDSA, each with the one hash it is used with (WebAuthn L3 §5.8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdsaCurve {
    /// P-256 with SHA-256.
    P256,
    /// P-384 with SHA-384.
    P384,
    /// P-521 with SHA-512.
    P521,
}

impl EcdsaCurve {
    /// Bytes of one coordinate (SEC 1 §2.3.5).
    const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn algorithm(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1,
            Self::P384 => &ECDSA_P384_SHA384_ASN1,
            Self::P521 => &ECDSA_P521_SHA512_ASN1,
        }
    }

    fn algorithm_of_jose(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
            Self::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }
}

/// RSA padding and hash (RFC 8017 §8). A PSS salt is as long as the hash (RFC 8230 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaScheme {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Pkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Pkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Pkcs1Sha512,
    /// RSASSA-PSS with SHA-256.
    PssSha256,
    /// RSASSA-PSS with SHA-384.
    PssSha384,
    /// RSASSA-PSS with SHA-512.
    PssSha512,
}

impl RsaScheme {
    fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Pkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Pkcs1Sha384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Pkcs1Sha512 => &RSA_PKCS1_2048_8192_SHA512,
            Self::PssSha256 => &RSA_PSS_2048_8192_SHA256,
            Self::PssSha384 => &RSA_PSS_2048_8192_SHA384,
            Self::PssSha512 => &RSA_PSS_2048_8192_SHA512,
        }
    }
}

/// The key is malformed, not on its curve, or too weak to be worth anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not a usable key of its algorithm")]
pub struct InvalidKey;

/// The signature was not made by this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct InvalidSignature;

/// A public key together with the only algorithm it verifies.
#[derive(Debug)]
pub struct VerifyingKey(ParsedPublicKey);

impl VerifyingKey {
    /// An ECDSA key from its affine coordinates, each of exactly the field's length. Signatures are DER
    /// (WebAuthn L3 §6.5.5).
    ///
    /// # Errors
    /// A wrong length, or a point that is not on the curve (SP 800-186 §D.1.1).
    pub fn ecdsa(curve: EcdsaCurve, x: &[u8], y: &[u8]) -> Result<Self, InvalidKey> {
        Self::ecdsa_as(curve, curve.algorithm(), x, y)
    }

    /// The same key for JOSE, where a signature is the two numbers side by side (RFC 7518 §3.4).
    ///
    /// # Errors
    /// Those of [`VerifyingKey::ecdsa`].
    pub fn ecdsa_of_jose(curve: EcdsaCurve, x: &[u8], y: &[u8]) -> Result<Self, InvalidKey> {
        Self::ecdsa_as(curve, curve.algorithm_of_jose(), x, y)
    }

    fn ecdsa_as(
        curve: EcdsaCurve,
        algorithm: &'static EcdsaVerificationAlgorithm,
        x: &[u8],
        y: &[u8],
    ) -> Result<Self, InvalidKey> {
        let length = curve.coordinate_length();
        if x.len() != length || y.len() != length {
            return Err(InvalidKey);
        }
        let point = [&[0x04], x, y].concat(); // SEC 1 §2.3.3: uncompressed
        ParsedPublicKey::new(algorithm, point).map(Self).map_err(|_| InvalidKey)
    }

    /// An Ed25519 key (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// A wrong length, an encoding that is not reduced, or a point of small order: for such a key, signatures
    /// can be made without any private key.
    pub fn ed25519(key: &[u8]) -> Result<Self, InvalidKey> {
        let encoded: [u8; 32] = key.try_into().map_err(|_| InvalidKey)?;
        if has_small_order_or_is_unreduced(encoded) {
            return Err(InvalidKey);
        }
        ParsedPublicKey::new(&ED25519, encoded).map(Self).map_err(|_| InvalidKey)
    }

    /// An RSA key from its modulus and exponent, big-endian without leading zeros (RFC 8230 §4).
    ///
    /// # Errors
    /// A modulus outside 2048 to 8192 bits or even; an exponent that is even, below 65537 or above 32 bits
    /// (FIPS 186-5 §5.4 asks for an odd one above 2¹⁶).
    pub fn rsa(scheme: RsaScheme, modulus: &[u8], exponent: &[u8]) -> Result<Self, InvalidKey> {
        if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bit_length(modulus)?) || !is_odd(modulus) {
            return Err(InvalidKey);
        }
        if !(RSA_EXPONENT_MIN_BITS..=RSA_EXPONENT_MAX_BITS).contains(&bit_length(exponent)?)
            || !is_odd(exponent)
        {
            return Err(InvalidKey);
        }
        RsaPublicKeyComponents { n: modulus, e: exponent }
            .to_parsed_public_key(scheme.parameters())
            .map(Self)
            .map_err(|_| InvalidKey)
    }

    /// Whether `signature` is this key's over `message`.
    ///
    /// # Errors
    /// When it is not; no reason is given, because none is safe to act on.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.0.verify_sig(message, signature).map_err(|_| InvalidSignature)
    }
}

/// Smallest RSA modulus, in bits (SP 800-131A §3).
const RSA_MIN_BITS: usize = 2048;
/// Largest RSA modulus, in bits: more costs time and no authenticator makes them.
const RSA_MAX_BITS: usize = 8192;
/// An odd number of 17 bits or more is at least 65537.
const RSA_EXPONENT_MIN_BITS: usize = 17;
/// Longer exponents only make verification slow.
const RSA_EXPONENT_MAX_BITS: usize = 32;

/// Significant bits of a big-endian number; leading zeros are refused.
fn bit_length(number: &[u8]) -> Result<usize, InvalidKey> {
    match number.first() {
        None | Some(0) => Err(InvalidKey),
        Some(first) => Ok(number.len() * 8 - first.leading_zeros() as usize),
    }
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

/// The y coordinates (little-endian) of the points whose order divides 8, other than 0 and 1: p − 1, and the two
/// of order 8.
const SMALL_ORDER_Y: [[u8; 32]; 3] = [
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Whether an encoded point is one of the eight of small order, or its y is not below p = 2²⁵⁵ − 19.
fn has_small_order_or_is_unreduced(mut encoded: [u8; 32]) -> bool {
    encoded[31] &= 0x7f; // the sign of x
    let small = encoded[1..].iter().all(|byte| *byte == 0) && encoded[0] <= 1;
    let unreduced =
        encoded[31] == 0x7f && encoded[1..31].iter().all(|byte| *byte == 0xff) && encoded[0] >= 0xed;
    small || unreduced || SMALL_ORDER_Y.contains(&encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };
    use proptest::prelude::*;

    #[test]
    fn an_ecdsa_signature_verifies_only_over_its_message() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let key = VerifyingKey::ecdsa(EcdsaCurve::P256, &point[1..33], &point[33..]).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
        assert_eq!(key.verify(b"message", signature.as_ref()), Ok(()));
        assert_eq!(key.verify(b"another", signature.as_ref()), Err(InvalidSignature));
        assert_eq!(key.verify(b"message", &[]), Err(InvalidSignature));
    }

    #[test]
    fn a_point_off_the_curve_or_of_the_wrong_length_is_refused() {
        for (x, y) in [(vec![1; 32], vec![1; 32]), (vec![0; 32], vec![0; 32]), (vec![1; 31], vec![1; 32])] {
            assert!(VerifyingKey::ecdsa(EcdsaCurve::P256, &x, &y).is_err());
        }
    }

    #[test]
    fn an_ed25519_key_verifies_and_points_of_small_order_are_refused() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = VerifyingKey::ed25519(pair.public_key().as_ref()).unwrap();
        assert_eq!(key.verify(b"message", pair.sign(b"message").as_ref()), Ok(()));

        let mut one = [0; 32];
        one[0] = 1;
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        for mut weak in [[0; 32], one, p].into_iter().chain(SMALL_ORDER_Y) {
            assert!(VerifyingKey::ed25519(&weak).is_err());
            weak[31] |= 0x80;
            assert!(VerifyingKey::ed25519(&weak).is_err(), "also with the other sign of x");
        }
        assert!(VerifyingKey::ed25519(&[9; 31]).is_err());
    }

    #[test]
    fn weak_rsa_keys_are_refused() {
        let modulus = |bytes: usize| [vec![0xc1; bytes - 1], vec![1]].concat();
        let e = [1, 0, 1];
        assert!(VerifyingKey::rsa(RsaScheme::Pkcs1Sha256, &modulus(256), &e).is_ok());
        for (n, e) in [
            (modulus(64), &e[..]),
            (modulus(255), &e[..]),
            (modulus(1025), &e[..]),
            (vec![], &e[..]),
            ([vec![0], modulus(256)].concat(), &e[..]),
            ([modulus(255), vec![2]].concat(), &e[..]),
            (modulus(256), &[1][..]),
            (modulus(256), &[3][..]),
            (modulus(256), &[1, 0, 0][..]),
            (modulus(256), &[0, 1, 0, 1][..]),
            (modulus(256), &[1, 0, 0, 0, 1][..]),
            (modulus(256), &[][..]),
        ] {
            assert!(VerifyingKey::rsa(RsaScheme::PssSha256, &n, e).is_err(), "{} bytes, e {e:?}", n.len());
        }
    }

    proptest! {
        #[test]
        fn no_key_and_no_signature_panics(
            a in proptest::collection::vec(any::<u8>(), 0..300),
            b in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            for curve in [EcdsaCurve::P256, EcdsaCurve::P384, EcdsaCurve::P521] {
                let _ = VerifyingKey::ecdsa(curve, &a, &b);
            }
            if let Ok(key) = VerifyingKey::ed25519(a.get(..32).unwrap_or_default()) {
                prop_assert!(key.verify(&a, &b).is_err());
            }
            if let Ok(key) = VerifyingKey::rsa(RsaScheme::Pkcs1Sha256, &a, &[1, 0, 1]) {
                prop_assert!(key.verify(&a, &b).is_err());
            }
        }
    }
}
