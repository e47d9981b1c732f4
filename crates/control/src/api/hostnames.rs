//! The hostnames of a tenant.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use kiavi_base::Hostname;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    code::Code,
    input::Sent,
    operations::Asked,
    resource::{TenantResource, text},
};
use crate::{
    Control, Tenant,
    address::{self, Renaming, Role},
    operation::Operation,
    provision::{Change, Order},
};

/// A hostname of a tenant.
#[derive(Serialize, ToSchema)]
#[schema(as = Hostname)]
pub(super) struct HostnameResource {
    /// The name.
    #[schema(value_type = String, example = "auth.example.com")]
    hostname: Hostname,
    role: Role,
    /// When a former one stops being kept.
    #[schema(format = DateTime)]
    release_at: Option<String>,
}

/// Where a tenant is reached.
#[derive(Serialize, ToSchema)]
pub(super) struct Hostnames {
    /// The names that it has, the one of its own name first.
    hostnames: Vec<HostnameResource>,
}

/// List a tenant's hostnames
///
/// Those it is served under, and those that lead there.
#[utoipa::path(get, path = "/tenants/{tenant}/hostnames", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The hostnames", body = Hostnames),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    let names = address::names(&control, &tenant).await?.into_iter();
    let hostnames = names.map(|name| HostnameResource {
        hostname: name.hostname,
        role: name.role,
        release_at: name.release_at.map(text),
    });
    Ok(Json(Hostnames { hostnames: hostnames.collect() }).into_response())
}

/// One more hostname.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHostname {
    /// Lead its DNS record here.
    #[schema(example = "auth.example.com", max_length = 253)]
    hostname: String,
}

/// Serve a tenant under one more hostname
///
/// On the word of the operator of this machine that the name is the tenant's, without a proof in the DNS. With a proof:
/// `/tenants/{tenant}/domains`.
#[utoipa::path(post, path = "/tenants/{tenant}/hostnames", tag = "Tenants", request_body = NewHostname,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It is served there", body = TenantResource),
    (status = 202, description = "It will be", body = TenantResource),
))]
pub(super) async fn add(asked: Asked, Sent(new): Sent<NewHostname>) -> Result<Response, Problem> {
    let hostname = parse(&new.hostname)?;
    address::check_new(&asked.control, &hostname)?;
    let change = Change::AddHostname { hostname };
    asked.order(Order { operation: Operation::SetHostnames, reason: None, change }).await
}

type Named = Path<HashMap<String, String>>;

/// Give a hostname back
///
/// A former one is anybody's from then on, with the cookies that browsers still send there.
#[utoipa::path(delete, path = "/tenants/{tenant}/hostnames/{hostname}", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("hostname" = String, Path, description = "One of its hostnames", example = "auth.example.com"),
), responses(
    (status = 200, description = "It does not have it", body = TenantResource),
    (status = 202, description = "It will not", body = TenantResource),
))]
pub(super) async fn remove(asked: Asked, named: Named) -> Result<Response, Problem> {
    let change = Change::RemoveHostname { hostname: hostname(&named)? };
    asked.order(Order { operation: Operation::SetHostnames, reason: None, change }).await
}

/// What changing the primary hostname may cost.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    /// Go on although passkeys that people have will not work at the new address.
    #[serde(default)]
    accept_rp_id_change: bool,
}

/// Make a hostname the primary one
///
/// Links in mails and passkeys belong to it.
#[utoipa::path(post, path = "/tenants/{tenant}/hostnames/{hostname}/primary", tag = "Tenants", request_body = Consent,
    params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("hostname" = String, Path, description = "One of its hostnames", example = "auth.example.com"),
), responses(
    (status = 200, description = "It is", body = TenantResource),
    (status = 202, description = "It will be", body = TenantResource),
))]
pub(super) async fn make_primary(
    asked: Asked,
    named: Named,
    Sent(consent): Sent<Consent>,
) -> Result<Response, Problem> {
    let renaming = Renaming { slug: None, primary: Some(hostname(&named)?) };
    let order = address::order(&asked.control, &asked.tenant, renaming, consent.accept_rp_id_change).await?;
    asked.order(order).await
}

/// The hostname that an address names.
fn hostname(Path(named): &Named) -> Result<Hostname, Problem> {
    parse(named.get("hostname").map(String::as_str).unwrap_or_default())
}

/// A hostname that was sent.
pub(super) fn parse(text: &str) -> Result<Hostname, Problem> {
    let refused = |_| Problem::new(Code::InvalidHostname, "It is not a hostname, such as auth.example.com.");
    text.parse().map_err(refused)
}
