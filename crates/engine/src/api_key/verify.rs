//! `POST /api-key/verify` `{key, permissions?, configId?}`: Better Auth's server-side call as a route, with the
//! answer of that call. Better Auth has no such route, so to whoever may not use it there is none.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Extension,
    extract::{Request, State as Extract},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    check::{self, Failed, Failure},
    flow,
    verdict::Demand,
    wire,
};
use crate::{ApiError, Context, JsonBody, Operator, State, context::not_found};

pub(super) const PATH: &str = "/api-key/verify";

/// The key that asks about another one.
#[derive(Clone)]
pub(super) struct Asking {
    key: String,
    is_used: Arc<AtomicBool>,
}

/// What an asking key must be permitted.
static MAY_VERIFY: LazyLock<Value> = LazyLock::new(|| json!({ "api-key": ["verify"] }));

impl Asking {
    /// The key to use now, and what it is used for; the caller does.
    fn take(&self) -> (&str, Demand<'_>) {
        self.is_used.store(true, Ordering::Relaxed);
        (&self.key, Demand { config: None, permissions: Some(&MAY_VERIFY) })
    }
}

/// Middleware around the route: it is there for operators and, where the tenant says so, for whoever shows a key that
/// may verify others. That key is what counts the request (`has_own_budget`): it is used in the transaction that uses
/// the other, and by itself when the request does not come so far. A refusal of it is all that its holder is told.
pub(super) async fn admit(
    Extract(state): Extract<State>,
    context: Context,
    mut request: Request,
    next: Next,
) -> Response {
    if request.extensions().get::<Operator>().is_some() {
        return next.run(request).await;
    }
    if !state.settings.api_key.verify_route {
        return not_found().await.into_response();
    }
    let Some(key) = check::shown(request.headers()) else { return ApiError::unauthorized().into_response() };
    let asking = Asking { key: key.to_owned(), is_used: Arc::default() };
    request.extensions_mut().insert(asking.clone());
    let response = next.run(request).await;
    if asking.is_used.load(Ordering::Relaxed) {
        return response;
    }
    let (key, demand) = asking.take();
    match check::use_shown(&state, &context, key, demand).await {
        Ok(_) => response,
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn verify(
    state: State,
    context: Context,
    asking: Option<Extension<Asking>>,
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
    // To Better Auth a resource without actions is granted to nobody, as no resource at all is not. Containment
    // would find the empty list in every list.
    let nothing = json!({});
    let permissions = permissions.map(|given| if flow::has_empty_list(given) { &nothing } else { given });
    // An empty name is that of the default configuration.
    let config = config.map(|config| if config.is_empty() { "default" } else { config });
    let key = (key, Demand { config, permissions });
    let used = match &asking {
        Some(Extension(asking)) => {
            check::use_in_turn(&state, &context, [asking.take(), key]).await.map(|[_, used]| used)
        }
        None => check::use_in_turn(&state, &context, [key]).await.map(|[used]| used),
    };
    match used {
        Ok(claimed) => wire::json(&wire::Verified { valid: true, error: None, key: Some(&claimed.key) }),
        Err(failed) if asking.is_some() && failed.place == 0 => {
            Err(failed.told_to_who_showed(&state, &context))
        }
        Err(Failed { failure: Failure::Refused(verdict), .. }) => {
            let error = Some(verdict.told_in_verification());
            wire::json(&wire::Verified { valid: false, error, key: None })
        }
        Err(Failed { failure: Failure::Fault(error), .. }) => Err(error),
    }
}
