//! The way to the tenant and back, as one browser carries it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::{Alphabet, Rng, random_text};
use kiavi_crypto::{SealingKey, constant_time_eq, sha256};
use serde::{Deserialize, Serialize};

/// How long a sign-in may take.
pub(crate) const FLOW_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// What the cookie is sealed for.
const CONTEXT: &[u8] = b"console flow";
/// Symbols of state and secret: 258 bits.
const SYMBOLS: usize = 43;
/// Bytes of a path that the cookie can carry.
const PATH_LIMIT: usize = 1_024;

/// A sign-in that is under way, sealed in a cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flow {
    state: String,
    pub(crate) verifier: String,
    /// The path to go to in the end.
    pub(crate) next: String,
    /// Whether a passkey is asked for.
    pub(crate) proves: bool,
    until: Timestamp,
}

impl Flow {
    /// A new one; a path that is too long is forgotten.
    pub(crate) fn new(rng: &dyn Rng, next: &str, proves: bool, now: Timestamp) -> Self {
        let secret = || random_text(rng, Alphabet::UrlSafe, SYMBOLS);
        let next = if next.len() <= PATH_LIMIT { next } else { "/" };
        let until = now.checked_add(FLOW_LIFE).unwrap_or(now);
        Self { state: secret(), verifier: secret(), next: next.to_owned(), proves, until }
    }

    /// Where it leads, below the origin of the tenant.
    pub(crate) fn target(&self, origin: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(sha256(self.verifier.as_bytes()));
        let prove = if self.proves { "&prove=yes" } else { "" };
        format!("{origin}/sign-in/console?state={}&challenge={challenge}{prove}", self.state)
    }

    /// Whether a way back with this state is this one's.
    pub(crate) fn is_of(&self, state: &str) -> bool {
        constant_time_eq(self.state.as_bytes(), state.as_bytes())
    }

    /// As the cookie has it.
    pub(crate) fn seal(&self, key: &SealingKey, rng: &dyn Rng) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(key.seal(rng, CONTEXT, &json))
    }

    /// One that is ours and not too old.
    pub(crate) fn open(key: &SealingKey, text: &str, now: Timestamp) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let flow: Self = serde_json::from_slice(&key.open(CONTEXT, &sealed).ok()?).ok()?;
        (now < flow.until).then_some(flow)
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_this_browsers_for_an_hour() {
        let (rng, now) = (SeededRng::new(1), Timestamp::UNIX_EPOCH);
        let key = SealingKey::new(&[1; 32]);
        let flow = Flow::new(&rng, "/w/acme", false, now);
        let text = flow.seal(&key, &rng);
        assert_eq!(Flow::open(&key, &text, now), Some(flow.clone()));
        assert_eq!(Flow::open(&SealingKey::new(&[2; 32]), &text, now), None);
        assert_eq!(Flow::open(&key, &text, now + FLOW_LIFE), None);
        assert!(flow.is_of(&flow.state) && !flow.is_of("") && !flow.is_of(&flow.verifier));
        assert!(!flow.target("http://id.localhost").contains(&flow.verifier));
        assert_eq!(Flow::new(&rng, &"/a".repeat(600), false, now).next, "/");
    }

    proptest! {
        #[test]
        fn no_cookie_panics(text in "\\PC{0,200}") {
            prop_assert_eq!(Flow::open(&SealingKey::new(&[1; 32]), &text, Timestamp::UNIX_EPOCH), None);
        }
    }
}
