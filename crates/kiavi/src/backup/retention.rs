//! Which archives are kept.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::name::Name;

/// How many archives of a tenant are kept: the last of so many days, weeks and months. The newest is kept in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retention {
    pub(super) daily: u16,
    pub(super) weekly: u16,
    pub(super) monthly: u16,
    /// Days for which the keys of persons are kept.
    pub(super) person_keys_days: u8,
}

/// The longest time for which keys of persons are kept: after it, somebody who was forgotten is forgotten in every copy.
pub(super) const MAX_PERSON_KEYS_DAYS: u8 = 30;

impl Default for Retention {
    fn default() -> Self {
        Self { daily: 7, weekly: 4, monthly: 12, person_keys_days: MAX_PERSON_KEYS_DAYS }
    }
}

/// The year, and which day, week or month of it a time is in.
type Period = fn(Timestamp) -> (i16, i16);

impl Retention {
    /// Those of one tenant's archives that are kept. Days, weeks and months are those of UTC; weeks begin on Monday.
    pub(super) fn kept(&self, names: &[Name]) -> BTreeSet<Name> {
        let mut newest_first: Vec<&Name> = names.iter().collect();
        newest_first.sort_by(|one, other| other.cmp(one));
        let mut kept: BTreeSet<Name> = newest_first.first().copied().cloned().into_iter().collect();
        let periods: [(u16, Period); 3] = [(self.daily, day), (self.weekly, week), (self.monthly, month)];
        for (count, period) in periods {
            let mut seen = BTreeSet::new();
            for name in &newest_first {
                let period = period(name.at);
                if seen.len() < usize::from(count) && seen.insert(period) {
                    kept.insert((*name).clone());
                }
            }
        }
        kept
    }

    /// Whether the keys of persons of an archive of this time are still kept.
    pub(super) fn keeps_keys(&self, at: Timestamp, now: Timestamp) -> bool {
        let days = i64::from(self.person_keys_days.min(MAX_PERSON_KEYS_DAYS));
        now.duration_since(at) <= SignedDuration::from_hours(24 * days)
    }
}

fn day(at: Timestamp) -> (i16, i16) {
    let date = at.to_zoned(TimeZone::UTC).date();
    (date.year(), date.day_of_year())
}

fn week(at: Timestamp) -> (i16, i16) {
    let date = at.to_zoned(TimeZone::UTC).date().iso_week_date();
    (date.year(), date.week().into())
}

fn month(at: Timestamp) -> (i16, i16) {
    let date = at.to_zoned(TimeZone::UTC).date();
    (date.year(), date.month().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(hours: i64) -> Name {
        let start: Timestamp = "2026-01-05T03:00:00Z".parse().unwrap();
        let at = start + SignedDuration::from_hours(hours);
        Name::new("t0a1b2c3d4e5f6g7h8i9j0k1l", at, "019ab3f0-1234-7abc-8def-0123456789ab").unwrap()
    }

    #[test]
    fn a_year_of_days_leaves_days_weeks_and_months() {
        let names: Vec<_> = (0..365).map(|day| name(24 * day)).collect();
        let retention = Retention { daily: 7, weekly: 4, monthly: 12, person_keys_days: 30 };
        let kept = retention.kept(&names);
        // Seven days from Monday back; of four weeks and twelve months the last of two are among them.
        assert_eq!(kept.len(), 7 + 2 + 10, "{kept:?}");
        assert!(kept.contains(names.last().unwrap()));
        let none = Retention { daily: 0, weekly: 0, monthly: 0, person_keys_days: 30 };
        assert_eq!(none.kept(&names), BTreeSet::from([names[364].clone()]));
    }

    #[test]
    fn keys_of_persons_are_kept_thirty_days_whatever_is_asked_for() {
        let long = Retention { person_keys_days: 255, ..Retention::default() };
        let (now, day) = (name(24 * 40).at, |day: i64| name(24 * day).at);
        assert!(long.keeps_keys(day(11), now) && !long.keeps_keys(day(9), now));
        let short = Retention { person_keys_days: 1, ..Retention::default() };
        assert!(!short.keeps_keys(day(38), now));
    }

    proptest! {
        #[test]
        fn what_is_kept_stays_kept_and_is_little(hours in proptest::collection::vec(0i64..20_000, 0..60)) {
            let names: Vec<_> = hours.into_iter().map(name).collect();
            let retention = Retention::default();
            let kept = retention.kept(&names);
            let again: Vec<_> = kept.iter().cloned().collect();
            prop_assert_eq!(retention.kept(&again), kept.clone());
            prop_assert!(kept.len() <= 24 && names.is_empty() == kept.is_empty());
            prop_assert_eq!(kept.last(), names.iter().max());
        }
    }
}
