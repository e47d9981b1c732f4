//! A tenant's webhooks: endpoints are settings, so a change goes the way of settings; how they do, their engine says.

use std::time::Duration;

use axum::{
    Form,
    extract::{Path, Query},
};
use kiavi_base::ExposeSecret;
use kiavi_pages::{
    EndpointRow, EndpointState, NewWebhook, Notice, Place, SecretOf, SecretOnce, TenantPlace, Webhook,
    Webhooks,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    saving::{self, Refused, document},
    team::Told,
    tenant::{AtTenant, read},
    visit::{Answer, Visit, html, refusal},
    webhook_log::{self, Asked, Tried},
};
use crate::{
    Permission, SettingsPath,
    api::{Problem, code::Code},
    management::Door,
    settings::secrets::masked,
    webhook::{new_signing_secret, rotated_signing_secrets},
};

pub(super) const PAGE: &str = "/webhooks";
/// The longest overlap of two secrets, in days.
const MAX_OVERLAP_DAYS: u64 = 30;
const DAY_SECONDS: u64 = 86_400;

pub(super) type Named = Path<(String, String, String)>;

/// What the forms send; each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EndpointForm {
    id: String,
    url: String,
    events: String,
    description: String,
    enabled: String,
    days: u64,
}

impl EndpointForm {
    fn events(&self) -> Vec<String> {
        let split = self.events.split(|c: char| c.is_whitespace() || c == ',');
        split.filter(|event| !event.is_empty()).map(str::to_owned).collect()
    }

    fn description(&self) -> Option<&str> {
        Some(self.description.trim()).filter(|text| !text.is_empty())
    }

    /// What was typed, as the form shows it again.
    fn row(&self, state: EndpointState) -> EndpointRow {
        EndpointRow {
            id: self.id.clone(),
            url: self.url.clone(),
            events: self.events(),
            description: self.description.clone(),
            is_enabled: !self.enabled.is_empty(),
            state,
            pending: 0,
            failing_since: None,
            reason: None,
        }
    }

    /// Puts what was typed into an endpoint.
    fn write(&self, endpoint: &mut Value) {
        endpoint["url"] = self.url.trim().into();
        endpoint["events"] = json!(self.events());
        endpoint["description"] = json!(self.description());
        endpoint["is_enabled"] = (!self.enabled.is_empty()).into();
    }
}

/// The path of an endpoint in the settings; `None` for what no endpoint is called.
fn place_of(id: &str) -> Option<SettingsPath> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let is_id = !id.is_empty() && id.bytes().all(is_plain);
    is_id.then(|| format!("webhooks.endpoints[{id}]").parse().ok()).flatten()
}

/// How the endpoints do, by their engine.
#[derive(Default, Deserialize)]
struct Conditions {
    endpoints: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    id: String,
    state: String,
    pending: i64,
    failing_since: Option<jiff::Timestamp>,
    disabled_because: Option<String>,
}

/// The endpoints of the settings with how they do; an engine that cannot be asked says nothing.
async fn rows(at: &AtTenant) -> Vec<EndpointRow> {
    let told = match Door::of(&at.here.visit.control, &at.here.actor, &at.tenant) {
        Ok(door) => read::<Conditions>(&door, "webhook/endpoints", &[]).await.unwrap_or_default(),
        Err(_) => Conditions::default(),
    };
    let document = masked(&at.tenant.settings);
    let known = document["webhooks"]["endpoints"].as_array().into_iter().flatten();
    known.map(|endpoint| row(endpoint, &told)).collect()
}

fn row(endpoint: &Value, told: &Conditions) -> EndpointRow {
    let text = |name: &str| endpoint[name].as_str().unwrap_or_default().to_owned();
    let id = text("id");
    let condition = told.endpoints.iter().find(|condition| condition.id == id);
    let is_enabled = endpoint["is_enabled"] != false;
    EndpointRow {
        url: text("url"),
        events: serde_json::from_value(endpoint["events"].clone()).unwrap_or_default(),
        description: text("description"),
        is_enabled,
        state: match condition.map(|condition| condition.state.as_str()) {
            Some("active") => EndpointState::Active,
            Some("failing") => EndpointState::Failing,
            Some("paused") => EndpointState::Paused,
            Some("disabled") => EndpointState::Disabled,
            _ if !is_enabled => EndpointState::Paused,
            _ => EndpointState::Unknown,
        },
        pending: condition.map_or(0, |condition| condition.pending),
        failing_since: condition.and_then(|condition| condition.failing_since),
        reason: condition.and_then(|condition| condition.disabled_because.clone()),
        id,
    }
}

/// `GET …/webhooks`.
pub(super) async fn list(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(told): Query<Told>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsRead).await?;
    Ok(html(&Webhooks {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Webhooks),
        endpoints: rows(&at).await,
        may_change: at.may(Permission::SettingsWrite),
        notice: told.notice(),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

/// `GET …/webhooks/new`.
pub(super) async fn new(visit: Visit, Path((workspace, tenant)): Path<(String, String)>) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsWrite).await?;
    let form = EndpointForm { events: "*".to_owned(), enabled: "yes".to_owned(), ..EndpointForm::default() };
    show_new(&at, &form, None, None).await
}

async fn show_new(
    at: &AtTenant,
    form: &EndpointForm,
    fault: Option<String>,
    notice: Option<Notice>,
) -> Answer {
    let why = notice.map(Notice::key).or(fault.as_ref().map(|_| Code::InvalidSettings.as_str()));
    let page = html(&NewWebhook {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Webhooks),
        typed: form.row(EndpointState::Unknown),
        fault,
        notice,
    });
    Ok(match why {
        Some(why) => refusal(page, why),
        None => page,
    })
}

/// Makes an endpoint of the settings what `edit` makes of it.
async fn change(
    at: &AtTenant,
    id: &str,
    comment: &str,
    edit: impl FnOnce(Option<&Value>) -> Result<Option<Value>, Refused>,
) -> Result<(), Refused> {
    let mut document = document(at);
    let place = place_of(id).ok_or(Refused::Told(Notice::WebhookGone))?;
    let wanted = edit(place.get(&document))?;
    place.set(&mut document, wanted).map_err(|error| Refused::Fault(error.to_string()))?;
    saving::change(at, document, &format!("webhook {id}{comment}")).await
}

/// An endpoint that is there.
fn known(endpoint: Option<&Value>) -> Result<Value, Refused> {
    endpoint.cloned().ok_or(Refused::Told(Notice::WebhookGone))
}

/// `POST …/webhooks/new`: answers with the secret.
pub(super) async fn create(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Form(form): Form<EndpointForm>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsWrite).await?;
    let secret = new_signing_secret(&*at.here.visit.control.parts().rng);
    if place_of(&form.id).is_none() {
        return show_new(&at, &form, Some("webhooks.endpoints.id".to_owned()), None).await;
    }
    let made = change(&at, &form.id, "", |endpoint| {
        if endpoint.is_some() {
            return Err(Refused::Told(Notice::WebhookExists));
        }
        let secrets = json!([{ "id": "s1", "signing_secret": secret.expose_secret() }]);
        let mut endpoint = json!({ "id": form.id, "secrets": secrets });
        form.write(&mut endpoint);
        Ok(Some(endpoint))
    })
    .await;
    match made {
        Ok(()) => {
            // One of that name may have been there before, and have failed. Where the engine cannot say so, its page tells.
            let _ =
                at.act(TenantPlace::Webhooks, "webhook/enable", json!({ "endpoint": form.id }), PAGE).await;
            once(&at, form.id, secret.expose_secret()).await
        }
        Err(Refused::Fault(fault)) => show_new(&at, &form, Some(fault), None).await,
        Err(Refused::Told(notice)) => show_new(&at, &form, None, Some(notice)).await,
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

async fn once(at: &AtTenant, id: String, secret: &str) -> Answer {
    Ok(html(&SecretOnce {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        next: at.path(&below(&id)),
        of: SecretOf::Webhook(id),
        secret: secret.to_owned(),
    }))
}

pub(super) fn below(id: &str) -> String {
    format!("{PAGE}/{id}")
}

/// `GET …/webhooks/{endpoint}`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(asked): Query<Asked>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    show(&at, &named.2, &asked, Tried::default(), None).await
}

/// The page of an endpoint, with what was tried or typed there.
pub(super) async fn show(
    at: &AtTenant,
    id: &str,
    asked: &Asked,
    tried: Tried,
    typed: Option<(&EndpointForm, String)>,
) -> Answer {
    let found = rows(at).await.into_iter().find(|row| row.id == id);
    let Some(mut endpoint) = found else { return Ok(at.tell(PAGE, Notice::WebhookGone)) };
    let mut fault = None;
    if let Some((form, why)) = typed {
        let row = form.row(endpoint.state);
        let EndpointRow { url, events, description, is_enabled, .. } = row;
        endpoint = EndpointRow { url, events, description, is_enabled, ..endpoint };
        fault = Some(why);
    }
    let log = webhook_log::deliveries(at, id, asked).await;
    let (deliveries, older) = log.map_or((None, None), |(rows, older)| (Some(rows), older));
    Ok(html(&Webhook {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Webhooks),
        endpoint,
        fault,
        trial: tried.trial,
        deliveries,
        shown: asked.state(),
        older,
        may_change: at.may(Permission::SettingsWrite),
        notice: asked.notice(),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

/// `POST …/webhooks/{endpoint}` `url`, `events`, `description`, `enabled`.
pub(super) async fn save(visit: Visit, Path(named): Named, Form(form): Form<EndpointForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let id = &named.2;
    let saved = change(&at, id, "", |endpoint| {
        let mut endpoint = known(endpoint)?;
        form.write(&mut endpoint);
        Ok(Some(endpoint))
    });
    match saved.await {
        Ok(()) => Ok(at.tell(&below(id), Notice::WebhookSaved)),
        Err(Refused::Fault(fault)) => {
            let page = show(&at, id, &Asked::default(), Tried::default(), Some((&form, fault))).await?;
            Ok(refusal(page, Code::InvalidSettings.as_str()))
        }
        Err(refused) => told(&at, id, refused),
    }
}

/// What a refusal tells on a page.
fn told(at: &AtTenant, id: &str, refused: Refused) -> Answer {
    match refused {
        Refused::Told(Notice::WebhookGone) => Ok(at.refuse(PAGE, Notice::WebhookGone)),
        Refused::Told(notice) => Ok(at.refuse(&below(id), notice)),
        Refused::Stop(stop) => Err(stop),
        Refused::Fault(fault) => Err(Problem::invalid_body(fault).into()),
    }
}

/// `POST …/webhooks/{endpoint}/rotate` `days`: answers with the new secret; both sign for so long.
pub(super) async fn rotate(visit: Visit, Path(named): Named, Form(form): Form<EndpointForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let (parts, id) = (at.here.visit.control.parts(), named.2.clone());
    let (secret, now) = (new_signing_secret(&*parts.rng), parts.clock.now());
    let overlap = Duration::from_secs(form.days.min(MAX_OVERLAP_DAYS) * DAY_SECONDS);
    let rotated = change(&at, &id, ": another secret", |endpoint| {
        let mut endpoint = known(endpoint)?;
        let secrets = rotated_signing_secrets(&endpoint["secrets"], secret.expose_secret(), now, overlap);
        endpoint["secrets"] = secrets.ok_or(Refused::Told(Notice::Unexpected))?;
        Ok(Some(endpoint))
    });
    match rotated.await {
        Ok(()) => once(&at, id, secret.expose_secret()).await,
        Err(refused) => told(&at, &id, refused),
    }
}

/// `POST …/webhooks/{endpoint}/remove`.
pub(super) async fn remove(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    match change(&at, &named.2, " removed", |endpoint| known(endpoint).map(|_| None)).await {
        Ok(()) => Ok(at.tell(PAGE, Notice::WebhookRemoved)),
        Err(refused) => told(&at, &named.2, refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_in_lines_or_with_commas() {
        let events =
            |text: &str| EndpointForm { events: text.to_owned(), ..EndpointForm::default() }.events();
        assert_eq!(
            events("session.*\r\n user.created,user.deleted\n\n"),
            ["session.*", "user.created", "user.deleted"]
        );
        assert!(events(" \r\n").is_empty());
    }

    #[test]
    fn an_endpoint_has_a_plain_name() {
        assert!(place_of("crm-2_a").is_some());
        for wrong in ["", "CRM", "a]b", "a b", "a.b", "new/../x"] {
            assert!(place_of(wrong).is_none(), "{wrong}");
        }
    }
}
