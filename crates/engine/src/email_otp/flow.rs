//! What a try at a code means.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_crypto::{constant_time_eq, hmac_sha256};

use crate::verification::Taken;

/// The meaning of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The code.
    Right,
    /// Not the code; the row lives on with this value.
    Wrong {
        /// The value with one more attempt.
        value: String,
    },
    /// The code had been tried too often before.
    Exhausted,
    /// The code came too late.
    Expired,
    /// There is no code.
    Missing,
}

/// The keyed hash of a code at rest, bound to purpose and address through `identifier`.
pub(super) fn hash(key: &[u8; 32], identifier: &str, code: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256(key, format!("{identifier}\0{code}").as_bytes()))
}

/// A fresh row's value.
pub(super) fn fresh_value(hash: &str) -> String {
    format!("{hash}:0")
}

/// The hash of what was tried under the key that the stored one was made with: the first of `keys`, or one from before a
/// rotation of the secret.
pub(super) fn tried_hash<'k>(
    keys: impl IntoIterator<Item = &'k [u8; 32]>,
    taken: Option<&Taken>,
    identifier: &str,
    code: &str,
) -> String {
    let stored = taken.and_then(|taken| taken.value.rsplit_once(':')).map_or("", |(stored, _)| stored);
    let mut hashes = keys.into_iter().map(|key| hash(key, identifier, code));
    let current = hashes.next().unwrap_or_default();
    hashes.find(|hash| constant_time_eq(hash.as_bytes(), stored.as_bytes())).unwrap_or(current)
}

/// Judges a try with the hash of what was tried.
pub(super) fn judge(taken: Option<&Taken>, tried: &str, allowed_attempts: u8) -> Verdict {
    let Some(taken) = taken else { return Verdict::Missing };
    if !taken.is_live {
        return Verdict::Expired;
    }
    let Some((stored, attempts)) = taken.value.rsplit_once(':') else { return Verdict::Missing };
    let Ok(attempts) = attempts.parse::<u32>() else { return Verdict::Missing };
    if attempts >= u32::from(allowed_attempts) {
        return Verdict::Exhausted;
    }
    if constant_time_eq(stored.as_bytes(), tried.as_bytes()) {
        Verdict::Right
    } else {
        Verdict::Wrong { value: format!("{stored}:{}", attempts + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];

    fn row(value: &str, is_live: bool) -> Taken {
        Taken { value: value.to_owned(), is_live, seconds_left: 60.0 }
    }

    #[test]
    fn three_wrong_tries_and_the_fourth_is_too_many_even_with_the_code() {
        let right = hash(&KEY, "sign-in-otp-a@b.co", "123456");
        let mut value = fresh_value(&right);
        for _ in 0..3 {
            match judge(Some(&row(&value, true)), "other", 3) {
                Verdict::Wrong { value: next } => value = next,
                verdict => panic!("{verdict:?}"),
            }
        }
        assert_eq!(judge(Some(&row(&value, true)), &right, 3), Verdict::Exhausted);
        assert_eq!(judge(Some(&row(&value, false)), &right, 3), Verdict::Expired);
        assert_eq!(judge(None, &right, 3), Verdict::Missing);
    }

    #[test]
    fn a_code_from_before_a_rotation_is_right() {
        let old = [8; 32];
        let taken = row(&fresh_value(&hash(&old, "i", "123456")), true);
        let judged = |code| judge(Some(&taken), &tried_hash([&KEY, &old], Some(&taken), "i", code), 3);
        assert_eq!(judged("123456"), Verdict::Right);
        assert!(matches!(judged("123457"), Verdict::Wrong { .. }));
        assert!(matches!(
            judge(Some(&taken), &tried_hash([&KEY], Some(&taken), "i", "123456"), 3),
            Verdict::Wrong { .. }
        ));
    }

    #[test]
    fn a_code_is_bound_to_purpose_address_and_key() {
        let hashes = [
            hash(&KEY, "sign-in-otp-a@b.co", "123456"),
            hash(&KEY, "email-verification-otp-a@b.co", "123456"),
            hash(&KEY, "sign-in-otp-c@b.co", "123456"),
            hash(&[8; 32], "sign-in-otp-a@b.co", "123456"),
        ];
        for (index, one) in hashes.iter().enumerate() {
            assert!(hashes[index + 1..].iter().all(|other| other != one));
        }
    }

    proptest! {
        #[test]
        fn only_the_code_is_right(code in "[0-9]{6}", tried in ".{0,12}", attempts in 0u32..3) {
            let stored = hash(&KEY, "i", &code);
            let taken = row(&format!("{stored}:{attempts}"), true);
            let verdict = judge(Some(&taken), &hash(&KEY, "i", &tried), 3);
            prop_assert_eq!(verdict == Verdict::Right, code == tried);
        }

        #[test]
        fn no_value_panics(value in ".{0,80}", tried in ".{0,20}") {
            judge(Some(&row(&value, true)), &tried, 3);
        }
    }
}
