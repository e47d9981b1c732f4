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
//! 3. `POST /management/acting` makes a link by which a member's browser begins to act as a user.
//!
//! To anybody else the paths of this module are not there.

mod routes;
#[cfg(test)]
mod tests;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::from_fn_with_state,
    routing::post,
};
use serde_json::json;

use crate::{
    Context, State,
    admin::handover,
    audit::{Event, EventType, Method, Outcome},
    console,
    context::{api_context, not_found},
    engine::API,
    log,
};

/// Where control says that the settings changed. Not below the API's base path: what control passes on for others
/// ends there.
const SETTINGS_CHANGED: &str = "/management/settings-changed";

/// When the operator, who is a person then, proved to be there. Only control writes on this door's connections.
const PROVED_AT: &str = "kiavi-proved-at";

/// Control's own routes.
pub(crate) fn routes(state: &State) -> Router<State> {
    Router::new()
        .route(SETTINGS_CHANGED, post(routes::settings_changed))
        .route("/management/acting", post(handover::offer))
        .merge(console::management_routes())
        .merge(log::management_routes())
        .method_not_allowed_fallback(not_found)
        .layer(from_fn_with_state(state.clone(), api_context))
}

/// Those of them that read the log.
pub(crate) fn log_routes(state: &State) -> Router<State> {
    log::management_routes()
        .method_not_allowed_fallback(not_found)
        .layer(from_fn_with_state(state.clone(), api_context))
}

/// What is to be written down before a request for a route of the API is served at this door.
pub(crate) fn access(context: &Context, request: &Request) -> Option<Event<'static>> {
    context.operator()?;
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    // Neither query nor body: they name people.
    let mut detail = json!({ "method": request.method().as_str(), "path": path });
    if let Some(at) = request.headers().get(PROVED_AT).and_then(|at| at.to_str().ok()) {
        detail["proved_at"] = at.into();
    }
    let event = Event::new(EventType::ManagementRequested, Outcome::Success).using(Method::Management);
    path.starts_with(API).then(|| event.detail(detail))
}
