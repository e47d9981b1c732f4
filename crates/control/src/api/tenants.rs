//! Reading tenants.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};

use super::{Problem, resource::TenantResource};
use crate::{Control, Tenant, tenant::store};

/// Tenants of one answer when nothing else is asked for, and at most.
const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<u16>,
    after: Option<String>,
}

#[derive(Serialize)]
pub(super) struct TenantList {
    tenants: Vec<TenantResource>,
    /// What `after` has to be for the tenants that follow; null at the end.
    next: Option<String>,
}

/// `GET /api/v1/tenants?limit=&after=`: tenants by name.
pub(super) async fn list(
    State(control): State<Control>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<TenantList>, Problem> {
    let Query(page) = page.map_err(|error| Problem::invalid_query(error.body_text()))?;
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid_query(format!("\"limit\" is between 1 and {MAX_LIMIT}.")));
    }
    let after = page.after.unwrap_or_default();
    // One more than asked for tells whether there is a next page.
    let mut tenants = store::list(&control.parts().database, &after, i64::from(limit) + 1).await?;
    let has_more = tenants.len() > usize::from(limit);
    tenants.truncate(usize::from(limit));
    let next = tenants.last().filter(|_| has_more).map(|tenant| tenant.slug.to_string());
    let tenants = tenants.iter().map(|tenant| TenantResource::new(&control, tenant)).collect();
    Ok(Json(TenantList { tenants, next }))
}

/// `GET /api/v1/tenants/{id or name}`: one tenant with its steps.
pub(super) async fn show(
    State(control): State<Control>,
    Path(id_or_slug): Path<String>,
) -> Result<Json<TenantResource>, Problem> {
    let tenant = find(&control, &id_or_slug).await?;
    let steps = store::steps(&control.parts().database, &tenant.id).await?;
    Ok(Json(TenantResource::new(&control, &tenant).with_steps(steps)))
}

/// The tenant, or the problem that there is none.
pub(super) async fn find(control: &Control, id_or_slug: &str) -> Result<Tenant, Problem> {
    let found = store::find(&control.parts().database, id_or_slug).await?;
    found.ok_or_else(|| Problem::tenant_not_found(id_or_slug))
}
