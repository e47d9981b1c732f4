//! Decisions: when to try again, and what an answer means.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use jiff::{Timestamp, fmt::rfc2822};

use crate::egress::EgressError;

/// For how long an event is tried to be delivered.
pub(crate) const LIFE: Duration = Duration::from_secs(72 * 3_600);

/// The pauses after the first failure of an endpoint in a row, the second, and so on; the last one from then on. It is the
/// schedule of the standard (Deliverability and reliability), its end cut to what fits into [`LIFE`]: an event is tried ten
/// times, the last time after 71 h 35 min.
const PAUSES: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000];

/// The longest pause that a receiver may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3_600);

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The endpoint has the event.
    Taken,
    /// It has not.
    Failed,
    /// It wants none any more.
    Gone,
}

/// Delivery success and failure: 2xx is success, 410 ends it all, everything else is failure, redirects too.
pub(super) fn verdict(status: StatusCode) -> Verdict {
    match status {
        StatusCode::GONE => Verdict::Gone,
        status if status.is_success() => Verdict::Taken,
        _ => Verdict::Failed,
    }
}

/// How long to leave an endpoint alone that has failed `failures` times in a row before this time. `chance`, 0 to 255,
/// takes up to a tenth of the pause away, so that not everything comes back at once; `asked` is what the receiver asked for.
pub(super) fn pause(failures: i32, asked: Option<Duration>, chance: u8) -> Duration {
    let step = usize::try_from(failures).unwrap_or(0).min(PAUSES.len() - 1);
    let full = Duration::from_secs(PAUSES[step]);
    let pause = full - full / 10 * u32::from(chance) / 256;
    asked.map_or(pause, |asked| asked.min(LONGEST_PAUSE).max(pause))
}

/// What `Retry-After` asks for (RFC 9110 §10.2.3): seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

/// The stable name of what was in the way of an answer.
pub(super) fn fault(error: EgressError) -> &'static str {
    match error {
        EgressError::Refused => "address_refused",
        EgressError::Deadline => "timed_out",
        EgressError::Unreachable => "unreachable",
        EgressError::TooLarge | EgressError::Protocol => "protocol",
    }
}

/// The beginning of an answer as it can be kept and shown: no byte of it steers a terminal or forges a line.
pub(super) fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_attempts_fit_into_the_life_of_an_event() {
        let longest: Duration = (0..9).map(|failures| pause(failures, None, 0)).sum();
        assert_eq!(longest.as_secs(), 71 * 3_600 + 35 * 60 + 5);
        assert!(longest < LIFE && longest + pause(9, None, 0) > LIFE);
        assert_eq!(pause(i32::MAX, None, 0), pause(8, None, 0));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        let minute = Duration::from_secs(60);
        assert_eq!(pause(0, Some(minute), 0), minute);
        assert_eq!(pause(1, Some(minute), 0), Duration::from_secs(300));
        assert_eq!(pause(0, Some(Duration::MAX), 0), LONGEST_PAUSE);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let asked =
            |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), now);
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Tue, 24 Nov 2026 12:01:00 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(asked("Tue, 24 Nov 2026 11:01:00 GMT"), None);
        assert_eq!((asked("-1"), asked("soon")), (None, None));
    }

    #[test]
    fn only_success_is_success() {
        let of = |code| verdict(StatusCode::from_u16(code).unwrap());
        assert_eq!([200, 202, 204, 299].map(of), [Verdict::Taken; 4]);
        assert_eq!([301, 302, 308, 400, 401, 404, 429, 500, 503].map(of), [Verdict::Failed; 9]);
        assert_eq!(of(410), Verdict::Gone);
    }

    proptest! {
        #[test]
        fn chance_takes_a_tenth_at_most(failures in 0..20, chance: u8) {
            let (full, pause) = (pause(failures, None, 0), pause(failures, None, chance));
            prop_assert!(pause <= full && pause >= full * 9 / 10);
        }

        #[test]
        fn what_is_kept_of_an_answer_can_be_shown(bytes: Vec<u8>) {
            prop_assert!(readable(&bytes).chars().all(|c| c == '\n' || !c.is_control()));
        }
    }
}
