//! Whom a request was meant for.

use axum::http::{HeaderMap, Uri, header::HOST};

/// What a 421 says.
pub const MISDIRECTED_MESSAGE: &str = "This server does not serve that host";

/// The lower-cased host a request names, without its port: the authority of an absolute-form target, else `Host`
/// (RFC 9112 §3.2). `None` if it is missing, given twice, or the two disagree.
pub fn requested_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(HOST).iter();
    let line = lines.next().map(|value| value.to_str().ok().and_then(host_part));
    if lines.next().is_some() {
        return None;
    }
    match (uri.authority().map(|authority| host_part(authority.as_str())), line) {
        (Some(target), Some(line)) if target != line => None,
        (Some(target), _) => target,
        (None, line) => line.flatten(),
    }
}

/// `host` of `host[:port]`; nothing but letters, digits, dots and hyphens is a host of ours.
fn host_part(authority: &str) -> Option<String> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return None,
        None => authority,
    };
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    is_name.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(target: &str, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HOST, line.parse().unwrap());
        }
        requested_host(&target.parse().unwrap(), &headers)
    }

    #[test]
    fn one_agreeing_name_or_none() {
        assert_eq!(host("/", &["Demo.localhost:8080"]).as_deref(), Some("demo.localhost"));
        assert_eq!(host("http://demo.localhost/", &["demo.localhost"]).as_deref(), Some("demo.localhost"));
        assert_eq!(host("http://demo.localhost/", &["other.localhost"]), None);
        for bad in [&[][..], &["a", "a"], &["a@b"], &["a:b"], &[""], &["a/b"], &["[::1]:80"]] {
            assert_eq!(host("/", bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "[ -~]{0,80}") {
            host("/", &[&line]);
        }
    }
}
