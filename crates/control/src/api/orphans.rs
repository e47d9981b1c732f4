//! What is left of tenants that are not there.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use kiavi_base::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, input::Sent};
use crate::{
    Control,
    caller::Actor,
    orphans::{self, Remains},
};

/// What is left of one tenant.
#[derive(Serialize, ToSchema)]
pub(super) struct Orphan {
    /// The id that the tenant had.
    #[schema(value_type = String, example = "t0a1b2c3d4e5f6g7h8i9j0k1l")]
    id: TenantId,
    remains: Remains,
}

/// All orphans.
#[derive(Serialize, ToSchema)]
pub(super) struct Orphans {
    /// By the id that the tenant had.
    orphans: Vec<Orphan>,
}

/// List orphans
///
/// Databases, roles, accounts and secrets that are named like a tenant's and are of none. No crash leaves any; restoring
/// one part of an instance without the others may.
#[utoipa::path(get, path = "/orphans", tag = "Tenants", responses(
    (status = 200, description = "The orphans", body = Orphans),
))]
pub(super) async fn list(State(control): State<Control>) -> Result<Response, Problem> {
    let found = orphans::find(&control).await?.into_iter();
    let orphans = found.map(|(id, remains)| Orphan { id, remains }).collect();
    Ok(Json(Orphans { orphans }).into_response())
}

/// Orphans to be removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    /// Their ids, as the list has them.
    ids: Vec<String>,
}

/// Orphans that were removed.
#[derive(Serialize, ToSchema)]
pub(super) struct Removed {
    /// Their ids.
    #[schema(value_type = Vec<String>)]
    removed: Vec<TenantId>,
}

/// Remove orphans
///
/// Those that are named and are orphans; the answer names them. This cannot be undone.
#[utoipa::path(post, path = "/orphans/remove", tag = "Tenants", request_body = Chosen, responses(
    (status = 200, description = "Those that are gone", body = Removed),
))]
pub(super) async fn remove(
    State(control): State<Control>,
    actor: Actor,
    Sent(chosen): Sent<Chosen>,
) -> Result<Response, Problem> {
    let ids: Option<Vec<TenantId>> = chosen.ids.iter().map(|id| id.parse().ok()).collect();
    let ids =
        ids.ok_or_else(|| Problem::invalid_body("\"ids\" has ids of tenants, as the list has them."))?;
    let removed = orphans::remove(&control, &actor, &ids).await?;
    Ok(Json(Removed { removed }).into_response())
}
