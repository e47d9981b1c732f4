//! Identifiers as types, so that one cannot stand where another belongs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Alphabet, Rng, random_bytes, random_text};

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not 1 to 63 characters (RFC 1035 §2.3.4, the length of a DNS label).
    #[error("a name has 1 to 63 characters")]
    Length,
    /// A character outside `a-z 0-9 -`, or a hyphen at an end.
    #[error("a name has lower-case letters, digits and inner hyphens only")]
    Character,
    /// Not what this kind of identifier looks like.
    #[error("not a {0}")]
    Shape(&'static str),
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> Result<(), InvalidName> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

text_id!(
    /// A tenant: `t` and 24 random characters of `a-z 0-9` (124 bits). Also the name of its database and of
    /// its PostgreSQL role, so it says nothing about the customer.
    TenantId,
    |text| {
        let body = text.strip_prefix('t').ok_or(InvalidName::Shape("tenant id"))?;
        let ok = body.len() == 24 && body.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if ok { Ok(()) } else { Err(InvalidName::Shape("tenant id")) }
    }
);

impl TenantId {
    /// A fresh id.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(format!("t{}", random_text(rng, Alphabet::LowerAlphaNumeric, 24)))
    }
}

text_id!(
    /// A workspace, the account of one customer: `w` and 24 characters of `a-z 0-9`.
    WorkspaceId,
    |text| {
        let body = text.strip_prefix('w').ok_or(InvalidName::Shape("workspace id"))?;
        let ok = body.len() == 24 && body.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if ok { Ok(()) } else { Err(InvalidName::Shape("workspace id")) }
    }
);

impl WorkspaceId {
    /// A fresh id.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(format!("w{}", random_text(rng, Alphabet::LowerAlphaNumeric, 24)))
    }
}

text_id!(
    /// The name a person gives to a tenant; the first label of its hostname (RFC 1123 §2.1).
    Slug,
    |text| {
        if text.is_empty() || text.len() > 63 {
            return Err(InvalidName::Length);
        }
        let inner = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if inner && !text.starts_with('-') && !text.ends_with('-') { Ok(()) } else { Err(InvalidName::Character) }
    }
);

text_id!(
    /// A lower-case DNS name without a port (RFC 1123 §2.1), at most 253 characters.
    Hostname,
    |text| {
        if text.is_empty() || text.len() > 253 {
            return Err(InvalidName::Shape("hostname"));
        }
        text.split('.').try_for_each(|label| label.parse::<Slug>().map(drop))
    }
);

text_id!(
    /// A user's row id: 1 to 64 characters of `a-z A-Z 0-9 - _`, whatever strategy made it.
    UserId,
    |text| {
        let symbols = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if symbols && (1..=64).contains(&text.len()) { Ok(()) } else { Err(InvalidName::Shape("user id")) }
    }
);

/// Names one request in logs, audit events and error pages: a UUID of version 7 (RFC 9562 §5.7) as 32 hexadecimal
/// characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// A fresh id for a request that comes at `now`, as [`EventId::new`] makes them: it tells its time, so what it
    /// names is found without an index.
    pub fn new(now: jiff::Timestamp, rng: &dyn Rng) -> Self {
        Self(time_ordered(now, rng))
    }

    /// When the request came that `text` names; `None` for what is no request's id, or one from before they told.
    pub fn time_in(text: &str) -> Option<jiff::Timestamp> {
        let is_lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 32 || !text.bytes().all(is_lower_hex) || text.as_bytes()[12] != b'7' {
            return None;
        }
        let milliseconds = i64::from_str_radix(&text[..12], 16).ok()?;
        jiff::Timestamp::from_millisecond(milliseconds).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

fn milliseconds(at: jiff::Timestamp) -> [u8; 6] {
    let bytes = u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes();
    [bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]
}

/// The bytes of a UUID of version 7 (RFC 9562 §5.7).
fn time_ordered(now: jiff::Timestamp, rng: &dyn Rng) -> [u8; 16] {
    let mut bytes: [u8; 16] = random_bytes(rng);
    bytes[..6].copy_from_slice(&milliseconds(now));
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    bytes
}

/// Names one audit event: a UUID of version 7 (RFC 9562 §5.7), so ids sort by the time they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId([u8; 16]);

impl EventId {
    /// An id for an event at `now`. A moment before 1970 counts as 1970.
    pub fn new(now: jiff::Timestamp, rng: &dyn Rng) -> Self {
        Self(time_ordered(now, rng))
    }

    /// Where events of `at` and later begin: no event before it has an id as great, and none after it a smaller one.
    pub fn first_at(at: jiff::Timestamp) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&milliseconds(at));
        Self(bytes)
    }

    /// The id that these bytes are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes, as UUIDs have them (RFC 9562 §4).
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The next greater id, if there is one.
    pub fn next(self) -> Option<Self> {
        u128::from_be_bytes(self.0).checked_add(1).map(|next| Self(next.to_be_bytes()))
    }

    /// When it was made, to the millisecond.
    pub fn time(&self) -> jiff::Timestamp {
        let milliseconds = self.0[..6].iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte));
        jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl FromStr for EventId {
    type Err = InvalidName;

    /// The form that [`fmt::Display`] writes, and no other.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName::Shape("event id");
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let number = u128::from_str_radix(&digits, 16).map_err(|_| invalid())?;
        let id = Self(number.to_be_bytes());
        if id.to_string() == text { Ok(id) } else { Err(invalid()) }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032x}", u128::from_be_bytes(self.0));
        write!(
            f,
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRng;

    #[test]
    fn a_random_tenant_id_parses() {
        let id = TenantId::random(&SeededRng::new(3));
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn a_slug_is_a_dns_label() {
        assert!("shop-2".parse::<Slug>().is_ok());
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", &"a".repeat(64), "é"] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn event_ids_sort_by_time_and_carry_version_and_variant() {
        let rng = SeededRng::new(1);
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let (early, late) = (EventId::new(at(1_000), &rng), EventId::new(at(1_001), &rng));
        assert!(early < late);
        let text = early.to_string();
        assert_eq!((text.len(), &text[14..15]), (36, "7"));
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"));
        assert_eq!((text.parse(), EventId::from_bytes(*early.as_bytes())), (Ok(early), early));
        for bad in ["", &text[1..], &text.to_uppercase(), &text.replace('-', ""), &text.replace('7', "é")] {
            assert!(bad.parse::<EventId>().is_err(), "{bad}");
        }
    }
}
