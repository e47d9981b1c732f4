//! The way back from a provider.

use std::borrow::Cow;

use axum::{
    extract::{Path, RawQuery},
    response::Response,
};
use kiavi_oauth::{Grant, NonceRule, Profile, Provider, Sources, Tokens, profile};
use serde_json::Value;

use super::{
    answer::{Answer, is_code, is_issuer},
    attempts,
    begin::{StateValue, cookie_name, identifier},
    directory::Bearer,
    link, pending, redirect_uri,
    resolve::{self, Arrival, Failed, record_refusal},
    settings::ProviderSettings,
    store,
    upstream::{self, IdTokenCheck, ProfileTokens, UpstreamError},
};
use crate::{
    ApiError, Context, State,
    audit::{self, EventType},
    engine::API,
    links::{found, with_parameters},
    room::{self, Kind},
};

/// Characters of a provider's own error and description that are passed on.
const ERROR_LIMIT: usize = 64;
const DESCRIPTION_LIMIT: usize = 200;

/// Why a sign-in ended, and where that is told.
struct Refusal {
    code: Cow<'static, str>,
    description: Option<String>,
    /// Not told, logged.
    cause: Option<UpstreamError>,
}

impl Refusal {
    const fn new(code: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), description: None, cause: None }
    }

    fn caused_by(code: &'static str, cause: UpstreamError) -> Self {
        let description = cause.is_temporary().then(|| "The provider cannot be reached".to_owned());
        Self { description, cause: Some(cause), ..Self::new(code) }
    }
}

/// How a callback ended without a session.
enum Ended {
    Refused(Refusal),
    Fault(ApiError),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Ended {
    /// Of a sign-in. The tenant's own words to the banned go along.
    fn of(state: &State, failed: Failed) -> Self {
        match failed {
            Failed::Fault(error) => Self::Fault(error),
            Failed::Refused(cause) => {
                let is_told = cause == resolve::Cause::Banned;
                let description = is_told.then(|| state.settings.admin.banned_user_message.clone());
                Self::Refused(Refusal { description, ..Refusal::new(cause.code()) })
            }
        }
    }
}

/// `GET /callback/{id}`.
pub(super) async fn callback(
    state: State,
    context: Context,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let answer = Answer::parse(&query.unwrap_or_default());
    let Some(reference) = answer.get("state") else {
        record_stray(&state, &context, &id, "state_not_found").await?;
        return Ok(refusal_page(&state, None, &Refusal::new("state_not_found")));
    };
    let Some((value, now)) = take(&state, &context, &id, reference).await? else {
        let identifier = identifier(&id, reference);
        let peeked = match reference.contains('\0') || id.contains('\0') {
            true => None,
            false => store::peek_state(&state.database, &identifier).await?,
        };
        let peeked = peeked.and_then(|value| serde_json::from_str::<StateValue>(&value).ok());
        let error_url = peeked.and_then(|value| value.error_url);
        record_stray(&state, &context, &id, "state_mismatch").await?;
        return Ok(refusal_page(&state, error_url.as_deref(), &Refusal::new("state_mismatch")));
    };
    match finish(&state, &context, &id, &answer, &value, now).await {
        Ok(target) => Ok(found(&target)),
        Err(Ended::Fault(error)) => Err(error),
        Err(Ended::Refused(refusal)) => {
            refuse(&state, &context, &id, value.error_url.as_deref(), refusal).await
        }
    }
}

/// Takes the state, if it is this browser's and this provider's; with the present, in seconds of Unix time.
async fn take(
    state: &State,
    context: &Context,
    provider: &str,
    reference: &str,
) -> Result<Option<(StateValue, i64)>, ApiError> {
    let name = cookie_name(state);
    let Some(own) = context.signed_cookie(state, &name).filter(|own| own == reference) else {
        return Ok(None);
    };
    // A provider's id is plain; anything else in the path names none.
    if state.settings.social.provider(provider).is_none() {
        return Ok(None);
    }
    let Some(taken) = store::take_state(&state.database, &identifier(provider, &own)).await? else {
        return Ok(None);
    };
    room::leave(state, Kind::ProviderState, &taken.value);
    context.clear_cookie(state, &name);
    let value = serde_json::from_str::<StateValue>(&taken.value).ok();
    Ok(value.filter(|value| taken.is_live && value.oauth_state == own).map(|value| (value, taken.now)))
}

/// Everything after the state: where to send the browser.
async fn finish(
    state: &State,
    context: &Context,
    id: &str,
    answer: &Answer,
    value: &StateValue,
    now: i64,
) -> Result<String, Ended> {
    let refused = |code| Ended::from(Refusal::new(code));
    if let Some(error) = answer.get("error") {
        let description =
            answer.get("error_description").map(|text| text.chars().take(DESCRIPTION_LIMIT).collect());
        let code = error.chars().take(ERROR_LIMIT).collect::<String>().into();
        return Err(Refusal { code, description, cause: None }.into());
    }
    let code = answer.get("code").ok_or_else(|| refused("no_code"))?;
    if !is_code(code) {
        return Err(refused("invalid_code"));
    }
    let settings = state.settings.social.provider(id).ok_or_else(|| refused("oauth_provider_not_found"))?;
    let known = upstream::provider(state, settings).await;
    let provider = known.map_err(|error| Refusal::caused_by("invalid_code", error))?;
    if !is_issuer(&provider, answer.get("iss")) {
        return Err(refused("issuer_mismatch"));
    }
    let grant = Grant::Code {
        code,
        redirect_uri: &redirect_uri(state, id),
        verifier: &value.code_verifier,
        device_id: answer.get("device_id").filter(|id| is_code(id)),
    };
    let attempt = attempts::take(state, context).ok_or_else(|| refused("too_many_attempts"))?;
    let tokens = upstream::tokens(state, settings, &provider, grant, now).await;
    if tokens.as_ref().map_or_else(UpstreamError::is_temporary, |_| true) {
        attempt.give_back();
    }
    let tokens = tokens.map_err(|error| Refusal::caused_by("invalid_code", error))?;
    let profile = read_profile(state, settings, &provider, &tokens, answer, value, now).await?;
    let arrival = Arrival {
        provider: settings,
        profile: &profile,
        tokens: &tokens,
        scopes: Some(&tokens.scopes),
        requests_sign_up: value.request_sign_up == Some(true),
    };
    if let Some(link) = &value.link {
        link::finish(state, context, arrival, link).await.map_err(|failed| match failed {
            link::Failed::Refused(cause) => refused(cause.code()),
            link::Failed::Fault(error) => Ended::Fault(error),
        })?;
        return Ok(trusted(state, &value.callback_url));
    }
    let signed_in = resolve::sign_in(state, context, arrival).await;
    if matches!(signed_in, Err(Failed::Refused(resolve::Cause::NotLinked))) {
        pending::keep(state, context, arrival, &value.callback_url).await.map_err(Ended::Fault)?;
    }
    let signed_in = signed_in.map_err(|failed| Ended::of(state, failed))?;
    let target = value.new_user_url.as_deref().filter(|_| signed_in.is_new).unwrap_or(&value.callback_url);
    Ok(trusted(state, target))
}

async fn read_profile(
    state: &State,
    settings: &ProviderSettings,
    provider: &Provider,
    tokens: &Tokens,
    answer: &Answer,
    value: &StateValue,
    now: i64,
) -> Result<Profile, Refusal> {
    const CODE: &str = "unable_to_get_user_info";
    let claims = if provider.has_id_token() {
        let token = tokens.id.as_deref().ok_or(UpstreamError::NoIdToken);
        let token = token.map_err(|error| Refusal::caused_by(CODE, error))?;
        let nonce = match &value.id_token_nonce {
            Some(nonce) => NonceRule::Exact(nonce),
            None if provider.traits.nonce => return Err(Refusal::new("nonce_binding_missing")),
            None => NonceRule::Any,
        };
        let access_token = tokens.access.as_deref();
        let check = IdTokenCheck { token, nonce, access_token, now, max_age: None, bearer: Bearer::Provider };
        let verified = upstream::verify(state, settings, provider, check).await;
        Some(verified.map_err(|error| Refusal::caused_by(CODE, error))?)
    } else {
        None
    };
    let given = ProfileTokens { access: tokens.access.as_deref(), id: tokens.id.as_deref() };
    let answers = upstream::profile_answers(state, settings, provider, given).await;
    let answers = answers.map_err(|error| Refusal::caused_by(CODE, error))?;
    let brought = answer.get("user").and_then(|user| serde_json::from_str::<Value>(user).ok());
    let sources = Sources { claims: claims.as_ref(), answers: &answers, brought: brought.as_ref() };
    profile(provider, &sources).ok_or(Refusal::new(CODE))
}

/// The target, asked again because the settings may have changed since.
fn trusted(state: &State, target: &str) -> String {
    let is_trusted = target == state.settings.base_url.origin() || state.origins.trusts_redirect(target);
    if is_trusted { target.to_owned() } else { state.settings.base_url.origin().to_owned() }
}

/// Sends the browser to where failures are told, once it is in the log.
async fn refuse(
    state: &State,
    context: &Context,
    provider: &str,
    error_url: Option<&str>,
    refusal: Refusal,
) -> Result<Response, ApiError> {
    if let Some(cause) = &refusal.cause {
        let request_id = context.request_id().to_string();
        tracing::warn!(request_id, provider, cause = %cause, "sign-in with a provider failed");
    }
    // What the provider made up is not a word of ours.
    let cause = match &refusal.code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => "provider_error",
    };
    record_refusal(state, context, provider, cause).await?;
    Ok(refusal_page(state, error_url, &refusal))
}

fn refusal_page(state: &State, error_url: Option<&str>, refusal: &Refusal) -> Response {
    let own = format!("{}{API}/error", state.settings.base_url.origin());
    let target = error_url.filter(|url| state.origins.trusts_redirect(url)).unwrap_or(&own);
    let mut parameters = vec![("error", &*refusal.code)];
    if let Some(description) = &refusal.description {
        parameters.push(("error_description", description));
    }
    found(&with_parameters(target, &parameters))
}

/// Tells of a callback without a sign-in. Anybody can make them, so they are counted when there are many.
async fn record_stray(state: &State, context: &Context, provider: &str, cause: &str) -> Result<(), ApiError> {
    if !audit::has_room(state, context, "", EventType::AccountRefused) {
        audit::count_refusal(state, context, EventType::AccountRefused);
        audit::tell_counted(state, false).await?;
        return Ok(());
    }
    let provider = state.settings.social.provider(provider).map_or("unknown", |known| known.id.as_str());
    record_refusal(state, context, provider, cause).await
}
