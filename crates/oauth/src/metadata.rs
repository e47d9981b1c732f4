//! Which URLs a provider may name.

use url::{Host, Url};

/// Whether an endpoint is one to talk to: absolute, over HTTPS, without credentials and fragment. Plain HTTP counts
/// for this machine's own names only, for providers under development.
pub fn is_usable_endpoint(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_own = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_own);
    is_private && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_https_leaves_the_machine() {
        for (text, usable) in [
            ("https://id.example/authorize?x=1", true),
            ("http://localhost:9000/authorize", true),
            ("http://idp.localhost/authorize", true),
            ("http://127.0.0.1/authorize", true),
            ("http://id.example/authorize", false),
            ("https://user:password@id.example/", false),
            ("https://id.example/#part", false),
            ("javascript:alert(1)", false),
            ("/authorize", false),
        ] {
            assert_eq!(is_usable_endpoint(text), usable, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            is_usable_endpoint(&text);
        }
    }
}
