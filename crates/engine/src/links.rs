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

/// 302 to a place that is trusted.
pub(crate) fn found(location: &str) -> Result<Response, ApiError> {
    let location = HeaderValue::try_from(location).map_err(ApiError::internal)?;
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// Whether a person is looking: a browser that opens a page asks for HTML, a program does not.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}
