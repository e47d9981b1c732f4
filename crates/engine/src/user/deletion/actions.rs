//! Confirming and carrying out a deletion, for the API and the hosted pages alike.

use std::time::Duration;

use axum::http::StatusCode;
use kiavi_base::{Alphabet, EmailAddress, random_text};
use kiavi_db::{DbError, Transaction};
use serde_json::json;

use super::{identifier, store};
use crate::{
    ApiError, Context, State, api_key,
    audit::{self, Event, EventType},
    email_otp::limit_mails,
    links,
    outbox::{self, Letter, NOTICE_LIFE},
    session::{self, CurrentUser},
    social,
    user::{Deletion, User},
    verification,
};

/// Characters of a token, of Better Auth's alphabet: 165 bits.
const TOKEN_LENGTH: usize = 32;

/// What a user who asks to be deleted is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// It is done.
    Deleted,
    /// A mail was sent; its link does it.
    Mailed,
}

/// 404 `INVALID_TOKEN`: unknown, used, expired, or somebody else's.
pub(super) fn invalid_token() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "INVALID_TOKEN", "Invalid token")
}

/// Mails the link that deletes. It comes back to `target` in the end.
///
/// # Errors
/// 429 under the limits of codes, else faults.
async fn send_link(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    target: Option<&str>,
) -> Result<(), ApiError> {
    let user = &current.user;
    limit_mails(state, context, &user.email).await?;
    let token = random_text(state.rng(), Alphabet::LowerAlphaNumeric, TOKEN_LENGTH);
    let life = Duration::from_secs(state.settings.user.deletion_link_expires_in_seconds.into());
    let query = [("token", Some(token.as_str())), ("callbackURL", Some(target.unwrap_or("/")))];
    let url = links::api_url(state, "/delete-user/callback", &query);
    let hours = u32::try_from(life.as_secs().div_ceil(3_600)).unwrap_or(1);

    let transaction = state.database.begin().await?;
    verification::replace(&transaction, state.rng(), &identifier(&token), &user.id, life).await?;
    if let Ok(to) = user.email.parse::<EmailAddress>() {
        let letter = Letter::DeletionLink { url, hours };
        outbox::enqueue(&transaction, state, &to, context.locale(&state.settings), letter, life).await?;
    }
    let event = Event::by(EventType::UserDeletionRequested, &user.id);
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}

/// Whether a live link with this token would delete this user.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn is_own_link(state: &State, user: &User, token: &str) -> Result<bool, ApiError> {
    Ok(verification::look(&state.database, &identifier(token)).await?.is_some_and(|id| id == user.id))
}

/// Deletes the signed-in user, whose link has this token. A link under somebody else's session is used up.
///
/// # Errors
/// 403 `SESSION_NOT_FRESH`, 404 `INVALID_TOKEN`.
pub(crate) async fn delete_with_link(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    token: &str,
) -> Result<(), ApiError> {
    session::only_oneself(current)?;
    let transaction = state.database.begin().await?;
    let taken = verification::take(&transaction, &identifier(token)).await?;
    if !taken.is_some_and(|taken| taken.is_live && taken.value == current.user.id) {
        transaction.commit().await?;
        return Err(invalid_token());
    }
    delete(transaction, state, context, &current.user, "mail").await
}

/// Deletes the signed-in user if the tenant asks for a recent sign-in and there is one; if it asks for a mail, sends
/// that.
///
/// # Errors
/// 404 without a body where users cannot delete themselves, 403 `SESSION_NOT_FRESH`, 400
/// `SESSION_EXPIRED` after an old sign-in.
pub(crate) async fn delete_fresh(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    target: Option<&str>,
) -> Result<Confirmation, ApiError> {
    if state.settings.user.deletion != Deletion::Off {
        session::only_oneself(current)?;
    }
    match state.settings.user.deletion {
        Deletion::Off => Err(ApiError::empty(StatusCode::NOT_FOUND)),
        Deletion::Mail => {
            send_link(state, context, current, target).await?;
            Ok(Confirmation::Mailed)
        }
        Deletion::FreshSession if !current.is_fresh => {
            let message = "Session expired. Re-authenticate to perform this action.";
            Err(ApiError::bad_request("SESSION_EXPIRED", message))
        }
        Deletion::FreshSession => {
            let transaction = state.database.begin().await?;
            delete(transaction, state, context, &current.user, "fresh_session").await?;
            Ok(Confirmation::Deleted)
        }
    }
}

/// Removes what goes with no foreign key: waiting proofs and API keys; how many keys there were. Providers get their
/// tokens back.
async fn delete_belongings(transaction: &Transaction, state: &State, user: &User) -> Result<u64, DbError> {
    social::owe_all(transaction, state, &user.id).await?;
    // Before the sessions, by which some proofs are known.
    store::delete_proofs(transaction, user).await?;
    api_key::store::delete_by_owner(transaction, &user.id).await
}

/// Removes a user with everything that is theirs, in the caller's transaction; how many API keys they had. Call
/// [`outbox::wake`] after COMMIT.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn erase(transaction: &Transaction, state: &State, user: &User) -> Result<u64, DbError> {
    let api_keys = delete_belongings(transaction, state, user).await?;
    store::delete(transaction, &user.id).await.map(|_| api_keys)
}

async fn delete(
    transaction: Transaction,
    state: &State,
    context: &Context,
    user: &User,
    confirmed_by: &str,
) -> Result<(), ApiError> {
    let api_keys = delete_belongings(&transaction, state, user).await?;
    session::revoke_all(&transaction, state, context, &user.id, "user_deleted").await?;
    if !store::delete(&transaction, &user.id).await? {
        // Somebody else was faster; the session that asked is gone too.
        return Err(ApiError::unauthorized());
    }
    if let Ok(to) = user.email.parse::<EmailAddress>() {
        let locale = context.locale(&state.settings);
        outbox::enqueue(&transaction, state, &to, locale, Letter::UserDeleted, NOTICE_LIFE).await?;
    }
    let event = Event::by(EventType::UserDeleted, &user.id)
        .detail(json!({ "confirmed_by": confirmed_by, "api_keys": api_keys }));
    audit::record(&transaction, state, context, event.clone()).await?;
    audit::record_erasure(&transaction, state, context, &user.email, event).await?;
    transaction.commit().await?;
    outbox::wake(state);
    session::clear_cookies(state, context);
    Ok(())
}
