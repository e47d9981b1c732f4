//! Mail to owners about their passkeys (ASVS 5.0 §6.3.7).

use kiavi_base::EmailAddress;
use kiavi_db::{DbError, Transaction};

use crate::{
    Context, State,
    outbox::{self, Letter, NOTICE_LIFE},
    user::User,
};

/// What happened to a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Removed,
}

/// Owes the owner a mail, in the transaction of the change. Only an address that was proved gets one: another may be
/// a stranger's, who would get mail for whatever is done under it.
pub(super) async fn owe(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    owner: &User,
    change: Change,
) -> Result<(), DbError> {
    if !state.settings.notices.passkeys || !owner.email_verified {
        return Ok(());
    }
    let Ok(to) = owner.email.parse::<EmailAddress>() else { return Ok(()) };
    let at = state.clock.now();
    let user_agent = context.operator().is_none().then(|| context.user_agent().to_owned());
    let letter = match change {
        Change::Added => Letter::PasskeyAdded { at, user_agent },
        Change::Removed => Letter::PasskeyRemoved { at, user_agent },
    };
    outbox::enqueue(transaction, state, &to, context.locale(&state.settings), letter, NOTICE_LIFE).await
}
