//! Which pages may act, and where a browser may be sent: Better Auth's trusted origins.

use axum::http::{
    HeaderMap,
    header::{COOKIE, ORIGIN, REFERER},
};
use url::Url;

/// The tenant's own origin and the patterns its settings add.
#[derive(Debug, Clone)]
pub struct TrustedOrigins {
    own: Url,
    own_origin: String,
    patterns: Vec<String>,
}

/// The text is not an absolute URL with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an http or https origin")]
pub struct InvalidOrigin;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// A request with cookies told neither `Origin` nor `Referer`.
    #[error("Missing or null Origin")]
    Missing,
    /// It came from a page that is not trusted.
    #[error("Invalid origin")]
    Untrusted,
    /// A form on a foreign page tried to sign the browser in.
    #[error("Cross-site navigation login blocked. This request appears to be a CSRF attack.")]
    CrossSiteNavigation,
}

impl OriginError {
    /// The stable code of the 403.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "MISSING_OR_NULL_ORIGIN",
            Self::Untrusted => "INVALID_ORIGIN",
            Self::CrossSiteNavigation => "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        }
    }
}

impl TrustedOrigins {
    /// Trusts the origin of `base_url` and every pattern: an exact origin, one with `*` and `?` in its host, a
    /// bare host glob, or a custom scheme.
    ///
    /// # Errors
    /// When `base_url` is no http(s) URL.
    pub fn new(base_url: &str, patterns: Vec<String>) -> Result<Self, InvalidOrigin> {
        let own = Url::parse(base_url).map_err(|_| InvalidOrigin)?;
        if !is_web(&own) || own.host().is_none() {
            return Err(InvalidOrigin);
        }
        let own_origin = own.origin().ascii_serialization();
        Ok(Self { own, own_origin, patterns })
    }

    /// The tenant's own origin, `scheme://host[:port]`.
    pub fn own_origin(&self) -> &str {
        &self.own_origin
    }

    /// The rule for every request that may change something: without cookies there is nothing to forge; with any,
    /// `Origin` (else `Referer`) must be present and trusted.
    ///
    /// # Errors
    /// [`OriginError::Missing`] or [`OriginError::Untrusted`].
    pub fn check_request(&self, headers: &HeaderMap) -> Result<(), OriginError> {
        if headers.contains_key(COOKIE) { self.require_origin(headers) } else { Ok(()) }
    }

    /// The rule for requests that start a sign-in, where a browser without cookies can be abused too (login CSRF):
    /// when Fetch Metadata shows a browser, the origin is required.
    ///
    /// # Errors
    /// Any [`OriginError`].
    pub fn check_sign_in_form(&self, headers: &HeaderMap) -> Result<(), OriginError> {
        if headers.contains_key(COOKIE) {
            return self.require_origin(headers);
        }
        let (site, mode) = (text(headers, "sec-fetch-site"), text(headers, "sec-fetch-mode"));
        let from_browser =
            [site, mode, text(headers, "sec-fetch-dest")].iter().any(|value| !value.is_empty());
        if from_browser {
            if site.eq_ignore_ascii_case("cross-site") && mode.eq_ignore_ascii_case("navigate") {
                return Err(OriginError::CrossSiteNavigation);
            }
            return self.require_origin(headers);
        }
        match source(headers) {
            Some(_) => self.require_origin(headers),
            None => Ok(()),
        }
    }

    /// The rule for forms of our own pages: the origin is always required and must be the tenant's own, or one of its own
    /// host by HTTPS that the settings trust.
    ///
    /// # Errors
    /// [`OriginError::Missing`] or [`OriginError::Untrusted`].
    pub fn check_own_page(&self, headers: &HeaderMap) -> Result<(), OriginError> {
        match self.stated_origin(headers)? {
            origin if origin == self.own_origin || self.is_own_by_https(&origin) => Ok(()),
            _ => Err(OriginError::Untrusted),
        }
    }

    /// Whether pages of this origin come from our own host, encrypted, and are trusted.
    fn is_own_by_https(&self, origin: &str) -> bool {
        let is_own =
            Url::parse(origin).is_ok_and(|url| url.scheme() == "https" && url.host() == self.own.host());
        is_own && self.patterns.iter().any(|pattern| pattern == origin)
    }

    fn require_origin(&self, headers: &HeaderMap) -> Result<(), OriginError> {
        let origin = self.stated_origin(headers)?;
        if self.trusts_absolute(&origin) { Ok(()) } else { Err(OriginError::Untrusted) }
    }

    /// `Origin`, else `Referer`. The opaque `null` that a browser sends under a strict referrer policy counts as
    /// our own origin when Fetch Metadata, which no page can forge, says so.
    fn stated_origin(&self, headers: &HeaderMap) -> Result<String, OriginError> {
        let source = source(headers).ok_or(OriginError::Missing)?;
        if source == "null" {
            let same = text(headers, "sec-fetch-site").eq_ignore_ascii_case("same-origin");
            return if same { Ok(self.own_origin.clone()) } else { Err(OriginError::Missing) };
        }
        match Url::parse(source) {
            Ok(url) if is_web(&url) => Ok(url.origin().ascii_serialization()),
            _ => Ok(source.to_owned()),
        }
    }

    /// Whether pages of `origin` (an `Origin` header's value) are trusted.
    pub fn trusts_origin(&self, origin: &str) -> bool {
        self.trusts_absolute(origin)
    }

    /// Whether a browser may be sent to `target`: an absolute URL of a trusted origin, or a path on our own.
    pub fn trusts_redirect(&self, target: &str) -> bool {
        if target.starts_with('/') { self.is_own_path(target) } else { self.trusts_absolute(target) }
    }

    fn is_own_path(&self, target: &str) -> bool {
        let path = target.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let is_plain = !target.starts_with("//")
            && !target.contains('\\')
            && !target.chars().any(|c| c.is_control())
            && !path.contains("%2f")
            && !path.contains("%5c");
        is_plain && self.own.join(target).is_ok_and(|url| url.origin() == self.own.origin())
    }

    fn trusts_absolute(&self, target: &str) -> bool {
        let Ok(url) = Url::parse(target) else { return false };
        if is_web(&url) {
            let origin = url.origin().ascii_serialization();
            origin == self.own_origin || self.patterns.iter().any(|pattern| matches_web(pattern, &origin))
        } else {
            self.patterns.iter().any(|pattern| matches_custom(pattern, &url))
        }
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn source(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(ORIGIN).filter(|origin| !origin.is_empty()).or_else(|| headers.get(REFERER))?;
    // What is not ASCII cannot match; it must not count as absent.
    Some(value.to_str().unwrap_or("invalid")).filter(|source| !source.is_empty())
}

/// `origin` against an exact origin, an origin glob, or a host glob without a scheme.
fn matches_web(pattern: &str, origin: &str) -> bool {
    let has_wildcard = pattern.contains(['*', '?']);
    let host_of = |text: &'_ str| text.split_once("://").map_or(text.to_owned(), |(_, host)| host.to_owned());
    if !has_wildcard {
        return pattern == origin;
    }
    if is_numeric_glob(&host_of(pattern)) {
        let host = host_of(origin);
        let bare = host.rsplit_once(':').map_or(host.as_str(), |(bare, _)| bare);
        if bare.parse::<std::net::Ipv4Addr>().is_err() {
            return false;
        }
    }
    let subject = if pattern.contains("://") { origin.to_owned() } else { host_of(origin) };
    glob(pattern.as_bytes(), subject.as_bytes())
}

/// A pattern such as `192.168.*` is meant for addresses and must not match the name `192.168.evil.example`.
fn is_numeric_glob(host: &str) -> bool {
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    bare.bytes().all(|b| b.is_ascii_digit() || b".*?".contains(&b))
        && bare.bytes().any(|b| b.is_ascii_digit())
}

/// `*`: any run without `/` and `\`; `?`: one such character. Linear in time (one point of return).
fn glob(pattern: &[u8], subject: &[u8]) -> bool {
    let open = |byte: u8| byte != b'/' && byte != b'\\';
    let (mut p, mut s) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while s < subject.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, s));
                p += 1;
            }
            Some(b'?') if open(subject[s]) => (p, s) = (p + 1, s + 1),
            Some(byte) if *byte != b'?' && byte.eq_ignore_ascii_case(&subject[s]) => (p, s) = (p + 1, s + 1),
            _ => match back {
                Some((after, from)) if open(subject[from]) => {
                    back = Some((after, from + 1));
                    (p, s) = (after, from + 1);
                }
                _ => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// `myapp://`, `myapp://host` and `myapp://host/path`: equal scheme, equal authority if the pattern names one, a
/// path at or below the pattern's. Escapes, dot segments and userinfo are refused rather than resolved.
fn matches_custom(pattern: &str, url: &Url) -> bool {
    let Some((scheme, rest)) = pattern.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case(url.scheme()) || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let given = format!("{}{port}", url.host_str().unwrap_or_default());
    if !authority.is_empty() && !glob(authority.as_bytes(), given.as_bytes()) {
        return false;
    }
    let below = url.path().trim_start_matches('/');
    let wanted = path.trim_end_matches('/');
    let is_plain = !below.contains('%') && !below.split('/').any(|segment| segment == "." || segment == "..");
    wanted.is_empty()
        || is_plain && below.strip_prefix(wanted).is_some_and(|r| r.is_empty() || r.starts_with('/'))
}

#[cfg(test)]
mod tests;
