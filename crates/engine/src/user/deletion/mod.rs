//! Users who delete themselves.
//!
//! Where the tenant lets them, either at once with a recent sign-in, or after a mail: its link leads to the page
//! `/account/delete`, whose button deletes whoever is signed in and whose link it is. With the user go sessions,
//! accounts and passkeys (by foreign key), API keys, and proofs that wait to be redeemed; a notice goes to the
//! address. The log keeps that it happened.

mod actions;
mod routes;
mod store;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_db::Sql;

pub(crate) use actions::{Confirmation, delete_fresh, delete_with_link, erase, is_own_link};

use crate::{State, verification::token_hash};

pub(super) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// The page that the link leads to.
pub(crate) const PAGE: &str = "/account/delete";

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/delete-user", post(routes::delete_user))
        .route("/delete-user/callback", get(routes::callback))
}

/// Upstream's identifier with the token's hash in the token's place.
fn identifier(token: &str) -> String {
    format!("delete-account-{}", token_hash(token))
}

#[cfg(test)]
mod tests;
