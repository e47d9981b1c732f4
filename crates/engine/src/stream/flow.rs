//! Decisions: when to try again, and what an answer of a store means.

use std::time::Duration;

use axum::http::StatusCode;

use crate::egress::EgressError;

/// The pause after the first failure in a row; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

/// How long to leave a destination alone that has failed `failures` times in a row before this time. `chance`, 0 to 255,
/// takes up to a tenth of the pause away, so that not everything comes back at once.
pub(super) fn pause(failures: i32, chance: u8) -> Duration {
    let doublings = u32::try_from(failures).unwrap_or(0).min(16);
    let full = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    full - full / 10 * u32::from(chance) / 256
}

/// Why a batch is not where it should be: a stable name, which operators see.
pub(super) fn fault(error: EgressError) -> String {
    match error {
        EgressError::Refused => "address_refused",
        EgressError::Deadline => "timed_out",
        EgressError::Unreachable => "unreachable",
        EgressError::TooLarge | EgressError::Protocol => "protocol",
    }
    .to_owned()
}

/// What a store's answer to writing an object means; what is in the way otherwise.
///
/// An object that is there already (412, of `If-None-Match: *`, RFC 9110 §13.1.2) is the one that was written before
/// somebody could note it: its name says which events are in it.
pub(super) fn written(status: StatusCode) -> Result<(), String> {
    if status.is_success() || status == StatusCode::PRECONDITION_FAILED {
        Ok(())
    } else {
        Err(format!("status_{}", status.as_u16()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_quarter_of_an_hour() {
        let seconds = |failures| pause(failures, 0).as_secs();
        assert_eq!([0, 1, 2, 7, 8, 1_000, i32::MAX].map(seconds), [5, 10, 20, 640, 900, 900, 900]);
        assert_eq!(pause(-1, 0), FIRST_PAUSE);
        for chance in [0, 100, 255] {
            assert!(pause(8, chance) >= LONGEST_PAUSE * 9 / 10 && pause(8, chance) <= LONGEST_PAUSE);
        }
    }

    #[test]
    fn an_object_that_is_there_was_written() {
        let of = |code| written(StatusCode::from_u16(code).unwrap());
        assert_eq!([200, 201, 204, 412].map(of), [Ok(()), Ok(()), Ok(()), Ok(())]);
        assert_eq!(of(403), Err("status_403".to_owned()));
        assert_eq!(of(307), Err("status_307".to_owned()), "no redirect is followed");
    }
}
