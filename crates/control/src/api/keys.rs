//! Management keys.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    PREFIX, Problem,
    code::Code,
    idempotency::KeepInstead,
    input::{Asked, Sent, optional_integer},
    page::{self, Limit, Page, page},
    resource::text,
    tenants::workspace_of,
};
use crate::{
    Caller, Control, Permission, Scopes,
    caller::Actor,
    key::{self, KeyState, ManagementKey, NewKey, Rotated, store},
    permission::ALL_SCOPES,
    position::Position,
};

/// What cursors of this list begin with.
const LIST: &str = "keys";
/// How long both secrets are good after a rotation, when nothing is said, and at most.
const DEFAULT_OVERLAP_SECONDS: u32 = 24 * 3600;
const MAX_OVERLAP_SECONDS: u32 = 30 * 24 * 3600;
/// Longest life of a key that ends: ten years.
const MAX_LIFE: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// A management key. The key itself is in the answer that makes it or rotates it, and nowhere else.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct KeyResource {
    /// Its id, which never changes.
    #[schema(example = "0a1b2c3d4e5f6g7h", pattern = "^[a-z0-9]{16}$")]
    id: String,
    /// Its name for people.
    #[schema(example = "deploy")]
    name: String,
    /// What it begins with.
    #[schema(example = "kiavi_mk_")]
    prefix: &'static str,
    /// What it ends with.
    #[schema(example = "x7Qd")]
    last4: String,
    /// The only workspace that it is good for; null is the whole instance.
    workspace: Option<String>,
    /// What it may do: permissions, or `*` for everything.
    #[schema(example = json!(["tenant.read", "tenant.create"]))]
    scopes: Vec<&'static str>,
    state: KeyState,
    /// Who made it.
    #[schema(example = "local_operator")]
    created_by: String,
    /// Who was shown its secret: whoever made it, or rotated it last. It ends when they are a member no more, and does no
    /// more than they may.
    #[schema(example = "member:Zk3vX9bQ2mWc7LpR1sTd8uYa4eNf6gHj")]
    holder: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends by itself; null is never.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// The last day on which it was used, in UTC.
    #[schema(format = Date, example = "2026-11-26")]
    last_used_on: Option<String>,
    /// Until when the secret before the last rotation is good, too; null when it is not.
    #[schema(format = DateTime)]
    previous_expires_at: Option<String>,
    /// When it was revoked.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// A management key with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyWithSecret)]
pub(super) struct KeyShownOnce {
    #[serde(flatten)]
    resource: KeyResource,
    /// The key: keep it now, it is not shown again. Null where the request is a repetition.
    #[schema(example = "kiavi_mk_7Jd0sT2kQmW8xYb1Lr5PzVcN3fHgUoEiAa9DtKqRx7Qd")]
    key: Option<String>,
}

impl From<ManagementKey> for KeyResource {
    fn from(key: ManagementKey) -> Self {
        Self {
            scopes: key.scopes.texts(),
            id: key.id,
            name: key.name,
            prefix: key::PREFIX,
            last4: key.last4,
            workspace: key.workspace.map(String::from),
            state: key.state,
            created_by: key.created_by,
            holder: key.holder,
            created_at: text(key.created_at),
            expires_at: key.expires_at.map(text),
            last_used_on: key.last_used_on,
            previous_expires_at: key.previous_expires_at.map(text),
            revoked_at: key.revoked_at.map(text),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// How many, at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// Only keys in this state.
    #[param(inline)]
    state: Option<KeyState>,
    /// Only keys of this workspace, by name or id.
    #[param(max_length = 63, example = "default")]
    workspace: Option<String>,
}

/// List management keys
///
/// Newest first, in pages. With a key of one workspace these are the keys of that workspace.
#[utoipa::path(get, path = "/keys", tag = "Keys", params(Wanted), responses(
    (status = 200, description = "A page of keys", body = Page<KeyResource>),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let before = page::position_in_time(LIST, wanted.cursor.as_deref(), Position::last())?;
    let workspace = workspace_of(&control, &caller, wanted.workspace.as_deref()).await?;
    let database = &control.parts().database;
    let keys = store::list(database, workspace.as_ref(), &before, wanted.state, limit.and_one()).await?;
    let position = |key: &ManagementKey| Position { at: key.created_at, id: key.id.to_string() }.to_string();
    Ok(page(LIST, &uri, keys, limit, position, KeyResource::from))
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedKey {
    /// Its name for people.
    #[schema(example = "deploy", min_length = 1, max_length = 100)]
    name: String,
    /// What it may do, and no more than whoever makes it: permissions, or `*` for everything, also what is to come.
    #[schema(example = json!(["tenant.read", "tenant.create"]), min_items = 1)]
    scopes: Vec<ScopeText>,
    /// The only workspace that it is good for, by name or id. Without it: that of who asks, or the whole instance.
    #[schema(example = "default", max_length = 63)]
    workspace: Option<String>,
    /// When it ends by itself, within ten years; without it, it does not.
    #[schema(format = DateTime, example = "2035-11-26T00:00:00Z")]
    expires_at: Option<String>,
}

/// A permission, or everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum ScopeText {
    One(Permission),
    All(Star),
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub(super) enum Star {
    #[serde(rename = "*")]
    Star,
}

/// Create a management key
///
/// The key is shown once, in this answer.
#[utoipa::path(post, path = "/keys", tag = "Keys", request_body = WantedKey, responses(
    (status = 201, description = "The key", body = KeyShownOnce,
        headers(("Location" = String, description = "Its address in this API"))),
))]
pub(super) async fn create(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    actor: Actor,
    Sent(wanted): Sent<WantedKey>,
) -> Result<Response, Problem> {
    if !crate::workspace::is_name(&wanted.name) {
        let detail = format!("A key's name has 1 to {} printable characters.", key::MAX_NAME);
        return Err(Problem::new(Code::InvalidName, detail));
    }
    let scopes = scopes(&wanted.scopes)?;
    if !caller.may_all(&scopes) {
        return Err(Code::ScopesTooWide.into());
    }
    let expires_at = expiry(wanted.expires_at.as_deref(), control.parts().clock.now())?;
    let workspace = workspace_of(&control, &caller, wanted.workspace.as_deref()).await?;
    let new = NewKey { name: wanted.name, workspace, scopes, expires_at };
    let made = key::create(&control, &actor, &new).await?;
    let location = format!("{PREFIX}/keys/{}", made.key.id);
    let mut response = shown_once(StatusCode::CREATED, made);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn expiry(wanted: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = wanted else { return Ok(None) };
    let at = text.parse::<Timestamp>().ok();
    let at = at.filter(|at| *at > now && at.duration_since(now) <= MAX_LIFE);
    let wrong =
        || Problem::new(Code::InvalidKey, "\"expires_at\" is an RFC 3339 time within the next ten years.");
    at.map(Some).ok_or_else(wrong)
}

fn scopes(wanted: &[ScopeText]) -> Result<Scopes, Problem> {
    if wanted.iter().any(|scope| matches!(scope, ScopeText::All(_))) {
        return Ok(Scopes::All);
    }
    let one = |scope: &ScopeText| match scope {
        ScopeText::One(permission) => Some(*permission),
        ScopeText::All(_) => None,
    };
    let mut permissions: Vec<_> = wanted.iter().filter_map(one).collect();
    permissions.sort_unstable();
    permissions.dedup();
    if permissions.is_empty() {
        return Err(Problem::invalid_body(format!("Name at least one scope, or \"{ALL_SCOPES}\".")));
    }
    Ok(Scopes::Only(permissions))
}

/// Show a management key
///
/// Never the key itself.
#[utoipa::path(get, path = "/keys/{key}", tag = "Keys",
    params(("key" = String, Path, description = "The key's id", example = "0a1b2c3d4e5f6g7h")), responses(
    (status = 200, description = "The key", body = KeyResource),
))]
pub(super) async fn show(Extension(key): Extension<Arc<ManagementKey>>) -> Json<KeyResource> {
    Json(KeyResource::from(ManagementKey::clone(&key)))
}

/// How a key is to be rotated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    /// How long the present secret is good beside the new one, in seconds; 0 ends it at once.
    #[schema(example = 3600, minimum = 0, maximum = 2_592_000, default = 86_400)]
    #[serde(default, deserialize_with = "optional_integer")]
    overlap_seconds: Option<u32>,
}

/// Rotate a management key
///
/// Gives it a new secret, which is shown once, in this answer. The present one stays good for the overlap: a day, if
/// nothing is said, 30 days at most. One from a rotation before ends now.
#[utoipa::path(post, path = "/keys/{key}/rotate", tag = "Keys",
    params(("key" = String, Path, description = "The key's id", example = "0a1b2c3d4e5f6g7h")),
    request_body = Rotation, responses(
    (status = 200, description = "The key with its new secret", body = KeyShownOnce),
))]
pub(super) async fn rotate(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(key): Extension<Arc<ManagementKey>>,
    actor: Actor,
    Sent(rotation): Sent<Rotation>,
) -> Result<Response, Problem> {
    // Who gets a key's secret may do what the key may.
    if !caller.may_all(&key.scopes) {
        return Err(Code::ScopesTooWide.into());
    }
    let overlap = rotation.overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    if overlap > MAX_OVERLAP_SECONDS {
        let detail = format!("\"overlap_seconds\" is at most {MAX_OVERLAP_SECONDS}.");
        return Err(Problem::new(Code::InvalidKey, detail));
    }
    let overlap = SignedDuration::from_secs(overlap.into());
    let rotated = key::rotate(&control, &actor, &key.id, overlap).await?;
    Ok(shown_once(StatusCode::OK, rotated.ok_or(Code::KeyNotActive)?))
}

/// Revoke a management key
///
/// Ends it at once, with both secrets if it is being rotated; again changes nothing. What it made stays, and so does
/// its entry in the list, for the log.
#[utoipa::path(post, path = "/keys/{key}/revoke", tag = "Keys",
    params(("key" = String, Path, description = "The key's id", example = "0a1b2c3d4e5f6g7h")), responses(
    (status = 200, description = "It is revoked, or was before", body = KeyResource),
))]
pub(super) async fn revoke(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(key): Extension<Arc<ManagementKey>>,
    actor: Actor,
) -> Result<Json<KeyResource>, Problem> {
    key::revoke(&control, &actor, &key.id).await?;
    let now = store::find(&control.parts().database, caller.workspace(), &key.id).await?;
    Ok(Json(KeyResource::from(now.ok_or_else(|| Problem::key_not_found(&key.id))?)))
}

/// The answer with the secret, of which everything but the secret is kept for a repetition.
fn shown_once(status: StatusCode, rotated: Rotated) -> Response {
    let Rotated { key, secret } = rotated;
    let resource = KeyResource::from(key);
    let kept: Value = json!(KeyShownOnce { resource: resource.clone(), key: None });
    let shown = KeyShownOnce { resource, key: Some(secret.expose_secret().to_owned()) };
    let mut response = (status, Json(shown)).into_response();
    response.extensions_mut().insert(KeepInstead(kept));
    response
}
