//! Signing in with other providers.
//!
//! A sign-in begins ([`begin`]) with a state: a row that holds where to go afterwards, the PKCE verifier and the
//! nonce, under an identifier made of its purpose, the provider, and the reference that only this browser has in a
//! signed cookie. The browser goes to the provider and comes back to `/callback/{provider}`.
//!
//! There ([`callback`]) one statement takes the row by the provider in the path and the reference in the cookie, so
//! a state works once, in its browser, at its provider. It is its own transaction: what follows talks to the
//! provider, and no connection waits for that. The code becomes tokens, an ID token is verified, a profile read.
//! Then one transaction ([`resolve`]) finds the account by provider and subject, or joins it to the user with its
//! address if both sides have proved that address, or makes a user; and makes the session.
//!
//! Where the address alone must not join them, what the provider said waits for a proof of the user ([`pending`]).
//!
//! Native apps and Google One Tap bring an ID token instead ([`native`]). What a provider is like is in
//! `kiavi-oauth`; everything that leaves goes through [`crate::egress`].

mod answer;
mod api_tokens;
mod attempts;
mod begin;
mod callback;
mod directory;
mod link;
mod native;
pub(crate) mod pending;
mod resolve;
mod revocation;
mod routes;
pub mod settings;
mod store;
mod tokens;
mod trial;
mod turns;
mod upstream;
mod wire;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_db::Sql;

pub(crate) use begin::{Begin, begin};
pub(crate) use directory::Directory;
pub(crate) use link::begin as begin_link;
pub(crate) use revocation::{LeftTokens, Returned, Revocation, owe, owe_all, revoke};
pub(crate) use settings::{ProviderSettings, SocialSettings};

use crate::State;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/sign-in/social", post(routes::sign_in_social))
        .route("/link-social", post(routes::link_social))
        .route("/social/test", post(trial::test))
        .route("/one-tap/callback", post(native::one_tap))
        .route("/get-access-token", post(api_tokens::get_access_token))
        .route("/refresh-token", post(api_tokens::refresh_token))
        .route("/account-info", get(api_tokens::account_info))
}

/// Where providers send browsers back to, outside the gate: a provider's form comes from its own origin, changes
/// nothing, and is turned into a GET, which brings our cookies.
pub(crate) fn callback_routes() -> Router<State> {
    Router::new().route("/callback/{id}", get(callback::callback).post(answer::forward))
}

/// The redirect URI of a provider: exactly this one is registered there.
fn redirect_uri(state: &State, provider: &str) -> String {
    format!("{}{}/callback/{provider}", state.settings.base_url.origin(), crate::engine::API)
}

/// What to call the provider with this id, whether or not it is among those of the settings (any more).
pub(crate) fn provider_name_of(settings: &SocialSettings, id: &str) -> String {
    let unlisted = || kiavi_oauth::known(id).map_or_else(|| id.to_owned(), |known| known.name);
    settings.provider(id).map_or_else(unlisted, provider_name)
}

/// What to call a provider on a button.
pub(crate) fn provider_name(provider: &ProviderSettings) -> String {
    let known = || kiavi_oauth::known(&provider.id).map(|known| known.name);
    provider.name.clone().or_else(known).unwrap_or_else(|| provider.id.clone())
}

#[cfg(test)]
mod tests;
