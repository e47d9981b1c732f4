//! The buttons of providers.

use axum::{Form, extract::Query, response::Response};
use kiavi_pages::{Leaving, Notice, ProviderButton};

use super::{
    connect, flow,
    visit::{Visit, html},
    wire::{ErrorQuery, ProviderForm},
};
use crate::{
    ApiError, ProviderSettings, SocialSettings,
    social::{Begin, begin, provider_name},
};

/// Where a failed sign-in is told.
const FAILED: &str = "/sign-in/failed";
/// Where a new sign-in goes on, as after a code.
const NEXT: &str = "/sign-in/passkey";

/// A button for each provider, in the order of the settings.
pub(super) fn buttons(settings: &SocialSettings) -> Vec<ProviderButton> {
    let button = |provider: &ProviderSettings| ProviderButton {
        id: provider.id.clone(),
        name: provider_name(provider),
    };
    settings.providers.iter().map(button).collect()
}

/// `POST /sign-in/social`: on to the provider. By a page and not by a redirect, because the policy of our pages
/// lets no form lead to another site, on however many redirects (CSP 3 §6.4.2).
pub(super) async fn start(visit: Visit, Form(form): Form<ProviderForm>) -> Result<Response, ApiError> {
    let Some(provider) = visit.state.settings.social.provider(&form.provider) else {
        return Ok(visit.tell(Notice::Unexpected, "/sign-in"));
    };
    let asked = Begin { callback_url: Some(NEXT), error_url: Some(FAILED), ..Begin::default() };
    match begin(&visit.state, &visit.context, provider, asked).await {
        Ok(target) => {
            Ok(html(&Leaving { frame: visit.frame(), target, provider: Some(provider_name(provider)) }))
        }
        Err(error) => Ok(visit.tell(flow::notice(error)?, "/sign-in")),
    }
}

/// `GET /sign-in/failed?error=`: what came of it, told where the visitor can go on.
pub(super) async fn failed(visit: Visit, Query(query): Query<ErrorQuery>) -> Response {
    connect::tell_failure(&visit, &query.error.unwrap_or_default())
}
