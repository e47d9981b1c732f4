//! A user's tokens at a provider, for the app that acts there in their name.

use axum::{extract::RawQuery, http::StatusCode, response::Response};
use jiff::Timestamp;
use kiavi_oauth::{Grant, Profile, Sources, Tokens, profile};
use serde_json::{Value, json};

use super::{
    settings::ProviderSettings,
    store::{self, Account},
    tokens::{opened, sealed},
    turns::Turn,
    upstream::{self, ProfileTokens, UpstreamError},
    wire::{self, account_id, account_not_found, without_nulls},
};
use crate::{
    ApiError, Context, JsonBody, State,
    rate_limit::{self, Key},
    session,
};

/// An account of the signed-in user.
async fn own_account(state: &State, context: &Context, id: &str) -> Result<Account, ApiError> {
    let current = session::find(state, context).await?;
    let current = current.ok_or_else(|| ApiError::empty(StatusCode::UNAUTHORIZED))?;
    // Tokens that an administrator took away would outlast the hour in which they act as the user.
    session::only_oneself(&current)?;
    let found = match id.contains('\0') {
        true => None,
        false => store::of_user(&state.database, id, &current.user.id).await?,
    };
    found.ok_or_else(account_not_found)
}

fn settings_of<'s>(state: &'s State, account: &Account) -> Result<&'s ProviderSettings, ApiError> {
    state.settings.social.provider(&account.provider).ok_or_else(|| {
        let message = format!("Provider {} is not supported.", account.provider);
        ApiError::bad_request("PROVIDER_NOT_SUPPORTED", message)
    })
}

/// Counts one call to a provider for the user's own account.
async fn limit(state: &State, context: &Context, account: &Account) -> Result<(), ApiError> {
    let rate = state.settings.social.calls_per_user;
    rate_limit::check(state, context, "social.calls", Key::Target(&account.user_id), rate).await
}

/// The account as it is once nobody else refreshes it. Who comes second finds what the first one got: a refresh token
/// may work once, and a provider that sees it twice ends everything that came of it (RFC 9700 §4.14.2).
async fn in_turn(state: &State, account: Account) -> Result<(Turn, Account), ApiError> {
    let turn = state.social.turns.wait(&account.id).await;
    let again = store::of_user(&state.database, &account.id, &account.user_id).await?;
    Ok((turn, again.ok_or_else(account_not_found)?))
}

/// Gets new tokens with the refresh token and keeps them. If another engine was faster, its tokens stay.
async fn refresh(
    state: &State,
    context: &Context,
    account: &Account,
    settings: &ProviderSettings,
    refresh_token: &str,
) -> Result<Tokens, UpstreamErrorOrFault> {
    let provider = upstream::provider(state, settings).await?;
    let now = store::now(&state.database).await.map_err(ApiError::from)?;
    let grant = Grant::Refresh(refresh_token);
    let tokens = upstream::tokens(state, settings, &provider, grant, now).await?;
    let scopes = (!tokens.scopes.is_empty()).then_some(tokens.scopes.as_slice());
    let used = account.refresh_token.as_deref().unwrap_or_default();
    let stored = sealed(state, &tokens, scopes);
    let is_first = store::replace_tokens(&state.database, &account.id, used, &stored).await;
    if !is_first.map_err(ApiError::from)? {
        let request_id = context.request_id().to_string();
        tracing::info!(request_id, "tokens were refreshed by another engine first");
    }
    Ok(tokens)
}

/// The provider gave nothing, or the fault is ours.
enum UpstreamErrorOrFault {
    Upstream(UpstreamError),
    Fault(ApiError),
}

impl From<UpstreamError> for UpstreamErrorOrFault {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl From<ApiError> for UpstreamErrorOrFault {
    fn from(error: ApiError) -> Self {
        Self::Fault(error)
    }
}

impl UpstreamErrorOrFault {
    fn told_as(self, context: &Context, code: &'static str, message: &'static str) -> ApiError {
        match self {
            Self::Fault(error) => error,
            Self::Upstream(cause) => {
                let request_id = context.request_id().to_string();
                tracing::warn!(request_id, cause = %cause, "a provider gave no token");
                ApiError::bad_request(code, message)
            }
        }
    }
}

/// `POST /get-access-token` `{accountId}`: a token that lives for at least five seconds more, if that can be had.
pub(super) async fn get_access_token(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    const FAILED: (&str, &str) = ("FAILED_TO_GET_ACCESS_TOKEN", "Failed to get a valid access token");
    let mut account = own_account(&state, &context, account_id(&body)?).await?;
    let settings = settings_of(&state, &account)?;
    if account.is_due && account.refresh_token.is_some() {
        let (_turn, current) = in_turn(&state, account).await?;
        account = current;
        if account.is_due
            && let Some(token) = opened(&state, account.refresh_token.as_deref())?
        {
            limit(&state, &context, &account).await?;
            let refreshed = refresh(&state, &context, &account, settings, &token).await;
            refreshed.map_err(|error| error.told_as(&context, FAILED.0, FAILED.1))?;
            let again = store::of_user(&state.database, &account.id, &account.user_id).await?;
            account = again.ok_or_else(account_not_found)?;
        }
    }
    let access = opened(&state, account.access_token.as_deref())?;
    let access = access.ok_or_else(|| ApiError::bad_request(FAILED.0, FAILED.1))?;
    wire::json(&without_nulls(json!({
        "accessToken": access,
        "accessTokenExpiresAt": iso(account.access_expires_at),
        "scopes": account.scopes(),
        "idToken": opened(&state, account.id_token.as_deref())?,
    })))
}

/// `POST /refresh-token` `{accountId}`.
pub(super) async fn refresh_token(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let account = own_account(&state, &context, account_id(&body)?).await?;
    let settings = settings_of(&state, &account)?;
    let (_turn, account) = in_turn(&state, account).await?;
    limit(&state, &context, &account).await?;
    let Some(token) = opened(&state, account.refresh_token.as_deref())? else {
        return Err(ApiError::bad_request("REFRESH_TOKEN_NOT_FOUND", "Refresh token not found"));
    };
    let (code, message) = ("FAILED_TO_REFRESH_ACCESS_TOKEN", "Failed to refresh access token");
    let refreshed = refresh(&state, &context, &account, settings, &token).await;
    let tokens = refreshed.map_err(|error| error.told_as(&context, code, message))?;
    let again = store::of_user(&state.database, &account.id, &account.user_id).await?;
    let account = again.ok_or_else(account_not_found)?;
    let mut body = without_nulls(json!({
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh.unwrap_or(token),
        "accessTokenExpiresAt": iso(account.access_expires_at),
        "idToken": opened(&state, account.id_token.as_deref())?,
        "providerId": account.provider,
        "accountId": account.id,
    }));
    // These are the row's, `null` as well; above, what the provider did not give is left out.
    body["refreshTokenExpiresAt"] = json!(iso(account.refresh_expires_at));
    body["scope"] = json!(account.scope);
    wire::json(&body)
}

fn iso(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| format!("{moment:.3}"))
}

/// `GET /account-info?accountId=`: what the provider says of the user now.
pub(super) async fn account_info(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let id = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "accountId");
    let Some((_, id)) = id.filter(|(_, id)| !id.is_empty()) else {
        return Err(ApiError::validation("[query] Invalid input"));
    };
    let account = own_account(&state, &context, &id).await?;
    let Some(settings) = state.settings.social.provider(&account.provider) else {
        let message = "Account is not associated with a configured social provider.";
        return Err(ApiError::bad_request("PROVIDER_NOT_CONFIGURED", message));
    };
    let Some(access) = opened(&state, account.access_token.as_deref())? else {
        return Err(ApiError::bad_request("ACCESS_TOKEN_NOT_FOUND", "Access token not found"));
    };
    limit(&state, &context, &account).await?;
    let id_token = opened(&state, account.id_token.as_deref())?;
    let read = read_profile(&state, settings, &access, id_token.as_deref()).await;
    let read = read.map_err(|cause| {
        let request_id = context.request_id().to_string();
        tracing::warn!(request_id, cause = %cause, "a provider gave no profile");
        let (code, message) = ("FAILED_TO_GET_USER_INFO", "Failed to get user info");
        ApiError::new(StatusCode::UNAUTHORIZED, code, message)
    })?;
    wire::json(&json!({
        "user": without_nulls(json!({
            "name": read.name,
            "email": read.email,
            "image": read.image,
            "emailVerified": read.email_verified.unwrap_or(false),
        })),
        "data": read.raw,
        "account": { "id": account.id, "providerId": account.provider, "accountId": account.subject },
    }))
}

async fn read_profile(
    state: &State,
    settings: &ProviderSettings,
    access_token: &str,
    id_token: Option<&str>,
) -> Result<Profile, UpstreamError> {
    let provider = upstream::provider(state, settings).await?;
    let given = ProfileTokens { access: Some(access_token), id: None };
    let mut answers = upstream::profile_answers(state, settings, &provider, given).await?;
    if answers.is_empty() {
        answers.extend(id_token.and_then(kept_claims));
    }
    let sources = Sources { claims: None, answers: &answers, brought: None };
    profile(&provider, &sources).ok_or(UpstreamError::Unreadable)
}

/// The claims of the ID token of the last sign-in, which was verified then.
fn kept_claims(token: &str) -> Option<Value> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    kiavi_oauth::parse_object(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?)
}
