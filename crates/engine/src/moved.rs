//! Names that the tenant had before: they lead to the one that it has, and answer nothing else.

use axum::{
    Router,
    extract::{Request, State as Extract},
    http::{HeaderValue, StatusCode, header, uri::PathAndQuery},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use kiavi_http::requested_host;

use crate::State;

/// The router as it answers former names, too, if there are any.
pub(crate) fn lead_from_former_names(router: Router, state: &State) -> Router {
    if state.settings.former_hostnames.is_empty() {
        return router;
    }
    router.layer(from_fn_with_state(state.clone(), lead))
}

/// The method stays (RFC 9110 §15.4.9); no cache keeps the answer, because the name may be somebody else's one day.
async fn lead(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let host = requested_host(request.uri(), request.headers());
    let is_former =
        host.is_some_and(|host| state.settings.former_hostnames.iter().any(|name| name.as_str() == host));
    if !is_former {
        return next.run(request).await;
    }
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("{}{path}", state.settings.base_url.origin())) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
