//! The sealed log, for whoever may read it: checkpoints, tiles and entries as C2SP tlog-tiles lays them out, and the proof
//! of one event. All of it was written by the auditor and is read here; what is personal in an entry is ciphertext.
//!
//! These are control's own routes at the management door. To everybody else they are not there.

mod proofs;
mod routes;
mod store;
#[cfg(test)]
pub(crate) mod tests;

use axum::{Router, routing::get};
use kiavi_db::Sql;

use crate::State;

pub(crate) use proofs::{inclusions, newest_over};
pub(crate) use store::places;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// Control's own routes.
pub(crate) fn management_routes() -> Router<State> {
    Router::new()
        .route("/management/log/checkpoint", get(routes::checkpoint))
        .route("/management/log/checkpoints", get(routes::checkpoints))
        .route("/management/log/pruned", get(routes::pruned))
        .route("/management/log/tile/{*path}", get(routes::tile))
        .route("/management/log/proof/{event}", get(routes::proof))
}
