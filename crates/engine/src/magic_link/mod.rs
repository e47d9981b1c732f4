//! Signing in by a link in a mail.
//!
//! A link is asked for ([`send_link`]) under the limits of codes, with which it shares its budget of mails: one
//! transaction writes the token's hash, the letter and the event. Known and unknown addresses get the same answer;
//! the letter is left out where nobody may sign in.
//!
//! The mailed URL is Better Auth's `/magic-link/verify`. It leads to the page `/sign-in/link`, whose button takes
//! the token ([`sign_in`]); a scanner that follows links uses none up.

mod actions;
mod flow;
mod routes;
mod settings;

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use actions::address_of;
pub use actions::{Targets, send_link, sign_in};
pub use settings::MagicLinkSettings;

use crate::{Settings, State, verification::token_hash};

/// The page that the link leads to.
pub(crate) const PAGE: &str = "/sign-in/link";

/// Mounted only where the tenant has it switched on.
pub(crate) fn routes(settings: &Settings) -> Router<State> {
    if !settings.magic_link.is_enabled {
        return Router::new();
    }
    Router::new()
        .route("/sign-in/magic-link", post(routes::sign_in_magic_link))
        .route("/magic-link/verify", get(routes::verify))
}

fn identifier(token: &str) -> String {
    format!("magic-link:{}", token_hash(token))
}

fn link_life(state: &State) -> Duration {
    Duration::from_secs(state.settings.magic_link.expires_in_seconds.into())
}

#[cfg(test)]
mod tests;
