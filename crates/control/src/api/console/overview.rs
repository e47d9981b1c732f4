//! How a tenant stands.

use axum::extract::{Path, Query};
use kiavi_pages::{EventRow, Place, TenantOverview, TenantPlace};

use super::{
    events::{self, Told as Log},
    figures,
    team::Told,
    tenant::{AtTenant, read},
    visit::{Answer, Visit, html},
};
use crate::{Permission, management::Door};

/// Events on the page.
const RECENT: &str = "8";

/// `GET /w/{workspace}/t/{tenant}`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(told): Query<Told>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let (figures, events) = tokio::join!(figures::of(&at), recent(&at));
    Ok(html(&TenantOverview {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Overview),
        created: at.tenant.created_at,
        figures,
        events,
        notice: told.notice(),
        now: at.here.visit.control.parts().clock.now(),
    }))
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
