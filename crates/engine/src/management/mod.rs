//! The management door: what control does in a tenant on behalf of an operator.
//!
//! Control makes a pair of sockets and has the launcher hand one end to the engine together with the operator's
//! name, which becomes an [`Operator`](crate::Operator) on every request of that connection. The router is the one
//! that everybody is served by; slices that give operators more look at [`Context::operator`](crate::Context).
//!
//! 1. Before such a request is served, `management.requested` says who asked for what. What cannot be written down
//!    is not served.
//! 2. `POST /management/settings-changed` is control's word that the settings which this engine runs with are a new
//!    version. The event has the id that it has in control's log, so saying it again changes nothing.
//!
//! To anybody else the paths of this module are not there.

mod routes;
#[cfg(test)]
mod tests;

use axum::{
    Router,
    extract::{MatchedPath, Request, State as Extract},
    middleware::from_fn_with_state,
    routing::post,
};
use kiavi_db::DbError;
use serde_json::json;

use crate::{
    Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    context::{api_context, not_found},
    engine::API,
};

/// Where control says that the settings changed. Not below the API's base path: what control passes on for others
/// ends there.
const SETTINGS_CHANGED: &str = "/management/settings-changed";

/// Control's own routes.
pub(crate) fn routes(state: &State) -> Router<State> {
    Router::new()
        .route(SETTINGS_CHANGED, post(routes::settings_changed))
        .method_not_allowed_fallback(not_found)
        .layer(from_fn_with_state(state.clone(), api_context))
}

/// Writes down who asks for a route of the API at this door, before it is served.
///
/// # Errors
/// Those of the statement; the request must not be served then.
pub(crate) async fn log_access(state: &State, context: &Context, request: &Request) -> Result<(), DbError> {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some(path) = path.filter(|path| context.operator().is_some() && path.starts_with(API)) else {
        return Ok(());
    };
    // Neither query nor body: they name people.
    let detail = json!({ "method": request.method().as_str(), "path": path });
    let event = Event::new(EventType::ManagementRequested, Outcome::Success);
    let event = event.using(Method::Management).detail(detail);
    // On the heap: every request waits here, few are an operator's.
    Box::pin(audit::record_alone(state, context, event)).await
}
