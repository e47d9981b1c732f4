//! What owners do with their passkeys: see, name, remove. The endpoints and the hosted pages call these.

use std::collections::HashMap;

use axum::http::StatusCode;
use jiff::civil::Date;
use kiavi_db::Transaction;
use kiavi_pages::Signal;
use kiavi_webauthn::Base64Url;

use super::{Passkey, flow, policy, recovery, store, wire};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    mail::notice::{self, Change},
    outbox,
    session::CurrentUser,
    user::User,
};

/// A user's passkeys, the oldest first.
///
/// # Errors
/// Those of the statement.
pub async fn list(state: &State, user_id: &str) -> Result<Vec<Passkey>, ApiError> {
    Ok(store::list(&state.database, user_id).await?)
}

/// The days (UTC) on which a user's passkeys last signed in, by row id. Those that never did are absent.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn last_uses(state: &State, user_id: &str) -> Result<HashMap<String, Date>, ApiError> {
    Ok(store::last_uses(&state.database, user_id).await?)
}

/// What the devices of a user may be told of the account.
pub(crate) fn signal(state: &State, user: &User, passkeys: &[Passkey]) -> Signal {
    let entity = flow::user_entity(&state.secret, &flow::known_registrant(user, None));
    let ids: Vec<_> = passkeys.iter().map(|passkey| passkey.credential_id.as_str()).collect();
    Signal {
        rp_id: state.settings.rp_id().to_owned(),
        user_id: Base64Url::encode(&entity.id.0),
        credential_ids: ids.join(" "),
        name: entity.name,
        display_name: entity.display_name,
    }
}

/// Gives a passkey another name, which is trimmed.
///
/// # Errors
/// `VALIDATION_ERROR` for a name that is empty or too long, 404 `PASSKEY_NOT_FOUND`, 401 when it is somebody
/// else's.
pub async fn rename(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    id: &str,
    name: &str,
) -> Result<(), ApiError> {
    set_name(state, context, current, id, name).await.map(drop)
}

/// [`rename`], answering with the row.
pub(super) async fn set_name(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    id: &str,
    name: &str,
) -> Result<Passkey, ApiError> {
    let name = flow::required_name(name)?;
    let user_id = &current.user.id;
    let transaction = state.database.begin().await?;
    check_owner(owner(&transaction, id).await?, user_id, wire::not_allowed)?;
    let renamed = store::rename(&transaction, id, user_id, name).await?;
    let passkey = renamed.ok_or_else(|| wire::passkey_not_found(StatusCode::NOT_FOUND))?;
    let event = Event::by(EventType::PasskeyUpdated, user_id).detail(serde_json::json!({ "passkey": id }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    Ok(passkey)
}

/// Removes a passkey. The last one stays unless a proved address remains to sign in with, and where the tenant
/// requires passkeys. The owner is told by mail.
///
/// # Errors
/// 403 `SESSION_NOT_FRESH` or `RECOVERY_WAIT`, 404 `PASSKEY_NOT_FOUND`, 401 without a body when it is somebody else's,
/// 400 `LAST_SIGN_IN_METHOD`.
pub async fn remove(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    id: &str,
) -> Result<(), ApiError> {
    flow::require_fresh(current)?;
    let user_id = &current.user.id;
    let transaction = state.database.begin().await?;
    let (user, count) = store::lock_means_of_sign_in(&transaction, user_id).await?;
    check_owner(owner(&transaction, id).await?, user_id, || ApiError::empty(StatusCode::UNAUTHORIZED))?;
    let user = user.ok_or_else(ApiError::unauthorized)?;
    recovery::require_over(&transaction, state, id).await?;
    if count <= 1 && (!user.email_verified || policy::is_demanded(state)) {
        return Err(wire::last_sign_in_method());
    }
    delete(transaction, state, context, &user, id, Event::by(EventType::PasskeyDeleted, user_id)).await
}

/// Removes any passkey, the last one too, on behalf of an operator: the way back for somebody who has lost it where
/// the tenant requires passkeys. The owner is told by mail, and signs in by mail if it was the last.
///
/// # Errors
/// 404 `PASSKEY_NOT_FOUND`.
pub(super) async fn remove_for_operator(state: &State, context: &Context, id: &str) -> Result<(), ApiError> {
    let missing = || wire::passkey_not_found(StatusCode::NOT_FOUND);
    let transaction = state.database.begin().await?;
    let user_id = owner(&transaction, id).await?.ok_or_else(missing)?;
    let (user, _) = store::lock_means_of_sign_in(&transaction, &user_id).await?;
    let user = user.ok_or_else(missing)?;
    let event = Event::new(EventType::PasskeyDeleted, Outcome::Success).about(&user_id);
    delete(transaction, state, context, &user, id, event.using(Method::Management)).await
}

async fn delete(
    transaction: Transaction,
    state: &State,
    context: &Context,
    user: &User,
    id: &str,
    event: Event<'_>,
) -> Result<(), ApiError> {
    if store::delete(&transaction, id, &user.id).await? == 0 {
        // Somebody else was faster.
        return Err(wire::passkey_not_found(StatusCode::NOT_FOUND));
    }
    audit::record(&transaction, state, context, event.detail(serde_json::json!({ "passkey": id }))).await?;
    notice::owe(&transaction, state, context, user, Change::PasskeyRemoved).await?;
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}

/// PostgreSQL's text cannot hold a NUL, so no row has such an id.
async fn owner(transaction: &Transaction, id: &str) -> Result<Option<String>, ApiError> {
    if id.contains('\0') { Ok(None) } else { Ok(store::owner(transaction, id).await?) }
}

/// Refuses a passkey that is not the user's: unknown and foreign ones differ, as with Better Auth.
fn check_owner(owner: Option<String>, user_id: &str, foreign: fn() -> ApiError) -> Result<(), ApiError> {
    match owner {
        None => Err(wire::passkey_not_found(StatusCode::NOT_FOUND)),
        Some(owner) if owner != user_id => Err(foreign()),
        Some(_) => Ok(()),
    }
}
