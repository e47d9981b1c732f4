//! A tenant's settings: reading them, their versions and what differs.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    code::Code,
    input::Asked,
    page::{self, Limit, Page, page},
    resource::text,
};
use crate::{
    Control, Tenant,
    settings::{Change, diff, secrets::masked, store},
};

/// What cursors of versions begin with.
const LIST: &str = "versions";
/// Ends the entity tag of a version that the engine does not have yet.
pub(super) const UNDELIVERED: &str = "-undelivered";

/// A tenant's settings.
#[derive(Serialize, ToSchema)]
pub(super) struct SettingsDocument {
    /// The current version, from 1.
    #[schema(example = 7)]
    version: i32,
    /// The version that the running engine has.
    #[schema(example = 7)]
    delivered_version: i32,
    /// The whole document; secrets are shown as `***`.
    #[schema(value_type = Object)]
    settings: Value,
}

/// Read settings
///
/// The whole document, secrets masked. Its version is the entity tag, for `If-Match` of a change.
#[utoipa::path(get, path = "/tenants/{tenant}/settings", tag = "Settings",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The settings", body = SettingsDocument,
        headers(("ETag" = String, description = "The version"))),
))]
pub(super) async fn show(Extension(tenant): Extension<Arc<Tenant>>) -> Response {
    let body = SettingsDocument {
        version: tenant.settings_version,
        delivered_version: tenant.settings_delivered,
        settings: masked(&tenant.settings),
    };
    with_tag(Json(body).into_response(), tenant.settings_version, !tenant.has_undelivered_settings())
}

/// The answer with the version as its entity tag.
pub(super) fn with_tag(mut response: Response, version: i32, is_delivered: bool) -> Response {
    let ending = if is_delivered { "" } else { UNDELIVERED };
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}{ending}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
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
}

/// A version of a tenant's settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsVersion)]
pub(super) struct VersionResource {
    #[schema(example = 7)]
    version: i32,
    /// Who made it.
    #[schema(example = "management_key:0a1b2c3d4e5f6g7h")]
    actor: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Why.
    comment: Option<String>,
    /// What differs from the version before: `path`, `from`, `to`.
    #[schema(value_type = Vec<Change>)]
    changes: Value,
}

/// List versions of settings
///
/// What was changed by whom, newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/settings/versions", tag = "Settings",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Wanted), responses(
    (status = 200, description = "A page of versions", body = Page<VersionResource>),
))]
pub(super) async fn versions(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let before = match page::position(LIST, wanted.cursor.as_deref())? {
        Some(position) => position.parse().map_err(|_| Problem::plain(Code::InvalidCursor))?,
        None => i32::MAX,
    };
    let versions =
        store::versions_before(&control.parts().database, &tenant.id, before, limit.and_one()).await?;
    let resource = |row: store::SettingsVersion| VersionResource {
        version: row.version,
        actor: row.actor,
        at: text(row.at),
        comment: row.comment,
        changes: row.changes,
    };
    Ok(page(LIST, &uri, versions, limit, |row| row.version.to_string(), resource))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Between {
    /// The older version; the one before the newer, if it is not named.
    #[param(example = 6, minimum = 1, maximum = 2_147_483_647)]
    from: Option<i32>,
    /// The newer version; the current one, if it is not named.
    #[param(example = 7, minimum = 1, maximum = 2_147_483_647)]
    to: Option<i32>,
}

/// What differs between two versions.
#[derive(Serialize, ToSchema)]
pub(super) struct Differences {
    from: i32,
    to: i32,
    changes: Vec<Change>,
}

/// Compare two versions of settings
///
/// The current one and the one before it, if nothing else is said. Secrets are masked.
#[utoipa::path(get, path = "/tenants/{tenant}/settings/diff", tag = "Settings",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Between), responses(
    (status = 200, description = "What differs", body = Differences),
))]
pub(super) async fn compare(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    Asked(between): Asked<Between>,
) -> Result<Json<Differences>, Problem> {
    let to = between.to.unwrap_or(tenant.settings_version);
    let from = between.from.unwrap_or_else(|| to.saturating_sub(1).max(1));
    let (old, new) = (document(&control, &tenant, from).await?, document(&control, &tenant, to).await?);
    Ok(Json(Differences { from, to, changes: diff(&old, &new) }))
}

/// A version as it is stored.
pub(super) async fn document(control: &Control, tenant: &Tenant, version: i32) -> Result<Value, Problem> {
    let found = store::version(&control.parts().database, &tenant.id, version).await?;
    found.map(|found| found.document).ok_or_else(|| Problem::no_such_settings_version(version))
}
