//! Provider tokens at rest: in Better Auth's encrypted form, whatever kind of token it is.

use kiavi_crypto::is_envelope;
use kiavi_oauth::Tokens;

use super::store::StoredTokens;
use crate::{ApiError, State};

/// The purpose key of the session token that a linking carries through its state.
const LINK_PURPOSE: &str = "oauth-link-session-token";

/// Tokens as they are stored. `scopes` is what the row is to say; `None` leaves it.
pub(super) fn sealed(state: &State, tokens: &Tokens, scopes: Option<&[String]>) -> StoredTokens {
    let seal = |token: &Option<String>| token.as_ref().map(|token| state.secret.encrypt(state.rng(), token));
    StoredTokens {
        access: seal(&tokens.access),
        refresh: seal(&tokens.refresh),
        id: seal(&tokens.id),
        access_seconds: tokens.access_seconds.map(f64::from),
        refresh_seconds: tokens.refresh_seconds.map(f64::from),
        scope: scopes.map(|scopes| scopes.join(",")),
    }
}

/// A stored token in clear. What is not encrypted is from a server that does not encrypt.
pub(super) fn opened(state: &State, stored: Option<&str>) -> Result<Option<String>, ApiError> {
    match stored {
        Some(text) if is_envelope(text) => {
            let token = state.secret.decrypt(text).map_err(ApiError::internal)?;
            Ok(Some(token.to_string()))
        }
        other => Ok(other.map(str::to_owned)),
    }
}

/// The session token that starts a linking, sealed for its state.
pub(super) fn seal_link_session(state: &State, token: &str) -> String {
    state.secret.for_oauth_purpose(LINK_PURPOSE).encrypt(state.rng(), token)
}

/// The session token behind it.
pub(super) fn open_link_session(state: &State, sealed: &str) -> Option<String> {
    state.secret.for_oauth_purpose(LINK_PURPOSE).decrypt(sealed).ok().map(|token| token.to_string())
}
