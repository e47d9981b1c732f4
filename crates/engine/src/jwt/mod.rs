//! JSON Web Tokens: who is signed in, told to the tenant's own services, which verify it without asking.
//!
//! `/token` finds the session, writes its claims and signs them with a key in memory: one statement and one
//! signature. `/jwks` is a body in memory. Both keep the keys for ten seconds and then ask the database again.
//! When no stored key can sign, because there is none, its time is over, the tenant chose another algorithm, or
//! the secret it was encrypted under is lost, one transaction under an advisory lock makes one and ends all
//! others; they stay published for the grace period. So there is one signing key, however many ask first.
//!
//! `/get-session` carries a token too. It is given out again for a fifth of its life, as long as session, user and
//! key say the same: a signature for each check would double what a check costs.
//!
//! Keys made and replaced are events. Tokens are not: each would be a write where nothing changed, and what a
//! token says is in the events of the session that its `sid` names.

mod flow;
mod keyring;
mod routes;
mod settings;
mod store;
mod tokens;
mod wire;

use axum::{Router, routing::get};
use kiavi_db::Sql;

pub(crate) use routes::set_header;
pub use settings::{JwtSettings, TokenAlgorithm, UserClaim};
pub(crate) use store::delete_unpublished;

use crate::State;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

pub(crate) fn routes() -> Router<State> {
    Router::new().route("/jwks", get(routes::jwks)).route("/token", get(routes::token))
}

/// What is kept in memory: the keys, and the tokens of sessions that are being checked.
#[derive(Default)]
pub(crate) struct Memory {
    keyring: keyring::Keyring,
    tokens: tokens::HeaderTokens,
}

#[cfg(test)]
mod tests;
