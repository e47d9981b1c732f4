//! Several of a tenant's people at once: what is asked before something is done with them, what came of it, and the table of
//! them. Whom it is about is in the address, so that a proof of being there leads back to it.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Path, Query, RawForm, RawQuery},
    http::{HeaderValue, Method, Uri, header},
    response::Response,
};
use kiavi_pages::{Deed, NotDone, Place, Selection, SelectionDone, TenantPlace, Total, UserRow};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    tenant::{AtTenant, Refusal, address},
    user::{DAY, LONGEST_REASON},
    users::{Asked, filters, find},
    visit::{Answer, Stop, Visit, html},
};
use crate::{
    Permission,
    api::{Problem, engine, reading::Reading, users},
};

/// The most that one step is about, as the engine has it.
const MOST: usize = 100;

/// What the forms of these pages send.
#[derive(Debug, Default)]
struct Asking {
    deed: Option<Deed>,
    ids: Vec<String>,
    /// How many were named, however often.
    named: usize,
    days: String,
    reason: String,
    /// The query of the list.
    back: String,
}

impl Asking {
    fn read(form: &[u8]) -> Self {
        let mut asking = Self::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            match &*name {
                "do" => asking.deed = Deed::of(&value),
                "id" if !value.is_empty() && asking.ids.iter().all(|id| *id != value) => {
                    asking.named += 1;
                    if asking.ids.len() < MOST {
                        asking.ids.push(value.into_owned());
                    }
                }
                "days" => asking.days = value.into_owned(),
                "reason" => asking.reason = value.trim().chars().take(LONGEST_REASON).collect(),
                "back" => asking.back = value.into_owned(),
                _ => {}
            }
        }
        asking
    }

    /// The address of the page that asks.
    fn address(&self, at: &AtTenant, path: &str) -> String {
        let ids = self.ids.iter().map(|id| ("id", id.as_str()));
        let deed = self.deed.map(|deed| ("do", deed.key()));
        address(&at.path(path), deed.into_iter().chain([("back", self.back.as_str())]).chain(ids))
    }

    /// Whom a table is of, in the query of the engine's routes: those who are named, else all of the list.
    fn searched(&self) -> Vec<(&'static str, String)> {
        if self.ids.is_empty() {
            let list = format!("/?{}", self.back).parse::<Uri>().ok();
            let asked = list.and_then(|list| Query::<Asked>::try_from_uri(&list).ok());
            return filters(&asked.map(|Query(asked)| asked.search()).unwrap_or_default());
        }
        self.ids.iter().map(|id| ("id", id.clone())).collect()
    }
}

/// What the engine's route for several people is called.
const fn route(deed: Deed) -> Option<&'static str> {
    match deed {
        Deed::SignOut => Some("admin/revoke-sessions-of-users"),
        Deed::Suspend => Some("admin/ban-users"),
        Deed::Restore => Some("admin/unban-users"),
        Deed::Delete => Some("admin/remove-users"),
        Deed::Export => None,
    }
}

/// Holds the visitor to what a deed needs; without the proof that it wants they come back here with one.
fn hold(at: &AtTenant, deed: Deed, back: &str) -> Result<(), Stop> {
    let (permission, step_up) = match route(deed) {
        Some(route) => {
            let need = engine::need(&Method::POST, route);
            (need.permission, need.step_up)
        }
        None => (Permission::UserRead, true),
    };
    if !at.may(permission) {
        return Err(Problem::forbidden(permission).into());
    }
    if step_up { at.here.require_proof(back) } else { Ok(()) }
}

/// Those of them who are there.
async fn people(at: &AtTenant, ids: &[String]) -> Result<Vec<UserRow>, Stop> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query: Vec<_> = ids.iter().map(|id| ("id", id.clone())).collect();
    query.push(("limit", MOST.to_string()));
    Ok(find(at, &query).await?.0)
}

/// `GET …/selection` `do`, `id`…, `back`.
pub(super) async fn ask(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let asking = Asking::read(query.as_deref().unwrap_or_default().as_bytes());
    let deed = asking.deed.ok_or_else(Problem::not_found)?;
    hold(&at, deed, &asking.address(&at, "/selection"))?;
    let people = people(&at, &asking.ids).await?;
    let there = i64::try_from(people.len()).unwrap_or(0);
    let is_of_all = deed == Deed::Export && asking.ids.is_empty();
    let count = match is_of_all {
        true => {
            let mut query = asking.searched();
            query.push(("limit", "1".to_owned()));
            find(&at, &query).await?.1
        }
        false => Total::exact(there),
    };
    let most = i64::try_from(MOST).ok().filter(|_| asking.named > asking.ids.len());
    Ok(html(&Selection {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        deed,
        gone: i64::try_from(asking.ids.len()).unwrap_or(0) - there,
        people,
        count,
        most,
        download: asking.address(&at, "/users.csv"),
        query: asking.back,
    }))
}

/// What the engine says of each.
#[derive(Deserialize)]
struct Results {
    results: Vec<OfOne>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOne {
    user_id: String,
    done: bool,
    code: Option<String>,
}

impl OfOne {
    fn why(&self) -> NotDone {
        match self.code.as_deref() {
            Some("USER_NOT_FOUND") => NotDone::Gone,
            Some("NOT_BANNED") => NotDone::NotSuspended,
            Some("NO_SESSIONS") => NotDone::NoSessions,
            _ => NotDone::Failed,
        }
    }
}

/// `POST …/selection` `do`, `id`…, `days`, `reason`, `back`: does it, and says for whom it is not done.
pub(super) async fn act(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    RawForm(form): RawForm,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserManage).await?;
    let asking = Asking::read(&form);
    let (deed, route) =
        asking.deed.and_then(|deed| Some((deed, route(deed)?))).ok_or_else(Problem::not_found)?;
    hold(&at, deed, &asking.address(&at, "/selection"))?;
    if asking.ids.is_empty() {
        return Err(Problem::not_found().into());
    }
    // Whoever is deleted has no name afterwards.
    let names: HashMap<_, _> =
        people(&at, &asking.ids).await?.into_iter().map(|row| (row.id, row.email)).collect();
    let body = body(deed, &asking);
    let told = at.change_for(route, body).await.map_err(|refusal| match refusal {
        Refusal::Stop(stop) => stop,
        refusal => refusal.into(),
    })?;
    let told: Results = serde_json::from_slice(&told)
        .map_err(|_| Stop::from(Problem::from(crate::api::code::Code::EngineAnswer)))?;
    let (done, not): (Vec<_>, Vec<_>) = told.results.into_iter().partition(|one| one.done);
    let name = |one: &OfOne| names.get(&one.user_id).unwrap_or(&one.user_id).clone();
    Ok(html(&SelectionDone {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        deed,
        done: i64::try_from(done.len()).unwrap_or(0),
        not_done: not.iter().map(|one| (name(one), one.why())).collect(),
        query: asking.back,
    }))
}

fn body(deed: Deed, asking: &Asking) -> Value {
    let mut body = json!({ "userIds": asking.ids });
    if deed == Deed::Suspend {
        if !asking.reason.is_empty() {
            body["banReason"] = asking.reason.as_str().into();
        }
        if let Ok(days) = asking.days.parse::<u16>() {
            body["banExpiresIn"] = (i64::from(days) * DAY).into();
        }
    }
    body
}

/// `GET …/users.csv`: the table, to whoever has proved to be there.
pub(super) async fn table(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let asking = Asking::read(query.as_deref().unwrap_or_default().as_bytes());
    let asking = Asking { deed: Some(Deed::Export), ..asking };
    hold(&at, Deed::Export, &asking.address(&at, "/selection"))?;
    let (control, actor) = (at.here.visit.control.clone(), at.here.actor.clone());
    let reading = Reading::new(control, actor, Arc::new(at.tenant.clone()));
    let searched = asking.searched();
    let query: Vec<_> = searched.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut response: Response = users::table(&reading, &query).await?;
    let name = format!("attachment; filename=\"{}-users.csv\"", at.tenant.slug);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
