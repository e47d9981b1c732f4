//! Lending a session: whoever is signed in takes a token from here and brings it elsewhere, where it becomes the
//! session's cookie. It works once, for a short time, and is stored as a hash.

mod routes;
mod settings;

use axum::{
    Router,
    routing::{get, post},
};

pub use settings::OneTimeTokenSettings;

use crate::{Settings, State, verification::token_hash};

/// Characters of a token: 190 bits.
const TOKEN_LENGTH: usize = 32;

/// Mounted only where the tenant has it switched on.
pub(crate) fn routes(settings: &Settings) -> Router<State> {
    if !settings.one_time_token.is_enabled {
        return Router::new();
    }
    Router::new()
        .route("/one-time-token/generate", get(routes::generate))
        .route("/one-time-token/verify", post(routes::verify))
}

fn identifier(token: &str) -> String {
    format!("one-time-token:{}", token_hash(token))
}

#[cfg(test)]
mod tests;
