//! Signing in with an ID token that an app brings: native sign-in and Google One Tap.

use axum::{http::StatusCode, response::Response};
use kiavi_oauth::{NonceRule, Profile, Provider, Sources, Tokens, profile};
use serde::Serialize;

use super::{
    begin::{limit, unavailable},
    directory::Bearer,
    resolve::{self, Arrival, Cause, Failed, record_refusal},
    settings::ProviderSettings,
    store,
    upstream::{self, IdTokenCheck, UpstreamError},
    wire::{IdTokenBody, SignedInBody, json},
};
use crate::{ApiError, Context, JsonBody, State, user::User};

/// How long ago an ID token may have been made, in seconds: it is a proof of now, not a pass.
const MAX_AGE: i64 = 3_600;
/// The provider of One Tap.
const GOOGLE: &str = "google";

/// A verified ID token: who it is, and what came with it.
pub(super) struct Brought {
    pub(super) profile: Profile,
    pub(super) tokens: Tokens,
}

/// Why an ID token was refused.
pub(super) enum Refused {
    /// The provider has no ID tokens that could be verified.
    NotSupported,
    /// It does not verify.
    Invalid(UpstreamError),
    /// It names nobody.
    Nobody,
}

/// Verifies what an app brings, and counts it.
///
/// # Errors
/// A refusal inside, 429, or a fault.
pub(super) async fn verify(
    state: &State,
    context: &Context,
    settings: &ProviderSettings,
    given: IdTokenBody<'_>,
) -> Result<Result<Brought, Refused>, ApiError> {
    limit(state, context).await?;
    let provider = upstream::provider(state, settings).await.map_err(unavailable)?;
    if !provider.has_id_token() {
        return Ok(Err(Refused::NotSupported));
    }
    let check = IdTokenCheck {
        token: given.token,
        nonce: nonce_rule(&provider, given.nonce),
        access_token: given.access_token,
        now: store::now(&state.database).await?,
        max_age: Some(MAX_AGE),
        bearer: Bearer::Client,
    };
    let claims = match upstream::verify(state, settings, &provider, check).await {
        Ok(claims) => claims,
        Err(error) if error.is_temporary() => return Err(unavailable(error)),
        Err(error) => return Ok(Err(Refused::Invalid(error))),
    };
    let sources = Sources { claims: Some(&claims), answers: &[], brought: given.user };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let tokens = Tokens {
        access: owned(given.access_token),
        refresh: owned(given.refresh_token),
        id: Some(given.token.to_owned()),
        ..Tokens::default()
    };
    Ok(profile(&provider, &sources).map(|profile| Brought { profile, tokens }).ok_or(Refused::Nobody))
}

fn nonce_rule<'a>(provider: &Provider, nonce: Option<&'a str>) -> NonceRule<'a> {
    match nonce {
        None => NonceRule::Any,
        Some(nonce) if provider.traits.nonce_may_be_hashed => NonceRule::ExactOrHashed(nonce),
        Some(nonce) => NonceRule::Exact(nonce),
    }
}

/// Notes a refused token and tells it as Better Auth does.
pub(super) async fn refuse(
    state: &State,
    context: &Context,
    provider: &str,
    refused: Refused,
) -> Result<ApiError, ApiError> {
    let unauthorized = |code, message: &'static str| ApiError::new(StatusCode::UNAUTHORIZED, code, message);
    let (cause, error) = match refused {
        Refused::NotSupported => {
            let code = "ID_TOKEN_NOT_SUPPORTED";
            return Ok(ApiError::new(StatusCode::NOT_FOUND, code, "id_token not supported"));
        }
        Refused::Invalid(error) => {
            let request_id = context.request_id().to_string();
            tracing::warn!(request_id, provider, cause = %error, "an ID token was refused");
            ("invalid_token", unauthorized("INVALID_TOKEN", "Invalid token"))
        }
        Refused::Nobody => {
            ("unable_to_get_user_info", unauthorized("FAILED_TO_GET_USER_INFO", "Failed to get user info"))
        }
    };
    record_refusal(state, context, provider, cause).await?;
    Ok(error)
}

/// `POST /sign-in/social` with an ID token.
pub(super) async fn sign_in(
    state: &State,
    context: &Context,
    settings: &ProviderSettings,
    given: IdTokenBody<'_>,
    requests_sign_up: bool,
) -> Result<Response, ApiError> {
    let brought = match verify(state, context, settings, given).await? {
        Ok(brought) => brought,
        Err(refused) => return Err(refuse(state, context, &settings.id, refused).await?),
    };
    let arrival = Arrival {
        provider: settings,
        profile: &brought.profile,
        tokens: &brought.tokens,
        scopes: None,
        requests_sign_up,
    };
    match resolve::sign_in(state, context, arrival).await {
        Ok(signed_in) => {
            json(&SignedInBody { redirect: false, token: &signed_in.session.token, user: &signed_in.user })
        }
        Err(Failed::Fault(error)) => Err(error),
        Err(Failed::Refused(cause)) => {
            record_refusal(state, context, &settings.id, cause.code()).await?;
            Err(match cause {
                Cause::Banned => crate::user::banned_error(state),
                Cause::PasskeyRequired => crate::passkey::required_error(),
                Cause::NoEmail => {
                    ApiError::new(StatusCode::UNAUTHORIZED, "USER_EMAIL_NOT_FOUND", cause.message())
                }
                Cause::NotLinked | Cause::SignUpDisabled => {
                    ApiError::new(StatusCode::UNAUTHORIZED, "OAUTH_LINK_ERROR", cause.message())
                }
            })
        }
    }
}

/// `POST /one-tap/callback` `{idToken, callbackURL?}`: what Google's own dialog gave the page.
pub(super) async fn one_tap(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        token: &'a str,
        user: &'a User,
    }
    let mut fields = body.fields()?;
    let token = fields.string("idToken");
    fields.finish()?;
    let bad_request = |message| ApiError::message_only(StatusCode::BAD_REQUEST, message);
    let Some(settings) = state.settings.social.provider(GOOGLE) else {
        return Err(bad_request("Google client ID is required for One Tap."));
    };
    let given = IdTokenBody { token, nonce: None, access_token: None, refresh_token: None, user: None };
    let brought = match verify(&state, &context, settings, given).await? {
        Ok(brought) => brought,
        Err(refused) => {
            refuse(&state, &context, GOOGLE, refused).await?;
            return Err(bad_request("invalid id token"));
        }
    };
    let scopes = ["openid", "profile", "email"].map(str::to_owned);
    let arrival = Arrival {
        provider: settings,
        profile: &brought.profile,
        tokens: &brought.tokens,
        scopes: Some(&scopes),
        requests_sign_up: false,
    };
    match resolve::sign_in(&state, &context, arrival).await {
        Ok(signed_in) => json(&Body { token: &signed_in.session.token, user: &signed_in.user }),
        Err(Failed::Fault(error)) => Err(error),
        Err(Failed::Refused(cause)) => {
            record_refusal(&state, &context, GOOGLE, cause.code()).await?;
            Err(match cause {
                Cause::Banned => crate::user::banned_error(&state),
                Cause::PasskeyRequired => crate::passkey::required_error(),
                Cause::NoEmail => bad_request("Email not available in token"),
                other => ApiError::message_only(StatusCode::UNAUTHORIZED, other.message()),
            })
        }
    }
}
