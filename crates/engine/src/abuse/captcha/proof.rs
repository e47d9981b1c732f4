//! The proof of work. The server remembers nothing of a challenge that it hands out: the text itself says until when
//! and for how many bits, under a keyed hash that covers the network, too. Only an answer that is right leaves a trace,
//! so that it works once.
//!
//! `challenge = base64url(random 16 ‖ end 8 ‖ bits 1 ‖ HMAC-SHA-256 32)`, 76 characters. An answer is
//! `challenge.nonce`, the nonce of up to 20 digits, and right when SHA-256 of that text starts with enough zero bits.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::{Rng, random_bytes};
use kiavi_crypto::{Purpose, constant_time_eq, hmac_sha256, sha256};

use super::{ProofOfWork, Reason};
use crate::{ApiError, Context, State, rate_limit};

/// Bytes of a challenge before its keyed hash.
const HEAD: usize = 16 + 8 + 1;
/// Characters of an answer that are looked at.
const ANSWER_LIMIT: usize = 76 + 1 + 20;
/// Where used challenges are noted.
const USED: &str = "captcha.used";

fn tag(key: &[u8; 32], head: &[u8], network: IpAddr) -> [u8; 32] {
    hmac_sha256(key, &[head, network.to_string().as_bytes()].concat())
}

fn key(state: &State) -> [u8; 32] {
    state.secret.subkey(Purpose::CaptchaChallenge)
}

/// A new challenge for the network of a request.
pub(super) fn challenge(state: &State, context: &Context, settings: &ProofOfWork) -> String {
    let life = SignedDuration::from_secs(settings.expires_in_seconds.into());
    let end = state.clock.now().checked_add(life).unwrap_or(Timestamp::MAX);
    write(&key(state), state.rng(), context.network(), end, settings.bits)
}

fn write(key: &[u8; 32], rng: &dyn Rng, network: IpAddr, end: Timestamp, bits: u8) -> String {
    let random: [u8; 16] = random_bytes(rng);
    let mut text = [&random[..], &end.as_second().to_be_bytes(), &[bits]].concat();
    text.extend(tag(key, &text, network));
    URL_SAFE_NO_PAD.encode(text)
}

/// Judges an answer and uses its challenge up.
///
/// # Errors
/// Those of the statement.
pub(super) async fn accept(
    state: &State,
    context: &Context,
    settings: &ProofOfWork,
    answer: &str,
) -> Result<Result<(), Reason>, ApiError> {
    let challenge = match judge(&key(state), context.network(), state.clock.now(), answer) {
        Ok(challenge) => challenge,
        Err(reason) => return Ok(Err(reason)),
    };
    // Twice its life: the mark, which has the database's time, outlives a challenge, which has the process's.
    let is_first = rate_limit::use_up(state, USED, challenge, settings.life() * 2).await?;
    Ok(if is_first { Ok(()) } else { Err(Reason::Used) })
}

/// The challenge that `answer` solves.
fn judge<'a>(key: &[u8; 32], network: IpAddr, now: Timestamp, answer: &'a str) -> Result<&'a str, Reason> {
    let (challenge, nonce) = answer.split_once('.').ok_or(Reason::Malformed)?;
    if answer.len() > ANSWER_LIMIT || nonce.is_empty() || !nonce.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Reason::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(challenge).map_err(|_| Reason::Malformed)?;
    let (head, given) = bytes.split_at_checked(HEAD).ok_or(Reason::Malformed)?;
    if !constant_time_eq(&tag(key, head, network), given) {
        return Err(Reason::Malformed);
    }
    let (end, bits) = head[16..].split_at(8);
    let end = end.try_into().map(i64::from_be_bytes).map_err(|_| Reason::Malformed)?;
    if now.as_second() >= end {
        return Err(Reason::Expired);
    }
    let is_enough = leading_zeros(&sha256(answer.as_bytes())) >= u32::from(bits[0]);
    if is_enough { Ok(challenge) } else { Err(Reason::Wrong) }
}

fn leading_zeros(hash: &[u8; 32]) -> u32 {
    let zero_bytes = hash.iter().take_while(|byte| **byte == 0).count();
    let partial = hash.get(zero_bytes).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(zero_bytes * 8).unwrap_or(0) + partial
}

/// The answer to a challenge, as a client finds it.
#[cfg(test)]
pub(crate) fn solve(challenge: &str, bits: u8) -> String {
    let answers = (0u64..).map(|nonce| format!("{challenge}.{nonce}"));
    answers
        .into_iter()
        .find(|answer| leading_zeros(&sha256(answer.as_bytes())) >= u32::from(bits))
        .expect("some number fits")
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const BITS: u8 = 8;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn here() -> IpAddr {
        IpAddr::from([192, 0, 2, 1])
    }

    #[test]
    fn an_answer_counts_for_its_key_its_network_and_its_time() {
        let challenge = write(&KEY, &SeededRng::new(1), here(), at(300), BITS);
        assert_eq!(challenge.len(), 76);
        let answer = solve(&challenge, BITS);
        assert_eq!(judge(&KEY, here(), at(299), &answer), Ok(&*challenge));
        assert_eq!(judge(&KEY, here(), at(300), &answer), Err(Reason::Expired));
        assert_eq!(judge(&[8; 32], here(), at(0), &answer), Err(Reason::Malformed));
        assert_eq!(judge(&KEY, [192, 0, 2, 2].into(), at(0), &answer), Err(Reason::Malformed));
    }

    #[test]
    fn less_work_and_other_forms_do_not_count() {
        let challenge = write(&KEY, &SeededRng::new(1), here(), at(300), BITS);
        let lazy = (0..).map(|n| format!("{challenge}.{n}")).find(|a| sha256(a.as_bytes())[0] != 0).unwrap();
        assert_eq!(judge(&KEY, here(), at(0), &lazy), Err(Reason::Wrong));
        let nonce = solve(&challenge, BITS)[77..].to_owned();
        for answer in [
            String::new(),
            challenge.clone(),
            format!("{challenge}."),
            format!("{challenge}.-{nonce}"),
            format!("{challenge}.{nonce}.{nonce}"),
            format!("{challenge}.{}", "0".repeat(21)),
            format!("{challenge}=.{nonce}"),
            format!("{}.{nonce}", &challenge[4..]),
            format!(".{nonce}"),
        ] {
            assert_eq!(judge(&KEY, here(), at(0), &answer), Err(Reason::Malformed), "{answer}");
        }
    }

    #[test]
    fn zeros_are_counted_over_bytes() {
        let mut hash = [0; 32];
        assert_eq!(leading_zeros(&hash), 256);
        (hash[0], hash[2]) = (0, 0b0001_0000);
        assert_eq!(leading_zeros(&hash), 19);
        hash[0] = 0xff;
        assert_eq!(leading_zeros(&hash), 0);
    }

    proptest! {
        #[test]
        fn no_answer_panics_and_a_changed_challenge_is_none(text in ".{0,120}", flip in 0usize..57) {
            prop_assert!(judge(&KEY, here(), at(0), &text).is_err());
            let challenge = write(&KEY, &SeededRng::new(1), here(), at(300), 0);
            let mut bytes = URL_SAFE_NO_PAD.decode(&challenge).unwrap();
            bytes[flip] ^= 1;
            let changed = format!("{}.0", URL_SAFE_NO_PAD.encode(bytes));
            prop_assert_eq!(judge(&KEY, here(), at(0), &changed), Err(Reason::Malformed));
        }
    }
}
