//! Timestamps on the wire: ISO 8601 in UTC with exactly three fraction digits.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use serde::Serializer;

static PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// For `#[serde(serialize_with)]`: `2026-11-23T14:59:56.165Z`.
///
/// # Errors
/// Those of the serializer.
pub fn iso_milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&PRINTER.timestamp_to_string(at))
}

/// The same for a value that may be absent: `null`.
///
/// # Errors
/// Those of the serializer.
pub fn optional_iso_milliseconds<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => iso_milliseconds(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_always() {
        let text =
            |nanoseconds| PRINTER.timestamp_to_string(&Timestamp::from_nanosecond(nanoseconds).unwrap());
        assert_eq!(text(1_000_000_000), "1970-01-01T00:00:01.000Z");
        assert_eq!(text(1_165_999_999), "1970-01-01T00:00:01.165Z");
    }
}
