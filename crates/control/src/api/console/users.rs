//! A tenant's people, and what can be done with one of them. All of it goes the way of the API: through the tenant's own
//! administration, on behalf of whoever is signed in here.

use axum::{
    Form,
    extract::{Path, Query},
};
use jiff::{Timestamp, civil::Date};
use kiavi_pages::{
    AccountRow, Notice, PasskeyRow, Place, SessionRow, Standing, Suspension, TenantPlace, UserPage, UserRow,
    UserSearch, Users,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    events::{self, Told as Log},
    team::Told,
    tenant::{AtTenant, Refusal, address, read},
    visit::{Answer, Visit, html},
};
use crate::Permission;

/// People on a page.
const SHOWN: i64 = 50;
/// Events on the page of one of them.
const RECENT: &str = "10";
/// The longest reason of a suspension, in characters.
const LONGEST_REASON: usize = 200;
const DAY: i64 = 86_400;

/// A page of people, as engines tell it.
#[derive(Deserialize)]
struct Listed {
    users: Vec<User>,
    total: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    email: String,
    email_verified: bool,
    #[serde(default)]
    banned: Option<bool>,
    #[serde(default)]
    ban_reason: Option<String>,
    #[serde(default)]
    ban_expires: Option<Timestamp>,
    created_at: Timestamp,
}

impl User {
    fn is_suspended(&self, now: Timestamp) -> bool {
        self.banned == Some(true) && self.ban_expires.is_none_or(|until| until > now)
    }

    fn suspension(&self, now: Timestamp) -> Option<Suspension> {
        let (reason, until) = (self.ban_reason.clone(), self.ban_expires);
        self.is_suspended(now).then_some(Suspension { reason, until })
    }

    fn row(self, now: Timestamp) -> UserRow {
        UserRow {
            is_suspended: self.is_suspended(now),
            id: self.id,
            name: self.name,
            email: self.email,
            is_verified: self.email_verified,
            created: self.created_at,
        }
    }
}

/// One of them with their ways in.
#[derive(Deserialize)]
struct Card {
    user: User,
    passkeys: Vec<Passkey>,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Passkey {
    id: String,
    name: Option<String>,
    aaguid: Option<String>,
    backed_up: bool,
    created_at: Option<Timestamp>,
    last_used: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: String,
    provider: String,
    created_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: String,
    user_agent: Option<String>,
    ip_address: Option<String>,
    country: Option<String>,
    network: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    text: String,
    by: String,
    standing: String,
    page: Option<i64>,
    notice: Option<String>,
}

impl Asked {
    fn search(&self) -> UserSearch {
        let (text, is_name) = (self.text.trim().to_owned(), self.by == "name");
        UserSearch { text, is_name, standing: Standing::of(&self.standing) }
    }

    /// The address of another page of the same list.
    fn address(&self, at: &AtTenant, page: i64) -> String {
        let (fields, page) =
            ([("text", &self.text), ("by", &self.by), ("standing", &self.standing)], page.to_string());
        let query = fields.into_iter().filter(|(_, value)| !value.is_empty()).chain([("page", &page)]);
        address(&at.path("/users"), query)
    }
}

/// `GET …/users`.
pub(super) async fn list(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let door = at.door(TenantPlace::Users).await?;
    let (search, number) = (asked.search(), asked.page.unwrap_or(1).clamp(1, 1_000_000));
    let before = (number - 1) * SHOWN;
    let pattern = literal(&search.text);
    let (limit, offset) = (SHOWN.to_string(), before.to_string());
    let mut query = vec![
        ("limit", limit.as_str()),
        ("offset", &offset),
        ("sortBy", "createdAt"),
        ("sortDirection", "desc"),
    ];
    if !pattern.is_empty() {
        let field = if search.is_name { "name" } else { "email" };
        query.extend([("searchValue", pattern.as_str()), ("searchField", field)]);
    }
    match search.standing {
        Standing::All => {}
        Standing::Active => {
            query.extend([("filterField", "banned"), ("filterOperator", "ne"), ("filterValue", "true")])
        }
        Standing::Suspended => query.extend([("filterField", "banned"), ("filterValue", "true")]),
    }
    let listed: Listed = read(&door, "admin/list-users", &query).await?;
    let now = at.here.visit.control.parts().clock.now();
    let shown = before + i64::try_from(listed.users.len()).unwrap_or(0);
    Ok(html(&Users {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        search,
        users: listed.users.into_iter().map(|user| user.row(now)).collect(),
        total: listed.total,
        before,
        previous: (number > 1).then(|| asked.address(&at, number - 1)),
        next: (shown < listed.total).then(|| asked.address(&at, number + 1)),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        now,
    }))
}

/// A text that means itself in a pattern of LIKE, which the engine makes of it as Better Auth does.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// `GET …/users/{user}`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant, user)): Path<(String, String, String)>,
    Query(told): Query<Told>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let door = at.door(TenantPlace::Users).await?;
    let card: Card = match read(&door, "admin/view-user", &[("id", &user)]).await {
        Err(Refusal::Said(axum::http::StatusCode::NOT_FOUND, _)) => {
            return Ok(at.tell("/users", Notice::UserGone));
        }
        card => card?,
    };
    let mut events = None;
    if at.may(Permission::AuditRead) {
        let query = [("email", card.user.email.as_str()), ("limit", RECENT), ("type", events::UNREAD)];
        let log: Log = read(&door, "audit/events", &query).await?;
        let people = at.people().await?;
        events = Some(log.events.iter().map(|event| event.row(&at, &people)).collect());
    }
    let now = at.here.visit.control.parts().clock.now();
    let log = address(&at.path("/events"), [("email", card.user.email.as_str()), ("period", "all")]);
    Ok(html(&UserPage {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        suspension: card.user.suspension(now),
        user: card.user.row(now),
        passkeys: card.passkeys.into_iter().map(passkey).collect(),
        accounts: card.accounts.into_iter().map(account).collect(),
        sessions: card.sessions.into_iter().map(session).collect(),
        events,
        log,
        is_changeable: at.may(Permission::UserManage),
        notice: told.notice(),
        now,
    }))
}

fn passkey(row: Passkey) -> PasskeyRow {
    PasskeyRow {
        id: row.id,
        name: row.name,
        aaguid: row.aaguid,
        is_synced: row.backed_up,
        created: row.created_at,
        last_used: row.last_used,
    }
}

fn account(row: Account) -> AccountRow {
    AccountRow { id: row.id, provider: row.provider, linked: row.created_at }
}

fn session(row: Session) -> SessionRow {
    SessionRow {
        id: row.id,
        user_agent: row.user_agent,
        ip: row.ip_address,
        country: row.country,
        network: row.network,
        created: row.created_at,
        last_seen: row.updated_at,
        is_current: false,
    }
}

/// What the forms of a person's page send; each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UserForm {
    session: String,
    days: String,
    reason: String,
}

/// Changes something about somebody and tells what came of it: on their page, or where they are gone on the list.
async fn change(
    visit: Visit,
    (workspace, tenant, user): (String, String, String),
    path: &str,
    body: serde_json::Value,
    done: Notice,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserManage).await?;
    let below = format!("/users/{user}");
    match at.change(path, body, &below).await {
        Ok(()) if done == Notice::UserRemoved => Ok(at.tell("/users", done)),
        Ok(()) => Ok(at.tell(&below, done)),
        Err(Refusal::Said(axum::http::StatusCode::NOT_FOUND, _)) => Ok(at.refuse("/users", Notice::UserGone)),
        Err(Refusal::Said(..)) => Ok(at.refuse(&below, Notice::UserRefused)),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}

type Named = Path<(String, String, String)>;

/// `POST …/users/{user}/sign-out` `session`: ends that one, or all of them.
pub(super) async fn sign_out(visit: Visit, Path(named): Named, Form(form): Form<UserForm>) -> Answer {
    if form.session.is_empty() {
        let body = json!({ "userId": named.2 });
        return change(visit, named, "admin/revoke-user-sessions", body, Notice::UserSessionsEnded).await;
    }
    let body = json!({ "sessionToken": form.session });
    change(visit, named, "admin/revoke-user-session", body, Notice::UserSessionEnded).await
}

/// `POST …/users/{user}/suspend` `days`, `reason`.
pub(super) async fn suspend(visit: Visit, Path(named): Named, Form(form): Form<UserForm>) -> Answer {
    let reason: String = form.reason.trim().chars().take(LONGEST_REASON).collect();
    let mut body = json!({ "userId": named.2 });
    if !reason.is_empty() {
        body["banReason"] = reason.into();
    }
    if let Ok(days) = form.days.parse::<u16>() {
        body["banExpiresIn"] = (i64::from(days) * DAY).into();
    }
    change(visit, named, "admin/ban-user", body, Notice::UserBanned).await
}

/// `POST …/users/{user}/restore`.
pub(super) async fn restore(visit: Visit, Path(named): Named) -> Answer {
    let body = json!({ "userId": named.2 });
    change(visit, named, "admin/unban-user", body, Notice::UserUnbanned).await
}

/// `POST …/users/{user}/delete`.
pub(super) async fn delete(visit: Visit, Path(named): Named) -> Answer {
    let body = json!({ "userId": named.2 });
    change(visit, named, "admin/remove-user", body, Notice::UserRemoved).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_means_itself() {
        assert_eq!(literal(r"100%_of\it"), r"100\%\_of\\it");
        assert_eq!(literal("klara@example.com"), "klara@example.com");
    }
}
