//! Steps that both ceremonies share: starting one, taking its challenge, and refusing it.

use std::time::Duration;

use kiavi_base::{Alphabet, random_text};
use kiavi_crypto::sign_cookie;
use kiavi_db::Transaction;
use kiavi_http::SetCookie;

use super::flow::{self, Challenge};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    rate_limit::{self, Key},
    room::{self, Kind},
    verification,
};

/// Life of a challenge, as Better Auth's.
const CHALLENGE_LIFE: Duration = Duration::from_secs(300);

/// Why a ceremony came to nothing. Unlike an [`ApiError`] from the database it is committed: the challenge stays
/// used up and the refusal is in the log.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: ApiError,
    /// For the log; a fixed sentence.
    pub(super) reason: String,
    /// The user, once one is known.
    pub(super) user_id: Option<String>,
    /// The kind of its event.
    pub(super) kind: EventType,
}

impl Refusal {
    pub(super) fn new(error: ApiError, reason: impl ToString) -> Self {
        Self { error, reason: reason.to_string(), user_id: None, kind: EventType::PasskeyRefused }
    }

    pub(super) fn about(self, user_id: &str) -> Self {
        Self { user_id: Some(user_id.to_owned()), ..self }
    }

    /// The refusal is an event of a kind of its own.
    pub(super) fn told_as(self, kind: EventType) -> Self {
        Self { kind, ..self }
    }
}

/// Counts one request of a ceremony from the client's network.
pub(super) async fn limit_network(
    state: &State,
    context: &Context,
    scope: &'static str,
) -> Result<(), ApiError> {
    let rate = state.settings.rate_limits.passkey_per_network;
    rate_limit::check(state, context, scope, Key::Network(context.network()), rate).await
}

/// Keeps a challenge and gives the browser its reference, in place of an earlier one.
pub(super) async fn start(state: &State, context: &Context, challenge: &Challenge) -> Result<(), ApiError> {
    let reference = random_text(state.rng(), Alphabet::UrlSafe, flow::REFERENCE_LENGTH);
    let value = serde_json::to_string(challenge).map_err(ApiError::internal)?;
    let _place = room::enter(state, context, Kind::Challenge, &value).await?;
    verification::insert(&state.database, state.rng(), &reference, &value, CHALLENGE_LIFE).await?;
    context.set_cookie(SetCookie {
        name: state.cookies.passkey.clone(),
        value: sign_cookie(&state.secret, &reference),
        max_age: Some(CHALLENGE_LIFE),
        is_secure: state.cookies.is_secure,
    });
    Ok(())
}

/// The challenge that the browser's cookie refers to, used up with the transaction. `None` when there is no valid
/// cookie, or the row is gone, expired or something else.
pub(super) async fn take(
    transaction: &Transaction,
    state: &State,
    context: &Context,
) -> Result<Option<Challenge>, ApiError> {
    let reference = context.signed_cookie(state, &state.cookies.passkey);
    let Some(reference) = reference.filter(|text| flow::is_reference(text)) else { return Ok(None) };
    let Some(taken) = verification::take(transaction, &reference).await? else { return Ok(None) };
    room::leave(state, Kind::Challenge, &taken.value);
    let taken = Some(taken).filter(|taken| taken.is_live);
    Ok(taken.and_then(|taken| serde_json::from_str(&taken.value).ok()))
}

/// Commits a refusal with its event, or counts it if nobody is known whom it is about and there is no more room for such; what is
/// to be answered.
pub(super) async fn refuse(
    transaction: Transaction,
    state: &State,
    context: &Context,
    ceremony: &'static str,
    refusal: Refusal,
) -> ApiError {
    let is_told = refusal.user_id.is_some() || audit::has_room(state, context, "", refusal.kind);
    let event = Event {
        subject: refusal.user_id.as_deref(),
        method: Some(Method::Passkey),
        detail: Some(serde_json::json!({ "ceremony": ceremony, "reason": refusal.reason })),
        ..Event::new(refusal.kind, Outcome::Failure)
    };
    let written = async {
        if is_told {
            audit::record(&transaction, state, context, event).await?;
            return transaction.commit().await;
        }
        transaction.commit().await?;
        audit::count_refusal(state, context, refusal.kind);
        audit::tell_counted(state, false).await.map(drop)
    };
    match written.await {
        Ok(()) => refusal.error,
        Err(error) => error.into(),
    }
}
