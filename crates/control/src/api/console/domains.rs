//! The domains of a tenant.

use axum::{
    Form,
    extract::{Path, Query},
};
use kiavi_base::Hostname;
use kiavi_pages::{
    CertificateCause, CertificateLine, DomainRecord, DomainRow, DomainState as Shown, Domains, Notice, Place,
    TenantPlace,
};
use serde::Deserialize;

use super::{
    team::Told,
    tenant::AtTenant,
    visit::{Answer, Stop, Visit, html},
};
use crate::{
    ControlError, Permission,
    address::{self, Name, Role},
    api::Problem,
    certificate::{self, Certificate},
    domain::{self, Domain, DomainState, Outcome, check, store},
    provision::{self, RequestError},
};

/// What the page's forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DomainForm {
    domain: String,
}

type Named = Path<(String, String)>;

const PAGE: &str = "/domains";

/// Somebody who may change the tenant's names, having used their passkey where that is asked for.
async fn to_change(visit: Visit, named: &(String, String), proves: bool) -> Result<AtTenant, Stop> {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantManage).await?;
    if proves {
        at.here.require_proof(&at.path(PAGE))?;
    }
    Ok(at)
}

/// The domain that a form names, if the tenant has it.
async fn domain(at: &AtTenant, form: &DomainForm) -> Result<Option<Domain>, Stop> {
    let Ok(domain) = form.domain.parse::<Hostname>() else { return Ok(None) };
    Ok(store::find(&at.here.visit.control.parts().database, &at.tenant.id, &domain).await?)
}

/// What a refusal tells on the page.
fn refused(at: &AtTenant, error: RequestError) -> Answer {
    let notice = match error {
        RequestError::Control(ControlError::HostnameTaken(_)) => Notice::DomainTaken,
        RequestError::Control(ControlError::HostnameRefused(_)) => Notice::DomainInvalid,
        RequestError::Control(ControlError::TooManyDomains) => Notice::DomainLimit,
        RequestError::Control(ControlError::PrimaryHostname(_)) => Notice::DomainPrimary,
        RequestError::Control(ControlError::NoSuchDomain(_)) => Notice::DomainGone,
        other => return Err(Problem::from(other).into()),
    };
    Ok(at.refuse(PAGE, notice))
}

/// `GET …/domains`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    let (control, tenant) = (&at.here.visit.control, &at.tenant);
    let names = address::names(control, tenant).await?;
    let mut domains = store::list(&control.parts().database, &tenant.id).await?;
    let mut rows: Vec<_> = names.iter().map(|name| served(name, &mut domains)).collect();
    rows.extend(domains.into_iter().map(|domain| row(domain, false)));
    let certificates = certificate::store::list(&control.parts().database, Some(&tenant.id)).await?;
    for certificate in certificates {
        if let Some(row) = rows.iter_mut().find(|row| row.name == certificate.hostname.as_str()) {
            row.certificate = Some(line(certificate));
        }
    }
    if let Some(first) = rows.first_mut() {
        first.state = Shown::Own;
    }
    Ok(html(&Domains {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Domains),
        rows,
        may_change: at.may(Permission::TenantManage),
        notice: told.notice(),
        now: control.parts().clock.now(),
    }))
}

/// A name that is served, with its proof if it has one, which is taken out of `domains`.
fn served(name: &Name, domains: &mut Vec<Domain>) -> DomainRow {
    let is_primary = name.role == Role::Primary;
    if let Some(at) = domains.iter().position(|domain| domain.domain == name.hostname) {
        return row(domains.remove(at), is_primary);
    }
    let state = if name.role == Role::Former { Shown::Former } else { Shown::Given };
    DomainRow {
        name: name.hostname.to_string(),
        state,
        is_primary,
        record: None,
        checked: None,
        certificate: None,
    }
}

fn row(domain: Domain, is_primary: bool) -> DomainRow {
    let state = match (domain.state, domain.failing_since) {
        (DomainState::Pending, _) => Shown::Pending,
        (DomainState::Verified, None) => Shown::Verified,
        (DomainState::Verified, Some(_)) => Shown::Missing,
        (DomainState::Lapsed, _) => Shown::Lapsed,
    };
    DomainRow {
        name: domain.domain.to_string(),
        state,
        is_primary,
        checked: domain.checked_at,
        certificate: None,
        record: Some(DomainRecord { name: domain.record_name(), value: domain.challenge }),
    }
}

/// The certificate of a name, as the page tells it.
fn line(certificate: Certificate) -> CertificateLine {
    let cause = certificate.error.as_deref().map(|code| match code {
        "unverified" => CertificateCause::Unverified,
        "rate_limited" => CertificateCause::Limited,
        "forbidden_by_caa" => CertificateCause::Forbidden,
        "refused" => CertificateCause::Refused,
        "unreachable" | "deadline" => CertificateCause::Unreachable,
        _ => CertificateCause::Other,
    });
    CertificateLine {
        present: certificate.present.map(|present| (present.leaf.issued_by, present.leaf.not_after)),
        cause,
        detail: certificate.error_detail,
        next: certificate.next_attempt_at,
    }
}

/// `POST …/certificate`.
pub(super) async fn certificate(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let at = to_change(visit, &named, false).await?;
    let control = &at.here.visit.control;
    let found = match form.domain.parse::<Hostname>() {
        Ok(hostname) => {
            certificate::store::find(&control.parts().database, Some(&at.tenant.id), &hostname).await?
        }
        Err(_) => None,
    };
    let Some(certificate) = found else { return Ok(at.refuse(PAGE, Notice::DomainGone)) };
    match certificate::settle::renew(control, &at.here.actor, &certificate).await {
        Ok(()) => Ok(at.tell(PAGE, Notice::CertificateAsked)),
        Err(ControlError::TooManyRenewals(_)) => Ok(at.refuse(PAGE, Notice::CertificateLimit)),
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// `POST …/add`.
pub(super) async fn add(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let at = to_change(visit, &named, false).await?;
    let Ok(domain) = form.domain.trim().to_lowercase().parse::<Hostname>() else {
        return Ok(at.refuse(PAGE, Notice::DomainInvalid));
    };
    match domain::add(&at.here.visit.control, &at.here.actor, &at.tenant, &domain).await {
        Ok(_) => Ok(at.tell(PAGE, Notice::DomainAdded)),
        Err(error) => refused(&at, error),
    }
}

/// `POST …/verify`.
pub(super) async fn verify(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let at = to_change(visit, &named, true).await?;
    let Some(domain) = domain(&at, &form).await? else { return Ok(at.refuse(PAGE, Notice::DomainGone)) };
    match check::check(&at.here.visit.control, &at.here.actor, &domain).await {
        Ok(checked) => Ok(at.tell(
            PAGE,
            match checked.domain.outcome {
                Some(Outcome::Proved) => Notice::DomainProved,
                Some(Outcome::Absent) => Notice::DomainAbsent,
                Some(Outcome::Different) => Notice::DomainDifferent,
                Some(Outcome::Unanswered) | None => Notice::DomainUnanswered,
            },
        )),
        Err(error) => refused(&at, error),
    }
}

/// `POST …/remove`.
pub(super) async fn remove(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let at = to_change(visit, &named, true).await?;
    let Some(domain) = domain(&at, &form).await? else { return Ok(at.refuse(PAGE, Notice::DomainGone)) };
    let order = domain::removal(domain.domain);
    match provision::request(&at.here.visit.control, &at.here.actor, &at.tenant.id, &order).await {
        Ok(_) => Ok(at.tell(PAGE, Notice::DomainRemoved)),
        Err(error) => refused(&at, error),
    }
}
