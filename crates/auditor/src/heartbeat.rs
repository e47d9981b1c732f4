//! One event an hour says that the log goes on, so that nothing having happened can be told from the end of the log being
//! cut off. Each log has a minute of its own, so that not all databases are visited at once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kiavi_audit::{EncodeError, Event, Outcome};
use kiavi_base::{EventId, Rng, TenantId};
use kiavi_crypto::{hmac_sha256, sha256};

/// Between two of a log.
pub(crate) const INTERVAL: Duration = Duration::from_secs(3600);

/// The type of the event.
pub(crate) const TYPE: &str = "log.heartbeat";
/// Who it is by.
pub(crate) const ACTOR: &str = "auditor";

/// An hour of a log, by its number since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hour(i64);

impl Hour {
    /// The hour of this log that `now` is in.
    pub(crate) fn of(tenant: &TenantId, now: Timestamp) -> Self {
        Self((now.as_second() - offset(tenant)).div_euclid(SECONDS))
    }

    /// How long the next one is off.
    pub(crate) fn until_next(self, tenant: &TenantId, now: Timestamp) -> Duration {
        let next = (self.0 + 1) * SECONDS + offset(tenant);
        let left = Timestamp::from_second(next).map_or(SignedDuration::ZERO, |next| next.duration_since(now));
        Duration::try_from(left).unwrap_or_default()
    }

    fn start(self, tenant: &TenantId) -> Timestamp {
        Timestamp::from_second(self.0 * SECONDS + offset(tenant)).unwrap_or_default()
    }
}

const SECONDS: i64 = INTERVAL.as_secs() as i64;

fn offset(tenant: &TenantId) -> i64 {
    let [a, b, ..] = sha256(tenant.as_str().as_bytes());
    i64::from(u16::from_be_bytes([a, b])) % SECONDS
}

/// The event of an hour, by its id and its body. The id depends on log and hour alone, so that whoever writes it a second
/// time writes nothing; and on the log's key, so that nobody else takes its place.
pub(crate) fn event(
    (tenant, seed): (&TenantId, &[u8; 32]),
    hour: Hour,
    now: Timestamp,
) -> Result<(EventId, Vec<u8>), EncodeError> {
    let derived = Derived::of(seed, &format!("{TYPE}\0{tenant}\0{}", hour.0));
    let id = EventId::new(hour.start(tenant), &derived);
    let event = Event {
        id,
        kind: TYPE.to_owned(),
        outcome: Outcome::Success,
        at: now,
        request_id: None,
        actor: Some(ACTOR.to_owned()),
        subject: None,
        method: None,
        facts: None,
        sealed: Vec::new(),
    };
    Ok((id, event.encode()?))
}

/// Bytes that are not random: an event's id has room for fewer than there are here.
pub(crate) struct Derived([u8; 32]);

impl Derived {
    /// Those of a log's key for one purpose.
    pub(crate) fn of(seed: &[u8; 32], purpose: &str) -> Self {
        Self(hmac_sha256(seed, purpose.as_bytes()))
    }
}

impl Rng for Derived {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, derived) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *derived;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(letter: &str) -> TenantId {
        format!("t{}", letter.repeat(24)).parse().unwrap()
    }

    #[test]
    fn a_log_has_one_heartbeat_an_hour_whoever_writes_it() {
        let (one, other) = (tenant("a"), tenant("b"));
        let now: Timestamp = "2026-11-26T20:00:00Z".parse().unwrap();
        let hour = Hour::of(&one, now);
        let next = now + SignedDuration::try_from(hour.until_next(&one, now)).unwrap();
        assert!(next > now && next <= now + SignedDuration::from_hours(1));
        assert_eq!(Hour::of(&one, next - SignedDuration::from_secs(1)), hour);
        assert!(Hour::of(&one, next) > hour);
        let id = |tenant: &TenantId, at| event((tenant, &[7; 32]), Hour::of(tenant, at), at).unwrap().0;
        assert_eq!(id(&one, now), id(&one, next - SignedDuration::from_secs(1)));
        assert_ne!(id(&one, now), id(&one, next));
        assert_ne!(id(&one, now), id(&other, now));
    }
}
