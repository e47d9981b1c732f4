//! `POST /v1/tenants/{id or name}/database-password/rotate`: another password for its role at the database server.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{Problem, code::Code, resource::TenantResource};
use crate::{Control, Tenant, caller::Actor, provision, tenant::store};

/// How long the answer waits for the engine to be replaced, which takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(10);

/// Rotate a tenant's database password
///
/// For an instance that keeps its databases on a server on a network. The tenant's engine is replaced by one that knows
/// the new password; nobody is signed out.
#[utoipa::path(post, path = "/tenants/{tenant}/database-password/rotate", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The tenant, which runs with the new password", body = TenantResource),
    (status = 202, description = "The tenant, which is still being started with it", body = TenantResource),
))]
pub(super) async fn rotate(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    if !control.parts().server.has_passwords() {
        return Err(Code::NoDatabasePassword.into());
    }
    let is_asked = provision::rotate_password(&control, &actor, &tenant).await;
    if !is_asked.map_err(|error| Problem::internal(&error))? {
        return Err(Code::TenantNotRunning.into());
    }
    let is_over = |tenant: &Tenant| tenant.is_settled() || tenant.last_error.is_some();
    let now = match tokio::time::timeout(WAIT, control.wait(&tenant.id, is_over)).await {
        Ok(now) => now?,
        Err(_) => store::find(&control.parts().database, tenant.id.as_str()).await?,
    };
    let now = now.ok_or(Code::TenantDeleting)?;
    let status = if now.is_settled() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(TenantResource::new(&control, &now))).into_response())
}
