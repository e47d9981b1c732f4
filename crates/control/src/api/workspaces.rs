//! Workspaces.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use kiavi_base::{Slug, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    PREFIX, Problem,
    code::Code,
    input::{Asked, Sent},
    page::{self, Limit, Page, page},
    resource::text,
};
use crate::{Caller, Control, Workspace, caller::Actor, workspace};

/// What cursors of this list begin with.
const LIST: &str = "workspaces";

/// A customer's account: its tenants, its management keys, its people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(super) struct WorkspaceResource {
    /// Its id, which never changes.
    #[schema(example = "w0a1b2c3d4e5f6g7h8i9j0k1l", pattern = "^w[a-z0-9]{24}$")]
    id: String,
    /// Its name in addresses.
    #[schema(example = "acme")]
    slug: String,
    /// Its name for people.
    #[schema(example = "Acme Ltd")]
    name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Workspace> for WorkspaceResource {
    fn from(workspace: &Workspace) -> Self {
        Self {
            id: workspace.id.to_string(),
            slug: workspace.slug.to_string(),
            name: workspace.name.clone(),
            created_at: text(workspace.created_at),
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
}

/// List workspaces
///
/// By name, in pages. A key of one workspace sees that one.
#[utoipa::path(get, path = "/workspaces", tag = "Workspaces", params(Wanted), responses(
    (status = 200, description = "A page of workspaces", body = Page<WorkspaceResource>),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let after = page::position(LIST, wanted.cursor.as_deref())?.unwrap_or_default();
    let database = &control.parts().database;
    let found = workspace::store::list(database, &caller, &after, limit.and_one()).await?;
    let position = |workspace: &Workspace| workspace.slug.to_string();
    Ok(page(LIST, &uri, found, limit, position, |workspace| WorkspaceResource::from(&workspace)))
}

/// A workspace to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWorkspace {
    /// Its name in addresses: lower-case letters, digits and inner hyphens.
    #[schema(example = "acme", min_length = 1, max_length = 63, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    slug: String,
    /// Its name for people; the slug, if there is none.
    #[schema(example = "Acme Ltd", min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// Create a workspace
///
/// Owners of a workspace may, and keys of the whole instance. A member who makes one is its owner.
#[utoipa::path(post, path = "/workspaces", tag = "Workspaces", request_body = NewWorkspace, responses(
    (status = 201, description = "The workspace", body = WorkspaceResource,
        headers(("Location" = String, description = "Its address in this API"))),
))]
pub(super) async fn create(
    State(control): State<Control>,
    actor: Actor,
    Sent(wanted): Sent<NewWorkspace>,
) -> Result<Response, Problem> {
    let slug: Slug = match wanted.slug.parse() {
        Ok(slug) if wanted.slug.parse::<WorkspaceId>().is_err() => slug,
        Ok(_) => return Err(Problem::new(Code::InvalidName, "This looks like a workspace's id.")),
        Err(error) => {
            return Err(Problem::new(Code::InvalidName, format!("The slug cannot be used: {error}.")));
        }
    };
    let name = wanted.name.unwrap_or_else(|| slug.to_string());
    if !workspace::is_name(&name) {
        return Err(not_a_name());
    }
    let made = workspace::create(&control, &actor, &slug, &name).await?;
    let mut response = (StatusCode::CREATED, Json(WorkspaceResource::from(&made))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("{PREFIX}/workspaces/{}", made.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// What becomes of a workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspaceChange {
    /// Its name for people.
    #[schema(example = "Acme Ltd", min_length = 1, max_length = 100)]
    name: String,
}

/// Rename a workspace
///
/// Its name in addresses stays.
#[utoipa::path(patch, path = "/workspaces/{workspace}", tag = "Workspaces", request_body = WorkspaceChange,
    params(("workspace" = String, Path, description = "The workspace's name or id", example = "default")), responses(
    (status = 200, description = "The workspace", body = WorkspaceResource),
))]
pub(super) async fn rename(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    actor: Actor,
    Sent(wanted): Sent<WorkspaceChange>,
) -> Result<Json<WorkspaceResource>, Problem> {
    if !workspace::is_name(&wanted.name) {
        return Err(not_a_name());
    }
    let renamed = workspace::rename(&control, &actor, &workspace, &wanted.name).await?;
    let renamed = renamed.ok_or_else(|| Problem::workspace_not_found(workspace.slug.as_str()))?;
    Ok(Json(WorkspaceResource::from(&renamed)))
}

fn not_a_name() -> Problem {
    let detail = format!("A workspace's name has 1 to {} printable characters.", workspace::MAX_NAME);
    Problem::new(Code::InvalidName, detail)
}

/// Show a workspace
#[utoipa::path(get, path = "/workspaces/{workspace}", tag = "Workspaces",
    params(("workspace" = String, Path, description = "The workspace's name or id", example = "default")), responses(
    (status = 200, description = "The workspace", body = WorkspaceResource),
))]
pub(super) async fn show(Extension(workspace): Extension<Arc<Workspace>>) -> Json<WorkspaceResource> {
    Json(WorkspaceResource::from(&*workspace))
}
