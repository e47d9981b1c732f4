//! Links that leave in mails and redirects that come back from them.
//!
//! A mailed link is opened by whatever reads the mail first: a scanner, a preview, a person. So a GET never does
//! what the link is for; it leads to a page of ours whose button does. `compatibility.links_act_on_get` gives that
//! up for Better Auth's behaviour.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use url::{Url, form_urlencoded};

use crate::{ApiError, State, engine::API};

/// A query, of which the first value of each name counts.
pub(crate) struct LinkQuery(String);

impl LinkQuery {
    pub(crate) fn new(query: Option<String>) -> Self {
        Self(query.unwrap_or_default())
    }

    /// A value that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .filter(|value| !value.is_empty())
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// `VALIDATION_ERROR`.
    pub(crate) fn required(&self, name: &str) -> Result<String, ApiError> {
        self.get(name).ok_or_else(|| {
            let problem = "Invalid input: expected string, received undefined";
            ApiError::validation(format!("[query.{name}] {problem}"))
        })
    }

    /// A place to send the browser to.
    ///
    /// # Errors
    /// 403 `INVALID_CALLBACK_URL` for one that is not trusted, whatever its name.
    pub(crate) fn target(&self, state: &State, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            Some(target) if !state.origins.trusts_redirect(&target) => {
                let (code, message) = ("INVALID_CALLBACK_URL", "Invalid callbackURL");
                Err(ApiError::new(StatusCode::FORBIDDEN, code, message))
            }
            target => Ok(target),
        }
    }
}

/// A path with a query of the values that are given.
pub(crate) fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let given = pairs.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The absolute URL of an endpoint of the API, built from the settings only.
pub(crate) fn api_url(state: &State, path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    format!("{}{API}{}", state.settings.base_url.origin(), with_query(path, pairs))
}

/// A trusted target as an absolute URL, with `error` in its query if there is one.
///
/// # Errors
/// When the target is no URL.
pub(crate) fn absolute(state: &State, target: &str, error: Option<&str>) -> Result<String, ApiError> {
    let base = Url::parse(state.settings.base_url.origin()).map_err(ApiError::internal)?;
    let mut url = base.join(target).map_err(ApiError::internal)?;
    if let Some(error) = error {
        url.query_pairs_mut().append_pair("error", error);
    }
    Ok(url.into())
}

/// `url` with further parameters behind its query and before its fragment.
pub(crate) fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let (base, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let mut text = base.to_owned();
    text.push(if base.contains('?') { '&' } else { '?' });
    let start = text.len();
    let mut query = form_urlencoded::Serializer::for_suffix(text, start);
    query.extend_pairs(parameters);
    query.finish() + fragment
}

/// 302 to a place that is trusted, as Better Auth writes it. A target that no header can hold leads to the start.
pub(crate) fn found(target: &str) -> Response {
    let location = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    let content_type = HeaderValue::from_static("application/json");
    (StatusCode::FOUND, [(header::LOCATION, location), (header::CONTENT_TYPE, content_type)]).into_response()
}

/// Whether a person is looking: a browser that opens a page asks for HTML, a program does not.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters_go_behind_the_query_and_before_the_fragment() {
        for (url, expected) in [
            ("/a", "/a?error=x+y"),
            ("/a?b=c", "/a?b=c&error=x+y"),
            ("https://a.example/#top", "https://a.example/?error=x+y#top"),
        ] {
            assert_eq!(with_parameters(url, &[("error", "x y")]), expected);
        }
    }

    proptest! {
        #[test]
        fn no_value_breaks_out_of_a_redirect(value in ".{0,60}") {
            let target = with_parameters("/a", &[("error", &value)]);
            prop_assert!(HeaderValue::from_str(&target).is_ok());
            let read: Vec<_> = form_urlencoded::parse(&target.as_bytes()[3..]).collect();
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read[0].1.as_ref(), value.as_str());
        }
    }
}
