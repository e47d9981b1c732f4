//! Trying a provider out, for operators, without anybody signing in: what it says of itself, its keys, and whether it knows
//! the client. To anybody else the route is not there.
//!
//! The client is shown with a code that no provider has given: one that knows the client refuses the code, one that does not
//! refuses the client (RFC 6749 §5.2). What is fetched is fetched now, and does not take the place of what is kept.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use kiavi_oauth::{Grant, Provider, TokenError, fresh_state, fresh_verifier};
use serde::Serialize;
use serde_json::json;

use super::{
    redirect_uri,
    settings::ProviderSettings,
    upstream::{self, UpstreamError},
    wire::provider_not_found,
};
use crate::{ApiError, Context, JsonBody, State, context::not_found};

/// How long an operator waits: less than control waits for this engine.
const LIMIT: Duration = Duration::from_secs(8);
/// What providers say of a client that they do not know, or that does not show who it is (RFC 6749 §5.2; GitHub).
const CLIENT_REFUSED: &[&str] = &["invalid_client", "unauthorized_client", "incorrect_client_credentials"];
/// What they say of the code when they know the client.
const CODE_REFUSED: &[&str] = &["invalid_grant", "bad_verification_code"];

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Its discovery document.
    Discovery,
    /// The keys of its ID tokens.
    Keys,
    /// Whether it knows the client.
    Client,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Passed,
    Failed,
    /// It answered something that says neither.
    Unclear,
}

#[derive(Debug, Serialize)]
struct Finding {
    step: Step,
    outcome: Outcome,
    /// What was found, or what was in the way.
    detail: String,
}

/// `POST /social/test` `{provider}`: what is found, step by step, to the first that fails. A step that the provider does not
/// have is left out.
pub(super) async fn test(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let id = fields.string("provider");
    fields.finish()?;
    let settings = state.settings.social.provider(id).ok_or_else(provider_not_found)?;
    let mut findings = Vec::new();
    if tokio::time::timeout(LIMIT, look(&state, settings, &mut findings)).await.is_err() {
        let step = match findings.last() {
            None if settings.discovery_url.is_some() => Step::Discovery,
            Some(Finding { step: Step::Discovery, .. }) | None => Step::Keys,
            Some(_) => Step::Client,
        };
        let detail = "no whole answer in time".to_owned();
        findings.push(Finding { step, outcome: Outcome::Failed, detail });
    }
    let body = json!({ "redirect_uri": redirect_uri(&state, &settings.id), "steps": findings });
    Ok(json_response(StatusCode::OK, body.to_string()))
}

async fn look(state: &State, settings: &ProviderSettings, findings: &mut Vec<Finding>) {
    let mut note = |step, found: Result<String, UpstreamError>| {
        let is_good = found.is_ok();
        let outcome = if is_good { Outcome::Passed } else { Outcome::Failed };
        let detail = found.unwrap_or_else(|error| error.to_string());
        findings.push(Finding { step, outcome, detail });
        is_good
    };
    if let Some(url) = &settings.discovery_url {
        let found = upstream::fetch_metadata(state, url, settings).await;
        if !note(Step::Discovery, found.map(|_| url.clone())) {
            return;
        }
    }
    let provider = match upstream::provider(state, settings).await {
        Ok(provider) => provider,
        Err(error) => {
            note(Step::Discovery, Err(error));
            return;
        }
    };
    if let Some(url) = &provider.endpoints.jwks {
        let found = upstream::fetch_keys(state, url).await;
        if !note(Step::Keys, found.map(|keys| format!("{}: {url}", keys.len()))) {
            return;
        }
    }
    findings.push(client(state, settings, &provider).await);
}

/// Whether the provider knows the client.
async fn client(state: &State, settings: &ProviderSettings, provider: &Provider) -> Finding {
    let rng = state.rng();
    let (code, verifier) = (fresh_state(rng), fresh_verifier(rng));
    let redirect_uri = redirect_uri(state, &settings.id);
    let grant =
        Grant::Code { code: &code, redirect_uri: &redirect_uri, verifier: &verifier, device_id: None };
    let answer = upstream::tokens(state, settings, provider, grant, state.clock.now().as_second()).await;
    let (outcome, detail) = verdict(answer.map(drop));
    Finding { step: Step::Client, outcome, detail }
}

/// What an answer to a code that nobody gave says of the client.
fn verdict(answer: Result<(), UpstreamError>) -> (Outcome, String) {
    match answer {
        Err(UpstreamError::Token(TokenError::Refused(name))) => {
            let outcome = match name.as_str() {
                name if CODE_REFUSED.contains(&name) => Outcome::Passed,
                name if CLIENT_REFUSED.contains(&name) => Outcome::Failed,
                _ => Outcome::Unclear,
            };
            (outcome, name)
        }
        Err(error @ UpstreamError::Token(TokenError::Malformed)) => (Outcome::Unclear, error.to_string()),
        Err(error) => (Outcome::Failed, error.to_string()),
        // It took a code that it never gave.
        Ok(()) => (Outcome::Unclear, "access_token".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_refuses_the_code_knows_the_client() {
        let said = |name: &str| verdict(Err(TokenError::Refused(name.to_owned()).into())).0;
        assert_eq!(
            (said("invalid_grant"), said("bad_verification_code")),
            (Outcome::Passed, Outcome::Passed)
        );
        assert_eq!((said("invalid_client"), said("unauthorized_client")), (Outcome::Failed, Outcome::Failed));
        assert_eq!(said("redirect_uri_mismatch"), Outcome::Unclear);
        assert_eq!(verdict(Err(TokenError::Malformed.into())).0, Outcome::Unclear);
        assert_eq!(verdict(Err(UpstreamError::Status(StatusCode::BAD_GATEWAY))).0, Outcome::Failed);
        assert_eq!(verdict(Ok(())).0, Outcome::Unclear);
    }
}
