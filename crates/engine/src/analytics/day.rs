//! Days, as the tenant's clock on the wall has them.

use std::sync::LazyLock;

use jiff::{
    SignedDuration, Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

/// What this program was built with: an engine has no files to read it from.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The time zone with this name.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// When the day of a moment begins, and when the next one does.
pub(super) fn bounds(zone: &TimeZone, at: Timestamp) -> (Timestamp, Timestamp) {
    let local = at.to_zoned(zone.clone());
    let begins = local.start_of_day().map(|begin| begin.timestamp());
    let ends = local.tomorrow().and_then(|next| next.start_of_day()).map(|end| end.timestamp());
    // Only at the ends of time are there none.
    (begins.unwrap_or(at), ends.unwrap_or(Timestamp::MAX))
}

/// By which zone days are counted from when on.
pub(super) struct Span {
    pub(super) since: Timestamp,
    /// As it is stored, for a program that no longer knows a zone must not name another.
    pub(super) name: String,
    pub(super) first_day: Date,
    zone: TimeZone,
}

impl Span {
    pub(super) fn new(since: Timestamp, name: String, first_day: Date) -> Self {
        let zone = zone(&name).unwrap_or_else(|| {
            tracing::warn!(
                name,
                "a time zone of before is not known any more; its days are counted as UTC's"
            );
            TimeZone::UTC
        });
        Self { since, name, first_day, zone }
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date().max(self.first_day)
    }
}

/// The days of a tenant: which one a moment is in depends on nothing but what is stored here.
#[derive(Default)]
pub(super) struct Calendar(Vec<Span>);

impl Calendar {
    /// `spans` are in the order of time.
    pub(super) fn new(spans: Vec<Span>) -> Self {
        Self(spans)
    }

    /// The day that a moment is in.
    pub(super) fn day(&self, at: Timestamp) -> Date {
        let span = self.0.iter().rev().find(|span| span.since <= at).or_else(|| self.0.first());
        span.map_or_else(|| at.to_zoned(TimeZone::UTC).date(), |span| span.day(at))
    }

    /// The span that begins now if days are counted by `name` from now on; `None` if they already are. It begins with the
    /// next millisecond: events of this one are counted already, perhaps.
    pub(super) fn change_to(&mut self, name: &str, now: Timestamp) -> Option<&Span> {
        let (since, first_day) = match self.0.last() {
            Some(last) if last.name == name => return None,
            Some(_) => {
                let next = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
                let next = next.checked_add(SignedDuration::from_millis(1)).unwrap_or(now);
                (next, self.day(next))
            }
            None => (Timestamp::UNIX_EPOCH, Date::constant(1970, 1, 1)),
        };
        self.0.push(Span::new(since, name.to_owned(), first_day));
        self.0.last()
    }

    /// By which zone days are counted now.
    pub(super) fn zone(&self) -> &str {
        self.0.last().map_or("UTC", |span| &span.name)
    }
}
