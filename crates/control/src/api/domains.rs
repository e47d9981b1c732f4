//! The domains of a tenant: added by whoever manages it, proved by a TXT record.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kiavi_base::Hostname;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    hostnames::parse,
    input::Sent,
    operations::Asked,
    resource::{TenantResource, text},
};
use crate::{
    Control, ControlError, Tenant,
    caller::Actor,
    domain::{self, Domain, DomainState, Outcome, check, store},
};

/// How long an answer waits until a domain that was proved is served. That takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(20);

/// The record that proves a domain.
#[derive(Serialize, ToSchema)]
#[schema(as = DomainRecord)]
struct Record {
    /// Its name. Some providers' forms want it without the zone's own name at the end.
    #[schema(example = "_kiavi-challenge.auth.example.com")]
    name: String,
    /// Its type: always TXT.
    #[schema(example = "TXT")]
    r#type: &'static str,
    /// What it says, in one string. It is the same each time that this tenant adds this domain, and no secret.
    #[schema(
        example = "kiavi-challenge=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c",
        pattern = "^kiavi-challenge=[0-9a-f]{40}$"
    )]
    value: String,
}

/// A domain of a tenant.
#[derive(Serialize, ToSchema)]
#[schema(as = Domain)]
pub(super) struct DomainResource {
    /// The name.
    #[schema(value_type = String, example = "auth.example.com")]
    domain: Hostname,
    state: DomainState,
    /// The record to set, and to leave: it is looked for again about once a day.
    record: Record,
    /// When it was added.
    #[schema(format = DateTime, example = "2026-11-26T12:00:00.000Z")]
    created_at: String,
    /// When it was last proved after it was not; null while it never was.
    #[schema(format = DateTime)]
    verified_at: Option<String>,
    /// When the record was looked for last.
    #[schema(format = DateTime)]
    checked_at: Option<String>,
    /// What there was.
    outcome: Option<Outcome>,
    /// Since when a proof that was there is not: after three days the domain has lapsed.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    /// What was found at the record's name; in the answer to a verification only. Texts that can be no proof are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 16)]
    found: Option<Vec<String>>,
}

impl DomainResource {
    fn new(domain: Domain, found: Option<Vec<String>>) -> Self {
        let record = Record { name: domain.record_name(), r#type: "TXT", value: domain.challenge };
        Self {
            domain: domain.domain,
            state: domain.state,
            record,
            created_at: text(domain.created_at),
            verified_at: domain.verified_at.map(text),
            checked_at: domain.checked_at.map(text),
            outcome: domain.outcome,
            failing_since: domain.failing_since.map(text),
            found,
        }
    }
}

/// A tenant's domains.
#[derive(Serialize, ToSchema)]
pub(super) struct Domains {
    /// By name.
    domains: Vec<DomainResource>,
}

/// List a tenant's domains
///
/// Those that wait for their proof, and those that were proved. What the operator of this machine gave it without a proof
/// is among its hostnames only.
#[utoipa::path(get, path = "/tenants/{tenant}/domains", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The domains", body = Domains),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    let domains = store::list(&control.parts().database, &tenant.id).await?.into_iter();
    let domains = domains.map(|domain| DomainResource::new(domain, None)).collect();
    Ok(Json(Domains { domains }).into_response())
}

/// A domain to be proved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDomain {
    /// The name that people will see, such as that of the application with `auth.` before it.
    #[schema(example = "auth.example.com", max_length = 235)]
    domain: String,
}

/// Add a domain to a tenant
///
/// It is pending, and served only once its record is found (`…/verify`): set the TXT record that the answer has. Several
/// tenants may have one domain pending; it belongs to the first that proves it. A tenant has at most 40.
#[utoipa::path(post, path = "/tenants/{tenant}/domains", tag = "Tenants", request_body = NewDomain,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It was added before", body = DomainResource),
    (status = 201, description = "It is pending", body = DomainResource),
))]
pub(super) async fn add(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    Sent(new): Sent<NewDomain>,
) -> Result<Response, Problem> {
    let (added, is_new) = domain::add(&control, &actor, &tenant, &parse(&new.domain)?).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(DomainResource::new(added, None))).into_response())
}

type Named = Path<HashMap<String, String>>;

async fn named(control: &Control, tenant: &Tenant, Path(named): &Named) -> Result<Domain, Problem> {
    let domain = parse(named.get("domain").map(String::as_str).unwrap_or_default())?;
    let found = store::find(&control.parts().database, &tenant.id, &domain).await?;
    Ok(found.ok_or(ControlError::NoSuchDomain(domain))?)
}

/// Show a tenant's domain
///
/// With the record that proves it, and what there was when it was looked for last.
#[utoipa::path(get, path = "/tenants/{tenant}/domains/{domain}", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("domain" = String, Path, description = "One of its domains", example = "auth.example.com"),
), responses(
    (status = 200, description = "The domain", body = DomainResource),
))]
pub(super) async fn show(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    domain: Named,
) -> Result<Response, Problem> {
    let domain = named(&control, &tenant, &domain).await?;
    Ok(Json(DomainResource::new(domain, None)).into_response())
}

/// Look for a domain's record now
///
/// The answer tells what there is. With the record there, the domain is the tenant's and served. Without it, nothing
/// changes: a name server may take some minutes to know of a new record, or as long as the old answer may be kept.
#[utoipa::path(post, path = "/tenants/{tenant}/domains/{domain}/verify", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("domain" = String, Path, description = "One of its domains", example = "auth.example.com"),
), responses(
    (status = 200, description = "What there is, and how the domain stands", body = DomainResource),
))]
pub(super) async fn verify(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    domain: Named,
) -> Result<Response, Problem> {
    let domain = named(&control, &tenant, &domain).await?;
    let checked = check::check(&control, &actor, &domain).await?;
    if checked.domain.state != domain.state {
        let is_over = |tenant: &Tenant| tenant.is_settled() || tenant.last_error.is_some();
        // One that is not served yet will be.
        let _ = tokio::time::timeout(WAIT, control.wait(&tenant.id, is_over)).await;
    }
    Ok(Json(DomainResource::new(checked.domain, Some(checked.found))).into_response())
}

/// Take a domain off a tenant
///
/// It is not served any more, and anybody's who proves it.
#[utoipa::path(delete, path = "/tenants/{tenant}/domains/{domain}", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("domain" = String, Path, description = "One of its domains", example = "auth.example.com"),
), responses(
    (status = 200, description = "It does not have it", body = TenantResource),
    (status = 202, description = "It will not", body = TenantResource),
))]
pub(super) async fn remove(asked: Asked, domain: Named) -> Result<Response, Problem> {
    let Domain { domain, .. } = named(&asked.control, &asked.tenant, &domain).await?;
    asked.order(domain::removal(domain)).await
}
