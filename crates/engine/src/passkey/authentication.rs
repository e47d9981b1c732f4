//! Signing in with a passkey.

use axum::http::StatusCode;
use futures_util::future::{OptionFuture, join};
use kiavi_db::Transaction;
use kiavi_webauthn::{AuthenticationResponse, CeremonyError, RequestOptions};
use serde_json::Value;

use super::{
    actions::{self, Refusal},
    flow::{self, Challenge, Claimant},
    recovery, store, wire,
};
use crate::{
    ApiError, Context, State,
    analytics::Step,
    audit::{EventType, Method},
    rate_limit::{self, Key},
    session::{self, CurrentUser, Session},
    user::User,
};

const CEREMONY: &str = "authentication";

/// Where wrong assertions of a credential are counted.
const FAILURES: &str = "passkey.failure";

/// Starts a sign-in. A signed-in user is offered their own credentials, everybody else any that their device knows.
pub(super) async fn options(
    state: &State,
    context: &Context,
    current: Option<&CurrentUser>,
) -> Result<RequestOptions, ApiError> {
    let passkeys = match current {
        Some(current) => store::list(&state.database, &current.user.id).await?,
        None => Vec::new(),
    };
    // Without a list any credential may answer, so the challenge then names nobody.
    let claimant =
        passkeys.first().map(|passkey| Claimant { id: passkey.user_id.clone() }).unwrap_or_default();
    let allow = (!passkeys.is_empty()).then(|| flow::descriptors(&passkeys));
    let challenge = flow::new_challenge(state.rng());
    let options = flow::relying_party(&state.settings).request_options(&challenge.0, allow);
    let challenge = Challenge::Authentication { expected_challenge: challenge, user_data: claimant };
    actions::start(state, context, &challenge).await?;
    state.analytics.step(Step::SignInStarted, state.clock.now());
    Ok(options)
}

/// Ends a sign-in.
pub(super) async fn authenticate(
    state: &State,
    context: &Context,
    response: &Value,
) -> Result<(Session, User), ApiError> {
    let transaction = state.database.begin().await?;
    let user = match accept_assertion(&transaction, state, context, response).await? {
        Ok(user) => user,
        Err(refusal) => {
            let is_of_known_credential = refusal.user_id.is_some();
            let error = actions::refuse(transaction, state, context, CEREMONY, refusal).await;
            let Some(id) = response["id"].as_str().filter(|_| is_of_known_credential) else {
                return Err(error);
            };
            let rate = state.settings.rate_limits.passkey_per_credential;
            rate_limit::check(state, context, FAILURES, Key::Target(id), rate).await?;
            return Err(error);
        }
    };
    let session = match session::create(&transaction, state, context, &user, Method::Passkey).await {
        Ok(session) => session,
        // The assertion was right: challenge and counter are used up, as with Better Auth.
        Err(error) if error.code() == Some("BANNED_USER") => {
            transaction.commit().await?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    transaction.commit().await?;
    session::set_cookie(state, context, &session);
    Ok((session, user))
}

/// Judges the assertion and notes its counter. A refusal has written nothing.
async fn accept_assertion(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    response: &Value,
) -> Result<Result<User, Refusal>, ApiError> {
    // PostgreSQL's text cannot hold a NUL, so no credential has one.
    let id = response["id"].as_str().filter(|id| !id.contains('\0'));
    let found = OptionFuture::from(id.map(|id| store::with_user(transaction, id)));
    // In one round trip.
    let (taken, found) = join(actions::take(transaction, state, context), found).await;
    let Some(Challenge::Authentication { expected_challenge, user_data: claimant }) = taken? else {
        return Ok(Err(Refusal::new(wire::challenge_not_found(), "no such challenge")));
    };
    let malformed =
        || Refusal::new(wire::authentication_failed(StatusCode::BAD_REQUEST), "malformed response");
    let Some(found) = found else { return Ok(Err(malformed())) };
    let Some(used) = found? else {
        let error = wire::passkey_not_found(StatusCode::UNAUTHORIZED);
        return Ok(Err(Refusal::new(error, "no such passkey")));
    };
    let Ok(response) = serde_json::from_value::<AuthenticationResponse>(response.clone()) else {
        return Ok(Err(malformed().about(&used.user.id)));
    };
    // WebAuthn L3 §7.2 steps 5 and 6: of those that were offered.
    if !claimant.id.is_empty() && claimant.id != used.user.id {
        let error = wire::authentication_failed(StatusCode::BAD_REQUEST);
        return Ok(Err(Refusal::new(error, "the passkey was not offered").about(&used.user.id)));
    }
    let handle = response.response.user_handle.as_ref();
    let judged = match flow::stored_credential(&state.secret, &used.passkey, handle) {
        Some(stored) => {
            let relying_party = flow::relying_party(&state.settings);
            kiavi_webauthn::verify_authentication(&relying_party, &expected_challenge.0, &stored, &response)
        }
        None => Err(CeremonyError::InvalidKey),
    };
    match judged {
        Ok(assertion) => {
            let counter = flow::stored_counter(assertion.counter);
            store::set_after_assertion(transaction, &used, counter, assertion.backed_up).await?;
            if used.ends_wait {
                recovery::end(transaction, state, context, &used.user.id).await?;
            }
            Ok(Ok(used.user))
        }
        Err(reason) => {
            if reason == CeremonyError::CounterRegressed {
                // WebAuthn L3 §6.1.1: two devices may hold this key. The request id finds the event.
                tracing::warn!(request_id = %context.request_id(), "a passkey's signature counter regressed");
                let error = wire::authentication_failed(StatusCode::BAD_REQUEST);
                let refusal = Refusal::new(error, reason).told_as(EventType::PasskeyCounterRegressed);
                return Ok(Err(refusal.about(&used.user.id)));
            }
            let is_unsigned = reason == CeremonyError::InvalidSignature;
            let status = if is_unsigned { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            Ok(Err(Refusal::new(wire::authentication_failed(status), reason).about(&used.user.id)))
        }
    }
}
