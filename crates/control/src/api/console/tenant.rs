//! One request of a person at one tenant: which one, what they may see of it, and how its engine is asked.

use std::collections::HashMap;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use kiavi_pages::{Notice, Place, TenantAway, TenantPlace, TenantTop};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    PageRoute, acting, acts, backups, domains, event_files, events, figures, isolation, look, mail,
    mail_domain, mail_sent, mail_words, methods, new_user, overview, security, security_lists, selection,
    sessions, settings, shows,
    tenants::badge,
    user, user_copy, users, views,
    visit::{Here, Stop, Visit, html, refusal},
    webhook_log, webhooks,
};
use crate::{
    Permission, Tenant,
    api::{ASKS_ENGINE, HAS_DOMAIN, NO_NEW_PROOF, NOTHING_DIFFERS, Problem, code::Code, engine},
    audit::{EventType as E, Writes, nothing, writes},
    management::{Door, ManagementError},
    member,
    position::Position,
    tenant::store,
};

/// Members who are looked up by name.
const KNOWN: i64 = 1_000;
/// What logs of tenants call those who came from here.
const OPERATOR: &str = "operator:";
/// The engine's API.
const API: &str = "/api/auth/";

/// What a form that changes the settings writes.
const CHANGES: Writes = writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS);

/// What a form writes that has something done with archives.
const ORDERS: Writes = writes(&[E::BackupOrdered]);

/// What a look at a mail writes: its engine is asked by a POST.
pub(super) const PREVIEWS: Writes = writes(&[E::EngineRequested]).unless("the tenant is not running");

/// A path at a tenant.
macro_rules! at {
    ($below:literal) => {
        concat!("/w/{workspace}/t/{tenant}", $below)
    };
}

/// The pages of a tenant, but for its live views.
pub(super) fn table() -> Vec<PageRoute> {
    let mut table = pages_of_people();
    table.extend(pages_of_the_tenant());
    table.extend(pages_of_its_mail());
    table
}

fn pages_of_people() -> Vec<PageRoute> {
    vec![
        shows(at!("/users"), users::list),
        shows(at!("/users.csv"), selection::table),
        shows(at!("/users/new"), new_user::page),
        acts(at!("/users/new"), new_user::create, ASKS_ENGINE),
        shows(at!("/selection"), selection::ask),
        acts(at!("/selection"), selection::act, ASKS_ENGINE),
        shows(at!("/users/{user}"), user::page),
        acts(at!("/users/{user}/sign-out"), user::sign_out, ASKS_ENGINE),
        acts(at!("/users/{user}/role"), user::set_role, ASKS_ENGINE),
        acts(at!("/users/{user}/suspend"), user::suspend, ASKS_ENGINE),
        acts(at!("/users/{user}/restore"), user::restore, ASKS_ENGINE),
        acts(at!("/users/{user}/delete"), user::delete, ASKS_ENGINE),
        acts(at!("/users/{user}/remove-passkey"), user::remove_passkey, ASKS_ENGINE),
        acts(at!("/users/{user}/key"), user::switch_key, ASKS_ENGINE),
        shows(at!("/users/{user}/copy.json"), user_copy::download),
        shows(at!("/users/{user}/act"), acting::page),
        acts(at!("/users/{user}/act"), acting::begin, ASKS_ENGINE),
    ]
}

fn pages_of_its_mail() -> Vec<PageRoute> {
    vec![
        PageRoute { writes: PREVIEWS, ..shows(at!("/mail"), mail::page) },
        acts(at!("/mail"), mail::save, CHANGES),
        acts(at!("/mail/test"), mail::test, ASKS_ENGINE),
        acts(at!("/mail/lift"), mail::lift, ASKS_ENGINE),
        shows(at!("/mail/sent"), mail_sent::page),
        acts(at!("/mail/retry"), mail_sent::retry, ASKS_ENGINE),
        PageRoute { writes: PREVIEWS, ..shows(at!("/mail/words"), mail_words::page) },
        acts(at!("/mail/words"), mail_words::act, CHANGES.besides(&[E::EngineRequested]))
            .up_to(mail_words::FORM_LIMIT),
        acts(at!("/mail/words/layout"), mail_words::layout, ASKS_ENGINE).up_to(mail_words::FORM_LIMIT),
        acts(at!("/mail/words/reset"), mail_words::reset, CHANGES),
        shows(at!("/mail/domain"), mail_domain::page),
    ]
}

fn pages_of_the_tenant() -> Vec<PageRoute> {
    vec![
        shows(at!(""), overview::page),
        shows(at!("/figures"), figures::page),
        shows(at!("/figures.csv"), figures::table),
        shows(at!("/events"), events::list),
        shows(at!("/events.csv"), event_files::csv),
        shows(at!("/events.ndjson"), event_files::ndjson),
        shows(at!("/events/{event}"), events::page),
        acts(at!("/views"), views::save, writes(&[E::SavedViewCreated])),
        acts(
            at!("/views/{view}/rename"),
            views::rename,
            writes(&[E::SavedViewRenamed]).unless("it is its name"),
        ),
        acts(
            at!("/views/{view}/delete"),
            views::delete,
            writes(&[E::SavedViewDeleted]).unless("it was gone by then"),
        ),
        shows(at!("/security"), security::page),
        acts(at!("/security/unlock"), security::unlock, ASKS_ENGINE),
        acts(at!("/security/lists"), security_lists::save, CHANGES).up_to(settings::FORM_LIMIT),
        acts(at!("/security/block"), security_lists::block, CHANGES),
        acts(at!("/security/rate"), security_lists::set_rate, CHANGES),
        shows(at!("/isolation"), isolation::page),
        acts(at!("/isolation"), isolation::prove, writes(&[E::IsolationProved])),
        shows(at!("/isolation/{proof}"), isolation::report),
        shows(at!("/domains"), domains::page),
        acts(at!("/domains/certificate"), domains::certificate, writes(&[E::CertificateRenewalRequested])),
        acts(at!("/domains/add"), domains::add, writes(&[E::TenantDomainAdded]).unless(HAS_DOMAIN)),
        acts(
            at!("/domains/verify"),
            domains::verify,
            writes(&[E::TenantDomainVerified]).unless(NO_NEW_PROOF),
        ),
        acts(at!("/domains/remove"), domains::remove, writes(&[E::TenantDomainRemoved])),
        shows(at!("/sign-in-page"), look::page),
        acts(at!("/sign-in-page"), look::change, writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS))
            .up_to(look::FORM_LIMIT),
        shows(at!("/sign-in-page/preview"), look::preview_as_it_is),
        acts(at!("/sign-in-page/preview"), look::preview_as_typed, nothing("shows what was typed"))
            .up_to(look::FORM_LIMIT),
        shows(at!("/sign-in-page/preview.css"), look::sheet),
        shows(at!("/settings"), settings::page),
        acts(at!("/settings"), settings::change, writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS))
            .up_to(settings::FORM_LIMIT),
        acts(
            at!("/settings/rollback"),
            settings::roll_back,
            writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS),
        ),
        shows(at!("/sessions"), sessions::page),
        acts(at!("/sessions/end"), sessions::end, ASKS_ENGINE),
        shows(at!("/backups"), backups::page),
        acts(at!("/backups/now"), backups::back_up, ORDERS),
        acts(at!("/backups/drill"), backups::drill, ORDERS),
        shows(at!("/backups/{backup}/copy"), backups::ask),
        acts(at!("/backups/{backup}/copy"), backups::copy, ORDERS),
        shows(at!("/sign-in"), methods::page),
        acts(at!("/sign-in"), methods::save_ways, CHANGES),
        shows(at!("/sign-in/new"), methods::new),
        acts(at!("/sign-in/new"), methods::create, CHANGES),
        shows(at!("/sign-in/{provider}"), methods::provider),
        acts(at!("/sign-in/{provider}"), methods::save, CHANGES),
        acts(at!("/sign-in/{provider}/test"), methods::test, ASKS_ENGINE),
        acts(at!("/sign-in/{provider}/remove"), methods::remove, CHANGES),
        shows(at!("/webhooks"), webhooks::list),
        shows(at!("/webhooks/new"), webhooks::new),
        acts(at!("/webhooks/new"), webhooks::create, CHANGES.besides(&[E::EngineRequested])),
        shows(at!("/webhooks/{endpoint}"), webhooks::page),
        acts(at!("/webhooks/{endpoint}"), webhooks::save, CHANGES),
        acts(at!("/webhooks/{endpoint}/test"), webhook_log::test, ASKS_ENGINE),
        acts(at!("/webhooks/{endpoint}/enable"), webhook_log::enable, ASKS_ENGINE),
        acts(at!("/webhooks/{endpoint}/rotate"), webhooks::rotate, CHANGES),
        acts(at!("/webhooks/{endpoint}/remove"), webhooks::remove, CHANGES),
        shows(at!("/webhooks/{endpoint}/{delivery}"), webhook_log::page),
        acts(at!("/webhooks/{endpoint}/{delivery}/replay"), webhook_log::replay, ASKS_ENGINE),
    ]
}

/// Somebody at a tenant.
pub(super) struct AtTenant {
    pub(super) here: Here,
    pub(super) tenant: Tenant,
}

/// The addresses of members, by the names that logs have for them.
pub(super) struct People(HashMap<String, String>);

impl People {
    /// The members of a workspace.
    pub(super) async fn of(here: &Here) -> Result<Self, Stop> {
        let database = &here.visit.control.parts().database;
        let members = member::store::list(database, &here.workspace.id, &Position::first(), KNOWN).await?;
        let named = |member: member::Member| (format!("member:{}", member.user), member.email);
        Ok(Self(members.into_iter().map(named).collect()))
    }

    /// The address of a member; anybody else is called what logs call them.
    pub(super) fn label(&self, name: String) -> String {
        self.0.get(name.strip_prefix(OPERATOR).unwrap_or(&name)).cloned().unwrap_or(name)
    }

    /// What logs call whoever pages call `label`: itself, or somebody who came from here.
    pub(super) fn names_of(&self, label: &str) -> Vec<String> {
        let is_named = |(_, email): &(&String, &String)| email.eq_ignore_ascii_case(label);
        let members = self.0.iter().filter(is_named).map(|(name, _)| format!("{OPERATOR}{name}"));
        members.chain([label.to_owned()]).filter(|name| !name.is_empty()).collect()
    }
}

/// Why an engine did not do what a page asked.
pub(super) enum Refusal {
    /// It says so.
    Said(StatusCode, Why),
    Stop(Stop),
}

/// What an engine says of it; both are empty where it says nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Why {
    /// The stable name.
    pub(super) code: String,
    /// A sentence, in English.
    pub(super) message: String,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Said(StatusCode::NOT_FOUND, _) => Problem::not_found().into(),
            Refusal::Said(..) => Problem::from(Code::EngineAnswer).into(),
            Refusal::Stop(stop) => stop,
        }
    }
}

impl From<ManagementError> for Refusal {
    fn from(error: ManagementError) -> Self {
        Self::Stop(Problem::from(error).into())
    }
}

impl Visit {
    /// Somebody at a tenant of a workspace, with a permission there.
    pub(super) async fn at_tenant(
        self,
        workspace: &str,
        tenant: &str,
        permission: Permission,
    ) -> Result<AtTenant, Stop> {
        let here = self.at(workspace, permission).await?;
        let found = store::find(&here.visit.control.parts().database, tenant).await?;
        let tenant =
            found.filter(|tenant| tenant.workspace == here.workspace.id && here.caller.sees_tenant(tenant));
        let tenant = tenant.ok_or_else(Problem::not_found)?;
        here.actor.known.iter().for_each(|known| known.note_subject(tenant.id.as_str()));
        Ok(AtTenant { tenant, here })
    }
}

impl AtTenant {
    /// The path of this tenant, or of a page below it.
    pub(super) fn path(&self, below: &str) -> String {
        self.here.path(&self.below(below))
    }

    fn below(&self, below: &str) -> String {
        format!("/t/{}{below}", self.tenant.slug)
    }

    /// Tells what was done on a page below this tenant.
    pub(super) fn tell(&self, below: &str, notice: Notice) -> axum::response::Response {
        self.here.tell(&self.below(below), notice)
    }

    /// Tells there why nothing was done.
    pub(super) fn refuse(&self, below: &str, notice: Notice) -> axum::response::Response {
        refusal(self.tell(below, notice), notice.key())
    }

    pub(super) fn may(&self, permission: Permission) -> bool {
        self.here.caller.may(permission)
    }

    /// The workspace's members, for logs that name them by their ids.
    pub(super) async fn people(&self) -> Result<People, Stop> {
        People::of(&self.here).await
    }

    /// What is on top of its pages.
    pub(super) fn top(&self, place: TenantPlace) -> TenantTop {
        let sees = [
            (TenantPlace::Overview, Permission::TenantRead),
            (TenantPlace::Figures, Permission::TenantRead),
            (TenantPlace::Users, Permission::UserRead),
            (TenantPlace::Sessions, Permission::UserRead),
            (TenantPlace::Events, Permission::AuditRead),
            (TenantPlace::SignIn, Permission::SettingsRead),
            (TenantPlace::Look, Permission::SettingsRead),
            (TenantPlace::Mail, Permission::SettingsRead),
            (TenantPlace::Webhooks, Permission::SettingsRead),
            (TenantPlace::Domains, Permission::TenantRead),
            (TenantPlace::Security, Permission::TenantRead),
            (TenantPlace::Isolation, Permission::TenantRead),
            (TenantPlace::Backups, Permission::TenantRead),
            (TenantPlace::Settings, Permission::SettingsRead),
        ];
        let places = sees.into_iter().filter(|(_, needed)| self.may(*needed)).map(|(place, _)| place);
        TenantTop {
            slug: self.tenant.slug.to_string(),
            path: self.path(""),
            url: self.here.visit.control.url_of(&self.tenant),
            state: badge(self.tenant.state),
            place,
            places: places.collect(),
        }
    }

    /// The way to its engine. Where none runs, the page says so instead.
    pub(super) async fn door(&self, place: TenantPlace) -> Result<Door<'_>, Stop> {
        // The log can be read all the same.
        let way = if place == TenantPlace::Events { Door::of_log } else { Door::of };
        match way(&self.here.visit.control, &self.here.actor, &self.tenant) {
            Ok(door) => Ok(door),
            Err(error) => {
                let (frame, top) = (self.here.visit.frame(), self.here.top(Place::Tenants).await?);
                let page = html(&TenantAway { frame, top, tenant: self.top(place) });
                Err(refusal(page, Problem::from(error).code().as_str()).into())
            }
        }
    }

    /// Changes something about a user.
    pub(super) async fn change(&self, path: &str, body: Value, back: &str) -> Result<(), Refusal> {
        self.act(TenantPlace::Users, path, body, back).await.map(drop)
    }

    /// Asks the engine to do something, as somebody who may and has proved it where that is asked for; what it tells of it.
    pub(super) async fn act(
        &self,
        place: TenantPlace,
        path: &str,
        body: Value,
        back: &str,
    ) -> Result<Value, Refusal> {
        let need = engine::need(&Method::POST, path);
        if !self.may(need.permission) {
            return Err(Refusal::Stop(Problem::forbidden(need.permission).into()));
        }
        if need.step_up {
            self.here.require_proof(&self.path(back)).map_err(Refusal::Stop)?;
        }
        let door = self.door(place).await.map_err(Refusal::Stop)?;
        let answer = door.ask(Method::POST, &format!("{API}{path}"), Some(body.to_string().into())).await?;
        let told = said(answer)?;
        serde_json::from_slice(&told).map_err(|_| Refusal::Stop(Problem::from(Code::EngineAnswer).into()))
    }

    /// Asks the engine to change something about several people, as somebody who was held to what that needs; what it says of
    /// each.
    pub(super) async fn change_for(&self, path: &str, body: Value) -> Result<Bytes, Refusal> {
        let door = self.door(TenantPlace::Users).await.map_err(Refusal::Stop)?;
        said(door.ask(Method::POST, &format!("{API}{path}"), Some(body.to_string().into())).await?)
    }
}

/// Reads something from an engine: path below its API, and query.
pub(super) async fn read<T: DeserializeOwned>(
    door: &Door<'_>,
    path: &str,
    query: &[(&str, &str)],
) -> Result<T, Refusal> {
    let target = address(&format!("{API}{path}"), query.iter().copied());
    let body = said(door.ask(Method::GET, &target, None).await?)?;
    serde_json::from_slice(&body).map_err(|_| Refusal::Stop(Problem::from(Code::EngineAnswer).into()))
}

/// The body of a success, or why there is none.
pub(super) fn said(answer: axum::http::Response<Bytes>) -> Result<Bytes, Refusal> {
    let (parts, body) = answer.into_parts();
    if parts.status == StatusCode::OK {
        return Ok(body);
    }
    Err(Refusal::Said(parts.status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// A path with a query.
pub(super) fn address<K: AsRef<str>, V: AsRef<str>>(
    path: &str,
    query: impl IntoIterator<Item = (K, V)>,
) -> String {
    let mut address = url::form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    address.extend_pairs(query).finish()
}
