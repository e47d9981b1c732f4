//! The certificates of a tenant's names.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kiavi_base::Hostname;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, code::Code, hostnames::parse, resource::text};
use crate::{
    Control, Tenant,
    caller::Actor,
    certificate::{Certificate, CertificateState, Present, settle, store},
    error::chain,
};

/// A certificate that there is.
#[derive(Serialize, ToSchema)]
#[schema(as = PresentCertificate)]
struct PresentResource {
    /// Who was asked for it: `local`, or the URL of an ACME directory.
    #[schema(example = "https://acme-v02.api.letsencrypt.org/directory")]
    issuer: String,
    /// Who signed it.
    #[schema(example = "E7")]
    issued_by: String,
    /// Its serial number, hexadecimal.
    serial: String,
    /// SHA-256 of it, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    fingerprint: String,
    /// From when on it is good.
    #[schema(format = DateTime)]
    not_before: String,
    /// When it ends.
    #[schema(format = DateTime)]
    not_after: String,
    /// When it came.
    #[schema(format = DateTime)]
    issued_at: String,
    /// It, and those that lead to a root (PEM).
    chain: String,
}

impl PresentResource {
    fn new(present: Present) -> Self {
        let Present { issuer, chain, leaf, issued_at, .. } = present;
        Self {
            issuer,
            issued_by: leaf.issued_by,
            serial: leaf.serial,
            fingerprint: leaf.fingerprint,
            not_before: text(leaf.not_before),
            not_after: text(leaf.not_after),
            issued_at: text(issued_at),
            chain,
        }
    }
}

/// The certificate of a name.
#[derive(Serialize, ToSchema)]
#[schema(as = Certificate)]
pub(super) struct CertificateResource {
    /// The name.
    #[schema(value_type = String, example = "auth.example.com")]
    hostname: Hostname,
    state: CertificateState,
    /// What is shown to browsers; null while there is none.
    certificate: Option<PresentResource>,
    /// When it is renewed, or tried again, by itself.
    #[schema(format = DateTime)]
    next_attempt_at: String,
    /// When somebody was asked last.
    #[schema(format = DateTime)]
    attempted_at: Option<String>,
    /// How often that failed since it last succeeded.
    failures: i32,
    /// The code of the last failure, while it lasts; see docs/certificates.md.
    #[schema(example = "unverified")]
    error: Option<String>,
    /// The authority's own words.
    error_detail: Option<String>,
}

impl CertificateResource {
    fn new(certificate: Certificate) -> Self {
        Self {
            hostname: certificate.hostname,
            state: certificate.state,
            certificate: certificate.present.map(PresentResource::new),
            next_attempt_at: text(certificate.next_attempt_at),
            attempted_at: certificate.attempted_at.map(text),
            failures: certificate.attempts,
            error: certificate.error,
            error_detail: certificate.error_detail,
        }
    }
}

/// A tenant's certificates.
#[derive(Serialize, ToSchema)]
pub(super) struct Certificates {
    /// By name; none where something in front of the instance speaks TLS.
    certificates: Vec<CertificateResource>,
    /// The instance's account at the authority, for a CAA record that lets no other account have certificates for a domain
    /// (RFC 8657 §3, `accounturi`). Null without an authority that is asked by ACME, and before the first order.
    #[schema(example = "https://acme-v02.api.letsencrypt.org/acme/acct/1")]
    account: Option<String>,
}

/// List a tenant's certificates
///
/// One for each of its hostnames. They are renewed by themselves.
#[utoipa::path(get, path = "/tenants/{tenant}/certificates", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The certificates", body = Certificates),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    let found = store::list(&control.parts().database, Some(&tenant.id)).await?;
    let certificates = found.into_iter().map(CertificateResource::new).collect();
    let account = match &control.parts().issuer {
        Some(issuer) => store::account(&control.parts().database, issuer.name()).await?,
        None => None,
    };
    Ok(Json(Certificates { certificates, account }).into_response())
}

type Named = Path<HashMap<String, String>>;

async fn named(control: &Control, tenant: &Tenant, Path(named): &Named) -> Result<Certificate, Problem> {
    let hostname = parse(named.get("hostname").map(String::as_str).unwrap_or_default())?;
    let found = store::find(&control.parts().database, Some(&tenant.id), &hostname).await?;
    found.ok_or_else(|| Code::CertificateNotFound.into())
}

/// Show the certificate of a name
///
/// With its chain, and the cause of the last failure.
#[utoipa::path(get, path = "/tenants/{tenant}/certificates/{hostname}", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("hostname" = String, Path, description = "One of its hostnames", example = "auth.example.com"),
), responses(
    (status = 200, description = "The certificate", body = CertificateResource),
))]
pub(super) async fn show(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    hostname: Named,
) -> Result<Response, Problem> {
    let certificate = named(&control, &tenant, &hostname).await?;
    Ok(Json(CertificateResource::new(certificate)).into_response())
}

/// Have a certificate made now
///
/// For a name that has none yet, or before it would be renewed by itself. It takes seconds to minutes; what there is stays
/// until there is a new one. Authorities limit how often they are asked, and so does the instance.
#[utoipa::path(post, path = "/tenants/{tenant}/certificates/{hostname}/renew", tag = "Tenants", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("hostname" = String, Path, description = "One of its hostnames", example = "auth.example.com"),
), responses(
    (status = 202, description = "It is asked for", body = CertificateResource),
))]
pub(super) async fn renew(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    hostname: Named,
) -> Result<Response, Problem> {
    let certificate = named(&control, &tenant, &hostname).await?;
    settle::renew(&control, &actor, &certificate).await?;
    let now = named(&control, &tenant, &hostname).await?;
    Ok((StatusCode::ACCEPTED, Json(CertificateResource::new(now))).into_response())
}

/// The certificate that clients have to trust.
#[derive(Serialize, ToSchema)]
pub(super) struct Root {
    /// PEM; null where authorities sign that clients trust already.
    certificate: Option<String>,
}

/// Show the root of the instance's own authority
///
/// Where the instance signs certificates itself, as in development: who trusts this root trusts the instance's names.
#[utoipa::path(get, path = "/certificate-root", tag = "Instance", responses(
    (status = 200, description = "The root, if there is one", body = Root),
))]
pub(super) async fn root(State(control): State<Control>) -> Result<Json<Root>, Problem> {
    let certificate = match &control.parts().issuer {
        Some(issuer) => issuer.root().await.map_err(|error| {
            tracing::error!(error = chain(&error), "the root of the local authority cannot be had");
            Problem::from(Code::VaultUnavailable)
        })?,
        None => None,
    };
    Ok(Json(Root { certificate }))
}
