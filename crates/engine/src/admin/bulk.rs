//! The same for several users at once, for operators. Each is a change of its own, with its own transaction and event, so that
//! one who cannot be changed keeps nobody else from it; the answer says of each what became of them.

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::{
    access::{BAN_USERS, Caller, DELETE_USERS, Permission, REVOKE_SESSIONS},
    actions::{self, Ban},
    wire,
};
use crate::{
    ApiError, Context, Fields, JsonBody, State,
    context::not_found,
    user::{self, text_problem},
};

/// The most that one request is about.
const MOST: usize = 100;
/// They were not suspended.
const NOT_BANNED: &str = "NOT_BANNED";
/// They were signed in nowhere.
const NO_SESSIONS: &str = "NO_SESSIONS";
/// Something failed; the log of the engine says what.
const FAILED: &str = "FAILED";

#[derive(Serialize)]
struct Results {
    results: Vec<OfOne>,
}

/// What became of one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfOne {
    user_id: String,
    done: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// Why somebody was not changed.
enum NotDone {
    Because(&'static str),
    Error(ApiError),
}

impl From<ApiError> for NotDone {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

/// `{userIds}`, each once; at most [`MOST`].
fn ids(fields: &mut Fields<'_>) -> Vec<String> {
    let texts: Option<Vec<String>> = fields
        .get("userIds")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().map_while(|id| id.as_str().map(str::to_owned)).collect());
    let mut ids = texts.unwrap_or_default();
    let is_whole = fields.get("userIds").and_then(Value::as_array).is_some_and(|all| all.len() == ids.len());
    if !is_whole || ids.is_empty() || ids.len() > MOST {
        fields.issue("userIds", "Invalid input: expected 1 to 100 ids");
    }
    let mut known = std::collections::HashSet::new();
    ids.retain(|id| known.insert(id.clone()));
    ids
}

/// What is done to each.
#[derive(Clone, Copy)]
enum Change<'a> {
    Ban(Option<&'a str>, Option<f64>),
    Unban,
    SignOut,
    Remove,
}

impl Change<'_> {
    const fn permission(self) -> Permission {
        match self {
            Self::Ban(..) | Self::Unban => BAN_USERS,
            Self::SignOut => REVOKE_SESSIONS,
            Self::Remove => DELETE_USERS,
        }
    }

    async fn make(self, state: &State, context: &Context, caller: &Caller, id: &str) -> Result<(), NotDone> {
        let there = user::store::find_by_id(&state.database, id).await.map_err(ApiError::from)?;
        let there = there.ok_or_else(wire::user_not_found)?;
        match self {
            Self::Ban(reason, seconds) => {
                actions::ban(state, context, caller, id, Ban { reason, seconds }).await?;
            }
            Self::Unban if there.banned != Some(true) => return Err(NotDone::Because(NOT_BANNED)),
            Self::Unban => {
                actions::unban(state, context, caller, id).await?;
            }
            Self::SignOut if actions::revoke_sessions(state, context, id).await? == 0 => {
                return Err(NotDone::Because(NO_SESSIONS));
            }
            Self::SignOut => {}
            Self::Remove => actions::remove(state, context, caller, id).await?,
        }
        Ok(())
    }
}

/// Makes a change to each of them, for an operator.
async fn of_each(
    state: &State,
    context: &Context,
    ids: Vec<String>,
    change: Change<'_>,
) -> Result<Response, ApiError> {
    let caller = Caller::with(change.permission(), state, context).await?;
    // An engine that is to end does not leave half of them.
    let _busy = state.busy.enter();
    let mut results = Vec::with_capacity(ids.len());
    for user_id in ids {
        let code = match change.make(state, context, &caller, &user_id).await {
            Ok(()) => None,
            Err(NotDone::Because(code)) => Some(code),
            Err(NotDone::Error(error)) => {
                let is_fault = error.status().is_server_error();
                if is_fault {
                    tracing::error!(cause = ?error, "one of several users could not be changed");
                }
                Some(error.code().filter(|_| !is_fault).unwrap_or(FAILED))
            }
        };
        results.push(OfOne { user_id, done: code.is_none(), code });
    }
    wire::json(&Results { results })
}

/// `POST /admin/ban-users` `{userIds, banReason?, banExpiresIn?}`.
pub(super) async fn ban_users(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let ids = ids(&mut fields);
    let (reason, seconds) = (fields.optional_string("banReason"), fields.optional_number("banExpiresIn"));
    if let Some(problem) = reason.and_then(text_problem) {
        fields.issue("banReason", &problem);
    }
    if let Some(problem) = (Ban { reason, seconds }).problem() {
        fields.issue("banExpiresIn", problem);
    }
    fields.finish()?;
    of_each(&state, &context, ids, Change::Ban(reason, seconds)).await
}

/// `{userIds}`, and what to do with them.
async fn named(
    state: &State,
    context: &Context,
    body: &JsonBody,
    change: Change<'_>,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let ids = ids(&mut fields);
    fields.finish()?;
    of_each(state, context, ids, change).await
}

/// `POST /admin/unban-users` `{userIds}`.
pub(super) async fn unban_users(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    named(&state, &context, &body, Change::Unban).await
}

/// `POST /admin/revoke-sessions-of-users` `{userIds}`.
pub(super) async fn revoke_sessions(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    named(&state, &context, &body, Change::SignOut).await
}

/// `POST /admin/remove-users` `{userIds}`.
pub(super) async fn remove_users(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    named(&state, &context, &body, Change::Remove).await
}
