//! Chance as an argument.

use std::sync::Mutex;

/// A source of random bytes. Production uses the operating system's through `kiavi_crypto::SystemRng`.
pub trait Rng: Send + Sync + 'static {
    /// Fills `buffer` with uniformly random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// `N` random bytes.
pub fn random_bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// The alphabets of the identifiers and tokens that Better Auth writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// `a-z A-Z 0-9`: row ids and session tokens.
    AlphaNumeric,
    /// `a-z A-Z`: API keys.
    Letters,
    /// `a-z 0-9`: WebAuthn user handles, generated names.
    LowerAlphaNumeric,
    /// `a-z A-Z 0-9 - _`: challenge references, OAuth state.
    UrlSafe,
    /// `0-9`: one-time codes.
    Digits,
}

impl Alphabet {
    const fn symbols(self) -> &'static [u8] {
        match self {
            Self::AlphaNumeric => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            Self::Letters => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::LowerAlphaNumeric => b"abcdefghijklmnopqrstuvwxyz0123456789",
            Self::UrlSafe => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
            Self::Digits => b"0123456789",
        }
    }
}

/// `length` symbols of `alphabet`, each equally likely: a byte past the largest multiple of the alphabet's
/// size is thrown away instead of folded back (no modulo bias).
pub fn random_text(rng: &dyn Rng, alphabet: Alphabet, length: usize) -> String {
    let symbols = alphabet.symbols();
    let limit = 256 - 256 % symbols.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in random_bytes::<32>(rng) {
            if usize::from(byte) < limit && text.len() < length {
                text.push(char::from(symbols[usize::from(byte) % symbols.len()]));
            }
        }
    }
    text
}

/// A reproducible generator (SplitMix64) for tests. Not for secrets.
#[derive(Debug)]
pub struct SeededRng(Mutex<u64>);

impl SeededRng {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Rng for SeededRng {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for chunk in buffer.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_length_and_alphabet_asked_for() {
        let rng = SeededRng::new(7);
        let text = random_text(&rng, Alphabet::AlphaNumeric, 1000);
        assert_eq!(text.len(), 1000);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(random_text(&rng, Alphabet::Letters, 1000).bytes().all(|b| b.is_ascii_alphabetic()));
        assert!(random_text(&rng, Alphabet::Digits, 6).bytes().all(|b| b.is_ascii_digit()));
    }

    #[test]
    fn every_symbol_is_equally_likely() {
        let text = random_text(&SeededRng::new(1), Alphabet::Digits, 100_000);
        for digit in b'0'..=b'9' {
            let count = text.bytes().filter(|b| *b == digit).count();
            assert!((9_500..10_500).contains(&count), "{} came {count} times", char::from(digit));
        }
    }
}
