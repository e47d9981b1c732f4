//! A copy of what is kept of somebody, for themselves, or for the operator whom they asked for it (GDPR Art. 15 and 20): the rows
//! that are theirs, and what the log says of them. No secret is in it: no token, no hash of a key. Nobody else's data is in it
//! either (Art. 15(4)): of what others did to the account it says that and when, not who and from where.
//!
//! It tells more than any page at once, so it wants a recent sign-in by the person themselves, is given a few times a day,
//! and is in the log. What an operator has to prove is control's to ask.

mod wire;

use kiavi_base::EmailAddress;

use crate::{
    ApiError, Context, Rate, State, account, api_key,
    audit::{self, Event, EventType},
    passkey,
    rate_limit::{self, Key},
    session::{self, CurrentUser},
    user::User,
};
use wire::AccountCopy;

/// Copies for one person.
const RATE: Rate = Rate { limit: 5, window_seconds: 86_400 };

/// The copy for whoever is signed in, as JSON.
///
/// # Errors
/// 403 `SESSION_NOT_FRESH` after an old sign-in or for whoever acts as somebody else, 429 after several copies.
pub(crate) async fn copy(
    state: &State,
    context: &Context,
    current: CurrentUser,
) -> Result<Vec<u8>, ApiError> {
    session::only_oneself(&current)?;
    let CurrentUser { user, .. } = session::only_fresh(current)?;
    rate_limit::check(state, context, "account_export", Key::Target(&user.id), Some(RATE)).await?;
    let json = of_user(state, &user).await?;
    audit::record_alone(state, context, Event::by(EventType::UserExported, &user.id)).await?;
    Ok(json)
}

/// The copy of what is kept of `user`, as JSON. Who gets it is for the caller to write into the log.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn of_user(state: &State, user: &User) -> Result<Vec<u8>, ApiError> {
    let database = &state.database;
    let accounts = account::list(database, &user.id).await?;
    let passkeys = passkey::list(state, &user.id).await?;
    let used = passkey::last_uses(state, &user.id).await?;
    let sessions = session::store::list(database, &user.id).await?;
    let api_keys = api_key::store::of_owner(database, &user.id).await?;
    let address = user.email.parse::<EmailAddress>().ok();
    let told = audit::told_of(state, &user.id, address.as_ref()).await?;
    let copy = AccountCopy::new(state, user)
        .accounts(&accounts)
        .passkeys(&passkeys, &used)
        .sessions(&sessions)
        .api_keys(&api_keys)
        .events(told);
    serde_json::to_vec_pretty(&copy).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests;
