//! Management keys of a workspace. A secret is the answer to the form that makes it, and is on no other page.

use axum::{
    Form,
    body::Bytes,
    extract::{Path, Query},
    response::Response,
};
use jiff::SignedDuration;
use kiavi_base::ExposeSecret;
use kiavi_pages::{KeyRow, KeyStanding, Keys, NewKey as NewKeyPage, Notice, Place, SecretOf, SecretOnce};
use serde::Deserialize;

use super::{
    join::shown,
    team::Told,
    tenant::{People, address},
    visit::{Answer, Here, Stop, Visit, html, refusal},
};
use crate::{
    Permission, Role, Scopes, Workplace,
    api::Problem,
    key::{self, KeyState, ManagementKey, NewKey, Rotated, store},
    position::Position,
};

const KEYS: &str = "/keys";
const NEW: &str = "/keys/new";
/// Keys on a page.
const SHOWN: i64 = 50;
const DAY_HOURS: i64 = 24;
/// Longest overlap of two secrets and longest life, in days; as in the API.
const MAX_OVERLAP_DAYS: i64 = 30;
const MAX_LIFE_DAYS: i64 = 3_650;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    /// The id of the last key on the page before.
    after: Option<String>,
}

/// What the forms of the list send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyForm {
    key: String,
    days: i64,
}

/// `GET /w/{workspace}/keys`.
pub(super) async fn page(visit: Visit, Path(named): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let here = visit.at(&named, Permission::KeyRead).await?;
    let (database, workspace) = (&here.visit.control.parts().database, &here.workspace.id);
    let last = match &asked.after {
        Some(id) => find(&here, id).await?,
        None => None,
    };
    let before = last.map_or_else(Position::last, |last| Position { at: last.created_at, id: last.id });
    let mut keys = store::list(database, Some(workspace), &before, None, SHOWN + 1).await?;
    let has_more = usize::try_from(SHOWN).is_ok_and(|shown| keys.len() > shown);
    keys.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let older = keys.last().filter(|_| has_more).map(|last| address(&here.path(KEYS), [("after", &last.id)]));
    let people = People::of(&here).await?;
    Ok(html(&Keys {
        frame: here.visit.frame(),
        top: here.top(Place::Keys).await?,
        keys: keys.into_iter().map(|key| row(&here, &people, key)).collect(),
        older,
        may_change: here.caller.may(Permission::KeyManage),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        now: here.visit.control.parts().clock.now(),
    }))
}

fn row(here: &Here, people: &People, key: ManagementKey) -> KeyRow {
    KeyRow {
        is_rotatable: here.caller.may_all(&key.scopes),
        id: key.id,
        name: key.name,
        shape: format!("{}…{}", key::PREFIX, key.last4),
        scopes: key.scopes.texts(),
        standing: match key.state {
            KeyState::Active => KeyStanding::Active,
            KeyState::Expired => KeyStanding::Expired,
            KeyState::Revoked => KeyStanding::Revoked,
        },
        maker: people.label(key.created_by),
        created: key.created_at,
        expires: key.expires_at,
        used: key.last_used_on.and_then(|day| day.parse().ok()),
        previous: key.previous_expires_at,
    }
}

/// Somebody who may change keys, having used their passkey.
async fn manager(visit: Visit, named: &str, back: &str) -> Result<Here, Stop> {
    let here = visit.at(named, Permission::KeyManage).await?;
    here.require_proof(&here.path(back))?;
    Ok(here)
}

/// `GET /w/{workspace}/keys/new`. The passkey is asked for before anything is typed.
pub(super) async fn new(visit: Visit, Path(named): Path<String>, Query(told): Query<Told>) -> Answer {
    let here = manager(visit, &named, NEW).await?;
    form(&here, String::new(), told.notice()).await
}

async fn form(here: &Here, name: String, notice: Option<Notice>) -> Answer {
    let roles = Role::ALL.into_iter().filter(|role| here.caller.may_all(&of_role(*role)));
    let scopes = Permission::ALL.iter().filter(|permission| may_give(here, **permission));
    Ok(html(&NewKeyPage {
        frame: here.visit.frame(),
        top: here.top(Place::Keys).await?,
        name,
        roles: roles.map(shown).collect(),
        scopes: scopes.map(|permission| permission.as_str()).collect(),
        notice,
    }))
}

/// The form again, with what is wrong with what was sent.
async fn again(here: &Here, name: String, notice: Notice) -> Answer {
    Ok(refusal(form(here, name, Some(notice)).await?, notice.key()))
}

/// The list, with why nothing was done.
fn gone(here: &Here) -> Response {
    refusal(here.tell(KEYS, Notice::KeyGone), Notice::KeyGone.key())
}

fn may_give(here: &Here, permission: Permission) -> bool {
    here.caller.may_all(&Scopes::Only(vec![permission]))
}

/// What a role may do in a workspace.
fn of_role(role: Role) -> Scopes {
    let all = Permission::ALL.iter().copied().filter(|permission| !permission.is_instance_wide());
    Scopes::Only(all.filter(|permission| role.may(*permission, Workplace::Customer)).collect())
}

/// A key as the form wants it. A form may name several scopes, which serde's derive does not read.
#[derive(Debug, Default)]
struct Wanted {
    name: String,
    role: String,
    scopes: Vec<String>,
    days: String,
}

impl Wanted {
    fn parse(form: &[u8]) -> Self {
        let mut wanted = Self::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            let value = value.into_owned();
            match name.as_ref() {
                "name" => value.trim().clone_into(&mut wanted.name),
                "role" => wanted.role = value,
                "scope" => wanted.scopes.push(value),
                "days" => wanted.days = value,
                _ => {}
            }
        }
        wanted
    }

    /// What the role may do and what is ticked; `None` for nothing, or for what nobody knows.
    fn scopes(&self) -> Option<Scopes> {
        let mut all = match Role::parse(&self.role).map(of_role) {
            Some(Scopes::Only(permissions)) => permissions,
            _ => Vec::new(),
        };
        for scope in &self.scopes {
            all.push(Permission::parse(scope)?);
        }
        all.sort_unstable();
        all.dedup();
        (!all.is_empty()).then_some(Scopes::Only(all))
    }
}

/// `POST /w/{workspace}/keys/new` `name`, `role`, `scope`…, `days`: answers with the secret.
pub(super) async fn create(visit: Visit, Path(named): Path<String>, body: Bytes) -> Answer {
    let here = manager(visit, &named, NEW).await?;
    let wanted = Wanted::parse(&body);
    if !crate::workspace::is_name(&wanted.name) {
        return again(&here, wanted.name, Notice::KeyName).await;
    }
    let Some(scopes) = wanted.scopes().filter(|scopes| here.caller.may_all(scopes)) else {
        return again(&here, wanted.name, Notice::KeyScopes).await;
    };
    let now = here.visit.control.parts().clock.now();
    let days = wanted.days.parse::<i64>().ok().map(|days| days.clamp(1, MAX_LIFE_DAYS));
    let end = |days| now.checked_add(SignedDuration::from_hours(days * DAY_HOURS)).ok();
    let workspace = Some(here.workspace.id.clone());
    let new = NewKey { name: wanted.name, workspace, scopes, expires_at: days.and_then(end) };
    let made = key::create(&here.visit.control, &here.actor, &new).await?;
    once(&here, made).await
}

async fn once(here: &Here, made: Rotated) -> Answer {
    Ok(html(&SecretOnce {
        frame: here.visit.frame(),
        top: here.top(Place::Keys).await?,
        of: SecretOf::Key(made.key.name),
        secret: made.secret.expose_secret().to_owned(),
        next: here.path(KEYS),
    }))
}

/// The key of this workspace that has this id.
async fn find(here: &Here, id: &str) -> Result<Option<ManagementKey>, Stop> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let database = &here.visit.control.parts().database;
    Ok(store::find(database, Some(&here.workspace.id), id).await?)
}

/// `POST /w/{workspace}/keys/rotate` `key`, `days`: answers with the new secret.
pub(super) async fn rotate(visit: Visit, Path(named): Path<String>, Form(form): Form<KeyForm>) -> Answer {
    let here = manager(visit, &named, KEYS).await?;
    let Some(key) = find(&here, &form.key).await? else { return Ok(gone(&here)) };
    // Who gets a key's secret may do what the key may.
    if !here.caller.may_all(&key.scopes) {
        return Err(Problem::forbidden(Permission::KeyManage).into());
    }
    let overlap = SignedDuration::from_hours(form.days.clamp(0, MAX_OVERLAP_DAYS) * DAY_HOURS);
    match key::rotate(&here.visit.control, &here.actor, &key.id, overlap).await {
        Ok(Some(rotated)) => once(&here, rotated).await,
        Ok(None) => Ok(gone(&here)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /w/{workspace}/keys/revoke` `key`.
pub(super) async fn revoke(visit: Visit, Path(named): Path<String>, Form(form): Form<KeyForm>) -> Answer {
    let here = manager(visit, &named, KEYS).await?;
    let Some(key) = find(&here, &form.key).await? else { return Ok(gone(&here)) };
    key::revoke(&here.visit.control, &here.actor, &key.id).await?;
    Ok(here.tell(KEYS, Notice::KeyRevoked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_what_its_role_may_and_what_is_ticked() {
        let scopes = |form: &str| Wanted::parse(form.as_bytes()).scopes().map(|scopes| scopes.texts());
        assert_eq!(
            scopes("name=ci&scope=tenant.read&scope=key.read&scope=tenant.read").unwrap(),
            ["tenant.read", "key.read"]
        );
        let both = scopes("role=auditor&scope=tenant.create").unwrap();
        assert_eq!(both, ["workspace.read", "tenant.read", "tenant.create", "audit.read"]);
        assert!(
            !scopes("role=owner").unwrap().contains(&"workspace.create"),
            "a key of a workspace makes none"
        );
        assert_eq!(scopes("role=&scope=tenant.fly"), None);
        assert_eq!(scopes("name=ci"), None);
    }
}
