//! E-mail addresses.

use std::{fmt, str::FromStr};

/// An address as the product stores it: ASCII, lower-case, `local@domain`, within RFC 5321's lengths.
///
/// Only the common form (RFC 5321 `Dot-string` before an RFC 1123 domain with at least two labels, or
/// `localhost`) is accepted: no quoted local part, no address literal, no comments. Control characters and
/// line breaks can therefore not reach a mail header.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// The text is not an address that mail can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// RFC 5321 §4.5.3.1.3: a path has 256 octets, two of them the angle brackets.
    pub const MAX_LENGTH: usize = 254;
    /// RFC 5321 §4.5.3.1.1.
    pub const MAX_LOCAL_PART_LENGTH: usize = 64;

    /// The lower-case text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `a•••@example.com`: enough for its owner to recognise, for pages and logs of support.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}•••@{domain}", &local[..local.len().min(1)])
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let fits = text.len() <= Self::MAX_LENGTH && (1..=Self::MAX_LOCAL_PART_LENGTH).contains(&local.len());
        if fits && local.split('.').all(is_atom) && is_domain(domain) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidEmailAddress)
        }
    }
}

/// RFC 5322 §3.2.3 `atext`, at least one.
fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels = text.split('.').count();
    text.split('.').all(label) && (labels >= 2 || text.eq_ignore_ascii_case("localhost"))
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_common_addresses_in_lower_case() {
        for (given, stored) in [
            ("Ada@Example.COM", "ada@example.com"),
            ("a.b+tag@sub.example.org", "a.b+tag@sub.example.org"),
            ("o'hara@example.ie", "o'hara@example.ie"),
            ("root@localhost", "root@localhost"),
            // An internationalised domain in the form that DNS has it in (RFC 5890 §2.3.2.1).
            ("Ada@XN--Bcher-KVA.example", "ada@xn--bcher-kva.example"),
        ] {
            assert_eq!(given.parse::<EmailAddress>().unwrap().as_str(), stored);
        }
    }

    #[test]
    fn refuses_what_mail_cannot_be_sent_to() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("a@{}.com", "b.".repeat(130));
        for bad in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a b@c.de",
            "\"a\"@b.co",
            "a@[127.0.0.1]",
            "a..b@c.de",
            ".a@b.co",
            "a@b..c",
            "a@-b.co",
            "a@b.co\r\nBcc: x@y.z",
            "a\0@b.co",
            "ä@b.co",
            // In the form for people; browsers send the other one (HTML, valid e-mail address). Better Auth agrees.
            "ada@bücher.example",
            // What Unicode's case folding or width mapping would make another address of.
            "\u{212a}ate@b.co",
            "ａda@b.co",
            "ada＠b.co",
            "ada@b。co",
            "a\u{200b}da@b.co",
            &long_local,
            &long,
        ] {
            assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidEmailAddress), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics_and_what_parses_is_stable(text in ".{0,300}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert_eq!(address.as_str().parse::<EmailAddress>(), Ok(address.clone()));
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert!(address.masked().contains('@'));
            }
        }
    }
}
