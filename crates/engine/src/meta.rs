//! `/ok` and `/error`.

use axum::{
    Router,
    extract::RawQuery,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kiavi_http::json_response;

use crate::State;

/// The code shown for one that is not made of plain characters.
const UNKNOWN: &str = "UNKNOWN";
/// Characters of a description that are passed on.
const DESCRIPTION_LIMIT: usize = 200;

pub(crate) fn routes() -> Router<State> {
    Router::new().route("/ok", get(ok)).route("/error", get(error))
}

async fn ok() -> Response {
    json_response(StatusCode::OK, r#"{"ok":true}"#)
}

/// Where failed redirects land: on to the start page, with a code that is safe to show and, as text that anybody
/// may have written, the description.
async fn error(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let given = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let code = given("error").filter(|code| is_plain(code)).unwrap_or_else(|| UNKNOWN.to_owned());
    let mut location = url::form_urlencoded::Serializer::for_suffix("/?".to_owned(), 2);
    location.append_pair("error", &code);
    if let Some(description) = given("error_description") {
        location.append_pair(
            "error_description",
            &description.chars().take(DESCRIPTION_LIMIT).collect::<String>(),
        );
    }
    match HeaderValue::try_from(location.finish()) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn is_plain(code: &str) -> bool {
    let is_symbol = |b: u8| b.is_ascii_alphanumeric() || b"'_-".contains(&b);
    (1..=64).contains(&code.len()) && code.bytes().all(is_symbol)
}
