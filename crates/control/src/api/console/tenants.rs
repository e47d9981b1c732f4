//! The tenants of a workspace, read-only.

use std::convert::Infallible;

use axum::{
    extract::{Path, Query},
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use kiavi_pages::{Place, TenantRow, TenantState as Badge, Tenants};

use super::{
    team::Told,
    visit::{Answer, Stop, Visit, html},
};
use crate::{
    Control, Permission, Tenant, TenantState,
    api::progress,
    tenant::store::{self, Filter},
};

/// Tenants on the page; the command line lists more.
const SHOWN: i64 = 500;

/// `GET /w/{workspace}`.
pub(super) async fn page(visit: Visit, Path(named): Path<String>, Query(told): Query<Told>) -> Answer {
    let here = visit.at(&named, Permission::TenantRead).await?;
    let (control, workspace) = (&here.visit.control, Some(here.workspace.id.clone()));
    let filter = Filter { limit: SHOWN, workspace, ..Filter::default() };
    let mut tenants = store::list(&control.parts().database, &filter).await?;
    tenants.sort_by_key(|tenant| std::cmp::Reverse(tenant.created_at));
    Ok(html(&Tenants {
        frame: here.visit.frame(),
        top: here.top(Place::Tenants).await?,
        tenants: tenants.iter().map(|tenant| row(control, tenant)).collect(),
        may_create: here.caller.may(Permission::TenantCreate),
        create_command: control.parts().create_command.clone(),
        events: here.path("/events"),
        notice: told.notice(),
        now: control.parts().clock.now(),
    }))
}

/// `GET /w/{workspace}/events`: one event at each change of one of its tenants; the page then loads itself again. It tells no
/// more than that, so it may go on for somebody who is removed meanwhile.
pub(super) async fn events(
    visit: Visit,
    Path(named): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Stop> {
    let here = visit.at(&named, Permission::TenantRead).await?;
    let control = &here.visit.control;
    let permit = progress::permit(control, &here.actor)?;
    let changes = control.changes().of(here.workspace.id.as_str());
    let events = stream::unfold((changes, permit), |(mut changes, permit)| async {
        changes.changed().await.ok()?;
        Some((Ok(Event::default().data("changed")), (changes, permit)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn row(control: &Control, tenant: &Tenant) -> TenantRow {
    TenantRow {
        slug: tenant.slug.to_string(),
        url: control.url_of(tenant),
        state: badge(tenant.state),
        created: tenant.created_at,
    }
}

pub(super) fn badge(state: TenantState) -> Badge {
    match state {
        TenantState::Requested
        | TenantState::Secret
        | TenantState::Role
        | TenantState::Database
        | TenantState::Schema
        | TenantState::Certificate
        | TenantState::Spare => Badge::Creating,
        TenantState::Running => Badge::Running,
        TenantState::Suspended => Badge::Suspended,
        TenantState::Failed => Badge::Failed,
        TenantState::Deleted | TenantState::Deleting => Badge::Deleting,
    }
}
