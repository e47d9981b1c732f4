//! What a tenant's settings keep away, changed where it is seen whom limits refuse: networks, mail domains, and a limit's rate.

use std::net::IpAddr;

use axum::{Form, extract::Path};
use kiavi_base::network_of;
use kiavi_pages::{Blocked, CaptchaKind, Notice};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    saving::{Refused, change, document},
    security::{Asked, PAGE, Shown, show},
    tenant::AtTenant,
    visit::{Answer, Visit, refusal},
};
use crate::{
    Permission, SettingsPath,
    api::{Problem, code::Code},
};

type Named = Path<(String, String)>;

/// The lists as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListsForm {
    networks: String,
    domains: String,
    allowed: String,
    disposable: String,
}

/// A network that is told of by the page.
#[derive(Debug, Deserialize)]
pub(super) struct BlockForm {
    network: String,
}

/// A rate that was tried.
#[derive(Debug, Deserialize)]
pub(super) struct RateForm {
    setting: String,
    limit: u32,
    window_seconds: u32,
}

/// What a document of settings keeps away.
pub(super) fn blocked(document: &Value) -> Blocked {
    let abuse = &document["abuse"];
    let names = |field: &str| -> Vec<String> {
        let listed = abuse[field].as_array().into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Blocked {
        networks: names("blocked_networks"),
        domains: names("blocked_domains"),
        allowed: names("allowed_domains"),
        refuses_disposable: abuse["refuses_disposable_domains"].as_bool().unwrap_or_default(),
        captcha: match abuse["captcha"]["kind"].as_str() {
            Some("proof_of_work") => CaptchaKind::Work,
            Some(_) => CaptchaKind::Turnstile,
            None => CaptchaKind::None,
        },
    }
}

/// Names that stand on lines of their own, or apart by commas or spaces.
fn names(typed: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || c == ',' || c == ';';
    typed.split(apart).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// `POST …/security/lists` `networks`, `domains`, `allowed`, `disposable`.
pub(super) async fn save(visit: Visit, Path(named): Named, Form(form): Form<ListsForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let typed = Blocked {
        networks: names(&form.networks),
        domains: names(&form.domains),
        allowed: names(&form.allowed),
        refuses_disposable: !form.disposable.is_empty(),
        captcha: blocked(&at.tenant.settings).captcha,
    };
    let mut document = document(&at);
    let abuse = &mut document["abuse"];
    abuse["blocked_networks"] = json!(typed.networks);
    abuse["blocked_domains"] = json!(typed.domains);
    abuse["allowed_domains"] = json!(typed.allowed);
    abuse["refuses_disposable_domains"] = typed.refuses_disposable.into();
    let changed = change(&at, document, "security lists").await;
    answered(&at, changed, Some(typed), Notice::SettingsSaved).await
}

/// `POST …/security/block` `network`: nothing is answered to it any more.
pub(super) async fn block(visit: Visit, Path(named): Named, Form(form): Form<BlockForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let network = as_counted(form.network.trim());
    let mut document = document(&at);
    let mut networks = blocked(&document).networks;
    if !networks.contains(&network) {
        networks.push(network.clone());
    }
    document["abuse"]["blocked_networks"] = json!(networks);
    let changed = change(&at, document, &format!("network {network} blocked")).await;
    answered(&at, changed, None, Notice::NetworkKeptOut).await
}

/// The network that limits count an address in, as settings have it: of IPv6 the /64. What is none stays as it is.
pub(super) fn as_counted(address: &str) -> String {
    match address.parse().map(network_of) {
        Ok(network @ IpAddr::V4(_)) => format!("{network}/32"),
        Ok(network @ IpAddr::V6(_)) => format!("{network}/64"),
        Err(_) => address.to_owned(),
    }
}

/// `POST …/security/rate` `setting`, `limit`, `window_seconds`: a rate that was tried becomes the limit's.
pub(super) async fn set_rate(visit: Visit, Path(named): Named, Form(form): Form<RateForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let RateForm { setting, limit, window_seconds } = form;
    let mut document = document(&at);
    let place = setting.parse::<SettingsPath>().ok().filter(|place| is_rate(place.get(&document)));
    let place = place.ok_or_else(|| Problem::invalid_body("There is no such limit."))?;
    let rate = json!({ "limit": limit, "window_seconds": window_seconds });
    place.set(&mut document, Some(rate)).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    let changed = change(&at, document, &format!("limit {setting}")).await;
    answered(&at, changed, None, Notice::SettingsSaved).await
}

/// Whether it is a rate, or where one was switched off.
fn is_rate(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.is_null() || value.get("window_seconds").is_some())
}

async fn answered(
    at: &AtTenant,
    changed: Result<(), Refused>,
    typed: Option<Blocked>,
    done: Notice,
) -> Answer {
    match changed {
        Ok(()) => Ok(at.tell(PAGE, done)),
        Err(Refused::Fault(fault)) => {
            let page = show(at, &Asked::default(), Shown { typed, fault: Some(fault) }).await?;
            Ok(refusal(page, Code::InvalidSettings.as_str()))
        }
        Err(Refused::Told(notice)) => Ok(at.refuse(PAGE, notice)),
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart_as_people_write_them() {
        assert_eq!(names(" a.example,b.example\r\n\n c.example; "), ["a.example", "b.example", "c.example"]);
        assert!(names(" \n").is_empty());
    }

    #[test]
    fn a_network_is_what_limits_count() {
        assert_eq!(as_counted("203.0.113.9"), "203.0.113.9/32");
        assert_eq!(as_counted("2001:db8:1:2::"), "2001:db8:1:2::/64");
        assert_eq!(as_counted("2001:db8:1:2::9"), "2001:db8:1:2::/64");
        assert_eq!(as_counted("2001:db8::/32"), "2001:db8::/32");
    }

    #[test]
    fn what_a_document_leaves_open_blocks_nothing() {
        let open = blocked(&json!({ "app_name": "Shop" }));
        assert!(open.networks.is_empty() && open.allowed.is_empty() && !open.refuses_disposable);
        assert_eq!(open.captcha, CaptchaKind::None);
        let strict = blocked(&json!({ "abuse": {
            "blocked_networks": ["203.0.113.0/24"], "refuses_disposable_domains": true,
            "captcha": { "kind": "turnstile", "secret": "x" },
        } }));
        assert_eq!((strict.networks.len(), strict.captcha), (1, CaptchaKind::Turnstile));
    }
}
