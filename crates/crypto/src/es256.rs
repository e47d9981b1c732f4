//! Signing with ECDSA on P-256, for servers that know us by a key instead of a shared secret.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The text is no PKCS #8 private key on P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a PKCS #8 private key on P-256 in PEM form")]
pub struct InvalidSigningKey;

/// A private key on P-256 whose signatures are JOSE's (RFC 7518 §3.4).
pub struct Es256SigningKey(EcdsaKeyPair);

impl std::fmt::Debug for Es256SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Es256SigningKey(…)")
    }
}

impl Es256SigningKey {
    /// Reads the PEM text of a PKCS #8 key (RFC 7468 §10).
    ///
    /// # Errors
    /// When it is none, or of another algorithm or curve.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidSigningKey> {
        let inner = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .map(|(inner, _)| inner)
            .ok_or(InvalidSigningKey)?;
        let encoded: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
        let der = STANDARD.decode(encoded).map_err(|_| InvalidSigningKey)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map(Self)
            .map_err(|_| InvalidSigningKey)
    }

    /// The signature over `message`: two numbers of 32 bytes.
    ///
    /// # Errors
    /// When the library fails, which it does only for want of memory.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidSigningKey> {
        // The nonce of an ECDSA signature is the library's own affair: it draws from the same source as our `Rng`.
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| InvalidSigningKey)?;
        Ok(signature.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{encoding::AsBigEndian as _, signature::KeyPair as _};
    use proptest::prelude::*;

    use super::*;
    use crate::{EcdsaCurve, VerifyingKey};

    #[test]
    fn what_is_signed_verifies_under_the_public_half() {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(document.as_ref())
        );
        let key = Es256SigningKey::from_pem(&pem).unwrap();
        let public = key.0.public_key();
        let point: aws_lc_rs::encoding::EcPublicKeyUncompressedBin<'_> = public.as_be_bytes().unwrap();
        let (x, y) = point.as_ref()[1..].split_at(32);
        let verifying = VerifyingKey::ecdsa_of_jose(EcdsaCurve::P256, x, y).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(signature.len(), 64);
        assert_eq!(verifying.verify(b"message", &signature), Ok(()));
        assert!(verifying.verify(b"other", &signature).is_err());
        let der = VerifyingKey::ecdsa(EcdsaCurve::P256, x, y).unwrap();
        assert!(der.verify(b"message", &signature).is_err(), "one form is not the other");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,100}") {
            prop_assert!(Es256SigningKey::from_pem(&text).is_err());
            let framed = format!("-----BEGIN PRIVATE KEY-----{text}-----END PRIVATE KEY-----");
            prop_assert!(Es256SigningKey::from_pem(&framed).is_err());
        }
    }
}
