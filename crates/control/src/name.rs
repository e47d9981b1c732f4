//! Which names a tenant may have.

use kiavi_base::{Slug, TenantId};

/// Longest name: a DNS label (RFC 1035 §2.3.4).
pub const MAX_NAME_LENGTH: usize = 63;

/// First labels that people and programs trust to be the operator's, or that clients look up by themselves
/// (RFC 2142 mailboxes, `wpad`, `autodiscover`, `isatap`, `mta-sts`).
const RESERVED: &str = "abuse account accounts admin administrator api assets auth autoconfig autodiscover cdn console \
    control docs ftp gateway help hostmaster id imap internal isatap kiavi local localhost login mail \
    mailbox mailer-daemon metrics mta-sts mx noc noreply ns ns1 ns2 openpgpkey pop pop3 postgres \
    postmaster root security smtp sso ssl static status support sysadmin webmaster wpad www";

/// Why a tenant cannot have a name. The text is for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("A tenant needs a name, such as \"shop\".")]
    Empty,
    /// Longer than [`MAX_NAME_LENGTH`].
    #[error("A name has at most 63 characters; this one has {0}.")]
    TooLong(usize),
    /// A symbol that a hostname cannot have.
    #[error("A name has lower-case letters a to z, digits and hyphens only; {0:?} is none of these.")]
    Symbol(char),
    /// A hyphen at an end (RFC 1123 §2.1).
    #[error("A name starts and ends with a letter or a digit, not with a hyphen.")]
    OuterHyphen,
    /// Hyphens as third and fourth character mark encoded international names (RFC 5891 §4.2.3.1).
    #[error("A name cannot have hyphens as its third and fourth character; those mark encoded names.")]
    Encoded,
    /// One of the operator's names.
    #[error("This name is reserved. Choose another one.")]
    Reserved,
    /// It would be taken for a tenant's id.
    #[error("This name looks like a tenant's id. Choose a shorter one.")]
    LooksLikeId,
}

impl NameError {
    /// Whether the name would be a good one, were it not the operator's.
    pub fn is_reserved(self) -> bool {
        self == Self::Reserved
    }
}

/// The slug in `text`, when a tenant may have it.
///
/// # Errors
/// The first rule that it breaks.
pub fn parse_name(text: &str) -> Result<Slug, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some(symbol) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(NameError::Symbol(symbol));
    }
    if text.len() > MAX_NAME_LENGTH {
        return Err(NameError::TooLong(text.len()));
    }
    if text.get(2..4) == Some("--") {
        return Err(NameError::Encoded);
    }
    if RESERVED.split(' ').any(|name| name == text) {
        return Err(NameError::Reserved);
    }
    if text.parse::<TenantId>().is_ok() {
        return Err(NameError::LooksLikeId);
    }
    text.parse().map_err(|_| NameError::OuterHyphen)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_reserved_names_are_refused() {
        for name in ["console", "mail", "www", "api", "kiavi", "localhost"] {
            assert_eq!(parse_name(name), Err(NameError::Reserved), "{name}");
        }
    }

    #[test]
    fn each_rule_has_its_sentence() {
        let cases = [
            ("", NameError::Empty),
            ("Shop", NameError::Symbol('S')),
            ("my shop", NameError::Symbol(' ')),
            ("café", NameError::Symbol('é')),
            ("-shop", NameError::OuterHyphen),
            ("shop-", NameError::OuterHyphen),
            ("xn--shop", NameError::Encoded),
            ("t0123456789abcdefghijklmn", NameError::LooksLikeId),
            (&"a".repeat(64), NameError::TooLong(64)),
        ];
        for (name, error) in cases {
            assert_eq!(parse_name(name), Err(error), "{name}");
        }
        for name in ["demo", "a", "7", "my-shop-2", &"a".repeat(63)] {
            assert!(parse_name(name).is_ok(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_a_slug_and_no_text_panics(text in "\\PC{0,80}", label in "[a-z0-9-]{1,63}") {
            for text in [text, label] {
                if let Ok(slug) = parse_name(&text) {
                    prop_assert_eq!(slug.as_str(), text);
                }
            }
        }
    }
}
