//! Points in time in words.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::text::Text;

/// After this many days a date says more than a count of days.
const DAYS_IN_WORDS: i64 = 30;

/// How long ago something was: "3 days ago", or "on 14 March 2026". What lies ahead of `now` (clocks differ) is
/// "just now".
pub(crate) fn ago(text: &Text, at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_mins();
    let (hours, days) = (minutes / 60, minutes / (60 * 24));
    match () {
        () if minutes < 1 => text.time_now(),
        () if hours < 1 => text.time_minutes_ago(minutes),
        () if days < 1 => text.time_hours_ago(hours),
        () if days <= DAYS_IN_WORDS => text.time_days_ago(days),
        () => date(text, at),
    }
}

/// How long ago a day (UTC) was: "yesterday", "3 days ago", or "on 14 March 2026". A day ahead of `now` is "today".
pub(crate) fn day(text: &Text, day: Date, now: Timestamp) -> String {
    let today = now.to_zoned(TimeZone::UTC).date();
    match i64::from((today - day).get_days()) {
        ..=0 => text.time_today(),
        1 => text.time_yesterday(),
        days @ ..=DAYS_IN_WORDS => text.time_days_ago(days),
        _ => on(text, day),
    }
}

/// A date in words and a time of day, both in UTC, for readers whose time zone nobody knows.
pub(crate) fn utc(text: &Text, at: Timestamp) -> (String, String) {
    let time = at.to_zoned(TimeZone::UTC).time();
    (date(text, at), format!("{:02}:{:02}", time.hour(), time.minute()))
}

/// The same with seconds, for what changes by itself.
pub(crate) fn utc_seconds(text: &Text, at: Timestamp) -> (String, String) {
    let time = at.to_zoned(TimeZone::UTC).time();
    (date(text, at), format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()))
}

/// So many seconds in the largest unit that leaves no rest: "12 hours", "90 seconds".
pub(crate) fn span(text: &Text, seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    match seconds {
        s if s > 0 && s % 86_400 == 0 => text.time_left_days(s / 86_400),
        s if s > 0 && s % 3_600 == 0 => text.time_left_hours(s / 3_600),
        s if s > 0 && s % 60 == 0 => text.time_left_minutes(s / 60),
        s => text.time_left_seconds(s),
    }
}

/// How long somebody still has to wait, never less than they do: "6 hours", "2 minutes".
pub(crate) fn wait(text: &Text, seconds: u64) -> String {
    let unit = match seconds {
        ..60 => 1,
        60..7_200 => 60,
        _ => 3_600,
    };
    let units = i64::try_from(seconds.div_ceil(unit)).unwrap_or(i64::MAX);
    match unit {
        1 => text.time_left_seconds(units),
        60 => text.time_left_minutes(units),
        _ => text.time_left_hours(units),
    }
}

fn date(text: &Text, at: Timestamp) -> String {
    on(text, at.to_zoned(TimeZone::UTC).date())
}

fn on(text: &Text, date: Date) -> String {
    let month = text.time_month(i64::from(date.month()));
    text.time_on_date(i64::from(date.day()), &month, &date.year().to_string())
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;

    #[test]
    fn the_distance_decides_the_words() {
        let now: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
        for (at, words) in [
            ("2026-06-15T12:00:30Z", "just now"),
            ("2026-06-15T11:59:01Z", "just now"),
            ("2026-06-15T11:59:00Z", "1 minute ago"),
            ("2026-06-15T10:00:00Z", "2 hours ago"),
            ("2026-06-12T12:00:00Z", "3 days ago"),
            ("2026-03-14T12:00:00Z", "on 14 March 2026"),
        ] {
            assert_eq!(ago(Text::of(Locale::En), at.parse().unwrap(), now), words);
        }
    }

    #[test]
    fn spans_are_told_exactly_and_waits_never_too_short() {
        let text = Text::of(Locale::En);
        let spans = [(86_400, "1 day"), (43_200, "12 hours"), (900, "15 minutes"), (90, "90 seconds")];
        assert!(spans.iter().all(|(seconds, words)| span(text, *seconds) == *words));
        let waits = [(1, "1 second"), (61, "2 minutes"), (7_199, "120 minutes"), (7_201, "3 hours")];
        assert!(waits.iter().all(|(seconds, words)| wait(text, *seconds) == *words));
    }

    #[test]
    fn days_are_counted_by_the_calendar() {
        let now: Timestamp = "2026-06-15T00:10:00Z".parse().unwrap();
        for (at, words) in [
            ("2026-06-16", "today"),
            ("2026-06-15", "today"),
            ("2026-06-14", "yesterday"),
            ("2026-06-13", "2 days ago"),
            ("2026-05-16", "30 days ago"),
            ("2026-05-15", "on 15 May 2026"),
        ] {
            assert_eq!(day(Text::of(Locale::En), at.parse().unwrap(), now), words);
        }
    }
}
