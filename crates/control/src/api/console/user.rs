//! One of a tenant's people, and what can be done for them.

use axum::{
    Form,
    extract::{Path, Query},
    http::StatusCode,
};
use jiff::{Timestamp, civil::Date};
use kiavi_pages::{AccountRow, Notice, PasskeyRow, Place, SessionRow, TenantPlace, UserKeyRow, UserPage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    acting,
    events::{self, Told as Log},
    team::Told,
    tenant::{Refusal, address, read},
    users::User,
    visit::{Answer, Visit, html},
};
use crate::Permission;

/// Events on the page of somebody.
const RECENT: &str = "10";
/// The longest reason of a suspension, in characters.
pub(super) const LONGEST_REASON: usize = 200;
pub(super) const DAY: i64 = 86_400;

/// Somebody with their ways in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Card {
    pub(super) user: User,
    passkeys: Vec<Passkey>,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
    api_keys: Vec<Key>,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    id: String,
    name: Option<String>,
    start: Option<String>,
    is_on: bool,
    created_at: Timestamp,
    last_used: Option<Timestamp>,
    expires_at: Option<Timestamp>,
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
        Err(Refusal::Said(StatusCode::NOT_FOUND, _)) => {
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
        role: card.user.role.clone().unwrap_or_default(),
        user: card.user.row(now),
        passkeys: card.passkeys.into_iter().map(passkey).collect(),
        accounts: card.accounts.into_iter().map(account).collect(),
        sessions: card.sessions.into_iter().map(session).collect(),
        api_keys: card.api_keys.into_iter().map(key).collect(),
        events,
        log,
        is_changeable: at.may(Permission::UserManage),
        is_actable: acting::is_offered(&at),
        is_copied: at.may(Permission::PrivacyManage),
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

fn key(row: Key) -> UserKeyRow {
    UserKeyRow {
        id: row.id,
        name: row.name,
        start: row.start,
        is_on: row.is_on,
        created: row.created_at,
        last_used: row.last_used,
        expires: row.expires_at,
    }
}

/// What the forms of a person's page send; each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UserForm {
    session: String,
    passkey: String,
    key: String,
    enabled: String,
    days: String,
    reason: String,
    role: String,
}

/// Changes something about somebody and tells what came of it: on their page, or where they are gone on the list.
async fn change(
    visit: Visit,
    (workspace, tenant, user): (String, String, String),
    path: &str,
    body: Value,
    done: Notice,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserManage).await?;
    let below = format!("/users/{user}");
    match at.change(path, body, &below).await {
        Ok(()) if done == Notice::UserRemoved => Ok(at.tell("/users", done)),
        Ok(()) => Ok(at.tell(&below, done)),
        Err(Refusal::Said(StatusCode::NOT_FOUND, _)) => Ok(at.refuse("/users", Notice::UserGone)),
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

/// `POST …/users/{user}/role` `role`: one of the application's roles, or several with commas between.
pub(super) async fn set_role(visit: Visit, Path(named): Named, Form(form): Form<UserForm>) -> Answer {
    let roles: Vec<_> = form.role.split(',').map(str::trim).filter(|role| !role.is_empty()).collect();
    if roles.is_empty() {
        let at = visit.at_tenant(&named.0, &named.1, Permission::UserManage).await?;
        return Ok(at.refuse(&format!("/users/{}", named.2), Notice::UserRoleEmpty));
    }
    let body = json!({ "userId": named.2, "role": roles });
    change(visit, named, "admin/set-role", body, Notice::UserRoleChanged).await
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

/// `POST …/users/{user}/remove-passkey` `passkey`.
pub(super) async fn remove_passkey(visit: Visit, Path(named): Named, Form(form): Form<UserForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::UserManage).await?;
    let below = format!("/users/{}", named.2);
    match at.change("passkey/delete-passkey", json!({ "id": form.passkey }), &below).await {
        Ok(()) => Ok(at.tell(&below, Notice::UserPasskeyRemoved)),
        Err(Refusal::Said(StatusCode::NOT_FOUND, _)) => Ok(at.refuse(&below, Notice::UserPasskeyGone)),
        Err(Refusal::Said(..)) => Ok(at.refuse(&below, Notice::UserRefused)),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}

/// `POST …/users/{user}/key` `key`, `enabled`: switches one of their API keys on, or off for whoever uses it.
pub(super) async fn switch_key(visit: Visit, Path(named): Named, Form(form): Form<UserForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::UserManage).await?;
    let below = format!("/users/{}", named.2);
    let (is_on, done) = match form.enabled.as_str() {
        "true" => (true, Notice::UserKeyOn),
        _ => (false, Notice::UserKeyOff),
    };
    let body = json!({ "keyId": form.key, "userId": named.2, "enabled": is_on });
    match at.change("api-key/update", body, &below).await {
        Ok(()) => Ok(at.tell(&below, done)),
        Err(Refusal::Said(StatusCode::NOT_FOUND, _)) => Ok(at.refuse(&below, Notice::UserKeyGone)),
        Err(Refusal::Said(..)) => Ok(at.refuse(&below, Notice::UserRefused)),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}
