//! How a tenant stands.

use axum::extract::{Path, Query};
use kiavi_pages::{EventRow, FigureSet, FirstUser, Place, TenantOverview, TenantPlace};

use super::{
    events::{self, Told as Log},
    figures, new_tenant,
    team::Told,
    tenant::{AtTenant, read},
    visit::{Answer, Visit, html},
};
use crate::{Permission, management::Door};

/// Events on the page.
const RECENT: &str = "8";
/// The event of somebody's signing in.
const SIGNED_IN: &str = "session.created";

/// `GET /w/{workspace}/t/{tenant}`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(told): Query<Told>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let progress = new_tenant::progress_of(&at).await?;
    let (figures, events) = match progress {
        // Asking its engine would wait for what is being made.
        Some(_) => (None, None),
        None => tokio::join!(figures::of(&at), recent(&at)),
    };
    let first =
        figures.as_ref().zip(events.as_ref()).and_then(|(figures, events)| first(&at, figures, events));
    let waits = figures.as_ref().is_some_and(|figures| figures.users <= 1) && at.may(Permission::AuditRead);
    let live = match progress {
        Some(_) => Some(at.path("/progress")),
        None if waits => Some(at.path("/events/live")),
        None => figures.is_some().then(|| at.path("/figures/live")),
    };
    Ok(html(&TenantOverview {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Overview),
        created: at.tenant.created_at,
        progress,
        first,
        live,
        figures,
        events,
        notice: told.notice(),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

/// The only user, if there is one who was active today, and the event that shows it.
fn first(at: &AtTenant, figures: &FigureSet, events: &[EventRow]) -> Option<FirstUser> {
    let active = figures.days.last().map_or(0, |day| day.dau);
    if figures.users != 1 || active != 1 {
        return None;
    }
    let event = events.iter().rev().find(|event| event.kind == SIGNED_IN && event.is_success)?;
    Some(FirstUser {
        email: event.actor.clone(),
        is_you: event.actor.eq_ignore_ascii_case(&at.here.person.email),
        event: event.path.clone(),
    })
}

/// What happened last; none while nobody can tell it. The page is there all the same: it says how the tenant stands.
async fn recent(at: &AtTenant) -> Option<Vec<EventRow>> {
    if !at.may(Permission::AuditRead) {
        return None;
    }
    let door = Door::of(&at.here.visit.control, &at.here.actor, &at.tenant).ok()?;
    let query = [("limit", RECENT), ("type", events::UNREAD)];
    let log: Log = read(&door, "audit/events", &query).await.ok()?;
    let people = at.people().await.ok()?;
    Some(log.events.iter().map(|event| event.row(at, &people)).collect())
}
