//! Security headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Names the request in every answer; support asks for it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// For answers that are data: nothing may load, nothing may frame them.
pub const API_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// For pages: own scripts, styles, images and fonts; no inline code; no DOM sink takes text (Trusted Types).
pub const PAGE_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Two years (RFC 6797 §6.1). Sent over HTTPS only.
pub const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000";

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// Headers of an API answer. What a handler has set already stays.
pub fn set_api_headers(headers: &mut HeaderMap, is_secure: bool) {
    set_default(headers, header::CONTENT_SECURITY_POLICY, API_CONTENT_SECURITY_POLICY);
    set_common(headers, is_secure);
}

/// Headers of an HTML page. What a handler has set already stays.
pub fn set_page_headers(headers: &mut HeaderMap, is_secure: bool) {
    set_default(headers, header::CONTENT_SECURITY_POLICY, PAGE_CONTENT_SECURITY_POLICY);
    set_default(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set_default(
        headers,
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), publickey-credentials-create=(self), \
         publickey-credentials-get=(self)",
    );
    set_common(headers, is_secure);
}

fn set_common(headers: &mut HeaderMap, is_secure: bool) {
    set_default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, header::REFERRER_POLICY, "same-origin");
    // What is told as it happens is of no use later, whatever made the answer thinks of it.
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    set_default(headers, header::CACHE_CONTROL, "no-store");
    if is_secure {
        set_default(headers, header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
}
