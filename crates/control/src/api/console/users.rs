//! A tenant's people, and what can be done with one of them. All of it goes the way of the API: through the tenant's own
//! administration, on behalf of whoever is signed in here.

use axum::{
    Form,
    extract::{Path, Query},
};
use jiff::{Timestamp, civil::Date};
use kiavi_pages::{
    AccountRow, Means, Notice, PasskeyRow, Place, SessionRow, Standing, Suspension, TenantPlace, UserPage,
    UserRow, UserSearch, Users,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    events::{self, Told as Log},
    team::Told,
    tenant::{AtTenant, Refusal, address, read},
    views,
    visit::{Answer, Stop, Visit, html},
};
use crate::{Permission, view::List};

/// People on a page.
const SHOWN: i64 = 50;
/// Events on the page of one of them.
const RECENT: &str = "10";
/// The longest reason of a suspension, in characters.
pub(super) const LONGEST_REASON: usize = 200;
pub(super) const DAY: i64 = 86_400;
/// Characters of a day, `2026-11-26`.
const DAY_LENGTH: usize = 10;

/// A page of people, as engines tell it.
#[derive(Deserialize)]
struct FoundPage {
    users: Vec<Found>,
    total: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(flatten)]
    user: User,
    last_seen: Option<Date>,
    passkeys: i64,
    providers: Vec<String>,
}

impl Found {
    fn row(self, now: Timestamp) -> UserRow {
        let Self { user, last_seen, passkeys, providers } = self;
        UserRow { last_seen, passkeys, providers, ..user.row(now) }
    }
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
            last_seen: None,
            passkeys: 0,
            providers: Vec::new(),
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
    method: String,
    created_from: String,
    created_to: String,
    seen_from: String,
    seen_to: String,
    page: Option<i64>,
    notice: Option<String>,
}

impl Asked {
    pub(super) fn search(&self) -> UserSearch {
        UserSearch {
            text: self.text.trim().to_owned(),
            is_name: self.by == "name",
            standing: Standing::of(&self.standing),
            means: Means::of(&self.method),
            created: (day(&self.created_from), day(&self.created_to)),
            seen: (day(&self.seen_from), day(&self.seen_to)),
        }
    }

    /// The filters by the names that they have in the address.
    fn fields(&self) -> [(&'static str, &String); 8] {
        [
            ("text", &self.text),
            ("by", &self.by),
            ("standing", &self.standing),
            ("method", &self.method),
            ("created_from", &self.created_from),
            ("created_to", &self.created_to),
            ("seen_from", &self.seen_from),
            ("seen_to", &self.seen_to),
        ]
    }

    /// The query of a page of the same list; the first has no number.
    pub(super) fn query(&self, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        query.finish()
    }

    fn number(&self) -> i64 {
        self.page.unwrap_or(1).clamp(1, 1_000_000)
    }

    fn address(&self, at: &AtTenant, page: i64) -> String {
        with_query(&at.path("/users"), &self.query(page))
    }
}

/// A day as date fields send it; what is none asks for nothing.
fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == DAY_LENGTH)
}

/// A path with a query that is written already.
pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A search in the query of the engine's routes.
pub(super) fn filters(search: &UserSearch) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    if !search.text.is_empty() {
        query.push(("text", search.text.clone()));
        query.push(("field", if search.is_name { "name" } else { "email" }.to_owned()));
    }
    query.push(("standing", search.standing.key().to_owned()));
    query.push(("method", search.means.key().to_owned()));
    let days = [
        ("created_from", search.created.0),
        ("created_to", search.created.1),
        ("seen_from", search.seen.0),
        ("seen_to", search.seen.1),
    ];
    query.extend(days.into_iter().filter_map(|(name, day)| Some((name, day?.to_string()))));
    query
}

/// People as the engine finds them, and how many there are.
pub(super) async fn find(
    at: &AtTenant,
    query: &[(&'static str, String)],
) -> Result<(Vec<UserRow>, i64), Stop> {
    let door = at.door(TenantPlace::Users).await?;
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found: FoundPage = read(&door, "admin/find-users", &query).await?;
    let now = at.here.visit.control.parts().clock.now();
    Ok((found.users.into_iter().map(|found| found.row(now)).collect(), found.total))
}

/// `GET …/users`.
pub(super) async fn list(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let (search, number) = (asked.search(), asked.number());
    let before = (number - 1) * SHOWN;
    let mut query = filters(&search);
    query.extend([("limit", SHOWN.to_string()), ("offset", before.to_string())]);
    let (users, total) = find(&at, &query).await?;
    let shown = before + i64::try_from(users.len()).unwrap_or(0);
    Ok(html(&Users {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        views: views::of(&at, List::Users, &asked.fields()).await?,
        search,
        users,
        total,
        before,
        previous: (number > 1).then(|| asked.address(&at, number - 1)),
        next: (shown < total).then(|| asked.address(&at, number + 1)),
        query: asked.query(number),
        is_changeable: at.may(Permission::UserManage),
        export: address(&at.path("/selection"), [("do", "export"), ("back", asked.query(number).as_str())]),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        now: at.here.visit.control.parts().clock.now(),
    }))
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
    fn what_is_asked_for_stays_in_the_address_and_what_is_no_day_is_nothing() {
        let asked = Asked {
            text: " 100%_of&it ".to_owned(),
            standing: "suspended".to_owned(),
            created_from: "2026-11-01".to_owned(),
            seen_to: "yesterday".to_owned(),
            page: Some(3),
            ..Asked::default()
        };
        assert_eq!(
            asked.query(3),
            "text=+100%25_of%26it+&standing=suspended&created_from=2026-11-01&seen_to=yesterday&page=3"
        );
        let told: Vec<_> = filters(&asked.search());
        assert_eq!(
            told,
            [
                ("text", "100%_of&it".to_owned()),
                ("field", "email".to_owned()),
                ("standing", "suspended".to_owned()),
                ("method", "all".to_owned()),
                ("created_from", "2026-11-01".to_owned()),
            ]
        );
    }
}
