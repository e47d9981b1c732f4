//! JSON answers and the one shape of errors.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use serde::Serialize;

#[derive(Serialize)]
struct ErrorBody<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// `application/json` (no charset, as Better Auth sends it) around text that is JSON already.
pub fn json_response(status: StatusCode, json: impl Into<Body>) -> Response {
    let mut response = Response::new(json.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `{"message", "code", "requestId"}`; keys without a value are left out.
pub fn error_response(
    status: StatusCode,
    code: Option<&str>,
    message: &str,
    request_id: Option<&str>,
) -> Response {
    let body = serde_json::to_vec(&ErrorBody { message, code, request_id }).unwrap_or_default();
    json_response(status, body)
}
