//! A tenant's own API, for operators: passed on through the management door.
//!
//! `/api/v1/tenants/{id or name}/engine/PATH` is `/api/auth/PATH` of the tenant's engine, which knows on whose behalf
//! it is asked and writes that down. Only JSON goes either way; no header of the caller does, and no cookie of the
//! engine comes back.

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::Response,
};
use bytes::Bytes;
use kiavi_http::{parse_json, read_body};

use super::{Problem, tenants::find};
use crate::{
    Caller, Control,
    caller::{Actor, operator_name},
    management,
};

/// The engine's API.
const API: &str = "/api/auth";

/// Passes a GET or a POST on.
pub(super) async fn pass_on(
    State(control): State<Control>,
    Path((id_or_slug, path)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if uri.path().contains('%') || !is_canonical(&path) {
        return Err(Problem::not_found("There is nothing at this address."));
    }
    let bytes = read_body(body).await?;
    let json = if method == Method::GET {
        None
    } else {
        // What is no JSON is refused here; what the engine reads are the bytes themselves.
        if parse_json(&headers, &bytes)?.is_none() && !bytes.is_empty() {
            return Err(Problem::invalid_body("Send JSON as application/json."));
        }
        (!bytes.is_empty()).then_some(bytes)
    };
    let tenant = find(&control, &id_or_slug).await?;
    let target = match uri.query() {
        Some(query) => format!("{API}/{path}?{query}"),
        None => format!("{API}/{path}"),
    };
    let actor = Actor { caller: Some(caller), request: None };
    let name = actor.name();
    answer(management::ask(&control, &tenant, &operator_name(&name), method, &target, json).await?)
}

/// Whether a path is spelled in the one way that routes are.
fn is_canonical(path: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    path.split('/').all(is_word)
}

/// The engine's answer, when it is JSON or nothing.
fn answer(from: axum::http::Response<Bytes>) -> Result<Response, Problem> {
    let (from, body) = from.into_parts();
    let media_type = from.headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok());
    let is_json = media_type.is_some_and(|line| line.split(';').next() == Some("application/json"));
    if !is_json && !body.is_empty() {
        return Err(Problem::unusable_engine_answer());
    }
    let is_empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = from.status;
    if !is_empty {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_as_routes_are_spelled_is_passed_on() {
        for path in ["ok", "admin/list-users", "api-key/verify", "oauth2/register"] {
            assert!(is_canonical(path), "{path}");
        }
        for path in ["", "/", "a//b", "a/", "..", "a/../b", "a?b", "a b", "A", "a;b", "é", "a\\b", "a#b"] {
            assert!(!is_canonical(path), "{path}");
        }
    }

    #[test]
    fn what_is_no_json_does_not_come_back() {
        let answered = |kind: &str, body: &'static str| {
            let from =
                axum::http::Response::builder().header("content-type", kind).header("set-cookie", "a=b");
            answer(from.body(Bytes::from_static(body.as_bytes())).unwrap())
        };
        assert!(answered("text/html", "<p>").is_err());
        assert!(answered("text/html", "").is_ok());
        let passed = answered("application/json", "{}").unwrap();
        assert!(!passed.headers().contains_key("set-cookie"));
    }
}
