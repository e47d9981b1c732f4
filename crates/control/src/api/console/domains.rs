//! The domains of a tenant.

use axum::{
    Form,
    extract::{Path, Query},
};
use kiavi_base::Hostname;
use kiavi_pages::{DomainRecord, DomainRow, DomainState as Shown, Domains, Notice, Place};
use serde::Deserialize;

use super::{
    team::Told,
    visit::{Answer, Here, Stop, Visit, html},
};
use crate::{
    ControlError, Permission, Tenant,
    address::{self, Name, Role},
    api::Problem,
    domain::{self, Domain, DomainState, Outcome, check, store},
    provision::{self, RequestError},
    tenant::{Target, store as tenants},
};

/// What the page's forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DomainForm {
    domain: String,
}

type Named = Path<(String, String)>;

/// Somebody at a tenant of their workspace.
struct There {
    here: Here,
    tenant: Tenant,
    /// The part of the page's path below the workspace.
    below: String,
}

impl There {
    async fn with(
        visit: Visit,
        (workspace, tenant): &(String, String),
        need: Permission,
    ) -> Result<Self, Stop> {
        let here = visit.at(workspace, need).await?;
        let found = tenants::find(&here.visit.control.parts().database, tenant).await?;
        // What somebody does not see is not there.
        let is_there = |tenant: &Tenant| tenant.target != Target::Spare && here.caller.sees_tenant(tenant);
        let found = found.filter(is_there);
        let tenant = found.ok_or_else(Problem::not_found)?;
        let below = format!("/tenants/{}/domains", tenant.slug);
        Ok(Self { here, tenant, below })
    }

    /// The same for who may change the tenant's names, having used their passkey where that is asked for.
    async fn to_change(visit: Visit, named: &(String, String), proves: bool) -> Result<Self, Stop> {
        let there = Self::with(visit, named, Permission::TenantManage).await?;
        if proves {
            there.here.require_proof(&there.here.path(&there.below))?;
        }
        Ok(there)
    }

    fn tell(&self, notice: Notice) -> Answer {
        Ok(self.here.tell(&self.below, notice))
    }

    /// The domain that a form names, if the tenant has it.
    async fn domain(&self, form: &DomainForm) -> Result<Option<Domain>, Stop> {
        let Ok(domain) = form.domain.parse::<Hostname>() else { return Ok(None) };
        Ok(store::find(&self.here.visit.control.parts().database, &self.tenant.id, &domain).await?)
    }

    /// What a refusal tells on the page.
    fn refused(&self, error: RequestError) -> Answer {
        let notice = match error {
            RequestError::Control(ControlError::HostnameTaken(_)) => Notice::DomainTaken,
            RequestError::Control(ControlError::HostnameRefused(_)) => Notice::DomainInvalid,
            RequestError::Control(ControlError::TooManyDomains) => Notice::DomainLimit,
            RequestError::Control(ControlError::PrimaryHostname(_)) => Notice::DomainPrimary,
            RequestError::Control(ControlError::NoSuchDomain(_)) => Notice::DomainGone,
            other => return Err(Problem::from(other).into()),
        };
        self.tell(notice)
    }
}

/// `GET /w/{workspace}/tenants/{tenant}/domains`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let There { here, tenant, below } = There::with(visit, &named, Permission::TenantRead).await?;
    let control = &here.visit.control;
    let names = address::names(control, &tenant).await?;
    let mut domains = store::list(&control.parts().database, &tenant.id).await?;
    let mut rows: Vec<_> = names.iter().map(|name| served(name, &mut domains)).collect();
    rows.extend(domains.into_iter().map(|domain| row(domain, false)));
    if let Some(first) = rows.first_mut() {
        first.state = Shown::Own;
    }
    Ok(html(&Domains {
        frame: here.visit.frame(),
        top: here.top(Place::Tenants).await?,
        tenant: tenant.slug.to_string(),
        path: here.path(&below),
        rows,
        may_change: here.caller.may(Permission::TenantManage),
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
    DomainRow { name: name.hostname.to_string(), state, is_primary, record: None, checked: None }
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
        record: Some(DomainRecord { name: domain.record_name(), value: domain.challenge }),
    }
}

/// `POST …/add`.
pub(super) async fn add(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let there = There::to_change(visit, &named, false).await?;
    let Ok(domain) = form.domain.trim().to_lowercase().parse::<Hostname>() else {
        return there.tell(Notice::DomainInvalid);
    };
    match domain::add(&there.here.visit.control, &there.here.actor, &there.tenant, &domain).await {
        Ok(_) => there.tell(Notice::DomainAdded),
        Err(error) => there.refused(error),
    }
}

/// `POST …/verify`.
pub(super) async fn verify(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let there = There::to_change(visit, &named, true).await?;
    let Some(domain) = there.domain(&form).await? else { return there.tell(Notice::DomainGone) };
    match check::check(&there.here.visit.control, &there.here.actor, &domain).await {
        Ok(checked) => there.tell(match checked.domain.outcome {
            Some(Outcome::Proved) => Notice::DomainProved,
            Some(Outcome::Absent) => Notice::DomainAbsent,
            Some(Outcome::Different) => Notice::DomainDifferent,
            Some(Outcome::Unanswered) | None => Notice::DomainUnanswered,
        }),
        Err(error) => there.refused(error),
    }
}

/// `POST …/remove`.
pub(super) async fn remove(visit: Visit, Path(named): Named, Form(form): Form<DomainForm>) -> Answer {
    let there = There::to_change(visit, &named, true).await?;
    let Some(domain) = there.domain(&form).await? else { return there.tell(Notice::DomainGone) };
    let order = domain::removal(domain.domain);
    match provision::request(&there.here.visit.control, &there.here.actor, &there.tenant.id, &order).await {
        Ok(_) => there.tell(Notice::DomainRemoved),
        Err(error) => there.refused(error),
    }
}
