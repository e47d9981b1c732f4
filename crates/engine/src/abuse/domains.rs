//! Lists of mail domains.

use std::{borrow::Borrow, collections::BTreeSet, fmt, str::FromStr};

use kiavi_base::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Host;

use crate::Settings;

/// Well-known domains of throwaway addresses.
const DISPOSABLE: &str = include_str!("disposable_domains.txt");

/// A DNS name in the form that addresses have: lower-case, internationalised labels in Punycode (UTS #46).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// The text is not a domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a domain name")]
pub struct InvalidDomain;

impl FromStr for Domain {
    type Err = InvalidDomain;

    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        match Host::parse(text.trim()) {
            // A dot at the end names the same domain. That addresses can have it tells that it is one.
            Ok(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
                format!("a@{name}").parse::<EmailAddress>().map(|_| Self(name)).map_err(|_| InvalidDomain)
            }
            _ => Err(InvalidDomain),
        }
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidDomain;

    fn try_from(text: String) -> Result<Self, InvalidDomain> {
        text.parse()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Domain {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The domain itself and every one above it, `a.b.c`, `b.c`, `c`: a list holds a name if it holds one of these.
fn with_parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, parent)| parent))
}

fn is_listed(list: &BTreeSet<Domain>, domain: &str) -> bool {
    with_parents(domain).any(|name| list.contains(name))
}

fn is_disposable(domain: &str) -> bool {
    let is_entry = |name| DISPOSABLE.lines().any(|line| line == name);
    with_parents(domain).any(is_entry)
}

/// Why there can be no new user with the lower-case address `email`, as events name it; `None` if there can.
pub(crate) fn refuse_newcomer(settings: &Settings, email: &str) -> Option<&'static str> {
    if settings.is_sign_up_open { refuse_domain(settings, email) } else { Some("sign_up_closed") }
}

/// Why no user may come to have the lower-case address `email`, by the lists alone.
pub(crate) fn refuse_domain(settings: &Settings, email: &str) -> Option<&'static str> {
    let abuse = &settings.abuse;
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if is_listed(&abuse.blocked_domains, domain) {
        Some("blocked_domain")
    } else if !abuse.allowed_domains.is_empty() {
        (!is_listed(&abuse.allowed_domains, domain)).then_some("domain_not_allowed")
    } else {
        (abuse.refuses_disposable_domains && is_disposable(domain)).then_some("disposable_domain")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domain(text: &str) -> Domain {
        text.parse().unwrap()
    }

    #[test]
    fn a_domain_is_kept_as_addresses_have_it() {
        for (text, kept) in [
            ("Example.COM", "example.com"),
            ("example.com.", "example.com"),
            (" bücher.example ", "xn--bcher-kva.example"),
            ("ＢÜCHER.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(domain(text).0, kept, "{text}");
        }
        for text in ["", ".", "*.example.com", "a@example.com", "192.0.2.1", "[::1]", "com", "a b.c", "a..b"]
        {
            assert_eq!(text.parse::<Domain>(), Err(InvalidDomain), "{text}");
        }
    }

    #[test]
    fn a_list_holds_what_is_below_a_name_and_not_what_only_ends_like_it() {
        let list = BTreeSet::from([domain("example.com")]);
        for (name, held) in [
            ("example.com", true),
            ("mail.example.com", true),
            ("notexample.com", false),
            ("example.com.evil.org", false),
            ("com", false),
            ("", false),
        ] {
            assert_eq!(is_listed(&list, name), held, "{name}");
        }
    }

    #[test]
    fn the_built_in_list_is_one_of_domains_in_order() {
        let entries: Vec<_> = DISPOSABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(entries.is_sorted() && entries.len() > 50, "sorted, so that two copies show");
        for entry in &entries {
            assert_eq!(domain(entry).0, *entry);
        }
        assert!(is_disposable("mailinator.com") && is_disposable("x.yopmail.com"));
        assert!(!is_disposable("example.com") && !is_disposable("") && !is_disposable("# a"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_kept_is_stable(text in "\\PC{0,40}") {
            if let Ok(domain) = text.parse::<Domain>() {
                prop_assert_eq!(domain.0.parse::<Domain>(), Ok(domain.clone()));
                let list = BTreeSet::from([domain.clone()]);
                let below = format!("x.{}", domain);
                prop_assert!(is_listed(&list, &domain.0) && is_listed(&list, &below));
            }
        }
    }
}
