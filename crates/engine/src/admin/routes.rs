//! Endpoints of users.

use axum::{extract::RawQuery, response::Response};
use serde_json::{Map, Value};

use super::{
    access::{
        BAN_USERS, CREATE_USERS, Caller, DELETE_USERS, GET_USER, LIST_USERS, Permission, SET_ROLE,
        UPDATE_USERS,
    },
    actions::{self, Ban, Creation},
    change::{self, Change},
    look_up::{Key, look_up},
    parameters::Parameters,
    query::Wanted,
    store, wire,
};
use crate::{
    ApiError, Context, Fields, JsonBody, State,
    audit::{EventType, Outcome},
    user::text_problem,
};

/// `GET /admin/list-users`.
pub(super) async fn list_users(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(query.as_deref().unwrap_or_default())?;
    let caller = Caller::with(LIST_USERS, &state, &context).await?;
    let page = page(&state, wanted).await?;
    let outcome = if page.is_some() { Outcome::Success } else { Outcome::Failure };
    caller.note_look(&state, &context, EventType::UsersListed, None, outcome).await?;
    wire::json(&page.unwrap_or_default())
}

/// `None` for a query that makes no sense, which Better Auth answers as if nobody were there.
async fn page(state: &State, wanted: Wanted) -> Result<Option<wire::UsersBody>, ApiError> {
    let Some(plan) = wanted.plan() else { return Ok(None) };
    match store::list(&state.database, &plan).await {
        Ok((users, total)) => {
            let (limit, offset) = (plan.limit, plan.offset);
            Ok(Some(wire::UsersBody { users, total, limit, offset }))
        }
        // Data exceptions: a value that is no date, a pattern that ends in an escape.
        Err(error) if error.sqlstate().is_some_and(|state| state.code().starts_with("22")) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `GET /admin/get-user?id=`, for operators also `?email=`.
pub(super) async fn get_user(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let address = context.operator().and_then(|_| query.one("email"));
    let id = match address {
        Some(_) => query.one("id"),
        None => Some(query.required("id")),
    };
    query.finish()?;
    let caller = Caller::with(GET_USER, &state, &context).await?;
    let address = address.map(|address| change::address(&Value::String(address))).transpose()?;
    let key = match (&id, &address) {
        (None, Some(address)) => Key::Address(address.as_str()),
        (id, _) => Key::Id(id.as_deref().unwrap_or_default()),
    };
    wire::json(&look_up(&state, &context, &caller, key).await?)
}

/// `POST /admin/create-user` `{email, name, password?, role?, data?}`.
pub(super) async fn create_user(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let (email, name) = (fields.string("email"), fields.string("name"));
    let password = fields.optional_string("password");
    let role = optional_roles(&mut fields);
    let data = optional_record(&mut fields, "data");
    if let Some(problem) = text_problem(name) {
        fields.issue("name", &problem);
    }
    fields.finish()?;
    let caller = Caller::with(CREATE_USERS, &state, &context).await?;
    let data = data.cloned().unwrap_or_default();
    let needed = change::permissions(&data).chain(role.map(|_| SET_ROLE));
    for permission in needed {
        caller.require(permission, &state, &context).await?;
    }
    // These two have their own place in the body.
    if let Some(field) = ["email", "name"].into_iter().find(|field| data.contains_key(*field)) {
        return Err(wire::field_not_allowed(field));
    }
    let mut change = Change::read(&data)?;
    let role = role.map(change::roles).transpose()?.or(change.role.take());
    let email = change::address(&Value::String(email.to_owned()))?;
    if password.is_some_and(|password| !password.is_empty()) {
        return Err(wire::passwords_disabled());
    }
    let creation = Creation { email: email.as_str(), name, role, change };
    let user = actions::create(&state, &context, &caller, creation).await?;
    wire::json(&wire::UserBody { user: &user })
}

/// A string or an array of strings, which may be absent.
fn optional_roles<'b>(fields: &mut Fields<'b>) -> Option<&'b Value> {
    let given = fields.get("role")?;
    let is_text = match given {
        Value::Array(roles) => roles.iter().all(Value::is_string),
        other => other.is_string(),
    };
    if !is_text {
        fields.issue("role", "Invalid input");
    }
    Some(given)
}

/// The same where it must be there.
fn required_roles<'b>(fields: &mut Fields<'b>) -> &'b Value {
    optional_roles(fields).unwrap_or_else(|| {
        fields.issue("role", "Invalid input");
        &Value::Null
    })
}

fn optional_record<'b>(fields: &mut Fields<'b>, name: &str) -> Option<&'b Map<String, Value>> {
    fields.get(name)?;
    fields.record_member(name).as_object()
}

/// `POST /admin/update-user` `{userId, data}`: the user itself.
pub(super) async fn update_user(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let id = fields.coerced_string("userId");
    let data = fields.record_member("data").as_object();
    fields.finish()?;
    let caller = Caller::with(UPDATE_USERS, &state, &context).await?;
    let data = data.filter(|data| !data.is_empty()).ok_or_else(wire::no_data)?;
    if data.contains_key("password") {
        return Err(wire::password_not_updatable());
    }
    if data.contains_key("id") {
        return Err(wire::id_not_updatable());
    }
    wire::json(&actions::update(&state, &context, &caller, &id, data).await?)
}

/// `POST /admin/set-role` `{userId, role}`.
pub(super) async fn set_role(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let id = fields.coerced_string("userId");
    let role = required_roles(&mut fields);
    fields.finish()?;
    let caller = Caller::with(SET_ROLE, &state, &context).await?;
    let user = actions::set_role(&state, &context, &caller, &id, change::roles(role)?).await?;
    wire::json(&wire::UserBody { user: &user })
}

/// `POST /admin/ban-user` `{userId, banReason?, banExpiresIn?}`.
pub(super) async fn ban_user(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let id = fields.coerced_string("userId");
    let ban =
        Ban { reason: fields.optional_string("banReason"), seconds: fields.optional_number("banExpiresIn") };
    if let Some(problem) = ban.reason.and_then(text_problem) {
        fields.issue("banReason", &problem);
    }
    if let Some(problem) = ban.problem() {
        fields.issue("banExpiresIn", problem);
    }
    fields.finish()?;
    let caller = Caller::with(BAN_USERS, &state, &context).await?;
    let user = actions::ban(&state, &context, &caller, &id, ban).await?;
    wire::json(&wire::UserBody { user: &user })
}

/// `{userId}`, and a caller who has `permission`.
async fn caller_and_user_id(
    state: &State,
    context: &Context,
    body: &JsonBody,
    permission: Permission,
) -> Result<(Caller, String), ApiError> {
    let mut fields = body.fields()?;
    let id = fields.coerced_string("userId").into_owned();
    fields.finish()?;
    Ok((Caller::with(permission, state, context).await?, id))
}

/// `POST /admin/unban-user` `{userId}`.
pub(super) async fn unban_user(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let (caller, id) = caller_and_user_id(&state, &context, &body, BAN_USERS).await?;
    let user = actions::unban(&state, &context, &caller, &id).await?;
    wire::json(&wire::UserBody { user: &user })
}

/// `POST /admin/remove-user` `{userId}`.
pub(super) async fn remove_user(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (caller, id) = caller_and_user_id(&state, &context, &body, DELETE_USERS).await?;
    if caller.is(&id) {
        return Err(wire::cannot_remove_yourself());
    }
    actions::remove(&state, &context, &caller, &id).await?;
    Ok(wire::success())
}

/// `POST /admin/has-permission` `{permissions}`: whether the caller has all of them.
pub(super) async fn has_permission(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    fields.optional_string("role");
    let (old, new) = (fields.get("permission"), fields.get("permissions"));
    fields.finish()?;
    let requested = match (old.map(statements), new.map(statements)) {
        (None | Some(None), Some(Some(requested))) => requested,
        (Some(Some(_)), None | Some(None)) => return Err(wire::no_permissions_passed()),
        (Some(Some(_)), Some(Some(_))) => {
            return Err(ApiError::validation("[body] Invalid input: more than one option matched"));
        }
        _ => return Err(ApiError::validation("[body] Invalid input")),
    };
    let caller = Caller::of(&state, &context).await?;
    let success = caller.has(&state.settings.admin, &requested);
    wire::json(&serde_json::json!({ "error": null, "success": success }))
}

/// Resources with lists of actions.
fn statements(given: &Value) -> Option<Vec<(&str, Vec<&str>)>> {
    let mut statements = Vec::new();
    for (resource, actions) in given.as_object()? {
        let actions = actions.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        statements.push((resource.as_str(), actions));
    }
    Some(statements)
}
