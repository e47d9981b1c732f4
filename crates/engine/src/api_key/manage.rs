//! Making, showing, changing and removing keys.

use kiavi_db::Transaction;
use serde_json::{Value, json};

use super::{
    ApiKey,
    flow::{self, Change, Creation, ServerOnly},
    store::{self, NewKey, NewValues, Order},
    wire,
};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    session::{self, CurrentUser},
    verification::row_id,
};

/// Whose keys a request makes or changes: the signed-in user's, or those of the user that an operator names.
///
/// # Errors
/// 400 `SERVER_ONLY_PROPERTY` for what only an operator may set; 401 `UNAUTHORIZED_SESSION` without a sign-in or
/// with one that is an API key.
async fn owner(
    state: &State,
    context: &Context,
    server_only: &ServerOnly,
    named: Option<&str>,
    may_name_oneself: bool,
) -> Result<String, ApiError> {
    if context.operator().is_some() {
        return named.map(str::to_owned).ok_or_else(wire::unauthorized_session);
    }
    if server_only.is_any() {
        return Err(wire::server_only());
    }
    if named.is_some() && !may_name_oneself {
        return Err(wire::unauthorized_session());
    }
    let current = session::find(state, context).await?.ok_or_else(wire::unauthorized_session)?;
    if !may_change_access(&current) || named.is_some_and(|named| named != current.user.id) {
        return Err(wire::unauthorized_session());
    }
    Ok(current.user.id)
}

/// Keeps the session in which a key is made until the key is there.
///
/// # Errors
/// 401 `UNAUTHORIZED_SESSION` when it has ended meanwhile.
async fn hold_session(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    owner: &str,
) -> Result<(), ApiError> {
    if context.operator().is_some() {
        return Ok(());
    }
    let current = session::find(state, context).await?.ok_or_else(wire::unauthorized_session)?;
    let is_held =
        !current.is_signed_in() || session::store::hold(transaction, &current.session.token, owner).await?;
    if is_held { Ok(()) } else { Err(wire::unauthorized_session()) }
}

/// A key that could make keys would outlive its own removal, and its own limits. So would a key that somebody makes
/// while they act as its owner.
pub(super) fn may_change_access(current: &CurrentUser) -> bool {
    current.session.impersonated_by.is_none() && (current.is_signed_in() || current.is_fresh)
}

fn event<'a>(context: &Context, kind: EventType, owner: &'a str, detail: Value) -> Event<'a> {
    match context.operator() {
        Some(_) => Event::new(kind, Outcome::Success).about(owner).using(Method::Management),
        None => Event::by(kind, owner),
    }
    .detail(detail)
}

/// What the settings say where nobody asked for anything else.
fn with_defaults(state: &State, asked: ServerOnly) -> ServerOnly {
    let settings = &state.settings.api_key;
    // `validate` holds them in 32 bits.
    let (max, window) = (settings.rate_limit_max, settings.rate_limit_window_milliseconds);
    ServerOnly {
        rate_limit_max: asked.rate_limit_max.or(i32::try_from(max).ok()),
        rate_limit_time_window: asked.rate_limit_time_window.or(i32::try_from(window).ok()),
        rate_limit_enabled: asked.rate_limit_enabled.or(Some(settings.is_rate_limit_enabled)),
        ..asked
    }
}

/// Makes a key; the answer is the only one that holds its text.
pub(super) async fn create(
    state: &State,
    context: &Context,
    asked: Creation<'_>,
) -> Result<ApiKey, ApiError> {
    let settings = &state.settings.api_key;
    let owner = owner(state, context, &asked.server_only, asked.user_id.as_deref(), false).await?;
    let metadata = asked.check(settings)?;
    let server_only = with_defaults(state, asked.server_only);
    let prefix = asked.prefix.or(settings.prefix.as_deref());
    let text = flow::key_text(state.rng(), prefix.unwrap_or_default());
    let default_life = settings.default_expires_in_seconds.map(f64::from);
    let transaction = state.database.begin().await?;
    hold_session(&transaction, state, context, &owner).await?;
    if !store::lock_owner(&transaction, &owner).await? {
        return Err(wire::user_not_found());
    }
    if store::count(&transaction, &owner).await? >= i64::from(settings.keys_per_user) {
        return Err(wire::too_many_keys());
    }
    let new = NewKey {
        id: &row_id(state.rng()),
        owner: &owner,
        name: asked.name,
        start: flow::start(&text),
        prefix,
        hash: &flow::hash(&text),
        life_seconds: asked.expires_in_seconds.or(default_life),
        metadata: metadata.as_deref(),
        server_only: &server_only,
    };
    let key = store::insert(&transaction, new).await?;
    let detail =
        json!({ "key": key.id, "permissions": key.permissions, "expires": key.expires_at.is_some() });
    let event = event(context, EventType::ApiKeyCreated, &owner, detail);
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    Ok(ApiKey { key: Some(text), ..key })
}

/// The names of what a change sets, for the log.
fn changed(asked: &Change<'_>, sets_metadata: bool) -> Vec<&'static str> {
    let limits = &asked.server_only;
    [
        ("name", asked.name.is_some()),
        ("enabled", asked.enabled.is_some()),
        ("expiresAt", asked.expires_in_seconds.is_some()),
        ("metadata", sets_metadata),
        ("remaining", limits.remaining.is_some()),
        ("refillAmount", limits.refill_amount.is_some()),
        ("refillInterval", limits.refill_interval.is_some()),
        ("rateLimitMax", limits.rate_limit_max.is_some()),
        ("rateLimitTimeWindow", limits.rate_limit_time_window.is_some()),
        ("rateLimitEnabled", limits.rate_limit_enabled.is_some()),
        ("permissions", limits.permissions.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, is_set)| is_set.then_some(name))
    .collect()
}

/// Changes a key.
pub(super) async fn update(state: &State, context: &Context, asked: Change<'_>) -> Result<ApiKey, ApiError> {
    let owner = owner(state, context, &asked.server_only, asked.user_id.as_deref(), true).await?;
    one(state, asked.key_id, &owner).await?;
    let metadata = asked.check(&state.settings.api_key)?;
    let fields = changed(&asked, metadata.is_some());
    let new = NewValues {
        name: asked.name,
        enabled: asked.enabled,
        life_seconds: asked.expires_in_seconds,
        metadata,
        server_only: &asked.server_only,
    };
    let transaction = state.database.begin().await?;
    let key =
        store::update(&transaction, asked.key_id, &owner, new).await?.ok_or_else(wire::key_not_found)?;
    let mut detail = json!({ "key": key.id, "fields": fields });
    if asked.server_only.permissions.is_some() {
        detail["permissions"] = key.permissions.clone().unwrap_or(Value::Null);
    }
    let event = event(context, EventType::ApiKeyUpdated, &owner, detail);
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    Ok(key)
}

/// A key of `owner`.
pub(super) async fn one(state: &State, id: &str, owner: &str) -> Result<ApiKey, ApiError> {
    // PostgreSQL's text cannot hold a NUL, so no row has such an id.
    if id.contains('\0') {
        return Err(wire::key_not_found());
    }
    store::one(&state.database, id, owner).await?.ok_or_else(wire::key_not_found)
}

/// The keys of `owner`, at most 100.
pub(super) async fn list(
    state: &State,
    owner: &str,
    config: Option<&str>,
    order: Order<'_>,
) -> Result<Vec<ApiKey>, ApiError> {
    Ok(store::list(&state.database, owner, config, order).await?)
}

/// Removes a key of the signed-in user.
pub(super) async fn delete(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    id: &str,
) -> Result<(), ApiError> {
    if current.user.banned == Some(true) {
        return Err(wire::user_banned());
    }
    let owner = &current.user.id;
    let transaction = state.database.begin().await?;
    if id.contains('\0') || !store::delete(&transaction, id, owner).await? {
        return Err(wire::key_not_found());
    }
    let event = event(context, EventType::ApiKeyDeleted, owner, json!({ "key": id }));
    audit::record(&transaction, state, context, event).await?;
    Ok(transaction.commit().await?)
}
