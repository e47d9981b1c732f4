//! The endpoints that begin something with a provider.

use axum::response::Response;

use super::{
    begin::begin,
    link, native,
    wire::{go_to, provider_not_found, social_body},
};
use crate::{ApiError, Context, JsonBody, State, session};

/// `POST /sign-in/social`: by the browser's way to the provider and back, or with an ID token.
pub(super) async fn sign_in_social(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let given = social_body(&body)?;
    let settings = state.settings.social.provider(given.provider).ok_or_else(provider_not_found)?;
    if let Some(token) = given.id_token {
        return native::sign_in(&state, &context, settings, token, given.begin.requests_sign_up).await;
    }
    let url = begin(&state, &context, settings, given.begin).await?;
    go_to(&url, given.disables_redirect)
}

/// `POST /link-social`, with a session.
pub(super) async fn link_social(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let given = social_body(&body)?;
    let current = session::require_sensitive(&state, &context).await?;
    session::only_oneself(&current)?;
    let settings = state.settings.social.provider(given.provider).ok_or_else(provider_not_found)?;
    match given.id_token {
        Some(token) => link::with_id_token(&state, &context, &current, settings, token).await,
        None => link::start(&state, &context, &current, settings, given.begin, given.disables_redirect).await,
    }
}
