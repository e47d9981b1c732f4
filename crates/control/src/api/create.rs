//! `POST /v1/tenants`: asking for a tenant and waiting for it.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_base::WorkspaceId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    PREFIX, Problem, input::Sent, progress, progress::ProgressEvent, resource::TenantResource,
    tenants::workspace_of,
};
use crate::{
    Control, ControlError, Tenant, TenantState, caller::Actor, parse_name, tenant::create, tenant::store,
};

/// How long an answer waits for the tenant to run. Making one takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(20);

/// A tenant to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTenant {
    /// Its name: lower-case letters, digits and inner hyphens. `name` is taken for the same.
    #[serde(alias = "name")]
    #[schema(example = "shop", min_length = 1, max_length = 63, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    slug: String,
    /// The workspace that it is in, by name or id. Without it: the key's, or `default`.
    #[schema(example = "default", max_length = 63)]
    workspace: Option<String>,
}

/// Create a tenant
///
/// Makes its secret, its database roles, its database and its tables, and answers once it runs, which takes a fraction
/// of a second: 201. What takes longer than 20 s is answered with 202 and the state that it has. With
/// `Accept: text/event-stream` the answer comes at once, and is its progress as in `/tenants/{tenant}/progress`.
#[utoipa::path(post, path = "/tenants", tag = "Tenants", request_body = NewTenant, responses(
    (status = 200, description = "Its progress as server-sent events", content_type = "text/event-stream", body = ProgressEvent),
    (status = 201, description = "It runs", body = TenantResource,
        headers(("Location" = String, description = "Its address in this API"))),
    (status = 202, description = "It does not run yet", body = TenantResource,
        headers(("Location" = String, description = "Its address in this API"))),
))]
pub(super) async fn create(
    State(control): State<Control>,
    actor: Actor,
    headers: HeaderMap,
    Sent(wanted): Sent<NewTenant>,
) -> Result<Response, Problem> {
    // Before the tenant is made: a stream that cannot be opened makes nothing.
    let permit = if wants_events(&headers) { Some(progress::permit(&control, &actor)?) } else { None };
    let tenant = match actor.attempt.as_ref().and_then(|attempt| attempt.made.as_deref()) {
        // A request whose answer was lost made it already.
        Some(made) => {
            let found = store::find(&control.parts().database, made).await?;
            found.ok_or_else(|| Problem::tenant_not_found(made))?
        }
        None => make(&control, &actor, wanted).await?,
    };
    let mut response = match permit {
        Some(permit) => progress::stream(&control, &tenant, permit).into_response(),
        None => answer(&control, tenant.clone()).await?,
    };
    if let Ok(location) = HeaderValue::from_str(&format!("{PREFIX}/tenants/{}", tenant.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn make(control: &Control, actor: &Actor, wanted: NewTenant) -> Result<Tenant, Problem> {
    let slug = parse_name(&wanted.slug).map_err(ControlError::Name)?;
    let workspace = new_tenants_workspace(control, actor, wanted.workspace.as_deref()).await?;
    Ok(create::create(control, actor, &slug, &workspace).await?)
}

/// The workspace of a new tenant: the one that is named, else that of who asks, else the one that every instance has.
pub(super) async fn new_tenants_workspace(
    control: &Control,
    actor: &Actor,
    named: Option<&str>,
) -> Result<WorkspaceId, Problem> {
    let workspace = match &actor.caller {
        Some(caller) => workspace_of(control, caller, named).await?,
        None => None,
    };
    match workspace {
        Some(workspace) => Ok(workspace),
        None => Ok(control.default_workspace().await?),
    }
}

async fn answer(control: &Control, tenant: Tenant) -> Result<Response, Problem> {
    let settled = control.wait(&tenant.id, |tenant| {
        matches!(tenant.state, TenantState::Running | TenantState::Failed | TenantState::Deleting)
    });
    let tenant = match tokio::time::timeout(WAIT, settled).await {
        Ok(settled) => settled?.ok_or_else(|| Problem::tenant_not_found(tenant.slug.as_str()))?,
        Err(_) => tenant,
    };
    let is_running = tenant.state == TenantState::Running;
    let status = if is_running { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, Json(TenantResource::new(control, &tenant))).into_response())
}

/// Whether `Accept` names `text/event-stream`.
pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut ranges = lines.flat_map(|line| line.split(','));
    ranges.any(|range| {
        range.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn with(name: HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn events_are_sent_to_who_names_them() {
        assert!(wants_events(&with(header::ACCEPT, &["text/event-stream"])));
        assert!(wants_events(&with(header::ACCEPT, &["application/json, Text/Event-Stream;q=0.9"])));
        assert!(!wants_events(&with(header::ACCEPT, &["*/*"])));
        assert!(!wants_events(&HeaderMap::new()));
    }

    proptest! {
        #[test]
        fn no_header_panics(line in "[ -~]{0,80}") {
            wants_events(&with(header::ACCEPT, &[&line]));
        }
    }
}
