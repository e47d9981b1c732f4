//! Objects of JSON lines in a store that speaks S3.

use std::fmt::Write as _;

use axum::http::{HeaderValue, Request, header::CONTENT_TYPE};
use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use kiavi_crypto::{hmac_sha256, sha256};
use url::Url;

/// What signs requests.
pub(super) struct Access<'s> {
    pub(super) endpoint: &'s str,
    pub(super) region: &'s str,
    pub(super) bucket: &'s str,
    pub(super) access_key_id: &'s str,
    pub(super) secret_key: &'s str,
}

/// The name of the object with the events from `first` to `last`; `at` is the time of the first. It says what is in it, so
/// that what is sent again has the same, and names are in the order of the log.
pub(super) fn name(prefix: &str, (first, last): (i64, i64), at: Timestamp) -> String {
    let day = at.to_zoned(TimeZone::UTC).date();
    let name = format!("{}/{:02}/{:02}/{first:020}-{last:020}.ndjson", day.year(), day.month(), day.day());
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

/// The request that writes an object once, signed at `now`. `None` when the settings make none.
pub(super) fn put(access: &Access<'_>, name: &str, body: Bytes, now: Timestamp) -> Option<Request<Bytes>> {
    let url = Url::parse(access.endpoint).ok()?.join(&format!("/{}/{name}", access.bucket)).ok()?;
    let host = url.host_str()?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let (hash, time) = (hex(&sha256(&body)), time(now));
    // In the order of their names, which is the order of the signature.
    let headers = [
        ("host", host.as_str()),
        ("if-none-match", "*"),
        ("x-amz-content-sha256", hash.as_str()),
        ("x-amz-date", time.as_str()),
    ];
    let authorization = authorization(access, ("PUT", url.path()), &headers);
    let mut request = Request::put(url.as_str())
        .header(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))
        .header("authorization", authorization);
    // The host is that of the URL, and is sent with it.
    for (name, value) in headers.into_iter().skip(1) {
        request = request.header(name, value);
    }
    request.body(body).ok()
}

/// AWS Signature Version 4 of a request without a query, whose path has nothing that would be encoded. `headers` are all
/// that are signed, by their names; the hash of the body and the time are among them.
fn authorization(access: &Access<'_>, (method, path): (&str, &str), headers: &[(&str, &str)]) -> String {
    let of = |name: &str| headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
    let (time, hash) = (of("x-amz-date"), of("x-amz-content-sha256"));
    let signed = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut canonical = format!("{method}\n{path}\n\n");
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = writeln!(canonical, "{name}:{value}");
    }
    let _ = write!(canonical, "\n{signed}\n{hash}");
    let date = time.get(..8).unwrap_or_default();
    let scope = format!("{date}/{}/s3/aws4_request", access.region);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&sha256(canonical.as_bytes())));
    let key = hmac_sha256(format!("AWS4{}", access.secret_key).as_bytes(), date.as_bytes());
    let key = [access.region, "s3", "aws4_request"]
        .iter()
        .fold(key, |key, part| hmac_sha256(&key, part.as_bytes()));
    let (id, signature) = (access.access_key_id, hex(&hmac_sha256(&key, text.as_bytes())));
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}")
}

/// `20261126T200000Z`.
fn time(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn hex(bytes: &[u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_log_and_say_what_is_in_them() {
        let at: Timestamp = "2026-11-26T23:59:59.9Z".parse().unwrap();
        let name_of = |prefix| name(prefix, (256, 300), at);
        let file = "2026/11/26/00000000000000000256-00000000000000000300.ndjson";
        assert_eq!(name_of(""), file);
        assert_eq!(name_of("audit/shop"), format!("audit/shop/{file}"));
    }

    /// The example of "Signature Calculations for the Authorization Header" in the manual of Amazon S3.
    #[test]
    fn the_signature_is_that_of_the_manual() {
        let access = Access {
            endpoint: "https://examplebucket.s3.amazonaws.com",
            region: "us-east-1",
            bucket: "",
            access_key_id: "AKIAIOSFODNN7EXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        };
        let hash = hex(&sha256(b""));
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", hash.as_str()),
            ("x-amz-date", "20130524T000000Z"),
        ];
        assert_eq!(
            authorization(&access, ("GET", "/test.txt"), &headers),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    #[test]
    fn a_request_is_signed_and_overwrites_nothing() {
        let access = Access {
            endpoint: "https://s3.example:443",
            region: "eu-1",
            bucket: "logs",
            access_key_id: "AKID",
            secret_key: "very secret",
        };
        let now = "2026-11-26T20:00:00.5Z".parse().unwrap();
        let request = put(&access, "a/b.ndjson", Bytes::from_static(b"{}\n"), now).unwrap();
        assert_eq!(request.uri().to_string(), "https://s3.example/logs/a/b.ndjson");
        assert_eq!(
            (&request.headers()["if-none-match"], &request.headers()["x-amz-date"]),
            (&HeaderValue::from_static("*"), &HeaderValue::from_static("20261126T200000Z"),)
        );
        let signed = request.headers()["authorization"].to_str().unwrap();
        assert!(
            signed.starts_with("AWS4-HMAC-SHA256 Credential=AKID/20261126/eu-1/s3/aws4_request"),
            "{signed}"
        );
        assert!(!format!("{request:?}").contains("very secret"));
        let other = put(&access, "a/b.ndjson", Bytes::from_static(b"{}"), now).unwrap();
        assert_ne!(other.headers()["authorization"], request.headers()["authorization"]);
    }
}
