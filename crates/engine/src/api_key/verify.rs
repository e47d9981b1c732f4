//! `POST /api-key/verify` `{key, permissions?, configId?}`: Better Auth's server-side call as a route, with the
//! answer of that call. Better Auth has no such route, so to whoever may not use it there is none.

use axum::{
    extract::{Request, State as Extract},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    check::{self, Failure},
    claim::Demand,
    flow, wire,
};
use crate::{ApiError, Context, JsonBody, Operator, State, context::not_found};

pub(super) const PATH: &str = "/api-key/verify";

/// Middleware around the route: it is there for operators, and for everybody where the tenant says so.
pub(super) async fn hidden(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let is_operator = request.extensions().get::<Operator>().is_some();
    match is_operator || state.settings.api_key.verify_route {
        true => next.run(request).await,
        false => not_found().await.into_response(),
    }
}

pub(super) async fn verify(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let key = fields.string("key");
    let config = fields.optional_string("configId");
    if config.is_some_and(|config| config.contains('\0')) {
        fields.issue("configId", "Invalid string");
    }
    let permissions = flow::permissions(&mut fields);
    fields.finish()?;
    if context.operator().is_none() {
        let own = check::shown(&headers).ok_or_else(ApiError::unauthorized)?;
        let needed = json!({ "api-key": ["verify"] });
        let demand = Demand { config: None, permissions: Some(&needed) };
        check::use_shown(&state, &context, own, demand).await?;
    }
    // An empty name is that of the default configuration.
    let config = config.map(|config| if config.is_empty() { "default" } else { config });
    match check::use_once(&state, &context, key, Demand { config, permissions }).await {
        Ok(claimed) => wire::json(&wire::Verified { valid: true, error: None, key: Some(&claimed.key) }),
        Err(Failure::Refused(verdict)) => {
            let error = Some(verdict.told_in_verification());
            wire::json(&wire::Verified { valid: false, error, key: None })
        }
        Err(Failure::Fault(error)) => Err(error),
    }
}
