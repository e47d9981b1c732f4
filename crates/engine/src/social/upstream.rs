//! Talking to a provider: what it says of itself, its keys, its tokens, its profiles.

use std::{borrow::Cow, sync::Arc};

use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use kiavi_crypto::Es256SigningKey;
use kiavi_oauth::{
    Algorithm, AppleKey, CallBody, Claims, Client, ClientAuth, ClientSecretError, Endpoints, Expected, Grant,
    IdTokenError, InvalidMetadata, InvalidRequest, JwkSet, MalformedJwkSet, Metadata, NonceRule, Provider,
    TokenError, Tokens, Traits, known, parse_tokens, profile_request, revocation_request, token_request,
    verify_id_token,
};
use serde_json::Value;

use super::{
    directory::Bearer,
    settings::{ProviderSettings, TokenAuth},
};
use crate::{State, egress::EgressError};

/// Why a provider gave nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpstreamError {
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("the provider answered {0}")]
    Status(StatusCode),
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
    #[error(transparent)]
    Keys(#[from] MalformedJwkSet),
    #[error(transparent)]
    Request(#[from] InvalidRequest),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    #[error(transparent)]
    Secret(#[from] ClientSecretError),
    #[error("the provider has just failed to answer the same")]
    Failed,
    #[error("the provider's answer cannot be read")]
    Unreadable,
    #[error("the provider gave no access token")]
    NoAccessToken,
    #[error("the provider gave no ID token")]
    NoIdToken,
}

impl UpstreamError {
    /// Whether the same might work in a while.
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Self::Egress(error) => *error != EgressError::Refused,
            Self::Failed => true,
            Self::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            _ => false,
        }
    }
}

async fn send(state: &State, request: Request<Bytes>) -> Result<(StatusCode, Bytes), UpstreamError> {
    let response = state.egress.send(request).await?;
    Ok((response.status(), response.into_body()))
}

async fn fetch(state: &State, url: &str) -> Result<Bytes, UpstreamError> {
    let request =
        Request::get(url).header(header::ACCEPT, "application/json").header(header::USER_AGENT, "Kiavi");
    let (status, body) = send(state, request.body(Bytes::new()).map_err(|_| InvalidRequest)?).await?;
    if status.is_success() { Ok(body) } else { Err(UpstreamError::Status(status)) }
}

/// The provider that the settings describe.
pub(super) async fn provider(state: &State, settings: &ProviderSettings) -> Result<Provider, UpstreamError> {
    let name = settings.name.as_deref().unwrap_or(&settings.id);
    let mut provider = match (&settings.discovery_url, known(&settings.id)) {
        (Some(url), known) => {
            let discovered = metadata(state, url, settings).await?.provider(&settings.id, name);
            with_oddities(discovered, known)
        }
        (None, Some(known)) => known,
        (None, None) => undiscovered(settings, name),
    };
    let endpoints = &mut provider.endpoints;
    let given = |text: &Option<String>, target: &mut String| {
        if let Some(text) = text {
            target.clone_from(text);
        }
    };
    given(&settings.authorization_endpoint, &mut endpoints.authorization);
    given(&settings.token_endpoint, &mut endpoints.token);
    if settings.userinfo_endpoint.is_some() {
        endpoints.userinfo.clone_from(&settings.userinfo_endpoint);
    }
    if settings.revocation_endpoint.is_some() {
        endpoints.revocation.clone_from(&settings.revocation_endpoint);
    }
    if settings.jwks_uri.is_some() {
        endpoints.jwks.clone_from(&settings.jwks_uri);
    }
    if let Some(issuer) = &settings.issuer {
        endpoints.issuers = vec![issuer.clone()];
    }
    match settings.token_auth {
        Some(TokenAuth::Basic) => provider.traits.client_auth = ClientAuth::Basic,
        Some(TokenAuth::Post) => provider.traits.client_auth = ClientAuth::Post,
        None => {}
    }
    Ok(provider)
}

/// A discovered provider of a known id whose profile is its ID token (one tenant of Microsoft's, say) reads that as the
/// known one does; what is known of other APIs says nothing of standard claims.
fn with_oddities(mut discovered: Provider, known: Option<Provider>) -> Provider {
    if let Some(known) = known.filter(Provider::has_id_token) {
        discovered.traits.mapping = known.traits.mapping;
        discovered.traits.profile_calls = known.traits.profile_calls;
        discovered.scopes = known.scopes;
    }
    discovered
}

/// A provider of which only the endpoints are known.
fn undiscovered(settings: &ProviderSettings, name: &str) -> Provider {
    let is_openid = settings.jwks_uri.is_some() && settings.issuer.is_some();
    let base = if is_openid { Traits::OPENID } else { Traits::STANDARD };
    let scopes: &[&str] = if is_openid { &["openid", "email", "profile"] } else { &[] };
    Provider {
        id: settings.id.clone(),
        name: name.to_owned(),
        endpoints: Endpoints::default(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        traits: Traits { algorithms: Algorithm::ALL, ..base },
    }
}

async fn metadata(
    state: &State,
    url: &str,
    settings: &ProviderSettings,
) -> Result<Arc<Metadata>, UpstreamError> {
    let fetched = fetch_metadata(state, url, settings);
    state.social.documents.get(url, state.clock.now(), fetched).await
}

/// A discovery document, fetched now.
pub(super) async fn fetch_metadata(
    state: &State,
    url: &str,
    settings: &ProviderSettings,
) -> Result<Metadata, UpstreamError> {
    Ok(Metadata::parse(&fetch(state, url).await?, url, settings.issuer.as_deref())?)
}

/// A provider's keys, fetched now.
pub(super) async fn fetch_keys(state: &State, url: &str) -> Result<JwkSet, UpstreamError> {
    Ok(JwkSet::parse(&fetch(state, url).await?)?)
}

/// What an ID token is checked against.
pub(super) struct IdTokenCheck<'a> {
    pub(super) token: &'a str,
    pub(super) nonce: NonceRule<'a>,
    pub(super) access_token: Option<&'a str>,
    /// The present by the database's clock, in seconds of Unix time.
    pub(super) now: i64,
    pub(super) max_age: Option<i64>,
    pub(super) bearer: Bearer,
}

/// Verifies an ID token of a provider. A key that is not known has the keys fetched again.
pub(super) async fn verify(
    state: &State,
    settings: &ProviderSettings,
    provider: &Provider,
    check: IdTokenCheck<'_>,
) -> Result<Claims, UpstreamError> {
    let url = provider.endpoints.jwks.as_deref().ok_or(UpstreamError::NoIdToken)?;
    let further = settings.further_client_ids.iter().map(String::as_str);
    let audiences: Vec<_> = std::iter::once(settings.client_id.as_str()).chain(further).collect();
    let expected = Expected {
        issuers: &provider.endpoints.issuers,
        audiences: &audiences,
        nonce: check.nonce,
        access_token: check.access_token,
        algorithms: provider.traits.algorithms,
        now: check.now,
        max_age: check.max_age,
    };
    // What no key could save is refused before any is fetched.
    match verify_id_token(check.token, &JwkSet::default(), &expected) {
        Ok(_) | Err(IdTokenError::UnknownKey) => {}
        Err(hopeless) => return Err(hopeless.into()),
    }
    let (shelf, now) = (&state.social.keys, state.clock.now());
    let keys = shelf.get(url, now, fetch_keys(state, url)).await?;
    let claims = match verify_id_token(check.token, &keys, &expected) {
        Err(IdTokenError::UnknownKey) => {
            let keys = shelf.renew(url, now, (keys, check.bearer), fetch_keys(state, url)).await?;
            verify_id_token(check.token, &keys, &expected)?
        }
        other => other?,
    };
    // Google Workspace: the parameter is a wish until the claim says so.
    match settings.authorization_parameters.get("hd").map(String::as_str) {
        Some(domain) if domain != "*" && claims.value()["hd"] != domain => Err(IdTokenError::Audience.into()),
        Some("*") if !claims.value()["hd"].is_string() => Err(IdTokenError::Audience.into()),
        _ => Ok(claims),
    }
}

/// The client's secret at a provider: the one of the settings, or one that Apple's key makes.
fn client_secret(settings: &ProviderSettings, now: i64) -> Result<Option<Cow<'_, str>>, UpstreamError> {
    let Some(apple) = &settings.apple else {
        return Ok(settings.client_secret.as_ref().map(|secret| secret.expose().into()));
    };
    let key = Es256SigningKey::from_pem(apple.private_key.expose()).map_err(ClientSecretError::from)?;
    let key = AppleKey { team_id: &apple.team_id, key_id: &apple.key_id, key };
    Ok(Some(key.client_secret(&settings.client_id, now)?.into()))
}

/// Gives a token back. One that the provider does not know is no error (RFC 7009 §2.2).
pub(super) async fn revoke(
    state: &State,
    settings: &ProviderSettings,
    provider: &Provider,
    token: &str,
    is_refresh: bool,
    now: i64,
) -> Result<(), UpstreamError> {
    let secret = client_secret(settings, now)?;
    let client = Client { id: &settings.client_id, secret: secret.as_deref() };
    let (status, _) = send(state, revocation_request(provider, &client, token, is_refresh)?).await?;
    if status.is_success() { Ok(()) } else { Err(UpstreamError::Status(status)) }
}

/// Trades a grant for tokens.
pub(super) async fn tokens(
    state: &State,
    settings: &ProviderSettings,
    provider: &Provider,
    grant: Grant<'_>,
    now: i64,
) -> Result<Tokens, UpstreamError> {
    let secret = client_secret(settings, now)?;
    let client = Client { id: &settings.client_id, secret: secret.as_deref() };
    let (status, body) = send(state, token_request(provider, &client, grant)?).await?;
    if status.is_server_error() {
        return Err(UpstreamError::Status(status));
    }
    Ok(parse_tokens(status.is_success(), &body)?)
}

/// The answers to a provider's profile calls. A call that sends the ID token is not made without one.
pub(super) async fn profile_answers(
    state: &State,
    settings: &ProviderSettings,
    provider: &Provider,
    tokens: ProfileTokens<'_>,
) -> Result<Vec<Value>, UpstreamError> {
    let mut answers = Vec::new();
    if provider.endpoints.userinfo.is_none() {
        return Ok(answers);
    }
    let client = Client { id: &settings.client_id, secret: None };
    for call in provider.traits.profile_calls {
        let token = match (call.body, tokens.id) {
            (CallBody::IdTokenForm, None) => continue,
            (CallBody::IdTokenForm, Some(token)) => token,
            _ => tokens.access.ok_or(UpstreamError::NoAccessToken)?,
        };
        let (status, body) = send(state, profile_request(provider, &client, call, token)?).await?;
        if !status.is_success() {
            if call.is_optional && status.is_client_error() {
                answers.push(Value::Null);
                continue;
            }
            return Err(UpstreamError::Status(status));
        }
        answers.push(serde_json::from_slice(&body).map_err(|_| UpstreamError::Unreadable)?);
    }
    Ok(answers)
}

/// What a provider gave to ask it for a profile with.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProfileTokens<'a> {
    pub(super) access: Option<&'a str>,
    /// Unless it has gone stale since.
    pub(super) id: Option<&'a str>,
}
