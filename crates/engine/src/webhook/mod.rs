//! Webhooks: a tenant's own servers are told what happens, by Standard Webhooks 1.0.0.
//!
//! 1. The statement that writes an event writes what is owed of it, one row for each endpoint whose patterns match
//!    (`audit`), so no event is lost and none is invented. Where no endpoint wants the event the statement is the plain one.
//! 2. The transaction's end wakes the endpoints' workers (`relay`), one for each: one event at a time, in the order of
//!    their rows, so what hangs holds up its own endpoint only, and nothing of mail.
//! 3. A worker leases its endpoint, sends the oldest row (`send`: signed anew each time, the same `webhook-id`), and records
//!    what became of it. What fails is tried again by the schedule in `flow`, for 72 h; after five days without a
//!    success, or with a `410 Gone`, the endpoint is disabled, until an operator enables it or its URL changes.
//! 4. An engine ends although something is due later, and tells the launcher when to start it again
//!    ([`Webhooks::next_due`]).
//! 5. Operators list what was sent, look at the attempts and have it sent again (`routes`). Rows are kept for 30 days.

mod endpoints;
mod flow;
mod ledger;
mod pattern;
mod relay;
mod routes;
mod send;
mod settings;
mod signature;
mod store;
#[cfg(test)]
mod tests;
mod wire;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_db::Sql;

use crate::State;

pub(crate) use endpoints::{Recipients, Webhooks};
pub(crate) use flow::LIFE;
pub(crate) use relay::run;
pub use settings::{EndpointSettings, SigningSecretSettings, WebhookSettings};
pub(crate) use store::{forget_old, settle_removed};
pub(crate) use wire::body;

pub(crate) fn statements() -> Vec<&'static Sql> {
    [store::STATEMENTS, ledger::STATEMENTS].concat()
}

/// The operators' routes; to anybody else they are not there.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/webhook/endpoints", get(routes::endpoints))
        .route("/webhook/enable", post(routes::enable))
        .route("/webhook/deliveries", get(routes::deliveries))
        .route("/webhook/delivery", get(routes::delivery))
        .route("/webhook/replay", post(routes::replay))
        .route("/webhook/test", post(routes::test))
}
