//! What a passkey means to the other ways of signing in.

use axum::http::StatusCode;
use kiavi_db::Transaction;
use serde_json::json;

use super::store;
use crate::{
    ApiError, Context, PasskeyPolicy, State,
    audit::{self, Event, EventType, Method, Outcome},
};

/// Whether the tenant lets nobody go on without a passkey.
pub(crate) fn is_demanded(state: &State) -> bool {
    state.settings.passkey.policy == PasskeyPolicy::Required
}

/// Whether a sign-in by this means is none for a user who has a passkey.
pub(crate) fn is_lesser_proof(state: &State, method: Method<'_>) -> bool {
    method != Method::Passkey && is_demanded(state)
}

/// Refuses a sign-in by a lesser proof ([`is_lesser_proof`]) to a user who has a passkey; with its event.
///
/// # Errors
/// 403 `PASSKEY_REQUIRED`, else those of the statements.
pub(crate) async fn refuse_lesser_proof(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user_id: &str,
    method: Method<'_>,
) -> Result<(), ApiError> {
    if store::count(transaction, user_id).await? == 0 {
        return Ok(());
    }
    let event = Event::new(EventType::SessionRefused, Outcome::Failure).about(user_id).using(method);
    let event = event.detail(json!({ "reason": "passkey_required" }));
    audit::record(transaction, state, context, event).await?;
    Err(required_error())
}

/// 403: somebody proved who they are by something else than the passkey that they have.
pub(crate) fn required_error() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "PASSKEY_REQUIRED", "Sign in with your passkey")
}
