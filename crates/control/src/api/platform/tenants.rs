//! Tenants of all workspaces.

use axum::{extract::State, http::Uri, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::{
    Problem,
    input::Asked,
    page::{Page, page},
    resource::{Failure, text},
};
use crate::{
    Control, TenantState,
    platform::store::{self, TenantOfInstance},
};

/// What cursors of this list begin with.
const LIST: &str = "instance-tenants";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Wanted {
    /// How many, at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// Only tenants whose name, or one of whose own domains, has this in it, or whose id it is.
    #[param(max_length = 253, example = "shop")]
    q: Option<String>,
    /// Only tenants in this state.
    #[param(inline)]
    state: Option<TenantState>,
    /// Only tenants of this workspace, by name or id.
    #[param(max_length = 63, example = "default")]
    workspace: Option<String>,
}

/// A tenant of any workspace: how it runs, and nothing that is in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantOfInstance)]
pub(in crate::api) struct TenantOfInstanceResource {
    /// Its id, which never changes.
    #[schema(example = "t0a1b2c3d4e5f6g7h8i9j0k1l", pattern = "^t[a-z0-9]{24}$")]
    id: String,
    /// Its name.
    #[schema(example = "shop")]
    slug: String,
    /// The name of its workspace.
    #[schema(example = "acme")]
    workspace: String,
    /// Its base URL.
    #[schema(example = "https://shop.auth.example.com")]
    url: String,
    /// Domains of its own that it is served under.
    hostnames: Vec<String>,
    state: TenantState,
    /// When it was asked for.
    #[schema(format = DateTime, example = "2026-11-26T12:00:00.000Z")]
    created_at: String,
    /// When a deleted one is destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    destroyed_at: Option<String>,
    /// The newest migration that its tables have; 0 before there are any.
    schema_version: i32,
    /// Counts the changes of its settings, from 1.
    settings_version: i32,
    /// Size of its database, in bytes; null while it has none.
    database_bytes: Option<i64>,
    /// When its newest archive was made; null when none is known of.
    #[schema(format = DateTime)]
    backed_up_at: Option<String>,
    /// What went wrong last, while it is still tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<Failure>,
}

impl TenantOfInstanceResource {
    fn new(control: &Control, found: TenantOfInstance) -> Self {
        let TenantOfInstance { tenant, workspace, hostnames, database_bytes, backed_up_at } = found;
        Self {
            id: tenant.id.to_string(),
            slug: tenant.slug.to_string(),
            workspace,
            url: control.url_of(&tenant),
            hostnames,
            state: tenant.state,
            created_at: text(tenant.created_at),
            destroyed_at: tenant.destroy_at.map(text),
            schema_version: tenant.schema_version,
            settings_version: tenant.settings_version,
            database_bytes,
            backed_up_at: backed_up_at.map(text),
            last_error: Failure::of(&tenant),
        }
    }
}

/// List tenants of all workspaces
///
/// By name, in pages, the console's own among them: what they are called and how they run. Nothing of what is in them.
#[utoipa::path(get, path = "/instance/tenants", tag = "Instance", params(Wanted), responses(
    (status = 200, description = "A page of tenants", body = Page<TenantOfInstanceResource>),
))]
pub(in crate::api) async fn list(
    State(control): State<Control>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let Wanted { limit, cursor, q, state, workspace } = wanted;
    let (cursor, q, workspace) = (cursor.as_deref(), q.as_deref(), workspace.as_deref());
    let (limit, filter) = super::Wanted { limit, cursor, q, workspace }.filter(&control, LIST).await?;
    let found = store::tenants(&control.parts().database, &filter, state).await?;
    let position = |found: &TenantOfInstance| found.tenant.slug.to_string();
    Ok(page(LIST, &uri, found, limit, position, |found| TenantOfInstanceResource::new(&control, found)))
}
