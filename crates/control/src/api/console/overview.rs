//! How a tenant stands.

use axum::extract::{Path, Query};
use kiavi_pages::{Place, TenantOverview, TenantPlace};

use super::{
    events::{self, Told as Log},
    figures,
    team::Told,
    tenant::{AtTenant, read},
    visit::{Answer, Stop, Visit, html},
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
    let door = Door::of(&at.here.visit.control, &at.here.actor, &at.tenant).ok();
    let (figures, events) = tokio::join!(figures::of(&at), recent(&at, door.as_ref()));
    Ok(html(&TenantOverview {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Overview),
        created: at.tenant.created_at,
        figures,
        events: events?,
        notice: told.notice(),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

async fn recent(at: &AtTenant, door: Option<&Door<'_>>) -> Result<Option<Vec<kiavi_pages::EventRow>>, Stop> {
    let Some(door) = door.filter(|_| at.may(Permission::AuditRead)) else { return Ok(None) };
    let query = [("limit", RECENT), ("type", events::UNREAD)];
    let log: Log = read(door, "audit/events", &query).await?;
    let people = at.people().await?;
    Ok(Some(log.events.iter().map(|event| event.row(at, &people)).collect()))
}
