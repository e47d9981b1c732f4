//! Encryption of what a long-lived record says about a person, under a key of that person's own, so that the end of
//! the key is the end of the text while the record stays as it is.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2) alone does not commit to its key: whoever chooses the keys can make
//! one ciphertext that opens to two texts. So each text has a commitment beside it, an HMAC under another subkey of
//! the same key, which is checked before anything is decrypted.

use aws_lc_rs::hkdf;
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use kiavi_base::{Rng, random_bytes};
use secrecy::zeroize::Zeroizing;

use crate::{SealError, constant_time_eq, hmac_sha256};

/// The key of one person. Its parts are derived once, here.
pub struct PersonalKey {
    encryption: Zeroizing<[u8; 32]>,
    commitment: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for PersonalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalKey(…)")
    }
}

/// A text that only its person's key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalCiphertext {
    /// The nonce, random.
    pub nonce: [u8; 24],
    /// Binds the ciphertext to the key: HMAC-SHA256 over the nonce and the context.
    pub commitment: [u8; 32],
    /// The text, encrypted, and its tag of 16 bytes.
    pub ciphertext: Vec<u8>,
}

impl PersonalKey {
    /// The key of 256 random bits. The subkeys are HKDF-SHA256's (RFC 5869), empty salt, each with its purpose.
    pub fn new(key: &[u8; 32]) -> Self {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(key);
        let subkey = |info| Zeroizing::new(derive(&extracted, info));
        Self {
            encryption: subkey(b"kiavi-personal/1 encryption"),
            commitment: subkey(b"kiavi-personal/1 commitment"),
        }
    }

    /// Encrypts `text` for `context`. `label`, which says what kind of record this is, and the context are
    /// authenticated; the commitment is over the nonce and the context.
    #[allow(clippy::expect_used, reason = "encryption fails only past 2^38 bytes")]
    pub fn seal(&self, rng: &dyn Rng, label: &[u8], context: &[u8], text: &[u8]) -> PersonalCiphertext {
        let nonce: [u8; 24] = random_bytes(rng);
        let aad = [label, context].concat();
        let ciphertext = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: text, aad: &aad })
            .expect("the text is far below the cipher's limit");
        PersonalCiphertext { nonce, commitment: self.commit(&nonce, context), ciphertext }
    }

    /// The text.
    ///
    /// # Errors
    /// When it was sealed under another key or for another label or context, or changed since.
    pub fn open(
        &self,
        label: &[u8],
        context: &[u8],
        sealed: &PersonalCiphertext,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if !constant_time_eq(&self.commit(&sealed.nonce, context), &sealed.commitment) {
            return Err(SealError);
        }
        let aad = [label, context].concat();
        self.cipher()
            .decrypt(&XNonce::from(sealed.nonce), Payload { msg: &sealed.ciphertext, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SealError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.encryption))
    }

    fn commit(&self, nonce: &[u8; 24], context: &[u8]) -> [u8; 32] {
        hmac_sha256(self.commitment.as_slice(), &[nonce, context].concat())
    }
}

#[allow(clippy::expect_used, reason = "32 bytes is below HKDF's limit of 255 × 32")]
fn derive(extracted: &hkdf::Prk, info: &[u8]) -> [u8; 32] {
    let mut subkey = [0; 32];
    extracted
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut subkey))
        .expect("a 32-byte output is within HKDF's bound");
    subkey
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SystemRng;

    proptest! {
        #[test]
        fn a_text_opens_under_its_key_label_and_context_only(text: Vec<u8>, at: prop::sample::Index) {
            let (key, other) = (PersonalKey::new(&[1; 32]), PersonalKey::new(&[2; 32]));
            let sealed = key.seal(&SystemRng, b"l", b"c", &text);
            prop_assert_eq!(key.open(b"l", b"c", &sealed).unwrap().to_vec(), text);
            prop_assert!(other.open(b"l", b"c", &sealed).is_err());
            prop_assert!(key.open(b"m", b"c", &sealed).is_err());
            prop_assert!(key.open(b"l", b"d", &sealed).is_err());
            let mut changed = sealed.clone();
            changed.ciphertext[at.index(sealed.ciphertext.len())] ^= 1;
            prop_assert!(key.open(b"l", b"c", &changed).is_err());
            let mut changed = sealed.clone();
            changed.commitment[at.index(32)] ^= 1;
            prop_assert!(key.open(b"l", b"c", &changed).is_err());
            let mut changed = sealed;
            changed.nonce[at.index(24)] ^= 1;
            prop_assert!(key.open(b"l", b"c", &changed).is_err());
        }
    }

    /// Poly1305 is linear, so a ciphertext that two chosen keys accept can be made. The commitment names one of them.
    #[test]
    fn a_ciphertext_of_another_key_is_refused_before_it_is_decrypted() {
        let (key, other) = (PersonalKey::new(&[1; 32]), PersonalKey::new(&[2; 32]));
        let mut sealed = key.seal(&SystemRng, b"l", b"c", b"text");
        sealed.ciphertext = other
            .cipher()
            .encrypt(&XNonce::from(sealed.nonce), Payload { msg: b"other", aad: b"lc" })
            .unwrap();
        assert!(other.open(b"l", b"c", &sealed).is_err(), "it would open, were it not for the commitment");
        assert!(key.open(b"l", b"c", &sealed).is_err());
    }
}
