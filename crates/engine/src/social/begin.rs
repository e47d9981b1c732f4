//! The beginning of a sign-in: a state, and the URL to send the browser to.

use std::time::Duration;

use kiavi_crypto::sign_cookie;
use kiavi_http::SetCookie;
use kiavi_oauth::{Authorization, authorization_url, fresh_nonce, fresh_state, fresh_verifier};
use serde::{Deserialize, Serialize};

use super::{redirect_uri, settings::ProviderSettings, upstream};
use crate::{
    ApiError, Context, State,
    rate_limit::{self, Key},
    room::{self, Kind},
    verification,
};

/// Life of a state, as Better Auth's.
const STATE_LIFE: Duration = Duration::from_secs(600);
/// Life of its cookie.
const COOKIE_LIFE: Duration = Duration::from_secs(300);
/// The cookie's name behind the tenant's prefix.
const COOKIE: &str = "state";

/// What a sign-in, or a linking, begins with. The URLs are trusted already.
#[derive(Debug, Default)]
pub(crate) struct Begin<'a> {
    /// Where to go in the end.
    pub(crate) callback_url: Option<&'a str>,
    /// Where to go instead if a user came into being.
    pub(crate) new_user_url: Option<&'a str>,
    /// Where failures are told.
    pub(crate) error_url: Option<&'a str>,
    /// Scopes besides those of provider and settings.
    pub(crate) scopes: Vec<&'a str>,
    /// Whom the visitor says they are.
    pub(crate) login_hint: Option<&'a str>,
    /// Further parameters of the URL.
    pub(crate) parameters: Vec<(&'a str, &'a str)>,
    /// Whether the app wants a new user, where that is not a matter of course.
    pub(crate) requests_sign_up: bool,
    /// Whose account is to be linked.
    pub(crate) link: Option<Link>,
}

/// The user who links an account, and the session that they do it in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) user_id: String,
    pub(crate) email: String,
    pub(crate) encrypted_session_token: String,
}

/// The value of a state's row, in Better Auth's words.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateValue {
    #[serde(rename = "callbackURL")]
    pub(super) callback_url: String,
    pub(super) code_verifier: String,
    #[serde(rename = "errorURL", skip_serializing_if = "Option::is_none", default)]
    pub(super) error_url: Option<String>,
    #[serde(rename = "newUserURL", skip_serializing_if = "Option::is_none", default)]
    pub(super) new_user_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) link: Option<Link>,
    /// Milliseconds of Unix time; what decides is the row's own column.
    pub(super) expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) request_sign_up: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) id_token_nonce: Option<String>,
    pub(super) oauth_state: String,
}

/// The identifier of a state's row: its purpose, its provider, its reference.
pub(super) fn identifier(provider: &str, reference: &str) -> String {
    format!("auth-state:{provider}:{reference}")
}

/// The full name of the state's cookie.
pub(super) fn cookie_name(state: &State) -> String {
    state.cookies.named(COOKIE)
}

/// Begins a sign-in: writes the state, gives the browser its reference, and returns the URL to go to.
///
/// # Errors
/// 429 when the network begins too many, or too many are under way, 502 `PROVIDER_UNAVAILABLE` when the provider cannot be found
/// out about, else faults.
pub(crate) async fn begin(
    state: &State,
    context: &Context,
    settings: &ProviderSettings,
    begin: Begin<'_>,
) -> Result<String, ApiError> {
    limit(state, context).await?;
    let provider = upstream::provider(state, settings).await.map_err(unavailable)?;
    let rng = state.rng();
    let (reference, verifier) = (fresh_state(rng), fresh_verifier(rng));
    let nonce = (provider.has_id_token() && provider.traits.nonce).then(|| fresh_nonce(rng));
    let scopes: Vec<_> = settings.scopes.iter().map(String::as_str).chain(begin.scopes).collect();
    let own = settings.authorization_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let own: Vec<_> = own.collect();
    let is_new = |name: &str| !own.iter().any(|(taken, _)| *taken == name);
    let asked: Vec<_> = begin.parameters.into_iter().filter(|(name, _)| is_new(name)).collect();
    let url = authorization_url(
        &provider,
        &Authorization {
            client_id: &settings.client_id,
            redirect_uri: &redirect_uri(state, &settings.id),
            state: &reference,
            verifier: &verifier,
            nonce: nonce.as_deref(),
            scopes: &scopes,
            login_hint: begin.login_hint,
            parameters: &[own, asked].concat(),
        },
    )
    .map_err(ApiError::internal)?;
    let life = i64::try_from(STATE_LIFE.as_millis()).unwrap_or_default();
    let value = StateValue {
        callback_url: begin.callback_url.unwrap_or(state.settings.base_url.origin()).to_owned(),
        code_verifier: verifier,
        error_url: begin.error_url.map(str::to_owned),
        new_user_url: begin.new_user_url.map(str::to_owned),
        link: begin.link,
        expires_at: state.clock.now().as_millisecond().saturating_add(life),
        request_sign_up: begin.requests_sign_up.then_some(true),
        id_token_nonce: nonce,
        oauth_state: reference.clone(),
    };
    let value = serde_json::to_string(&value).map_err(ApiError::internal)?;
    let identifier = identifier(&settings.id, &reference);
    let _place = room::enter(state, context, Kind::ProviderState, &value).await?;
    verification::insert(&state.database, rng, &identifier, &value, STATE_LIFE).await?;
    context.set_cookie(SetCookie {
        name: cookie_name(state),
        value: sign_cookie(&state.secret, &reference),
        max_age: Some(COOKIE_LIFE),
        is_secure: state.cookies.is_secure,
    });
    Ok(url)
}

/// Counts one sign-in with a provider from the client's network.
pub(super) async fn limit(state: &State, context: &Context) -> Result<(), ApiError> {
    let rate = state.settings.social.per_network;
    rate_limit::check(state, context, "social", Key::Network(context.network()), rate).await
}

/// 503: the provider gave nothing to begin with.
pub(super) fn unavailable(error: upstream::UpstreamError) -> ApiError {
    let message = "The provider cannot be reached. Try again, or sign in another way.";
    let status = axum::http::StatusCode::BAD_GATEWAY;
    ApiError::new(status, "PROVIDER_UNAVAILABLE", message).caused_by(error)
}
