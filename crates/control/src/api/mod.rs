//! The management API.
//!
//! Answers are JSON; errors are problem details (RFC 9457) with a stable `code`, made in one place. Bodies and
//! queries with an unknown member are refused. Creating takes an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header). Settings have their version as entity tag, and a change of the whole
//! document names the version that it was made from (RFC 9110 §13.1.1).

mod authenticate;
mod change_settings;
mod console;
mod create;
mod engine;
mod export;
mod finish;
mod imports;
mod problem;
mod progress;
mod resource;
mod settings;
mod tenants;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};

pub(crate) use problem::Problem;

use crate::{CallerKind, Control};

/// The routes that callers of this kind have.
pub(crate) fn router(control: &Control, kind: CallerKind) -> Router {
    let api = Router::new()
        .route("/tenants", get(tenants::list).post(create::create))
        .route("/tenants/{tenant}", get(tenants::show))
        .route("/tenants/{tenant}/progress", get(progress::show))
        .route(
            "/tenants/{tenant}/settings",
            get(settings::show).put(change_settings::replace).patch(change_settings::patch),
        )
        .route("/tenants/{tenant}/settings/versions", get(settings::versions))
        .route("/tenants/{tenant}/settings/diff", get(settings::compare))
        .route("/tenants/{tenant}/settings/rollback", post(change_settings::roll_back))
        .route("/tenants/{tenant}/engine/{*path}", get(engine::pass_on).post(engine::pass_on))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    let api = match kind {
        // A secret comes in and goes out here, so these are for whoever may read the data folder anyway.
        CallerKind::LocalOperator => api
            .route("/imports", post(imports::import))
            .route("/imports/check", post(imports::check))
            .route("/tenants/{tenant}/export", post(export::export))
            .layer(from_fn(authenticate::as_operator)),
        CallerKind::ConsoleHost => api.layer(from_fn_with_state(control.clone(), authenticate::by_key)),
    };
    let mut router = Router::new().nest("/api/v1", api);
    if kind == CallerKind::ConsoleHost && control.parts().development {
        router = router.merge(console::routes());
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(control.clone())
        .layer(from_fn_with_state(control.clone(), finish::finish))
}

async fn not_found() -> Problem {
    Problem::not_found("There is nothing at this address.")
}

async fn method_not_allowed() -> Problem {
    Problem::method_not_allowed()
}
