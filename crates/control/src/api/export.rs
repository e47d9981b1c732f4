//! `POST /v1/tenants/{id or name}/export`: what another server needs to take over, besides the rows.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use kiavi_base::{Slug, TenantId};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Problem, code::Code, idempotency::KeepInstead};
use crate::{Control, Tenant, caller::Actor, provision, settings::secrets::masked, tenant::Target};

/// What somebody who takes over needs, besides the rows.
#[derive(Serialize, ToSchema)]
pub(super) struct Exported {
    #[schema(value_type = String)]
    slug: Slug,
    url: String,
    #[schema(value_type = String)]
    id: TenantId,
    /// The secret in Better Auth's form. Null where the request is a repetition.
    secret: Option<String>,
    /// The settings; their own secrets are masked.
    settings: Value,
}

/// Hand a tenant's secret out
///
/// So that a Better Auth server can take over with the same sessions and keys. Both logs tell of it first. The rows
/// themselves are read from the tenant's database.
#[utoipa::path(post, path = "/tenants/{tenant}/export", tag = "Moving",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The secret and the settings", body = Exported),
))]
pub(super) async fn export(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    match tenant.target {
        // Who leaves may take everything along, up to the end of the grace period.
        Target::Running | Target::Suspended | Target::Deleted => {}
        Target::Destroyed | Target::Spare => return Err(Code::TenantDeleting.into()),
        Target::Importing => return Err(Code::TenantImporting.into()),
    }
    let secret = provision::export(&control, &actor, &tenant).await;
    let secret = secret.map_err(|error| match error.vault_is_away() {
        true => Problem::vault_unavailable(&error),
        false => Problem::internal(&error),
    })?;
    let exported = Exported {
        slug: tenant.slug.clone(),
        url: control.url_of(&tenant),
        id: tenant.id.clone(),
        secret: None,
        settings: masked(&tenant.settings),
    };
    let kept = KeepInstead(json!(exported));
    let mut response = Json(Exported { secret: Some(secret.to_string()), ..exported }).into_response();
    response.extensions_mut().insert(kept);
    Ok(response)
}
