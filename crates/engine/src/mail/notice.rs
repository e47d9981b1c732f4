//! Mail to users about the means by which they sign in (ASVS 5.0 §6.3.7).

use kiavi_base::EmailAddress;
use kiavi_db::{DbError, Transaction};

use crate::{
    Context, State,
    outbox::{self, Letter, NOTICE_LIFE},
    social::provider_name_of,
    user::User,
};

/// What happened to a means of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    PasskeyAdded,
    PasskeyRemoved,
    /// Somebody who has passkeys signed in by mail; those stay for so long.
    Recovery {
        seconds: u32,
    },
    /// An account at the provider with this id.
    AccountLinked(&'a str),
    /// An account at the provider with this id.
    AccountUnlinked(&'a str),
}

/// Owes the user a mail, in the transaction of the change; `outbox::wake` after COMMIT. Only an address that was
/// proved gets one: another may be a stranger's, who would get mail for whatever is done under it.
pub(crate) async fn owe(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: &User,
    change: Change<'_>,
) -> Result<(), DbError> {
    let notices = &state.settings.notices;
    let is_wanted = match change {
        Change::PasskeyAdded | Change::PasskeyRemoved | Change::Recovery { .. } => notices.passkeys,
        Change::AccountLinked(_) | Change::AccountUnlinked(_) => notices.accounts,
    };
    if !is_wanted || !user.email_verified {
        return Ok(());
    }
    let Ok(to) = user.email.parse::<EmailAddress>() else { return Ok(()) };
    let at = state.clock.now();
    let user_agent = context.operator().is_none().then(|| context.user_agent().to_owned());
    let provider = |id| provider_name_of(&state.settings.social, id);
    let letter = match change {
        Change::PasskeyAdded => Letter::PasskeyAdded { at, user_agent },
        Change::PasskeyRemoved => Letter::PasskeyRemoved { at, user_agent },
        Change::Recovery { seconds } => {
            Letter::RecoveryStarted { at, user_agent, hours: seconds.div_ceil(3_600) }
        }
        Change::AccountLinked(id) => Letter::AccountLinked { provider: provider(id), at, user_agent },
        Change::AccountUnlinked(id) => Letter::AccountUnlinked { provider: provider(id), at, user_agent },
    };
    outbox::enqueue(transaction, state, &to, context.locale(&state.settings), letter, NOTICE_LIFE).await
}
