//! Signing with Ed25519 (RFC 8032): one short key, signatures that need no randomness.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use kiavi_base::{Rng, random_bytes};
use secrecy::zeroize::Zeroizing;

/// A private Ed25519 key.
pub struct Ed25519SigningKey(Ed25519KeyPair);

/// Only the public half.
impl std::fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ed25519SigningKey(…)")
    }
}

impl Ed25519SigningKey {
    /// The key of a seed, which is what is kept of it (RFC 8032 §5.1.5 calls it the private key).
    #[allow(clippy::expect_used, reason = "every seed of 32 bytes is a key")]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed).expect("the length is the algorithm's"))
    }

    /// A seed for a new key.
    pub fn random_seed(rng: &dyn Rng) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(random_bytes(rng))
    }

    /// The public half (RFC 8032 §5.1.5), which [`VerifyingKey::ed25519`](crate::VerifyingKey::ed25519) takes.
    pub fn public_key(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        bytes
    }

    /// The signature over `message` (RFC 8032 §5.1.6).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.sign(message).as_ref());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VerifyingKey;

    /// RFC 8032 §7.1, TEST 2.
    #[test]
    fn signs_as_the_standard_says() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = Ed25519SigningKey::from_seed(&seed.try_into().unwrap());
        let public = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(key.public_key().as_slice(), public);
        let signature = key.sign(&[0x72]);
        let expected = concat!(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        assert_eq!(signature.as_slice(), bytes(expected));
        assert_eq!(VerifyingKey::ed25519(&public).unwrap().verify(&[0x72], &signature), Ok(()));
        assert!(!format!("{key:?}").contains("4c"));
    }
}
