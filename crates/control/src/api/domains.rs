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
    /// The record to set, and to leave: it is looked for every few minutes while it is new, and about once a day once it was
    /// there.
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
/// It is pending, and served only once its record is found: set the TXT record that the answer has. It is looked for by itself
/// every few minutes during the first day, then more rarely, and at once by `…/verify`. Several
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

/// A domain that somebody should look at.
#[derive(Serialize, ToSchema)]
struct UnprovedDomain {
    /// The id of its tenant.
    tenant: String,
    /// The tenant's name.
    slug: String,
    /// The name.
    #[schema(example = "auth.example.com")]
    domain: String,
    state: DomainState,
    /// Since when its proof is missing, or when it was added.
    #[schema(format = DateTime)]
    since: String,
    /// When the record is looked for again by itself; null where somebody has to ask.
    #[schema(format = DateTime)]
    check_at: Option<String>,
}

/// All of them, up to a thousand.
#[derive(Serialize, ToSchema)]
pub(super) struct UnprovedDomains {
    domains: Vec<UnprovedDomain>,
}

/// List domains whose proof is missing
///
/// Those that have lapsed, and those that wait for their record for more than three days.
#[utoipa::path(get, path = "/domain-alarms", tag = "Instance", responses(
    (status = 200, description = "The domains", body = UnprovedDomains),
))]
pub(super) async fn alarms(State(control): State<Control>) -> Result<Json<UnprovedDomains>, Problem> {
    let found = store::unproved(&control.parts().database).await?.into_iter();
    let domains = found.map(|found| UnprovedDomain {
        tenant: found.tenant,
        slug: found.slug,
        domain: found.domain,
        state: found.state,
        since: text(found.since),
        check_at: found.check_at.map(text),
    });
    Ok(Json(UnprovedDomains { domains: domains.collect() }))
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
