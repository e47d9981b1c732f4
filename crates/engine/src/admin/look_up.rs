//! Finding one user.

use super::{access::Caller, wire};
use crate::{
    ApiError, Context, State,
    audit::{EventType, Outcome, address_reference},
    user::{self, User},
};

/// By what a user is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    /// The row id.
    Id(&'a str),
    /// The lower-case address.
    Address(&'a str),
}

/// A user by id, or for an operator by address.
///
/// # Errors
/// 404 `USER_NOT_FOUND`; an operator's look is noted all the same.
pub(super) async fn look_up(
    state: &State,
    context: &Context,
    caller: &Caller,
    key: Key<'_>,
) -> Result<User, ApiError> {
    let found = match key {
        Key::Id(id) => user::store::find_by_id(&state.database, id).await?,
        Key::Address(address) => user::store::find_by_email(&state.database, address).await?,
    };
    let subject = match (&found, key) {
        (Some(user), _) => Some(user.id.clone()),
        (None, Key::Address(address)) => Some(address_reference(state, address)),
        (None, Key::Id(_)) => None,
    };
    let outcome = if found.is_some() { Outcome::Success } else { Outcome::Failure };
    caller.note_look(state, context, EventType::UserViewed, subject.as_deref(), outcome).await?;
    found.ok_or_else(wire::user_not_found)
}
