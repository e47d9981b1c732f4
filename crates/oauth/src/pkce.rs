//! State, nonce and proof key of one authorization.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_base::{Alphabet, Rng, random_text};
use kiavi_crypto::sha256;

/// Characters of a state and of a nonce: 192 bits.
const REFERENCE_LENGTH: usize = 32;
/// Characters of a verifier, the most that RFC 7636 §4.1 allows; as Better Auth has it.
const VERIFIER_LENGTH: usize = 128;

/// A state that nobody can guess (RFC 6749 §10.12).
pub fn fresh_state(rng: &dyn Rng) -> String {
    random_text(rng, Alphabet::UrlSafe, REFERENCE_LENGTH)
}

/// A nonce that ties an ID token to this sign-in (OpenID Connect Core §15.5.2).
pub fn fresh_nonce(rng: &dyn Rng) -> String {
    random_text(rng, Alphabet::UrlSafe, REFERENCE_LENGTH)
}

/// A code verifier (RFC 7636 §4.1).
pub fn fresh_verifier(rng: &dyn Rng) -> String {
    random_text(rng, Alphabet::UrlSafe, VERIFIER_LENGTH)
}

/// The challenge to a verifier, by S256 (RFC 7636 §4.2).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;

    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_specification() {
        // RFC 7636 appendix B
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn lengths_are_those_of_the_wire() {
        let rng = SeededRng::new(1);
        assert_eq!((fresh_state(&rng).len(), fresh_nonce(&rng).len()), (32, 32));
        assert_eq!(fresh_verifier(&rng).len(), 128);
    }
}
