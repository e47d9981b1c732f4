//! How people sign in to a tenant: the ways that are open, and the providers. All of it are settings; a provider is tried by
//! the tenant's engine, which is who speaks to it.

use axum::{
    Form,
    extract::{Path, Query},
};
use kiavi_pages::{
    Methods, Notice, Place, ProviderPage, ProviderRow, TenantPlace, TrialLine, TrialOutcome, TrialStep, Ways,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    saving::{Refused, change, document},
    team::Told,
    tenant::{AtTenant, Refusal},
    visit::{Answer, Visit, html, refusal},
};
use crate::{
    Permission, SettingsPath,
    api::{Problem, code::Code},
    settings::secrets::MASK,
};

const PAGE: &str = "/sign-in";

type Named = Path<(String, String)>;
type OneOf = Path<(String, String, String)>;

/// Which ways are ticked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WaysForm {
    open: String,
    required: String,
    links: String,
}

/// A provider as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderForm {
    id: String,
    name: String,
    client_id: String,
    client_secret: String,
    discovery_url: String,
}

impl ProviderForm {
    fn row(&self, id: &str, has_secret: bool) -> ProviderRow {
        ProviderRow {
            id: id.to_owned(),
            name: self.name.clone(),
            client_id: self.client_id.clone(),
            has_secret,
            discovery_url: self.discovery_url.clone(),
        }
    }

    /// Puts what was typed into a provider; the secret that is there stays if none was typed.
    fn write(&self, provider: &mut Value) {
        let some = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        provider["name"] = json!(some(&self.name));
        provider["client_id"] = self.client_id.trim().into();
        provider["discovery_url"] = json!(some(&self.discovery_url));
        match some(&self.client_secret) {
            Some(secret) => provider["client_secret"] = secret.into(),
            None if provider["client_secret"].is_string() => provider["client_secret"] = MASK.into(),
            None => {}
        }
    }
}

fn ways(document: &Value) -> Ways {
    Ways {
        is_sign_up_open: document["is_sign_up_open"] == true,
        is_passkey_required: document["passkey"]["policy"] == "required",
        has_links: document["magic_link"]["is_enabled"] == true,
    }
}

fn row(provider: &Value) -> ProviderRow {
    let text = |name: &str| provider[name].as_str().unwrap_or_default().to_owned();
    ProviderRow {
        id: text("id"),
        name: text("name"),
        client_id: text("client_id"),
        has_secret: provider["client_secret"].is_string() || provider["apple"].is_object(),
        discovery_url: text("discovery_url"),
    }
}

/// The path of a provider in the settings; `None` for what none is called.
fn place_of(id: &str) -> Option<SettingsPath> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let is_id = !id.is_empty() && id != "new" && id.bytes().all(is_plain);
    is_id.then(|| format!("social.providers[{id}]").parse().ok()).flatten()
}

/// `GET …/sign-in`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    show(&at, None, told.notice()).await
}

async fn show(at: &AtTenant, fault: Option<String>, notice: Option<Notice>) -> Answer {
    let document = &at.tenant.settings;
    let providers = document["social"]["providers"].as_array().into_iter().flatten().map(row).collect();
    Ok(html(&Methods {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::SignIn),
        ways: ways(document),
        providers,
        fault,
        may_change: at.may(Permission::SettingsWrite),
        notice,
    }))
}

/// `POST …/sign-in` `open`, `required`, `links`.
pub(super) async fn save_ways(visit: Visit, Path(named): Named, Form(form): Form<WaysForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let mut document = document(&at);
    document["is_sign_up_open"] = (!form.open.is_empty()).into();
    document["passkey"]["policy"] = if form.required.is_empty() { "preferred" } else { "required" }.into();
    document["magic_link"]["is_enabled"] = (!form.links.is_empty()).into();
    match change(&at, document, "ways to sign in").await {
        Ok(()) => Ok(at.tell(PAGE, Notice::SettingsSaved)),
        Err(Refused::Fault(fault)) => {
            Ok(refusal(show(&at, Some(fault), None).await?, Code::InvalidSettings.as_str()))
        }
        Err(Refused::Told(notice)) => Ok(at.refuse(PAGE, notice)),
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

/// What the page of a provider shows beside what is stored.
#[derive(Default)]
struct Shown {
    is_new: bool,
    trial: Option<Vec<TrialLine>>,
    fault: Option<String>,
    notice: Option<Notice>,
}

async fn show_provider(at: &AtTenant, provider: ProviderRow, shown: Shown) -> Answer {
    let is_refusal = shown.fault.is_some() || (shown.is_new && shown.notice.is_some());
    let page = html(&ProviderPage {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::SignIn),
        provider,
        is_new: shown.is_new,
        trial: shown.trial,
        fault: shown.fault,
        may_change: at.may(Permission::SettingsWrite),
        notice: shown.notice,
    });
    Ok(if is_refusal { refusal(page, Code::InvalidSettings.as_str()) } else { page })
}

/// The provider of the settings with this id.
fn known(at: &AtTenant, id: &str) -> Option<ProviderRow> {
    place_of(id)?.get(&at.tenant.settings).map(row)
}

/// `GET …/sign-in/new`.
pub(super) async fn new(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    show_provider(&at, ProviderRow::default(), Shown { is_new: true, ..Shown::default() }).await
}

/// `GET …/sign-in/{provider}`.
pub(super) async fn provider(visit: Visit, Path(named): OneOf, Query(told): Query<Told>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    match known(&at, &named.2) {
        Some(row) => show_provider(&at, row, Shown { notice: told.notice(), ..Shown::default() }).await,
        None => Ok(at.refuse(PAGE, Notice::ProviderGone)),
    }
}

/// `POST …/sign-in/new`.
pub(super) async fn create(visit: Visit, Path(named): Named, Form(form): Form<ProviderForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let again = |fault, notice| Shown { is_new: true, fault, notice, trial: None };
    let typed = form.row(&form.id, false);
    let Some(place) = place_of(&form.id) else {
        return show_provider(&at, typed, again(Some("social.providers.id".to_owned()), None)).await;
    };
    let mut document = document(&at);
    if place.get(&document).is_some() {
        return show_provider(&at, typed, again(None, Some(Notice::ProviderExists))).await;
    }
    let mut provider = json!({ "id": form.id });
    form.write(&mut provider);
    place.set(&mut document, Some(provider)).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    match change(&at, document, &format!("provider {}", form.id)).await {
        Ok(()) => Ok(at.tell(&below(&form.id), Notice::SettingsSaved)),
        Err(Refused::Fault(fault)) => show_provider(&at, typed, again(Some(fault), None)).await,
        Err(Refused::Told(notice)) => show_provider(&at, typed, again(None, Some(notice))).await,
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

fn below(id: &str) -> String {
    format!("{PAGE}/{id}")
}

/// `POST …/sign-in/{provider}`.
pub(super) async fn save(visit: Visit, Path(named): OneOf, Form(form): Form<ProviderForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let id = &named.2;
    let mut document = document(&at);
    let found =
        place_of(id).and_then(|place| place.get(&document).cloned().map(|provider| (place, provider)));
    let Some((place, mut provider)) = found else { return Ok(at.refuse(PAGE, Notice::ProviderGone)) };
    let has_secret = row(&provider).has_secret;
    form.write(&mut provider);
    place.set(&mut document, Some(provider)).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    match change(&at, document, &format!("provider {id}")).await {
        Ok(()) => Ok(at.tell(&below(id), Notice::SettingsSaved)),
        Err(Refused::Fault(fault)) => {
            let shown = Shown { fault: Some(fault), ..Shown::default() };
            show_provider(&at, form.row(id, has_secret), shown).await
        }
        Err(Refused::Told(notice)) => Ok(at.refuse(&below(id), notice)),
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

/// `POST …/sign-in/{provider}/remove`.
pub(super) async fn remove(visit: Visit, Path(named): OneOf) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let mut document = document(&at);
    let found = place_of(&named.2).filter(|place| place.get(&document).is_some());
    let Some(place) = found else { return Ok(at.refuse(PAGE, Notice::ProviderGone)) };
    place.set(&mut document, None).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    match change(&at, document, &format!("provider {} removed", named.2)).await {
        Ok(()) => Ok(at.tell(PAGE, Notice::ProviderRemoved)),
        Err(Refused::Fault(fault)) => {
            Ok(refusal(show(&at, Some(fault), None).await?, Code::InvalidSettings.as_str()))
        }
        Err(Refused::Told(notice)) => Ok(at.refuse(PAGE, notice)),
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

/// What an engine found.
#[derive(Deserialize)]
struct Tried {
    steps: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    step: String,
    outcome: String,
    detail: String,
}

impl Found {
    fn line(self) -> TrialLine {
        TrialLine {
            step: match self.step.as_str() {
                "discovery" => TrialStep::Discovery,
                "keys" => TrialStep::Keys,
                _ => TrialStep::Client,
            },
            outcome: match self.outcome.as_str() {
                "passed" => TrialOutcome::Passed,
                "failed" => TrialOutcome::Failed,
                _ => TrialOutcome::Unclear,
            },
            detail: self.detail,
        }
    }
}

/// `POST …/sign-in/{provider}/test`: tries it out, and shows what was found.
pub(super) async fn test(visit: Visit, Path(named): OneOf) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let Some(row) = known(&at, &named.2) else { return Ok(at.refuse(PAGE, Notice::ProviderGone)) };
    let body = json!({ "provider": named.2 });
    let told = match at.act(TenantPlace::SignIn, "social/test", body, &below(&named.2)).await {
        Ok(told) => told,
        Err(Refusal::Said(..)) => return Ok(at.refuse(PAGE, Notice::ProviderGone)),
        Err(Refusal::Stop(stop)) => return Err(stop),
    };
    let tried = Tried::deserialize(told).map_err(|_| Problem::from(Code::EngineAnswer))?;
    let trial = Some(tried.steps.into_iter().map(Found::line).collect());
    show_provider(&at, row, Shown { trial, ..Shown::default() }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_until_another_is_typed() {
        let form = |secret: &str| ProviderForm {
            client_id: " c ".to_owned(),
            client_secret: secret.to_owned(),
            ..ProviderForm::default()
        };
        let mut provider = json!({ "id": "google", "client_secret": MASK, "scopes": ["a"] });
        form("").write(&mut provider);
        let expected = json!({
            "id": "google", "client_id": "c", "client_secret": MASK, "scopes": ["a"], "name": null,
            "discovery_url": null,
        });
        assert_eq!(provider, expected);
        form("new").write(&mut provider);
        assert_eq!(provider["client_secret"], "new");
        let mut public = json!({ "id": "own" });
        form("").write(&mut public);
        assert!(public.get("client_secret").is_none());
    }
}
