//! Reading and writing cookies (RFC 6265bis).

use std::fmt::Write as _;
use std::{borrow::Cow, time::Duration};

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// RFC 6265bis §5.6.3 lets user agents cap lifetimes at 400 days.
const MAX_AGE_LIMIT: Duration = Duration::from_secs(400 * 86_400);

/// All `Cookie` lines as one text; HTTP/2 may send several (RFC 9113 §8.2.3). `None` when there is none.
pub fn joined_cookies(headers: &HeaderMap) -> Option<Cow<'_, [u8]>> {
    let mut lines = headers.get_all(COOKIE).iter();
    let first = lines.next()?.as_bytes();
    let mut joined = Cow::Borrowed(first);
    for line in lines {
        let text = joined.to_mut();
        text.extend_from_slice(b"; ");
        text.extend_from_slice(line.as_bytes());
    }
    Some(joined)
}

/// The first value of the cookie `name`. One pair of double quotes around it is taken off. A value that is not
/// UTF-8 is no value.
pub fn cookie_value<'h>(cookies: &'h [u8], name: &str) -> Option<&'h str> {
    for pair in cookies.split(|byte| *byte == b';') {
        let pair = pair.trim_ascii();
        let Some(rest) = pair.strip_prefix(name.as_bytes()) else { continue };
        let Some(value) = rest.strip_prefix(b"=") else { continue };
        let value = match value {
            [b'"', inner @ .., _] => inner,
            plain => plain,
        };
        return std::str::from_utf8(value).ok();
    }
    None
}

/// Every cookie as (name, value), in the order of the header. What is not UTF-8 is left out.
pub fn cookie_pairs(cookies: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    cookies.split(|byte| *byte == b';').filter_map(|pair| {
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        Some((name.trim(), value.trim()))
    })
}

/// One `Set-Cookie` line, in the attribute order that Better Auth writes: `Max-Age; Path; HttpOnly; Secure;
/// SameSite`. Path is always `/`, `HttpOnly` set unless asked otherwise, no `Domain` ever, so that the line also fits a
/// `__Host-` name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// The full name, prefix included.
    pub name: String,
    /// The value, already encoded.
    pub value: String,
    /// Lifetime; `None` for a cookie that ends with the browser session.
    pub max_age: Option<Duration>,
    /// Whether only HTTPS carries it.
    pub is_secure: bool,
}

impl SetCookie {
    /// The line that removes the cookie `name`.
    pub fn removal(name: &str, is_secure: bool) -> Self {
        Self { name: name.to_owned(), value: String::new(), max_age: Some(Duration::ZERO), is_secure }
    }

    /// The header value; `None` if name or value hold what a header cannot.
    pub fn header_value(&self) -> Option<HeaderValue> {
        self.line("; HttpOnly")
    }

    /// The same for a cookie that scripts may read: never for a secret.
    pub fn readable_header_value(&self) -> Option<HeaderValue> {
        self.line("")
    }

    fn line(&self, http_only: &str) -> Option<HeaderValue> {
        let mut line = String::with_capacity(self.name.len() + self.value.len() + 72);
        line.push_str(&self.name);
        line.push('=');
        line.push_str(&self.value);
        if let Some(age) = self.max_age {
            let _ = write!(line, "; Max-Age={}", age.min(MAX_AGE_LIMIT).as_secs());
        }
        line.push_str("; Path=/");
        line.push_str(http_only);
        if self.is_secure {
            line.push_str("; Secure");
        }
        line.push_str("; SameSite=Lax");
        HeaderValue::from_maybe_shared(bytes::Bytes::from(line)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_of_equal_names_wins_and_a_longer_name_is_another() {
        let header = b"ab=0; a=1;a=2; b=\"q\"; c=";
        assert_eq!(cookie_value(header, "a"), Some("1"));
        assert_eq!(cookie_value(header, "b"), Some("q"));
        assert_eq!(cookie_value(header, "c"), Some(""));
        assert_eq!(cookie_value(header, "d"), None);
    }

    #[test]
    fn lines_read_as_better_auth_writes_them() {
        let mut cookie = SetCookie {
            name: "better-auth.session_token".into(),
            value: "v".into(),
            max_age: Some(Duration::from_secs(604_800)),
            is_secure: false,
        };
        let plain = "better-auth.session_token=v; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax";
        assert_eq!(cookie.header_value().unwrap(), plain);
        cookie.is_secure = true;
        cookie.max_age = None;
        let secure = "better-auth.session_token=v; Path=/; HttpOnly; Secure; SameSite=Lax";
        assert_eq!(cookie.header_value().unwrap(), secure);
        assert!(
            SetCookie::removal("a", false).header_value().unwrap().to_str().unwrap().contains("Max-Age=0")
        );
        assert_eq!(SetCookie::removal("a\r\n", false).header_value(), None);
        let readable = "better-auth.session_token=v; Path=/; Secure; SameSite=Lax";
        assert_eq!(cookie.readable_header_value().unwrap(), readable);
    }

    #[test]
    fn pairs_come_in_order_and_what_is_none_is_left_out() {
        let pairs: Vec<_> = cookie_pairs(b"a=1; nothing;b = 2;\xff=3; c=d=e").collect();
        assert_eq!(pairs, [("a", "1"), ("b", "2"), ("c", "d=e")]);
    }

    proptest! {
        #[test]
        fn no_header_panics_and_what_is_written_reads_back(
            bytes: Vec<u8>, name in "[a-z_.-]{1,20}", value in "[a-zA-Z0-9%._-]{0,40}",
        ) {
            cookie_value(&bytes, &name);
            cookie_pairs(&bytes).count();
            let header = format!("other=x; {name}={value}; z=1");
            if name != "other" {
                prop_assert_eq!(cookie_value(header.as_bytes(), &name), Some(value.as_str()));
            }
        }
    }
}
