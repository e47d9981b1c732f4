//! A tenant's isolation: what was found last, and trying it now.

use axum::{
    Json,
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::IntoResponse,
};
use kiavi_pages::{Isolation, IsolationCheck, IsolationOutcome, IsolationProof, Notice, Place, TenantPlace};

use super::{
    team::Told,
    tenant::AtTenant,
    visit::{Answer, Visit, html},
};
use crate::{
    Permission,
    api::Problem,
    isolation::{self, ProofError, SignedReport, Verdict, store},
};

/// Proofs on the page.
const SHOWN: i64 = 20;
const PAGE: &str = "/isolation";

type Named = Path<(String, String)>;

/// `GET …/isolation`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    let parts = at.here.visit.control.parts();
    let found = store::proofs(&parts.database, at.tenant.id.as_str(), SHOWN).await?;
    let mut proofs = found.into_iter().filter_map(|signed| proof(&at, signed));
    Ok(html(&Isolation {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Isolation),
        last: proofs.next(),
        earlier: proofs.collect(),
        may_prove: at.may(Permission::TenantManage),
        notice: told.notice(),
        now: parts.clock.now(),
    }))
}

fn proof(at: &AtTenant, signed: SignedReport) -> Option<IsolationProof> {
    let check = |check: isolation::Check| IsolationCheck {
        id: check.id,
        outcome: outcome(check.outcome),
        evidence: check.evidence,
    };
    Some(IsolationProof {
        path: at.path(&format!("{PAGE}/{}", signed.report.id)),
        at: signed.report.at.parse().ok()?,
        outcome: outcome(signed.report.outcome),
        digest: signed.digest,
        key: signed.key,
        checks: signed.report.checks.into_iter().map(check).collect(),
    })
}

fn outcome(verdict: Verdict) -> IsolationOutcome {
    match verdict {
        Verdict::Held => IsolationOutcome::Held,
        Verdict::Broken => IsolationOutcome::Broken,
        Verdict::NotApplicable => IsolationOutcome::NotApplicable,
        Verdict::Unknown => IsolationOutcome::Unknown,
    }
}

/// `POST …/isolation`: tries it, which takes some seconds.
pub(super) async fn prove(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantManage).await?;
    match isolation::prove(&at.here.visit.control, &at.here.actor, &at.tenant).await {
        Ok(_) => Ok(at.tell(PAGE, Notice::IsolationTried)),
        Err(ProofError::UnderWay) => Ok(at.refuse(PAGE, Notice::IsolationBusy)),
        Err(ProofError::TooMany { .. }) => Ok(at.refuse(PAGE, Notice::IsolationOften)),
        Err(ProofError::NotRunning) => Ok(at.refuse(PAGE, Notice::IsolationResting)),
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// `GET …/isolation/{proof}`: the signed report, to keep.
pub(super) async fn report(visit: Visit, Path(named): Path<(String, String, String)>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    let database = &at.here.visit.control.parts().database;
    let found = store::proof(database, at.tenant.id.as_str(), &named.2).await?;
    let signed = found.ok_or_else(Problem::not_found)?;
    let name = format!("attachment; filename=\"isolation-{}-{}.json\"", at.tenant.slug, signed.report.id);
    let mut response = Json(signed).into_response();
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
