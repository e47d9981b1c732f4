//! What administrators do to users. Each change is one transaction with one event.

use kiavi_db::{DbError, Transaction};
use serde_json::{Map, Value, json};

use super::{
    access::{Caller, REVOKE_SESSIONS, SET_EMAIL_OF_NAMED},
    change::{self, Change},
    flow, store, wire,
};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, address_reference},
    outbox, session,
    user::{
        self, User,
        store::{NewUser, by_id_for_change},
    },
    verification::row_id,
};

/// Seconds that a ban may last: a hundred years, well within what a timestamp holds.
const BAN_LIMIT: f64 = 100.0 * 365.25 * 86_400.0;

async fn locked(transaction: &Transaction, id: &str) -> Result<User, ApiError> {
    by_id_for_change(transaction, id).await?.ok_or_else(wire::user_not_found)
}

/// An event of a change, which says what was there before and what after, and `more`.
fn change_event<'a>(
    state: &State,
    caller: &'a Caller,
    kind: EventType,
    (before, after): (&'a User, &User),
    more: Value,
) -> Result<Event<'a>, ApiError> {
    let told = flow::changes(before, after, |address| address_reference(state, address));
    let (changes, personal) = told.map_err(ApiError::internal)?;
    let mut detail = more;
    detail["changes"] = changes;
    Ok(caller.event(kind, &before.id, detail).personal(json!({ "changes": personal })))
}

/// Ends the sessions in which a former administrator acts as others; how many there were.
async fn end_impersonations(transaction: &Transaction, state: &State, before: &User) -> Result<u64, DbError> {
    match flow::is_admin(&state.settings.admin, before) {
        true => store::delete_impersonations(transaction, &before.id).await,
        false => Ok(0),
    }
}

async fn finish(
    transaction: Transaction,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<(), ApiError> {
    audit::record(&transaction, state, context, event).await?;
    Ok(transaction.commit().await?)
}

/// What a new user is made of.
pub(super) struct Creation<'a> {
    pub(super) email: &'a str,
    pub(super) name: &'a str,
    pub(super) role: Option<String>,
    pub(super) change: Change,
}

/// Makes a user, without any means to sign in but their address.
///
/// # Errors
/// 400 `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`.
pub(super) async fn create(
    state: &State,
    context: &Context,
    caller: &Caller,
    creation: Creation<'_>,
) -> Result<User, ApiError> {
    let Creation { email, name, role, change } = creation;
    let new = NewUser {
        id: &row_id(state.rng()),
        name,
        email,
        email_verified: change.email_verified.unwrap_or(false),
        image: change.image.as_ref().and_then(Option::as_deref),
        role: role.as_deref().unwrap_or(&state.settings.admin.default_role),
    };
    let transaction = state.database.begin().await?;
    let created = user::store::insert(&transaction, new).await?.ok_or_else(wire::user_exists)?;
    let wanted = change.apply(&created);
    let user = match wanted == created {
        true => created,
        false => store::set_fields(&transaction, &wanted).await?,
    };
    let detail = json!({ "role": user.role, "email_verified": user.email_verified, "banned": user.banned });
    let event = caller.event(EventType::UserCreated, &user.id, detail).personal(user.personal());
    finish(transaction, state, context, event).await?;
    Ok(user)
}

/// Changes the fields that `data` names.
///
/// # Errors
/// 400 `YOU_CANNOT_BAN_YOURSELF` and `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`, 404 `USER_NOT_FOUND`, those of
/// [`Change::read`], and 403 for a field that the caller may not change.
pub(super) async fn update(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
    data: &Map<String, Value>,
) -> Result<User, ApiError> {
    for permission in change::permissions(data) {
        caller.require(permission, state, context).await?;
    }
    let change = Change::read(data)?;
    let bans = change.banned == Some(true);
    if bans && caller.is(id) {
        return Err(wire::cannot_ban_yourself());
    }
    let transaction = state.database.begin().await?;
    let before = locked(&transaction, id).await?;
    // Who gets the codes of an address can sign in as its user.
    let moves = change.email.as_ref().is_some_and(|email| email.as_str() != before.email);
    if moves && flow::is_named(&state.settings.admin, &before) {
        caller.require(SET_EMAIL_OF_NAMED, state, context).await?;
    }
    let after = match store::set_fields(&transaction, &change.apply(&before)).await {
        Err(error) if error.is_unique_violation() => return Err(wire::user_exists()),
        outcome => outcome?,
    };
    let is_demoted = !flow::is_admin(&state.settings.admin, &after);
    let ended = match (bans, is_demoted) {
        (true, _) => session::store::delete_all(&transaction, id).await?,
        (false, true) => end_impersonations(&transaction, state, &before).await?,
        (false, false) => 0,
    };
    let more = if ended > 0 { json!({ "sessions": ended }) } else { json!({}) };
    let event = change_event(state, caller, EventType::UserUpdated, (&before, &after), more)?;
    finish(transaction, state, context, event).await?;
    Ok(after)
}

/// Gives a user other roles. Who is no administrator any more acts as nobody else any more.
///
/// # Errors
/// 404 `USER_NOT_FOUND`.
pub(super) async fn set_role(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
    role: String,
) -> Result<User, ApiError> {
    let transaction = state.database.begin().await?;
    let before = locked(&transaction, id).await?;
    let wanted = User { role: Some(role), ..before.clone() };
    let after = store::set_fields(&transaction, &wanted).await?;
    if !flow::is_admin(&state.settings.admin, &after) {
        end_impersonations(&transaction, state, &before).await?;
    }
    let event = change_event(state, caller, EventType::RoleChanged, (&before, &after), json!({}))?;
    finish(transaction, state, context, event).await?;
    Ok(after)
}

/// How a ban is wished for; what is absent or empty is as the settings say.
pub(super) struct Ban<'a> {
    pub(super) reason: Option<&'a str>,
    pub(super) seconds: Option<f64>,
}

impl Ban<'_> {
    /// Why the ban cannot be.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match self.seconds {
            Some(seconds) if seconds < 0.0 => Some("Too small: expected number to be >=0"),
            Some(seconds) if seconds > BAN_LIMIT => Some("Too big: expected number to be <=3155760000"),
            _ => None,
        }
    }
}

/// Bans a user and ends their sessions.
///
/// # Errors
/// 404 `USER_NOT_FOUND`, 400 `YOU_CANNOT_BAN_YOURSELF`.
pub(super) async fn ban(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
    ban: Ban<'_>,
) -> Result<User, ApiError> {
    let settings = &state.settings.admin;
    let reason = ban.reason.filter(|reason| !reason.is_empty()).unwrap_or(&settings.default_ban_reason);
    let wished = ban.seconds.filter(|seconds| *seconds > 0.0);
    let seconds = wished.or(settings.default_ban_seconds.map(f64::from));
    let transaction = state.database.begin().await?;
    let before = locked(&transaction, id).await?;
    if caller.is(id) {
        return Err(wire::cannot_ban_yourself());
    }
    let after = store::ban(&transaction, id, reason, seconds).await?;
    let ended = session::store::delete_all(&transaction, id).await?;
    let more = json!({ "sessions": ended });
    let event = change_event(state, caller, EventType::UserBanned, (&before, &after), more)?;
    finish(transaction, state, context, event).await?;
    Ok(after)
}

/// Ends a ban.
///
/// # Errors
/// 404 `USER_NOT_FOUND`.
pub(super) async fn unban(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
) -> Result<User, ApiError> {
    let transaction = state.database.begin().await?;
    let before = locked(&transaction, id).await?;
    let wanted = User { banned: Some(false), ban_reason: None, ban_expires: None, ..before.clone() };
    let after = store::set_fields(&transaction, &wanted).await?;
    let event = change_event(state, caller, EventType::UserUnbanned, (&before, &after), json!({}))?;
    finish(transaction, state, context, event).await?;
    Ok(after)
}

/// Removes a user and all that is theirs.
///
/// # Errors
/// 404 `USER_NOT_FOUND`.
pub(super) async fn remove(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
) -> Result<(), ApiError> {
    let transaction = state.database.begin().await?;
    let user = locked(&transaction, id).await?;
    let api_keys = user::deletion::erase(&transaction, state, &user).await?;
    store::delete_impersonations(&transaction, id).await?;
    let detail = json!({ "role": user.role, "api_keys": api_keys });
    let event = caller.event(EventType::UserDeleted, id, detail);
    audit::record(&transaction, state, context, event.clone()).await?;
    audit::record_erasure(&transaction, state, context, &user.email, event).await?;
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}

/// Ends one session of anybody, named by its handle or its token. Naming none changes nothing.
///
/// # Errors
/// Those of [`Caller::with`].
pub(super) async fn revoke_session(state: &State, context: &Context, named: &str) -> Result<(), ApiError> {
    let caller = Caller::with(REVOKE_SESSIONS, state, context).await?;
    // What PostgreSQL's text cannot hold names no session.
    if named.contains('\0') {
        return Ok(());
    }
    let transaction = state.database.begin().await?;
    let Some((session, owner)) = store::delete_session(&transaction, named).await? else { return Ok(()) };
    let detail = json!({ "reason": "administrator", "session": session });
    finish(transaction, state, context, caller.event(EventType::SessionRevoked, &owner, detail)).await
}

/// Ends all sessions of a user, and those in which they act as others; how many there were. A user who does not exist has
/// none.
///
/// # Errors
/// Those of [`Caller::with`].
pub(super) async fn revoke_sessions(
    state: &State,
    context: &Context,
    user_id: &str,
) -> Result<u64, ApiError> {
    let caller = Caller::with(REVOKE_SESSIONS, state, context).await?;
    let transaction = state.database.begin().await?;
    // Takes turns with whatever makes a session of theirs.
    if by_id_for_change(&transaction, user_id).await?.is_none() {
        return Ok(0);
    }
    let count = session::store::delete_all(&transaction, user_id).await?;
    if count == 0 {
        return Ok(0);
    }
    let detail = json!({ "reason": "administrator", "count": count });
    finish(transaction, state, context, caller.event(EventType::SessionRevoked, user_id, detail)).await?;
    Ok(count)
}
