//! Proofs of a tenant's isolation.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, code::Code};
use crate::{
    Control, Tenant,
    caller::Actor,
    isolation::{self, ProofError, SignedReport, Verdict, store},
};

/// Proofs that a list has.
const LISTED: i64 = 50;

/// A proof, in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = IsolationProof)]
pub(super) struct Listed {
    /// Names it.
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    outcome: Verdict,
    /// The checks that are broken, by name.
    broken: Vec<String>,
    /// The digest of the report, which is in both logs.
    digest: String,
    /// Who asked for it, as logs call them.
    asked_by: String,
}

/// A tenant's proofs.
#[derive(Serialize, ToSchema)]
#[schema(as = IsolationProofs)]
pub(super) struct Proofs {
    /// The newest first, at most fifty.
    proofs: Vec<Listed>,
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::NotRunning => Self::plain(Code::TenantNotRunning),
            ProofError::UnderWay => Self::plain(Code::ProofUnderWay),
            ProofError::TooMany { seconds } => Self::rate_limited(seconds),
            ProofError::Privileged(error) => {
                tracing::error!(error = crate::error::chain(&*error), "a tenant's isolation cannot be tried");
                Self::plain(Code::Unavailable)
            }
            ProofError::Control(error) => error.into(),
        }
    }
}

/// Prove a tenant's isolation
///
/// Everything that should keep the tenant apart is tried and looked at, which takes some seconds: processes that are locked down as
/// its engine is try what must not work, its database role does, and its rights, keys, account and names are compared with what they
/// should be. The answer is the signed report; its digest is in the tenant's own log. Nothing of the tenant is changed, and its engine
/// goes on serving. At most twelve an hour, one at a time.
#[utoipa::path(post, path = "/tenants/{tenant}/isolation/proofs", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 201, description = "It was tried; the report says what was found", body = SignedReport),
))]
pub(super) async fn prove(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    let signed = isolation::prove(&control, &actor, &tenant).await?;
    Ok((StatusCode::CREATED, Json(signed)).into_response())
}

/// List proofs of a tenant's isolation
#[utoipa::path(get, path = "/tenants/{tenant}/isolation/proofs", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The proofs", body = Proofs),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Json<Proofs>, Problem> {
    let found = store::proofs(&control.parts().database, tenant.id.as_str(), LISTED).await?;
    let listed = |signed: SignedReport| {
        let broken = signed.report.checks.iter().filter(|check| check.outcome == Verdict::Broken);
        let broken = broken.map(|check| check.id.clone()).collect();
        let isolation::Report { id, at, outcome, asked_by, .. } = signed.report;
        Listed { id, at, outcome, broken, digest: signed.digest, asked_by }
    };
    Ok(Json(Proofs { proofs: found.into_iter().map(listed).collect() }))
}

/// Show a proof of a tenant's isolation
///
/// The report with its signature, as `kiavi prove --verify` takes it.
#[utoipa::path(get, path = "/tenants/{tenant}/isolation/proofs/{proof}", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
           ("proof" = String, Path, description = "The proof's id")), responses(
    (status = 200, description = "The signed report", body = SignedReport),
))]
pub(super) async fn show(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    Path(named): Path<HashMap<String, String>>,
) -> Result<Json<SignedReport>, Problem> {
    let id = named.get("proof").map(String::as_str).unwrap_or_default();
    let found = store::proof(&control.parts().database, tenant.id.as_str(), id).await?;
    found.map(Json).ok_or_else(|| Problem::plain(Code::ProofNotFound))
}
