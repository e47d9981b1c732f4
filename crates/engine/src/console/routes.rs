//! What control asks at the management door. To everybody else, and where there is no console, these paths are not
//! there.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_base::{EmailAddress, Locale};
use kiavi_crypto::{constant_time_eq, sha256};
use kiavi_http::{json_response, read_body};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{Issued, code_identifier, method_of, store};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    context::not_found,
    outbox::{self, Letter},
    settings::BaseUrl,
    verification,
};

/// Longest invitation, in days.
const MAX_DAYS: u32 = 30;

/// A code and the secret whose hash it was made for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redeemed {
    code: String,
    verifier: String,
}

/// A session of this tenant, by its row id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    session: String,
}

/// A letter of invitation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invitation {
    email: String,
    locale: String,
    /// Who invites, for people.
    inviter: String,
    workspace: String,
    /// Goes into the link, which is the console's.
    token: String,
    days: u32,
}

/// The console of a request that control sends; `None` for all others.
fn console<'s>(state: &'s State, context: &Context) -> Option<&'s BaseUrl> {
    context.operator().and(state.settings.console.origin.as_ref())
}

async fn sent<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, ApiError> {
    let bytes = read_body(body).await?;
    kiavi_http::parse_json(headers, &bytes)?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::validation(error.to_string()))
}

/// `POST /management/console/redeem` `{code, verifier}`: who signed in, when and how; 400 for a code that is unknown,
/// used, late, another browser's, or of a session that has ended.
pub(super) async fn redeem(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if console(&state, &context).is_none() {
        return Ok(not_found().await);
    }
    let Redeemed { code, verifier } = sent(&headers, body).await?;
    let transaction = state.database.begin().await?;
    let taken = verification::take(&transaction, &code_identifier(&code)).await?;
    let issued = taken.filter(|taken| taken.is_live);
    let issued: Option<Issued> = issued.and_then(|taken| serde_json::from_str(&taken.value).ok());
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    let issued = issued.filter(|issued| constant_time_eq(issued.challenge.as_bytes(), challenge.as_bytes()));
    let found = match &issued {
        Some(issued) => store::session(&state.database, &issued.session).await?,
        None => None,
    };
    let (Some(issued), Some(found)) = (issued, found) else {
        let event = Event::new(EventType::ConsoleCodeRefused, Outcome::Failure).using(Method::Management);
        audit::record(&transaction, &state, &context, event).await?;
        transaction.commit().await?;
        let message = "The code is unknown, used, late or another browser's";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "INVALID_CODE", message));
    };
    let event = Event::new(EventType::ConsoleCodeAccepted, Outcome::Success).about(&found.user_id);
    let event = event.using(Method::Management).detail(json!({ "session": issued.session }));
    audit::record(&transaction, &state, &context, event).await?;
    transaction.commit().await?;
    answer(&state, &issued.session, Some(&found)).await
}

/// `POST /management/console/session` `{session}`: the same about a session that is known; `null` when it has ended.
pub(super) async fn session(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if console(&state, &context).is_none() {
        return Ok(not_found().await);
    }
    let Named { session } = sent(&headers, body).await?;
    let found = store::session(&state.database, &session).await?;
    answer(&state, &session, found.as_ref()).await
}

async fn answer(state: &State, session: &str, found: Option<&store::Found>) -> Result<Response, ApiError> {
    let Some(found) = found else { return Ok(json_response(StatusCode::OK, "null")) };
    let body = json!({
        "session": session,
        "method": method_of(state, session).await?,
        "signed_in_at": found.created_at.to_string(),
        "user": found.user_id,
        "email": found.email,
        "name": found.name,
        "is_verified": found.is_verified,
    });
    Ok(json_response(StatusCode::OK, body.to_string()))
}

/// `POST /management/console/sign-out` `{session}`: ends it. Ending it again changes nothing.
pub(super) async fn sign_out(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if console(&state, &context).is_none() {
        return Ok(not_found().await);
    }
    let Named { session } = sent(&headers, body).await?;
    let transaction = state.database.begin().await?;
    if let Some(user_id) = store::end(&transaction, &session).await? {
        let event = Event::new(EventType::SessionRevoked, Outcome::Success).about(&user_id);
        let detail = json!({ "reason": "console_sign_out", "session": session });
        audit::record(&transaction, &state, &context, event.using(Method::Management).detail(detail)).await?;
    }
    transaction.commit().await?;
    Ok(json_response(StatusCode::OK, r#"{"success":true}"#))
}

/// `POST /management/console/invite`: owes the address a letter whose link leads to the console.
pub(super) async fn invite(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let Some(origin) = console(&state, &context) else { return Ok(not_found().await) };
    let Invitation { email, locale, inviter, workspace, token, days } = sent(&headers, body).await?;
    let email: EmailAddress =
        email.parse().map_err(|_| ApiError::validation("[body.email] Invalid email address"))?;
    let is_token = (32..=64).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_token || !(1..=MAX_DAYS).contains(&days) {
        return Err(ApiError::validation("[body] This is no invitation"));
    }
    let locale = Locale::from_tag(&locale).unwrap_or_else(|| state.settings.locale());
    let url = format!("{}/invitation?token={token}", origin.origin());
    let letter = Letter::ConsoleInvitation { inviter, workspace, url, days };
    let transaction = state.database.begin().await?;
    let life = Duration::from_secs(u64::from(days) * 86_400);
    outbox::enqueue(&transaction, &state, &email, locale, letter, life.min(outbox::NOTICE_LIFE)).await?;
    let reference = audit::address_reference(&state, email.as_str());
    let event = Event::new(EventType::ConsoleInvitationSent, Outcome::Success).about(&reference);
    audit::record(&transaction, &state, &context, event.using(Method::Management)).await?;
    transaction.commit().await?;
    outbox::wake(&state);
    Ok(json_response(StatusCode::OK, r#"{"success":true}"#))
}
