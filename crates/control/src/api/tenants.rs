//! Reading tenants.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use kiavi_base::WorkspaceId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Problem,
    input::Asked,
    page::{self, Limit, Page, page},
    resource::TenantResource,
};
use crate::{
    Caller, Control, Tenant, TenantState,
    tenant::store::{self, Filter},
    workspace,
};

/// What cursors of this list begin with.
const LIST: &str = "tenants";
/// Longest text that is searched for: longer than any name or id.
const MAX_TEXT: usize = 64;

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
    /// Only tenants whose name has this in it, or whose id it is.
    #[param(max_length = 64, example = "shop")]
    q: Option<String>,
    /// Only tenants in this state.
    #[param(inline)]
    state: Option<TenantState>,
    /// Only tenants of this workspace, by name or id.
    #[param(max_length = 63, example = "default")]
    workspace: Option<String>,
}

/// List tenants
///
/// By name, in pages. With a key of one workspace these are the tenants of that workspace.
#[utoipa::path(get, path = "/tenants", tag = "Tenants", params(Wanted), responses(
    (status = 200, description = "A page of tenants", body = Page<TenantResource>),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let after = page::position(LIST, wanted.cursor.as_deref())?.unwrap_or_default();
    let text = wanted.q.as_deref().map(|text| page::searched(text, MAX_TEXT)).transpose()?;
    let workspace = workspace_of(&control, &caller, wanted.workspace.as_deref()).await?;
    let filter = Filter { workspace, after, text, state: wanted.state, limit: limit.and_one() };
    let tenants = store::list(&control.parts().database, &filter).await?;
    Ok(page(
        LIST,
        &uri,
        tenants,
        limit,
        |tenant| tenant.slug.to_string(),
        |tenant| TenantResource::new(&control, &tenant),
    ))
}

/// Show a tenant
///
/// With the steps of its making: which are done, when, and how often they were tried.
#[utoipa::path(get, path = "/tenants/{tenant}", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The tenant", body = TenantResource),
))]
pub(super) async fn show(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    let steps = store::steps(&control.parts().database, &tenant.id).await?;
    Ok(Json(TenantResource::new(&control, &tenant).with_steps(steps)).into_response())
}

/// The workspace that is meant by this name or id, or by a caller who names none: theirs, if they have one.
pub(super) async fn workspace_of(
    control: &Control,
    caller: &Caller,
    named: Option<&str>,
) -> Result<Option<WorkspaceId>, Problem> {
    let Some(named) = named else { return Ok(caller.workspace().cloned()) };
    let found = workspace::store::find(&control.parts().database, named).await?;
    let found = found.map(|workspace| workspace.id).filter(|workspace| caller.sees(workspace));
    found.map(Some).ok_or_else(|| Problem::workspace_not_found(named))
}
