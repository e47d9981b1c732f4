//! What a provider answers with, by way of the browser, and what can be said of it without asking anybody.

use axum::{
    body::Body,
    extract::{Path, RawQuery},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use kiavi_http::{parse_json, read_body};
use kiavi_oauth::Provider;
use serde_json::Value;

use crate::{
    ApiError, State,
    engine::API,
    links::{found, with_parameters},
};

/// The parameters that a provider answers with.
const PARAMETERS: &[&str] = &["code", "error", "error_description", "device_id", "state", "user", "iss"];
/// Bytes of a code.
const CODE_LIMIT: usize = 4_096;

/// A provider's answer.
#[derive(Debug, Default)]
pub(super) struct Answer(Vec<(String, String)>);

impl Answer {
    pub(super) fn parse(query: &str) -> Self {
        let known = |name: &str| PARAMETERS.contains(&name);
        let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| known(name));
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A parameter; the first one of its name, and never an empty one.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// `POST /callback/{id}` (Apple's form): the same as a GET, to which the browser brings our cookies.
pub(super) async fn forward(
    state: State,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = read_body(body).await?;
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    let mut answer = Answer::parse(&query.unwrap_or_default());
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        answer.0.extend(Answer::parse(&String::from_utf8_lossy(&bytes)).0);
    } else if let Some(Value::Object(object)) = parse_json(&headers, &bytes)? {
        for name in PARAMETERS {
            if let Some(text) = object.get(*name).and_then(Value::as_str) {
                answer.0.push(((*name).to_owned(), text.to_owned()));
            }
        }
    }
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if id.is_empty() || !id.bytes().all(is_plain) {
        return Err(ApiError::empty(StatusCode::NOT_FOUND));
    }
    let pairs: Vec<_> = PARAMETERS.iter().filter_map(|name| Some((*name, answer.get(name)?))).collect();
    let own = format!("{}{API}/callback/{id}", state.settings.base_url.origin());
    Ok(found(&with_parameters(&own, &pairs)))
}

/// RFC 6749 §A.11: printable ASCII. What cannot be a code need not be tried, and cannot make a provider stumble so that
/// it counts as unwell.
pub(super) fn is_code(text: &str) -> bool {
    text.len() <= CODE_LIMIT && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// RFC 9207 §2.4: an issuer that is told must be the provider's; one that is promised must be told. Of a provider
/// without ID tokens none is known.
pub(super) fn is_issuer(provider: &Provider, told: Option<&str>) -> bool {
    let known = &provider.endpoints.issuers;
    // `{tid}` stands for one segment (Microsoft).
    let is_told = |issuer: &String, told: &str| match issuer.split_once("{tid}") {
        None => issuer == told,
        Some((before, after)) => told
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/')),
    };
    match told {
        Some(told) => known.is_empty() || known.iter().any(|issuer| is_told(issuer, told)),
        None => !provider.endpoints.answers_with_issuer,
    }
}

#[cfg(test)]
mod tests {
    use kiavi_oauth::known;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_printable_and_no_novel() {
        assert!(is_code("4/0AX4XfWj-~ a"));
        for bad in ["a\0b", "a\nb", "ä", &"a".repeat(CODE_LIMIT + 1)] {
            assert!(!is_code(bad));
        }
    }

    #[test]
    fn an_issuer_must_be_the_provider_s_and_told_where_promised() {
        let mut google = known("google").unwrap();
        assert!(is_issuer(&google, None));
        assert!(is_issuer(&google, Some("https://accounts.google.com")));
        assert!(!is_issuer(&google, Some("https://evil.example")));
        google.endpoints.answers_with_issuer = true;
        assert!(!is_issuer(&google, None));
        assert!(is_issuer(&known("github").unwrap(), Some("https://github.com/login/oauth")));
        let microsoft = known("microsoft").unwrap();
        assert!(is_issuer(&microsoft, Some("https://login.microsoftonline.com/a-tenant/v2.0")));
        for other in [
            "https://evil.example",
            "https://login.microsoftonline.com/a/b/v2.0",
            "https://login.microsoftonline.com//v2.0",
        ] {
            assert!(!is_issuer(&microsoft, Some(other)), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_panics(query in ".{0,200}") {
            let answer = Answer::parse(&query);
            for name in PARAMETERS {
                answer.get(name);
            }
        }
    }
}
