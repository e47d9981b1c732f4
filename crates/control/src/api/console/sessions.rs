//! Who is signed in to a tenant now.

use axum::{
    Form,
    extract::{Path, Query},
    http::StatusCode,
};
use jiff::Timestamp;
use kiavi_pages::{LiveSession, LiveSessions, Notice, Place, SessionRow, TenantPlace};
use serde::Deserialize;
use serde_json::json;

use super::{
    tenant::{Refusal, address, read},
    visit::{Answer, Visit, html},
};
use crate::Permission;

const PAGE: &str = "/sessions";
/// Sessions on a page.
const SHOWN: &str = "50";

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    email: String,
    ip: String,
    /// The place of the last session on the page before.
    before: Option<String>,
    notice: Option<String>,
}

/// What the form of a session sends.
#[derive(Deserialize)]
pub(super) struct Named {
    session: String,
}

/// A page of sessions, as engines tell it.
#[derive(Default, Deserialize)]
struct Listed {
    sessions: Vec<Told>,
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    user_id: String,
    name: String,
    email: String,
    user_agent: Option<String>,
    ip_address: Option<String>,
    country: Option<String>,
    network: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_acting: bool,
}

/// `GET …/sessions`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let door = at.door(TenantPlace::Sessions).await?;
    let (email, ip) = (asked.email.trim().to_owned(), asked.ip.trim().to_owned());
    let filters: Vec<_> =
        [("email", &email), ("ip", &ip)].into_iter().filter(|(_, text)| !text.is_empty()).collect();
    let mut query: Vec<(&str, &str)> = filters.iter().map(|(name, text)| (*name, text.as_str())).collect();
    query.push(("limit", SHOWN));
    query.extend(asked.before.as_deref().map(|before| ("before", before)));
    let (listed, fault) = match read::<Listed>(&door, "admin/view-sessions", &query).await {
        Err(Refusal::Said(StatusCode::BAD_REQUEST, why)) => (Listed::default(), Some(why.message)),
        listed => (listed?, None),
    };
    let older = listed.next.as_ref();
    let older = older.map(|next| address(&at.path(PAGE), filters.iter().copied().chain([("before", next)])));
    Ok(html(&LiveSessions {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Sessions),
        fault,
        sessions: listed.sessions.into_iter().map(row).collect(),
        older,
        may_end: at.may(Permission::UserManage),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        now: at.here.visit.control.parts().clock.now(),
        email,
        ip,
    }))
}

fn row(told: Told) -> LiveSession {
    LiveSession {
        user: told.user_id,
        name: told.name,
        email: told.email,
        is_acting: told.is_acting,
        session: SessionRow {
            id: told.id,
            user_agent: told.user_agent,
            ip: told.ip_address,
            country: told.country,
            network: told.network,
            created: told.created_at,
            last_seen: told.updated_at,
            is_current: false,
        },
    }
}

/// `POST …/sessions/end` `session`.
pub(super) async fn end(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Form(named): Form<Named>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserManage).await?;
    let body = json!({ "sessionToken": named.session });
    match at.act(TenantPlace::Sessions, "admin/revoke-user-session", body, PAGE).await {
        Ok(_) => Ok(at.tell(PAGE, Notice::UserSessionEnded)),
        Err(Refusal::Said(..)) => Ok(at.refuse(PAGE, Notice::UserRefused)),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}
