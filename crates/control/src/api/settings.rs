//! A tenant's settings: reading them, their versions and what differs.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Problem, resource::text, tenants::find};
use crate::{
    Control, Tenant,
    settings::{Change, diff, secrets::masked, store},
};

/// Versions of one answer when nothing else is asked for, and at most.
const DEFAULT_LIMIT: u16 = 20;
const MAX_LIMIT: u16 = 100;

/// `GET /api/v1/tenants/{id or name}/settings`: the document, secrets masked. Its version is the entity tag.
pub(super) async fn show(
    State(control): State<Control>,
    Path(id_or_slug): Path<String>,
) -> Result<Response, Problem> {
    let tenant = find(&control, &id_or_slug).await?;
    let body = json!({
        "version": tenant.settings_version,
        "delivered_version": tenant.settings_delivered,
        "settings": masked(&tenant.settings),
    });
    Ok(with_tag(Json(body).into_response(), tenant.settings_version))
}

/// The answer with the version as its entity tag.
pub(super) fn with_tag(mut response: Response, version: i32) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<u16>,
    before: Option<i32>,
}

#[derive(Serialize)]
struct VersionResource {
    version: i32,
    actor: String,
    at: String,
    comment: Option<String>,
    changes: Value,
}

/// `GET /api/v1/tenants/{id or name}/settings/versions?limit=&before=`: what was changed by whom, newest first.
pub(super) async fn versions(
    State(control): State<Control>,
    Path(id_or_slug): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = page.map_err(|error| Problem::invalid_query(error.body_text()))?;
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid_query(format!("\"limit\" is between 1 and {MAX_LIMIT}.")));
    }
    let tenant = find(&control, &id_or_slug).await?;
    let before = page.before.unwrap_or(i32::MAX);
    let database = &control.parts().database;
    let versions = store::versions_before(database, &tenant.id, before, limit.into()).await?;
    // The first version is 1, so whoever has it has all.
    let next = versions.last().map(|last| last.version).filter(|version| *version > 1);
    let versions: Vec<_> = versions
        .into_iter()
        .map(|row| VersionResource {
            version: row.version,
            actor: row.actor,
            at: text(row.at),
            comment: row.comment,
            changes: row.changes,
        })
        .collect();
    Ok(Json(json!({ "versions": versions, "next": next })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    from: Option<i32>,
    to: Option<i32>,
}

#[derive(Serialize)]
pub(super) struct Differences {
    from: i32,
    to: i32,
    changes: Vec<Change>,
}

/// `GET /api/v1/tenants/{id or name}/settings/diff?from=&to=`: what differs between two versions; the current one
/// and the one before it, if nothing else is said.
pub(super) async fn compare(
    State(control): State<Control>,
    Path(id_or_slug): Path<String>,
    between: Result<Query<Between>, QueryRejection>,
) -> Result<Json<Differences>, Problem> {
    let Query(between) = between.map_err(|error| Problem::invalid_query(error.body_text()))?;
    let tenant = find(&control, &id_or_slug).await?;
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
