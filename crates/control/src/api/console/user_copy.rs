//! The copy of what is kept of one of a tenant's people, as a file, for whoever answers them (GDPR Art. 15 and 20): the one that
//! they can take themselves.

use std::sync::Arc;

use axum::{
    extract::Path,
    http::{HeaderValue, header},
};

use super::{
    tenant::address,
    visit::{Answer, Visit},
};
use crate::{Permission, api::reading::Reading};

/// Where engines write it.
const COPY: &str = "/api/auth/admin/export-user";

/// `GET …/users/{user}/copy.json`: to whoever has proved to be there.
pub(super) async fn download(
    visit: Visit,
    Path((workspace, tenant, user)): Path<(String, String, String)>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::PrivacyManage).await?;
    // Back to the person's page: one that has asked for a proof is none that a file can follow.
    at.here.require_proof(&at.path(&format!("/users/{user}")))?;
    let (control, actor) = (at.here.visit.control.clone(), at.here.actor.clone());
    let reading = Reading::new(control, actor, Arc::new(at.tenant.clone()));
    let mut response = reading.stream(&address(COPY, [("id", user.as_str())]), "application/json").await?;
    let name = format!("attachment; filename=\"{}-user.json\"", at.tenant.slug);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
