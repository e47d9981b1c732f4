//! An account at a provider that waits until whoever came with it has shown to be the user with its address.
//!
//! A sign-in with a provider that meets a user whom it must not join by the address alone ends with
//! `account_not_linked`. What the provider said is then kept for [`LIFE`], sealed, in a row that only the browser of this
//! sign-in can name: its reference is in a signed cookie. Whoever signs in as that user in this browser, after the
//! conflict, has brought both proofs, and [`complete`] joins the two. Nothing else does:
//!
//! - an earlier session is no proof, nor is one in which somebody else acts as the user (the statement that takes the
//!   row looks);
//! - the user's address must be the one that the provider named, and proved: a passkey alone may be a stranger's who
//!   set the user up before the owner of the address came;
//! - the statement that takes the row deletes it, so of two completions one finds it.

use std::time::Duration;

use kiavi_crypto::sign_cookie;
use kiavi_http::SetCookie;
use kiavi_oauth::fresh_state;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    provider_name_of,
    resolve::{Arrival, address, insert_account, refusal},
    store::{self, Key, StoredTokens},
    tokens,
};
use crate::{
    ApiError, Context, State, audit,
    mail::notice::{self, Change},
    outbox,
    room::{self, Kind},
    user::{self, User},
    verification::{self, token_hash},
};

/// How long an account waits.
const LIFE: Duration = Duration::from_secs(600);
/// The cookie's name behind the tenant's prefix.
const COOKIE: &str = "pending_link";
/// The purpose key of what waits.
const PURPOSE: &str = "pending-link";

/// What the provider said.
#[derive(Serialize, Deserialize)]
struct Waiting {
    provider: String,
    subject: String,
    /// The address, as users are found by it.
    email: String,
    tokens: StoredTokens,
    callback_url: String,
}

/// What waits, for the page that asks for the other proof.
pub(crate) struct Pending {
    /// What people call the provider.
    pub(crate) provider: String,
    /// The address that both have.
    pub(crate) email: String,
    /// What the session that was named proves.
    pub(crate) proof: SessionProof,
}

/// What a session is to what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionProof {
    /// The other proof.
    Given,
    /// Somebody else's.
    OfAnother,
    /// Nothing.
    None,
}

/// How a completion ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completed {
    /// They are joined; where the sign-in was to go.
    Linked { callback_url: String },
    /// Nothing waits in this browser, or no longer.
    Gone,
    /// The session is no proof. What waits goes on waiting.
    Unproved,
    /// The session is of somebody else, or the account belongs to somebody else by now. Nothing waits any more.
    OthersAccount,
}

/// The identifier of a row: it names its user to nobody who does not have the cookie.
fn identifier(reference: &str) -> String {
    format!("pending-link:{}", token_hash(reference))
}

fn cookie_name(state: &State) -> String {
    state.cookies.named(COOKIE)
}

fn reference(state: &State, context: &Context) -> Option<String> {
    context.signed_cookie(state, &cookie_name(state))
}

/// Keeps what a provider said of somebody who met a user with their address. It comes back to `callback_url` in the end.
///
/// # Errors
/// 429 when too much waits already, else those of the statements.
pub(super) async fn keep(
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
    callback_url: &str,
) -> Result<(), ApiError> {
    let Some(email) = address(arrival.profile) else { return Ok(()) };
    let Some(user) = user::store::find_by_email(&state.database, email.as_str()).await? else {
        return Ok(());
    };
    let waiting = Waiting {
        provider: arrival.provider.id.clone(),
        subject: arrival.profile.subject.clone(),
        email: email.to_string(),
        tokens: tokens::sealed(state, arrival.tokens, arrival.scopes),
        callback_url: callback_url.to_owned(),
    };
    let json = serde_json::to_string(&waiting).map_err(ApiError::internal)?;
    let sealed = state.secret.for_oauth_purpose(PURPOSE).encrypt(state.rng(), &json);
    let reference = fresh_state(state.rng());
    // In front of what is sealed, so that it goes with its user.
    let value = format!("{}:{sealed}", user.id);
    let _place = room::enter(state, context, Kind::ProviderState, &value).await?;
    verification::insert(&state.database, state.rng(), &identifier(&reference), &value, LIFE).await?;
    context.set_cookie(SetCookie {
        name: cookie_name(state),
        value: sign_cookie(&state.secret, &reference),
        max_age: Some(LIFE),
        is_secure: state.cookies.is_secure,
    });
    Ok(())
}

fn opened(state: &State, value: &str) -> Option<(String, Waiting)> {
    let (user_id, sealed) = value.split_once(':')?;
    let json = state.secret.for_oauth_purpose(PURPOSE).decrypt(sealed).ok()?;
    Some((user_id.to_owned(), serde_json::from_str(&json).ok()?))
}

/// What waits in this browser, and whether the session with this id would complete it.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn look(
    state: &State,
    context: &Context,
    session_id: Option<&str>,
) -> Result<Option<Pending>, ApiError> {
    let Some(reference) = reference(state, context) else { return Ok(None) };
    let found = store::look_at_pending(&state.database, &identifier(&reference), session_id).await?;
    Ok(found.filter(|found| found.is_live).and_then(|found| {
        let (user_id, waiting) = opened(state, &found.value)?;
        let proof = match found.proved_user {
            Some(proved) if proved == user_id => SessionProof::Given,
            Some(_) => SessionProof::OfAnother,
            None => SessionProof::None,
        };
        let provider = provider_name_of(&state.settings.social, &waiting.provider);
        Some(Pending { provider, email: waiting.email, proof })
    }))
}

/// Whether something may wait in this browser.
pub(crate) fn may_wait(state: &State, context: &Context) -> bool {
    reference(state, context).is_some()
}

/// Forgets what waits in this browser.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn forget(state: &State, context: &Context) -> Result<(), ApiError> {
    let Some(reference) = reference(state, context) else { return Ok(()) };
    let transaction = state.database.begin().await?;
    verification::take(&transaction, &identifier(&reference)).await?;
    transaction.commit().await?;
    context.clear_cookie(state, &cookie_name(state));
    Ok(())
}

/// Joins what waits in this browser to its user, if the session with this id is the other proof.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn complete(
    state: &State,
    context: &Context,
    session_id: &str,
) -> Result<Completed, ApiError> {
    let Some(reference) = reference(state, context) else { return Ok(Completed::Gone) };
    let transaction = state.database.begin().await?;
    let taken = store::take_pending(&transaction, &identifier(&reference), session_id).await?;
    let opened = taken.as_ref().filter(|taken| taken.is_live).and_then(|taken| opened(state, &taken.value));
    let (Some(taken), Some((user_id, waiting))) = (taken, opened) else {
        transaction.commit().await?;
        context.clear_cookie(state, &cookie_name(state));
        return Ok(Completed::Gone);
    };
    let Some(proved) = taken.proved_user else { return Ok(Completed::Unproved) };
    let key = Key { provider: &waiting.provider, subject: &waiting.subject };
    // Before the user, as sign-ins do.
    store::lock_subject(&transaction, key).await?;
    let user = user::store::by_id_for_change(&transaction, &user_id).await?;
    let is_proved = |user: &User| proved == user.id && user.email == waiting.email && user.email_verified;
    let user = user.filter(is_proved);
    let owner = store::by_subject(&transaction, key).await?;
    let is_known = state.settings.social.provider(key.provider).is_some();
    match (user, owner) {
        (Some(user), None) if is_known => {
            let stored = waiting.tokens.aged(taken.age_seconds);
            let detail = json!({ "after": "conflict" });
            insert_account(&transaction, state, context, key, &user.id, &stored, detail).await?;
            notice::owe(&transaction, state, context, &user, Change::AccountLinked(key.provider)).await?;
        }
        // Another browser, or another tab, was faster.
        (Some(user), Some((_, owner))) if owner.id == user.id => {}
        _ => {
            let event = refusal(key.provider, "conflict_not_proved").about(&user_id);
            audit::record(&transaction, state, context, event).await?;
            transaction.commit().await?;
            context.clear_cookie(state, &cookie_name(state));
            return Ok(Completed::OthersAccount);
        }
    }
    transaction.commit().await?;
    outbox::wake(state);
    context.clear_cookie(state, &cookie_name(state));
    Ok(Completed::Linked { callback_url: waiting.callback_url })
}
