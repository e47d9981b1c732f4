//! Giving a provider's tokens back (RFC 7009) once they are of no use here: the account was unlinked, or its user is
//! gone.
//!
//! The token goes into the outbox with the change, sealed, and to the provider after COMMIT. It is a courtesy that
//! nobody waits for: what the provider does not take within [`LIFE`] is noted and forgotten, and the token ends when the
//! provider says so. A refresh token takes the access tokens of its grant along (§2.1), so it is the one that is sent
//! where there are both.

use std::time::Duration;

use kiavi_db::{DbError, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{settings::ProviderSettings, store, tokens::opened, upstream};
use crate::{
    State,
    audit::{Event, EventType, Method, Outcome},
    outbox,
};

/// How long a provider that cannot be reached is tried.
const LIFE: Duration = Duration::from_secs(3_600);

/// A token that is owed to its provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revocation {
    provider: String,
    user_id: String,
    token: String,
    is_refresh: bool,
}

/// The tokens of an account that is gone, as they were stored.
#[derive(Clone, Default)]
pub(crate) struct LeftTokens {
    pub(crate) provider: String,
    pub(crate) refresh: Option<String>,
    pub(crate) access: Option<String>,
}

/// What became of a token that was brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    /// It is worth nothing any more.
    Revoked,
    /// The provider takes none.
    NotTaken,
    /// The provider cannot be reached; later, perhaps.
    Later,
    /// It was refused, and would be again.
    Refused,
}

/// Owes a provider the tokens of an account that goes in this transaction. Call [`outbox::wake`] after COMMIT.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn owe(
    transaction: &Transaction,
    state: &State,
    user_id: &str,
    left: &LeftTokens,
) -> Result<(), DbError> {
    let takes_back =
        state.settings.social.provider(&left.provider).is_some_and(ProviderSettings::may_take_tokens_back);
    // What cannot be opened was sealed under a secret that is gone.
    let open = |stored: &Option<String>| opened(state, stored.as_deref()).ok().flatten();
    let refresh = open(&left.refresh).map(|token| (token, true));
    let token = refresh.or_else(|| open(&left.access).map(|token| (token, false)));
    let Some((token, is_refresh)) = token.filter(|_| takes_back) else { return Ok(()) };
    let owed = Revocation { provider: left.provider.clone(), user_id: user_id.to_owned(), token, is_refresh };
    outbox::owe_revocation(transaction, state, owed, LIFE).await
}

/// The same for every account of a user who goes in this transaction.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn owe_all(transaction: &Transaction, state: &State, user_id: &str) -> Result<(), DbError> {
    for left in store::tokens_of_user(transaction, user_id).await? {
        owe(transaction, state, user_id, &left).await?;
    }
    Ok(())
}

/// Brings a token back to its provider.
///
/// # Errors
/// Those of the statement that tells the time.
pub(crate) async fn revoke(state: &State, owed: &Revocation) -> Result<Returned, DbError> {
    let Some(settings) = state.settings.social.provider(&owed.provider) else {
        return Ok(Returned::NotTaken);
    };
    let now = store::now(&state.database).await?;
    let provider = match upstream::provider(state, settings).await {
        Ok(provider) if provider.endpoints.revocation.is_none() => return Ok(Returned::NotTaken),
        Ok(provider) => provider,
        Err(error) => return Ok(failed(owed, &error)),
    };
    match upstream::revoke(state, settings, &provider, &owed.token, owed.is_refresh, now).await {
        Ok(()) => Ok(Returned::Revoked),
        Err(error) => Ok(failed(owed, &error)),
    }
}

fn failed(owed: &Revocation, error: &upstream::UpstreamError) -> Returned {
    tracing::warn!(provider = owed.provider, cause = %error, "a provider did not take a token back");
    if error.is_temporary() { Returned::Later } else { Returned::Refused }
}

impl Revocation {
    /// What the log says of it.
    pub(crate) fn event(&self, outcome: Outcome) -> Event<'_> {
        Event::new(EventType::ProviderTokensRevoked, outcome)
            .about(&self.user_id)
            .using(Method::Provider(&self.provider))
            .detail(json!({ "provider": self.provider }))
    }
}
