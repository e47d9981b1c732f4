//! Databases that are small, broken and hostile.

use kiavi_testkit::mmdb;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn leaked(bytes: Vec<u8>) -> &'static [u8] {
    Box::leak(bytes.into_boxed_slice())
}

/// In the three forms that are in use.
fn countries() -> Vec<u8> {
    mmdb(
        "Test-Country",
        &[
            ("192.0.2.0/24", json!({ "country": { "iso_code": "FR", "names": { "en": "France" } } })),
            ("198.51.100.0/25", json!({ "country_code": "de" })),
            ("203.0.113.0/24", json!({ "country": "NL" })),
            ("2001:db8::/32", json!({ "country": { "iso_code": "BE" } })),
        ],
    )
}

fn networks() -> Vec<u8> {
    let name =
        "An organisation whose name is much longer than what fits into an event of the log, é".repeat(3);
    mmdb(
        "Test-ASN",
        &[
            (
                "192.0.2.0/25",
                json!({ "autonomous_system_number": 64_496, "autonomous_system_organization": "Example S.A." }),
            ),
            ("192.0.2.128/25", json!({ "asn": "AS64497", "as_name": "Line\nbreak" })),
            ("203.0.113.0/24", json!({ "autonomous_system_number": 0 })),
            (
                "2001:db8::/33",
                json!({ "autonomous_system_number": 4_200_000_000_u32, "autonomous_system_organization": name }),
            ),
        ],
    )
}

fn places() -> Places {
    [countries(), networks()].into_iter().map(|bytes| Database::verify(leaked(bytes)).unwrap().0).collect()
}

fn told(places: &Places, address: &str) -> (String, String) {
    let place = places.of(address.parse().unwrap());
    let country = place.country.map(|country| country.to_string()).unwrap_or_default();
    (country, place.network.map(|network| network.to_string()).unwrap_or_default())
}

#[test]
fn addresses_are_found_in_every_form() {
    let places = places();
    let of = |address| told(&places, address);
    let both = |country: &str, network: &str| (country.to_owned(), network.to_owned());
    assert_eq!(of("192.0.2.1"), both("FR", "AS64496 Example S.A."));
    assert_eq!(of("::ffff:192.0.2.1"), both("FR", "AS64496 Example S.A."), "IPv4 in IPv6");
    assert_eq!(of("192.0.2.200"), both("FR", "AS64497"), "a name that would break a line is none");
    assert_eq!(of("198.51.100.1"), both("DE", ""));
    assert_eq!(of("198.51.100.200"), both("", ""));
    assert_eq!(of("203.0.113.9"), both("NL", ""), "AS0 is nobody's");
    let (country, network) = of("2001:db8::1");
    assert_eq!(country, "BE");
    assert!(network.starts_with("AS4200000000 An organisation") && network.len() <= 113, "{network}");
    assert_eq!(told(&Places::default(), "192.0.2.1"), both("", ""));
}

#[test]
fn one_database_can_tell_both() {
    let says = json!({ "country_code": "FR", "asn": "AS3215", "as_name": "Orange" });
    let (database, about) = Database::verify(leaked(mmdb("lite", &[("192.0.2.0/24", says)]))).unwrap();
    assert!(about.has_countries && about.has_networks);
    assert_eq!((about.kind.as_str(), about.built.to_string().as_str()), ("lite", "2026-06-15T12:00:00Z"));
    let places = [database].into_iter().collect();
    assert_eq!(told(&places, "192.0.2.1"), ("FR".to_owned(), "AS3215 Orange".to_owned()));
}

#[test]
fn what_is_no_such_database_is_refused() {
    let refused = |bytes: Vec<u8>| Database::verify(leaked(bytes)).unwrap_err().to_string();
    assert!(refused(Vec::new()).starts_with("it is no database"));
    assert!(refused(b"<html>Not found</html>".to_vec()).starts_with("it is no database"));
    let mut cut = countries();
    cut.drain(..200);
    assert!(refused(cut).starts_with("it is no database"));
    let other = mmdb("Test-Domain", &[("192.0.2.0/24", json!({ "domain": "example.org" }))]);
    assert!(refused(other).contains("Test-Domain, which tells neither"));
}

#[test]
fn numbers_and_codes_are_read_strictly() {
    for text in ["AS3215", "as3215", "3215"] {
        assert_eq!(text.parse(), Ok(NetworkNumber(3_215)), "{text}");
    }
    for text in ["", "AS", "AS-1", "+3", "AS99999999999", "é1", "AS3215 Orange"] {
        assert_eq!(text.parse::<NetworkNumber>(), Err(InvalidNetworkNumber), "{text}");
    }
    assert_eq!("fr".parse::<Country>().unwrap().as_str(), "FR");
    for text in ["", "F", "FRA", "F1", "é"] {
        assert_eq!(text.parse::<Country>(), Err(InvalidCountry), "{text}");
    }
}

const ASKED: [&str; 6] = [
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "2001:db8::1",
    "::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// Whatever a file says, asking it ends, and what it answers is of the form that it should be.
fn ask(bytes: Vec<u8>) {
    let bytes = leaked(bytes);
    let is_good = Database::verify(bytes).is_ok();
    let Ok(database) = Database::new(bytes) else { return assert!(!is_good) };
    let places: Places = [database].into_iter().collect();
    for address in ASKED {
        let (_, network) = told(&places, address);
        assert!(network.len() <= 113 && !network.contains(char::is_control));
    }
}

proptest! {
    #[test]
    fn a_database_that_was_changed_anywhere_ends_nobody(
        is_networks: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = if is_networks { networks() } else { countries() };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        ask(bytes);
    }

    #[test]
    fn any_bytes_end_nobody(mut bytes in prop::collection::vec(any::<u8>(), 0..400), has_end: bool) {
        if has_end {
            let whole = countries();
            let end = whole.windows(11).rposition(|window| window == b"MaxMind.com").unwrap() - 3;
            bytes.extend_from_slice(&whole[end..]);
        }
        ask(bytes);
    }
}
