//! Until when a certificate is good: the one thing that a verifier knows and does not tell.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
/// `[0]`, which the version is wrapped in.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a certificate's validity (RFC 5280 §4.1.2.5); `None` when the bytes are no certificate (DER).
pub(crate) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = expect(SEQUENCE, certificate)?;
    let (mut fields, _) = expect(SEQUENCE, certificate)?;
    if let Some((_, rest)) = expect(VERSION, fields) {
        fields = rest;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    let (validity, _) = expect(SEQUENCE, fields)?;
    let (_, _, end) = element(validity)?;
    let (tag, text, _) = element(end)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// RFC 5280 §4.1.2.5.1 and §4.1.2.5.2: seconds are there, and the zone is Z.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let (year, rest) = match tag {
        UTC_TIME if digits.len() == 12 => {
            let year: i16 = digits.get(..2)?.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, digits.get(2..)?)
        }
        GENERALIZED_TIME if digits.len() == 14 => (digits.get(..4)?.parse().ok()?, digits.get(4..)?),
        _ => return None,
    };
    let number = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let date = Date::new(year, number(0)?, number(2)?).ok()?;
    let time = jiff::civil::Time::new(number(4)?, number(6)?, number(8)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()
}

/// The content of an element with this tag, and what comes after it.
fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((content, rest))
}

/// The first element (X.690 §8.1): tag, content, and what comes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..0x80 => (usize::from(*short), rest),
        long => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(long & 0x7f)).filter(|(all, _)| all.len() <= 4)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["auth.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 7);
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_spellings() {
        for year in [2027, 2049, 2050, 2100] {
            let end = not_after(&certificate(year)).unwrap();
            assert_eq!(end.to_string(), format!("{year}-03-07T00:00:00Z"));
        }
    }

    #[test]
    fn what_is_cut_off_is_no_certificate() {
        let whole = certificate(2027);
        assert!((0..whole.len()).all(|length| not_after(&whole[..length]).is_none()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
            let _ = not_after(&bytes);
            let mut changed = certificate(2027);
            let at = at.index(changed.len());
            changed[at] = byte;
            let _ = not_after(&changed);
        }
    }
}
