//! Asking for a tenant, and how far it is.

use std::convert::Infallible;

use axum::{
    Form,
    extract::Path,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use kiavi_pages::{MakingStep, NewTenant, Notice, Place, Progress, StepLine, StepState};
use serde::Deserialize;

use super::{
    tenant::AtTenant,
    visit::{Answer, Here, Stop, Visit, html, refusal, see_other},
};
use crate::{
    Control, ControlError, Permission, Step, TenantState,
    api::progress,
    name::NameError,
    parse_name,
    tenant::{Target, create, store},
};

/// The name in the address that the page shows as an example.
const EXAMPLE: &str = "name";

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    name: String,
}

/// `GET /w/{workspace}/tenants/new`.
pub(super) async fn page(visit: Visit, Path(named): Path<String>) -> Answer {
    let here = visit.at(&named, Permission::TenantCreate).await?;
    show(&here, String::new(), None).await
}

/// The address that a tenant would have, with a name that stands for any.
pub(super) fn example(control: &Control) -> String {
    EXAMPLE.parse().map(|slug| control.base_url(&slug)).unwrap_or_default()
}

async fn show(here: &Here, name: String, notice: Option<Notice>) -> Answer {
    let page = html(&NewTenant {
        frame: here.visit.frame(),
        top: here.top(Place::Tenants).await?,
        name,
        address: example(&here.visit.control),
        notice,
    });
    Ok(match notice {
        Some(notice) => refusal(page, notice.key()),
        None => page,
    })
}

/// `POST /w/{workspace}/tenants/new` `name`: leads to the tenant's page, which tells how it is made.
pub(super) async fn create(visit: Visit, Path(named): Path<String>, Form(wanted): Form<Wanted>) -> Answer {
    let here = visit.at(&named, Permission::TenantCreate).await?;
    let name = wanted.name.trim().to_owned();
    let slug = match parse_name(&name) {
        Ok(slug) => slug,
        Err(error) => return show(&here, name, Some(fault(error))).await,
    };
    match create::create(&here.visit.control, &here.actor, &slug, &here.workspace.id).await {
        Ok(tenant) => Ok(see_other(&here.path(&format!("/t/{}", tenant.slug)))),
        Err(ControlError::NameTaken(_)) => show(&here, name, Some(Notice::TenantNameTaken)).await,
        Err(error) => Err(error.into()),
    }
}

/// What is wrong with a name.
pub(super) fn fault(error: NameError) -> Notice {
    match error {
        NameError::Reserved | NameError::LooksLikeId => Notice::TenantNameReserved,
        NameError::Empty
        | NameError::TooLong(_)
        | NameError::Symbol(_)
        | NameError::OuterHyphen
        | NameError::Encoded => Notice::TenantName,
    }
}

/// How far a tenant is that is to run and does not yet.
pub(super) async fn progress_of(at: &AtTenant) -> Result<Option<Progress>, Stop> {
    let tenant = &at.tenant;
    let is_over =
        matches!(tenant.state, TenantState::Running | TenantState::Suspended | TenantState::Deleted);
    if tenant.target != Target::Running || is_over {
        return Ok(None);
    }
    let rows = store::steps(&at.here.visit.control.parts().database, &tenant.id).await?;
    let failure = tenant.last_error.clone();
    let line = |step: &Step| {
        let row = rows.iter().find(|row| row.step == *step);
        let state = match row {
            Some(row) if row.finished_at.is_some() => StepState::Done,
            Some(_) if failure.is_some() => StepState::Failed,
            // One that has to be done again has no attempt yet.
            Some(row) if row.attempts > 0 => StepState::Current,
            _ => StepState::Waiting,
        };
        Some(StepLine { step: shown(*step)?, state })
    };
    let steps = at.here.visit.control.way(tenant.target).iter().filter_map(line).collect();
    Ok(Some(Progress { steps, failure }))
}

/// A step as the page has it; the others are none of a tenant's making.
fn shown(step: Step) -> Option<MakingStep> {
    match step {
        Step::Secret => Some(MakingStep::Secret),
        Step::Role => Some(MakingStep::Role),
        Step::Database => Some(MakingStep::Database),
        Step::Schema => Some(MakingStep::Schema),
        Step::Certificate => Some(MakingStep::Certificate),
        Step::Running => Some(MakingStep::Running),
        Step::Stopped | Step::Closed | Step::Shredded | Step::Dropped | Step::Unlisted | Step::Removed => {
            None
        }
    }
}

/// `GET …/progress`: one message at each change of the tenant, and one at the start for what changed before; the page then
/// loads itself again.
pub(super) async fn live(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Stop> {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let control = &at.here.visit.control;
    let permit = progress::permit(control, &at.here.actor)?;
    let mut changes = control.changes().of(at.tenant.id.as_str());
    changes.mark_changed();
    let told = stream::unfold((changes, permit), |(mut changes, permit)| async {
        changes.changed().await.ok()?;
        Some((Ok(Event::default().data("changed")), (changes, permit)))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}
