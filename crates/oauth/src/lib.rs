//! Signing in with another provider: the client's side of OAuth 2.0 with the rules of RFC 9700, and of OpenID
//! Connect. Builds requests and judges answers; does no I/O.
//!
//! A [`Provider`] comes from the table ([`known`]), from a discovery document ([`Metadata`]), or from settings. What
//! providers share is data; where one of them is odd, a small function says how ([`Profile`]).

mod authorization;
mod client;
mod discovery;
mod id_token;
mod jwk;
mod metadata;
mod pkce;
mod profile;
mod provider;
mod quirks;
mod table;
mod token;

pub use authorization::{Authorization, RESERVED_PARAMETERS, authorization_url};
pub use client::{AppleKey, Client, ClientSecretError};
pub use discovery::{InvalidMetadata, Metadata};
pub use id_token::{Claims, Expected, IdTokenError, NonceRule, verify_id_token};
pub use jwk::{Algorithm, JwkSet, MalformedJwkSet};
pub use metadata::is_usable_endpoint;
pub use pkce::{challenge, fresh_nonce, fresh_state, fresh_verifier};
pub use profile::{Profile, Sources, profile};
pub use provider::{CallBody, ClientAuth, Endpoints, Mapping, ProfileCall, Provider, Traits};
pub use table::known;
pub use token::{
    Grant, InvalidRequest, TokenError, Tokens, parse_tokens, profile_request, revocation_request,
    token_request,
};

/// The JSON object in an answer of a provider.
pub fn parse_object(body: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(body).ok().filter(serde_json::Value::is_object)
}
