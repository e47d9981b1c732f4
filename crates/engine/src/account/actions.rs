//! Unlinking an account, for the API and the hosted pages alike.

use serde_json::json;

use super::{store, wire};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType},
    mail::notice::{self, Change},
    outbox,
    session::CurrentUser,
    social,
};

/// Unlinks one of the user's accounts, whose provider gets its tokens back. The last one goes only with `may_be_last`,
/// and none that is the last way to sign in.
///
/// # Errors
/// 400 `FAILED_TO_UNLINK_LAST_ACCOUNT` and `ACCOUNT_NOT_FOUND`.
pub(crate) async fn unlink(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    id: &str,
    may_be_last: bool,
) -> Result<(), ApiError> {
    // PostgreSQL's text cannot hold a NUL, so no row has such an id.
    if id.contains('\0') {
        return Err(wire::not_found());
    }
    let user_id = &current.user.id;
    let transaction = state.database.begin().await?;
    let ways = store::lock_ways_in(&transaction, user_id, id).await?;
    // Better Auth's order: the last account is told before an unknown one.
    if ways.accounts == 1 && !may_be_last {
        return Err(wire::last_account());
    }
    if !ways.is_own {
        return Err(wire::not_found());
    }
    if !ways.remains {
        return Err(wire::last_account());
    }
    let left = store::delete(&transaction, id, user_id).await?.ok_or_else(wire::not_found)?;
    social::owe(&transaction, state, user_id, &left).await?;
    let detail = json!({ "account": id, "provider": left.provider });
    let event = Event::by(EventType::AccountUnlinked, user_id).detail(detail);
    audit::record(&transaction, state, context, event).await?;
    notice::owe(&transaction, state, context, &current.user, Change::AccountUnlinked(&left.provider)).await?;
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}
