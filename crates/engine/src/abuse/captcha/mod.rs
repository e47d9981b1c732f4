//! What asking for a mail costs: a captcha, answered in the header `x-captcha-response` as with Better Auth's plugin
//! of that name, or in the field `captcha` of a hosted form.
//!
//! Two kinds. The proof of work ([`proof`]) is built in and tells nobody anything: the client fetches a challenge and
//! searches for a number that gives a hash with enough leading zeros. Turnstile ([`turnstile`]) asks a server that
//! speaks Cloudflare's protocol. An answer is counted against its network, works once, and whoever is refused is told
//! the same whatever the reason; when the server cannot be asked, nothing passes.

mod proof;
mod routes;
mod settings;
mod turnstile;

use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    routing::get,
};
use serde_json::json;

#[cfg(test)]
pub(crate) use proof::solve;
pub use settings::{Captcha, ProofOfWork, Scope, Turnstile};

use crate::{
    ApiError, Context, Settings, State,
    audit::{self, Event, EventType, Outcome},
    engine::API,
    rate_limit::{self, Key},
};

/// The header that answers travel in.
pub(crate) const HEADER: &str = "x-captcha-response";
/// What pages of other origins may send where there is a captcha.
pub(crate) const ALLOWED_HEADERS: &str = "content-type, authorization, x-api-key, x-captcha-response";
/// Where clients get a challenge, below the base path.
pub(crate) const CHALLENGE: &str = "/captcha/challenge";

/// Mounted only where the tenant has a captcha.
pub(crate) fn routes(settings: &Settings) -> Router<State> {
    if settings.abuse.captcha.is_none() {
        return Router::new();
    }
    Router::new().route(CHALLENGE, get(routes::challenge))
}

/// What the hosted sign-in has to show.
pub(crate) fn of_page(settings: &Settings) -> Option<kiavi_pages::Captcha> {
    let captcha = settings.abuse.captcha.as_ref().filter(|captcha| captcha.applies_to(Scope::Code))?;
    Some(match captcha {
        Captcha::ProofOfWork(_) => {
            kiavi_pages::Captcha::ProofOfWork { challenge: format!("{API}{CHALLENGE}") }
        }
        Captcha::Turnstile(turnstile) => kiavi_pages::Captcha::Turnstile {
            script: turnstile.script_url.clone(),
            origin: turnstile.script_origin()?,
            site_key: turnstile.site_key.clone(),
        },
    })
}

/// The answer in the header, if there is one.
#[derive(Debug, Clone)]
pub(crate) struct CaptchaResponse(Option<String>);

impl CaptchaResponse {
    /// Passes if `scope` needs no captcha or this is the answer to one.
    ///
    /// # Errors
    /// See [`require`].
    pub(crate) async fn require(
        &self,
        state: &State,
        context: &Context,
        scope: Scope,
    ) -> Result<(), ApiError> {
        require(state, context, scope, self.0.as_deref()).await
    }
}

impl FromRequestParts<State> for CaptchaResponse {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        let given = parts.headers.get(HEADER).and_then(|value| value.to_str().ok());
        Ok(Self(given.map(str::to_owned)))
    }
}

/// Why an answer does not count. The name is in the event, never in the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Not in the form of an answer, or its challenge is not ours or another network's.
    Malformed,
    /// Too late.
    Expired,
    /// Not enough work.
    Wrong,
    /// It worked before.
    Used,
    /// The server that was asked says no.
    Rejected,
}

impl Reason {
    const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::Wrong => "wrong",
            Self::Used => "used",
            Self::Rejected => "rejected",
        }
    }
}

/// Passes if `scope` needs no captcha or `response` is the answer to one. An operator's program answers none.
///
/// # Errors
/// 400 `MISSING_RESPONSE`, 403 `VERIFICATION_FAILED`, 429 when the network has answered too often, 503 when the server
/// that decides cannot be asked.
pub(crate) async fn require(
    state: &State,
    context: &Context,
    scope: Scope,
    response: Option<&str>,
) -> Result<(), ApiError> {
    let captcha = state.settings.abuse.captcha.as_ref().filter(|captcha| captcha.applies_to(scope));
    let Some(captcha) = captcha.filter(|_| context.operator().is_none()) else { return Ok(()) };
    let Some(response) = response.filter(|response| !response.is_empty()) else {
        return Err(ApiError::bad_request("MISSING_RESPONSE", "Missing CAPTCHA response"));
    };
    let rate = state.settings.rate_limits.captcha_per_network;
    rate_limit::check(state, context, "captcha", Key::Network(context.network()), rate).await?;
    let judged = match captcha {
        Captcha::ProofOfWork(settings) => proof::accept(state, context, settings, response).await?,
        Captcha::Turnstile(settings) => turnstile::ask(state, settings, response).await?,
    };
    match judged {
        Ok(()) => Ok(()),
        Err(reason) => Err(refuse(state, context, captcha, reason).await),
    }
}

async fn refuse(state: &State, context: &Context, captcha: &Captcha, reason: Reason) -> ApiError {
    let detail = json!({ "kind": captcha.kind(), "reason": reason.name() });
    let event = Event::new(EventType::CaptchaRefused, Outcome::Failure).detail(detail);
    if let Err(error) = audit::record_refusal(state, context, "", event).await {
        return error.into();
    }
    ApiError::new(StatusCode::FORBIDDEN, "VERIFICATION_FAILED", "Captcha verification failed")
}
