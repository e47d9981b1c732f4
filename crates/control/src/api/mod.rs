//! The management API.
//!
//! Answers are JSON; errors are problem details (RFC 9457) with a stable `code`, made in one place. Bodies and
//! queries with an unknown member are refused. Every POST takes an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header), every list has pages, what is read has an entity tag. Settings have
//! their version as entity tag, and a change of the whole document names the version that it was made from (RFC 9110
//! §13.1.1).
//!
//! [`table`](table::table) is all there is: a route is mounted, guarded, described and tested from its line there.

mod analytics;
mod archives;
mod backup_orders;
mod backup_runs;
mod certificate_records;
mod certificates;
mod change_settings;
pub(crate) mod code;
mod conditional;
mod console;
mod create;
mod database_password;
mod domains;
mod engine;
mod events;
mod export;
mod finish;
mod first_owner;
mod guard;
mod hostnames;
mod idempotency;
mod imports;
mod input;
mod instance;
mod invitations;
mod isolation;
mod keys;
mod logs;
mod mail_records;
mod members;
pub(crate) mod openapi;
mod operations;
mod orphans;
mod page;
mod platform;
mod problem;
mod progress;
mod reading;
mod resource;
mod restores;
mod route;
mod settings;
mod streamed;
mod table;
mod tenants;
mod users;
mod vault;
mod views;
mod workspaces;

use axum::{
    Extension, Router,
    handler::Handler,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
};

pub(crate) use idempotency::Attempts;
pub(crate) use problem::Problem;

use self::{
    code::Code,
    route::{Door, Route, Takes},
    table::table,
};
use crate::{
    CallerKind, Control,
    audit::{Coverage, EventType as E, Writes, writes},
};

/// Why routes write nothing.
const READ: &str = "a read";
const CHECK: &str = "says what would be refused";
/// When a change writes nothing.
const SO_ALREADY: &str = "it was so already";
const NOTHING_DIFFERS: &str = "nothing differs, or it was a trial";
const HAS_DOMAIN: &str = "the tenant has it";
const NO_NEW_PROOF: &str = "the record is not there, or was found before";

/// What asking a tenant's engine for a change writes, whatever comes of it.
const ASKS_ENGINE: Writes = writes(&[E::EngineRequested]).refused(&[E::EngineRequested]);

/// What a member's other role or removal may do to the keys and invitations that they made.
const FOLLOWS_MEMBER: &[E] = &[
    E::ManagementKeyRevoked,
    E::ManagementKeyNarrowed,
    E::ManagementKeyPreviousSecretEnded,
    E::InvitationRevoked,
];

/// Where the API is.
pub(crate) const PREFIX: &str = "/v1";

/// The routes that callers of this kind have.
fn table_of(kind: CallerKind) -> impl Iterator<Item = Route> {
    let is_local = kind == CallerKind::LocalOperator;
    table().into_iter().filter(move |route| is_local || route.door == Door::Both)
}

/// What every request of the API and of the console's pages writes into the control plane's log.
pub fn coverage() -> Vec<Coverage> {
    let api = table().into_iter().map(|route| Coverage {
        path: format!("{PREFIX}{}", route.path),
        method: route.method,
        writes: route.writes,
    });
    api.chain(console::coverage()).collect()
}

/// A route as tests go through them all.
#[cfg(test)]
pub(crate) struct Listed {
    pub(crate) method: Method,
    /// The whole address, with its parameters in braces.
    pub(crate) path: String,
    pub(crate) is_public: bool,
    /// What it needs; `None` is the engine's, which asks for what is below it.
    pub(crate) need: Option<(crate::Permission, bool)>,
    pub(crate) is_local: bool,
}

/// Every route that callers of this kind have.
#[cfg(test)]
pub(crate) fn routes_of(kind: CallerKind) -> impl Iterator<Item = Listed> {
    table_of(kind).map(|route| Listed {
        path: format!("{PREFIX}{}", route.described_path()),
        method: route.method,
        is_public: route.access == route::Access::Public,
        need: match route.access {
            route::Access::Needs(need) => Some((need.permission, need.step_up)),
            route::Access::Public | route::Access::Engine => None,
        },
        is_local: route.door == Door::Local,
    })
}

/// The router for callers of this kind.
pub(crate) fn router(control: &Control, kind: CallerKind) -> Router {
    let mut router = Router::new();
    for route in table_of(kind) {
        let (control, access, method) = (control.clone(), route.access, route.method);
        let guard = guard::Guard { control: control.clone(), kind, access };
        let handler = match method {
            Method::GET => route.handler.route_layer(from_fn(conditional::conditional)),
            Method::POST => {
                let is_stream = route.takes == Takes::Stream;
                let once = idempotency::Once { control, resumes: route.resumes, is_stream };
                route.handler.route_layer(from_fn_with_state(once, idempotency::once))
            }
            _ => route.handler,
        };
        let handler = handler.route_layer(from_fn_with_state(guard, guard::guard));
        router = router.route(&format!("{PREFIX}{}", route.path), handler);
    }
    let router = if kind == CallerKind::ConsoleHost {
        let as_page = not_found.layer(from_fn_with_state(control.clone(), console::nowhere));
        router.merge(console::routes(control)).fallback(as_page)
    } else {
        router.fallback(not_found)
    };
    router
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(control.clone())
        .layer(Extension(kind))
        .layer(from_fn_with_state(finish::Finish::new(control, kind), finish::finish))
}

async fn not_found() -> Problem {
    Problem::not_found()
}

async fn method_not_allowed() -> Problem {
    Problem::plain(Code::MethodNotAllowed)
}
