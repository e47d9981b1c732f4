//! Entity tags of what is read (RFC 9110 §8.8.3, §13.1.2): who has an answer already gets none.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt;
use kiavi_crypto::sha256;

use super::Problem;

/// Symbols of a tag that is made of the answer: 128 bits.
const TAG_SYMBOLS: usize = 32;

/// Gives JSON its tag, unless it has one, and answers 304 to who names it.
pub(super) async fn conditional(request: Request, next: Next) -> Result<Response, Problem> {
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let mut response = next.run(request).await;
    if response.status() != StatusCode::OK || !is_json(response.headers()) {
        return Ok(response);
    }
    if !response.headers().contains_key(header::ETAG) {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|error| Problem::internal(&error))?.to_bytes();
        response = Response::from_parts(parts, Body::from(bytes.clone()));
        let digest: String = sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("\"{}\"", digest.get(..TAG_SYMBOLS).unwrap_or_default());
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
    }
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if known.iter().any(|line| line.to_str().is_ok_and(|line| names(line, tag))) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    Ok(response)
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

/// Whether a line of `If-None-Match` names the tag; weakly, as that header compares.
fn names(line: &str, tag: &str) -> bool {
    line.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_named_alone_in_a_list_or_by_a_star() {
        for line in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names(line, "\"a\""), "{line}");
        }
        for line in ["", "a", "\"b\"", "\"A\""] {
            assert!(!names(line, "\"a\""), "{line}");
        }
    }
}
