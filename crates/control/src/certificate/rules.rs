//! When certificates are renewed, when what failed is tried again, and when somebody has to be told. No I/O.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kiavi_base::{Rng, random_bytes};

use super::{RenewalWindow, issuer::IssueError};

/// The most orders of the whole instance in an hour. Let's Encrypt takes three hundred in three hours.
pub(crate) const MAX_ORDERS_PER_HOUR: i64 = 60;

/// The time in which orders are counted.
pub(crate) const ORDER_PERIOD: SignedDuration = SignedDuration::from_hours(1);

/// How long before its end a certificate is an alarm, at most; for one with a short life a sixth of that.
pub(crate) const ALARM: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The first pause after an authority refused, and the longest. Each is twice as long as the one before: three in the first
/// hour, where Let's Encrypt takes five failed validations of a name.
const REFUSED: (Duration, Duration) = (Duration::from_secs(15 * 60), Duration::from_secs(24 * 3600));

/// The same after nobody answered: nothing was counted against us.
const UNANSWERED: (Duration, Duration) = (Duration::from_secs(2 * 60), Duration::from_secs(3600));

/// When an authority is asked for its window again, whatever it says (RFC 9773 §4.3.2).
const LOOKS: (Duration, Duration) = (Duration::from_secs(3600), Duration::from_secs(24 * 3600));

/// A number from 0 to 1.
fn chance(rng: &dyn Rng) -> f64 {
    f64::from(u16::from_be_bytes(random_bytes(rng))) / f64::from(u16::MAX)
}

fn later(from: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause).ok().and_then(|pause| from.checked_add(pause).ok()).unwrap_or(from)
}

fn between(start: Timestamp, end: Timestamp, share: f64) -> Timestamp {
    let span = Duration::try_from(end.duration_since(start)).unwrap_or_default();
    later(start, span.mul_f64(share))
}

/// When a certificate is renewed of whose authority nothing else is known: at two thirds of its life, or up to a thirtieth
/// before or after, so that those that were made together are not renewed together.
pub(crate) fn renew_at(not_before: Timestamp, not_after: Timestamp, rng: &dyn Rng) -> Timestamp {
    between(not_before, not_after, 2.0 / 3.0 + (chance(rng) - 0.5) / 15.0)
}

/// When it is renewed by its authority's word: at a time of the window, each as likely as any other (RFC 9773 §4.2). One
/// that has begun is no reason to wait.
pub(crate) fn renew_in(window: &RenewalWindow, now: Timestamp, rng: &dyn Rng) -> Timestamp {
    between(window.start, window.end, chance(rng)).max(now)
}

/// When an authority is asked again for its window.
pub(crate) fn look_at(window: &RenewalWindow, now: Timestamp) -> Timestamp {
    later(now, window.look_in.clamp(LOOKS.0, LOOKS.1))
}

/// When an authority is asked again that gave no window.
pub(crate) fn look_without(now: Timestamp) -> Timestamp {
    later(now, LOOKS.1)
}

/// When what has failed for the `attempts`th time in a row is tried again.
pub(crate) fn again_at(error: &IssueError, attempts: i32, now: Timestamp, rng: &dyn Rng) -> Timestamp {
    let (first, longest) = if error.is_unanswered() { UNANSWERED } else { REFUSED };
    let doubled = 2_u32.saturating_pow(u32::try_from(attempts.max(1) - 1).unwrap_or_default());
    let pause = first.saturating_mul(doubled).min(longest);
    // Those that failed together do not come back together.
    let pause = pause.mul_f64(5.0 / 6.0 + chance(rng) / 3.0);
    later(now, pause.max(error.retry_after().unwrap_or_default()))
}

/// From when on the end of a certificate is an alarm: its renewal has failed by then for days.
pub(crate) fn alarm_at(not_before: Timestamp, not_after: Timestamp) -> Timestamp {
    let life = not_after.duration_since(not_before);
    not_after.checked_sub(ALARM.min(life / 6)).unwrap_or(not_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same(u8);

    impl Rng for Same {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn days(number: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * number)
    }

    #[test]
    fn a_certificate_is_renewed_when_two_thirds_of_its_life_are_over() {
        let (start, end) = (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
        let (early, late) = (renew_at(start, end, &Same(0)), renew_at(start, end, &Same(255)));
        let hours = |at: Timestamp| at.duration_since(start).as_secs_f64() / 3600.0;
        assert_eq!((hours(early).round(), hours(late).round()), (57.0 * 24.0, 63.0 * 24.0));
        // Well before anybody is alarmed, and one of six days as well.
        assert!(late < alarm_at(start, end));
        let end = at("2026-01-07T00:00:00Z");
        assert!(renew_at(start, end, &Same(255)) < alarm_at(start, end));
        assert_eq!(end.duration_since(alarm_at(start, end)), days(1));
    }

    #[test]
    fn a_window_is_used_as_a_whole_and_one_that_is_over_at_once() {
        let window = RenewalWindow {
            start: at("2026-03-01T00:00:00Z"),
            end: at("2026-03-03T00:00:00Z"),
            look_in: Duration::ZERO,
        };
        let before = at("2026-02-01T00:00:00Z");
        assert_eq!(renew_in(&window, before, &Same(0)), window.start);
        assert_eq!(renew_in(&window, before, &Same(255)), window.end);
        let after = at("2026-03-10T00:00:00Z");
        assert_eq!(renew_in(&window, after, &Same(0)), after);
        assert_eq!(look_at(&window, before).duration_since(before), SignedDuration::from_hours(1));
        let seldom = RenewalWindow { look_in: Duration::from_secs(1_000_000), ..window };
        assert_eq!(look_at(&seldom, before).duration_since(before), days(1));
    }

    #[test]
    fn pauses_grow_and_an_authority_may_ask_for_a_longer_one() {
        let now = at("2026-01-01T00:00:00Z");
        let refused = IssueError::refused("urn:ietf:params:acme:error:unauthorized", "no such record");
        let pause = |error: &IssueError, attempts, byte| {
            again_at(error, attempts, now, &Same(byte)).duration_since(now).as_secs_f64().round()
        };
        // Never six in an hour.
        let first: f64 = (1..=5).map(|attempts| pause(&refused, attempts, 0)).sum();
        assert!(first > 3600.0, "{first}");
        assert_eq!(pause(&refused, 1, 0), 750.0);
        assert_eq!(pause(&refused, 2, 0), 1500.0);
        assert_eq!(pause(&refused, 60, 255), 28.0 * 3600.0);
        let limited = IssueError::RateLimited {
            detail: "too many".to_owned(),
            retry_after: Some(Duration::from_secs(7200)),
        };
        assert_eq!(pause(&limited, 1, 0), 7200.0);
        assert!(pause(&IssueError::Unreachable, 60, 255) <= 4200.0);
    }
}
