//! Authenticated encryption of our own small values (AES-256-GCM, NIST SP 800-38D).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use kiavi_base::{Rng, random_bytes};

/// The value was not sealed with this key and context, or was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open")]
pub struct SealError;

/// A key that seals values. Nonces are random: stay below 2³² values a key (SP 800-38D §8.3).
pub struct SealingKey(LessSafeKey);

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

impl SealingKey {
    /// A key from 256 bits.
    #[allow(clippy::expect_used, reason = "AES-256-GCM takes every 32-byte key")]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the length is the algorithm's")))
    }

    /// `nonce ‖ ciphertext ‖ tag`, bound to `context`.
    #[allow(clippy::expect_used, reason = "sealing fails only past 2^36 bytes")]
    pub fn seal(&self, rng: &dyn Rng, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random_bytes(rng);
        let mut sealed = plaintext.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .expect("the plaintext is far below GCM's limit");
        sealed.splice(0..0, nonce);
        sealed
    }

    /// The plaintext.
    ///
    /// # Errors
    /// When `sealed` was made with another key or for another `context`, or is not whole.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut buffer = ciphertext.to_vec();
        let length =
            self.0.open_in_place(nonce, Aad::from(context), &mut buffer).map_err(|_| SealError)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRng;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_only_whole_and_in_its_context(text: Vec<u8>, flip in 0usize..1000) {
            let key = SealingKey::new(&[7; 32]);
            let mut sealed = key.seal(&SystemRng, b"a", &text);
            prop_assert_eq!(key.open(b"a", &sealed), Ok(text));
            prop_assert_eq!(key.open(b"b", &sealed), Err(SealError));
            let index = flip % sealed.len();
            sealed[index] ^= 1;
            prop_assert_eq!(key.open(b"a", &sealed), Err(SealError));
        }

        #[test]
        fn no_input_panics(bytes: Vec<u8>) {
            prop_assert!(SealingKey::new(&[7; 32]).open(b"a", &bytes).is_err());
        }
    }
}
