//! Request bodies: bounded in size and time, JSON only.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;

/// Bytes of a body that are read; a WebAuthn attestation with a certificate chain stays well below.
pub const BODY_LIMIT: usize = 64 * 1024;
/// How long a client may take to send its body.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a body was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More than [`BODY_LIMIT`] bytes.
    #[error("Request body is too large")]
    TooLarge,
    /// The client stopped sending, or took longer than [`BODY_READ_TIMEOUT`].
    #[error("Request body was not received")]
    Incomplete,
    /// A media type other than JSON. Holds what was sent.
    #[error("Content-Type \"{0}\" is not allowed. Allowed types: application/json")]
    MediaType(String),
    /// Not JSON.
    #[error("Invalid JSON in request body")]
    Malformed,
}

impl BodyError {
    /// Status and stable code of the answer.
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::Incomplete => (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"),
            Self::MediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            Self::Malformed => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        }
    }
}

/// Reads a whole body.
///
/// # Errors
/// [`BodyError::TooLarge`] and [`BodyError::Incomplete`].
pub async fn read_body(body: Body) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(BODY_READ_TIMEOUT, Limited::new(body, BODY_LIMIT).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) | Err(_) => Err(BodyError::Incomplete),
    }
}

/// The JSON in `bytes`. `None` for an empty body and, as the Node server does it, for one without a media type.
///
/// # Errors
/// [`BodyError::MediaType`] and [`BodyError::Malformed`].
pub fn parse_json(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, BodyError> {
    let Some(content_type) = headers.get(CONTENT_TYPE) else { return Ok(None) };
    let given = String::from_utf8_lossy(content_type.as_bytes());
    let essence = given.split(';').next().unwrap_or_default().trim();
    if bytes.is_empty() {
        return Ok(None);
    }
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(BodyError::MediaType(given.chars().take(100).collect()));
    }
    // serde_json refuses nesting deeper than 128 by itself.
    serde_json::from_slice(bytes).map(Some).map_err(|_| BodyError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(content_type: Option<&str>, body: &str) -> Result<Option<Value>, BodyError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
        }
        parse_json(&headers, body.as_bytes())
    }

    #[test]
    fn only_json_is_read() {
        assert_eq!(
            parse(Some("Application/JSON; charset=utf-8"), "{}"),
            Ok(Some(Value::Object(Default::default())))
        );
        assert_eq!(parse(None, "{}"), Ok(None));
        assert_eq!(parse(Some("application/json"), ""), Ok(None));
        assert_eq!(parse(Some("text/plain"), "{}"), Err(BodyError::MediaType("text/plain".into())));
        assert_eq!(parse(Some("application/json"), "{"), Err(BodyError::Malformed));
    }

    #[tokio::test]
    async fn a_body_past_the_limit_is_not_kept() {
        let body = Body::from(vec![b'a'; BODY_LIMIT + 1]);
        assert_eq!(read_body(body).await, Err(BodyError::TooLarge));
        assert_eq!(read_body(Body::from(vec![b'a'; BODY_LIMIT])).await.map(|b| b.len()), Ok(BODY_LIMIT));
    }

    proptest! {
        #[test]
        fn no_body_panics(kind in "[ -~]{0,60}", body in ".{0,200}") {
            let _ = parse(Some(&kind), &body);
            let _ = parse(Some("application/json"), &body);
        }
    }
}
