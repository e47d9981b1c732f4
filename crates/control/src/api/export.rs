//! `POST /api/v1/tenants/{id or name}/export`: what another server needs to take over, besides the rows.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use kiavi_base::RequestId;
use serde_json::{Value, json};

use super::{Problem, tenants::find};
use crate::{Caller, Control, caller::Actor, provision, settings::secrets::masked, tenant::Target};

/// Answers with the secret in Better Auth's form, and with the settings, whose own secrets are masked.
pub(super) async fn export(
    State(control): State<Control>,
    Path(id_or_slug): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(request): Extension<RequestId>,
) -> Result<Json<Value>, Problem> {
    let tenant = find(&control, &id_or_slug).await?;
    match tenant.target {
        Target::Running => {}
        Target::Deleted => return Err(Problem::tenant_deleting()),
        Target::Importing => return Err(Problem::tenant_importing()),
    }
    let actor = Actor { caller: Some(caller), request: Some(request) };
    let secret = provision::export(&control, &actor, &tenant).await;
    let secret = secret.map_err(|error| Problem::internal(&error))?;
    Ok(Json(json!({
        "slug": tenant.slug,
        "url": control.base_url(&tenant.slug),
        "id": tenant.id,
        "secret": secret.as_str(),
        "settings": masked(&tenant.settings),
    })))
}
