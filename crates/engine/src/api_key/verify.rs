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
    flow,
    verdict::Demand,
    wire,
};
use crate::{ApiError, Context, JsonBody, Operator, State, context::not_found};

pub(super) const PATH: &str = "/api-key/verify";

/// Middleware around the route: it is there for operators and, where the tenant says so, for whoever shows a key that
/// may verify others. That key is used before anything else of the request is looked at, because it is what counts
/// the request (`has_own_budget`).
pub(super) async fn admit(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let is_operator = request.extensions().get::<Operator>().is_some();
    if !is_operator {
        if !state.settings.api_key.verify_route {
            return not_found().await.into_response();
        }
        if let Err(refusal) = use_own_key(&state, request.headers(), request.extensions().get()).await {
            return refusal.into_response();
        }
    }
    next.run(request).await
}

async fn use_own_key(state: &State, headers: &HeaderMap, context: Option<&Context>) -> Result<(), ApiError> {
    let (Some(key), Some(context)) = (check::shown(headers), context) else {
        return Err(ApiError::unauthorized());
    };
    let needed = json!({ "api-key": ["verify"] });
    let demand = Demand { config: None, permissions: Some(&needed) };
    check::use_shown(state, context, key, demand).await.map(drop)
}

pub(super) async fn verify(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let key = fields.string("key");
    let config = fields.optional_string("configId");
    if config.is_some_and(|config| config.contains('\0')) {
        fields.issue("configId", "Invalid string");
    }
    let permissions = flow::permissions(&mut fields);
    fields.finish()?;
    // To Better Auth a resource without actions is granted to nobody, as no resource at all is not. Containment
    // would find the empty list in every list.
    let nothing = json!({});
    let permissions = permissions.map(|given| if flow::has_empty_list(given) { &nothing } else { given });
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
