//! Views of a tenant's lists: whoever asks has their own.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, input::Sent, resource::text};
use crate::{
    Caller, Control, ControlError, Tenant,
    caller::Actor,
    view::{self, List, NewView, View, store},
};

/// Filters of a list under a name.
#[derive(Serialize, ToSchema)]
#[schema(as = View)]
pub(super) struct ViewResource {
    /// Its id, which never changes.
    #[schema(example = "0a1b2c3d4e5f6g7h", pattern = "^[a-z0-9]{16}$")]
    id: String,
    list: List,
    /// Its name.
    #[schema(example = "Refused, abroad")]
    name: String,
    /// The filters, by the names that they have in the address of the console's list.
    #[schema(example = json!({ "type": "session.refused", "period": "day" }))]
    filters: BTreeMap<String, String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<View> for ViewResource {
    fn from(view: View) -> Self {
        let View { id, list, name, filters, created_at } = view;
        Self { id, list, name, filters, created_at: text(created_at) }
    }
}

/// Somebody's views of a tenant's lists.
#[derive(Serialize, ToSchema)]
pub(super) struct Views {
    /// By name.
    #[schema(max_items = 20)]
    views: Vec<ViewResource>,
}

/// What somebody has saved of the lists that they may read.
async fn own(control: &Control, caller: &Caller, tenant: &Tenant) -> Result<Vec<View>, Problem> {
    let mut views = store::list(&control.parts().database, &tenant.id, &caller.name()).await?;
    views.retain(|view| caller.may(view.list.permission()));
    Ok(views)
}

/// List your views of a tenant's lists
///
/// A view is filters of the audit log or of the users under a name. Everybody, and every key, has their own.
#[utoipa::path(get, path = "/tenants/{tenant}/views", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The views of lists that you may read", body = Views),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Json<Views>, Problem> {
    let views = own(&control, &caller, &tenant).await?;
    Ok(Json(Views { views: views.into_iter().map(ViewResource::from).collect() }))
}

/// A view to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedView {
    list: List,
    /// Its name, which no other view of this list has that is yours.
    #[schema(example = "Refused, abroad", min_length = 1, max_length = 60)]
    name: String,
    /// One or more of the list's filters, but for those that are about one person.
    #[schema(example = json!({ "type": "session.refused", "period": "day" }))]
    filters: BTreeMap<String, String>,
}

/// Save a view of a tenant's list
///
/// It needs the permission to read the list. What is about one person (`email`, `ip`, `text`) no view keeps, so that nobody
/// who is erased in the tenant is still in the control plane. You have at most 20 of one tenant.
#[utoipa::path(post, path = "/tenants/{tenant}/views", tag = "Tenants", request_body = WantedView,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 201, description = "The view", body = ViewResource),
))]
pub(super) async fn create(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(tenant): Extension<Arc<Tenant>>,
    actor: Actor,
    Sent(wanted): Sent<WantedView>,
) -> Result<Response, Problem> {
    let WantedView { list, name, filters } = wanted;
    if !caller.may(list.permission()) {
        return Err(Problem::forbidden(list.permission()));
    }
    let made = view::create(&control, &actor, &tenant, &NewView { list, name, filters }).await?;
    Ok((StatusCode::CREATED, Json(ViewResource::from(made))).into_response())
}

type Named = Path<HashMap<String, String>>;

async fn named(
    control: &Control,
    caller: &Caller,
    tenant: &Tenant,
    Path(named): &Named,
) -> Result<View, Problem> {
    let id = named.get("view").map(String::as_str).unwrap_or_default();
    let views = own(control, caller, tenant).await?;
    Ok(views.into_iter().find(|view| view.id == id).ok_or(ControlError::NoSuchView)?)
}

/// What becomes of a view.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewChange {
    /// Its name.
    #[schema(example = "Refused, abroad", min_length = 1, max_length = 60)]
    name: String,
}

/// Rename a view
#[utoipa::path(patch, path = "/tenants/{tenant}/views/{view}", tag = "Tenants", request_body = ViewChange, params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("view" = String, Path, description = "The view's id", example = "0a1b2c3d4e5f6g7h"),
), responses(
    (status = 200, description = "The view", body = ViewResource),
))]
pub(super) async fn rename(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(tenant): Extension<Arc<Tenant>>,
    actor: Actor,
    view: Named,
    Sent(wanted): Sent<ViewChange>,
) -> Result<Json<ViewResource>, Problem> {
    let found = named(&control, &caller, &tenant, &view).await?;
    let renamed = view::rename(&control, &actor, &tenant, &found, &wanted.name).await?;
    Ok(Json(renamed.into()))
}

/// Delete a view
#[utoipa::path(delete, path = "/tenants/{tenant}/views/{view}", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("view" = String, Path, description = "The view's id", example = "0a1b2c3d4e5f6g7h"),
), responses(
    (status = 204, description = "It is gone"),
))]
pub(super) async fn delete(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(tenant): Extension<Arc<Tenant>>,
    actor: Actor,
    view: Named,
) -> Result<StatusCode, Problem> {
    let found = named(&control, &caller, &tenant, &view).await?;
    view::delete(&control, &actor, &tenant, &found).await?;
    Ok(StatusCode::NO_CONTENT)
}
