//! A tenant's e-mail: the sender is a setting; trials, previews and who gets none are asked of its engine.

use axum::{
    Form,
    extract::{Path, Query},
    http::{HeaderValue, Method, header},
    response::{Html, IntoResponse, Response},
};
use kiavi_base::{EmailAddress, Locale};
use kiavi_pages::{
    LetterKind, MailPage, MailTab, MailTabs, MailTrial, Notice, Place, Preview, Sender, TenantPlace,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    saving::{Refused, change, document},
    tenant::{AtTenant, Refusal, address, read},
    visit::{Answer, Visit, html, refusal},
};
use crate::{
    Permission, SettingsPath,
    api::{Problem, code::Code, engine},
    management::Door,
};

const PAGE: &str = "/mail";
/// An HTML part is somebody's words: it runs nothing, loads nothing and sends nothing, whatever it says.
pub(super) const LETTER_POLICY: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'";

type Named = Path<(String, String)>;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    letter: String,
    r#in: String,
}

/// What the forms send; each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MailForm {
    name: String,
    address: String,
    reply_to: String,
    email: String,
    /// The page that an address is let in again from.
    from: String,
}

/// What a page shows beside what is stored.
#[derive(Default)]
struct Shown {
    typed: Option<Sender>,
    fault: Option<String>,
    trial: Option<MailTrial>,
}

/// `GET …/mail`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(asked): Query<Asked>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    show(&at, &asked, Shown::default()).await
}

/// The pages about mail that the visitor may see.
pub(super) fn tabs(at: &AtTenant, here: MailTab) -> MailTabs {
    MailTabs { here, sees_sent: at.may(engine::need(&Method::GET, "mail/deliveries").permission) }
}

async fn show(at: &AtTenant, asked: &Asked, shown: Shown) -> Answer {
    let letter = LetterKind::of(&asked.letter);
    let language = Locale::from_tag(&asked.r#in).unwrap_or(at.here.visit.locale).tag();
    let document = &at.tenant.settings;
    let stored = sender(document);
    let email = shown.trial.as_ref().map(|trial| trial.email.clone());
    Ok(html(&MailPage {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Mail),
        tabs: tabs(at, MailTab::Sender),
        sender: shown.typed.map_or(stored.clone(), |typed| Sender { server: stored.server, ..typed }),
        usual_name: document["app_name"].as_str().unwrap_or_default().to_owned(),
        usual_address: format!("no-reply@{}", host(document)),
        fault: shown.fault,
        trial: shown.trial,
        email: email.unwrap_or_else(|| at.here.person.email.clone()),
        letter,
        language,
        preview: preview(at, letter, language).await,
        suppressed: suppressed(at).await,
        may_change: at.may(Permission::SettingsWrite),
        may_lift: at.may(engine::need(&Method::POST, "mail/unsuppress").permission),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
    }))
}

fn sender(document: &Value) -> Sender {
    let text = |name: &str| document["mail"][name].as_str().unwrap_or_default().to_owned();
    Sender {
        name: text("sender_name"),
        address: text("sender_address"),
        reply_to: text("reply_to"),
        server: document["mail"]["smtp"]["host"].as_str().map(str::to_owned),
    }
}

/// The host of a tenant's base URL.
fn host(document: &Value) -> String {
    let url = document["base_url"].as_str().and_then(|url| url::Url::parse(url).ok());
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// A mail as an engine renders it.
#[derive(Deserialize)]
struct Rendered {
    subject: String,
    text: String,
    html: String,
}

async fn rendered(at: &AtTenant, letter: LetterKind, language: &str) -> Result<Rendered, Refusal> {
    let body = json!({ "letter": letter.key(), "locale": language });
    let told = at.act(TenantPlace::Mail, "mail/preview", body, PAGE).await?;
    Rendered::deserialize(told).map_err(|_| Refusal::Stop(Problem::from(Code::EngineAnswer).into()))
}

async fn preview(at: &AtTenant, letter: LetterKind, language: &str) -> Option<Preview> {
    // Where no engine is to run, the page says the rest all the same.
    Door::of(&at.here.visit.control, &at.here.actor, &at.tenant).ok()?;
    let mail = rendered(at, letter, language).await.ok()?;
    let query = [("letter", letter.key()), ("in", language)];
    Some(Preview {
        subject: mail.subject,
        text: mail.text,
        is_own: at.tenant.settings["mail"]["templates"][letter.key()].get(language).is_some(),
        html: address(&at.path("/mail/preview"), query),
    })
}

async fn suppressed(at: &AtTenant) -> Option<i64> {
    #[derive(Deserialize)]
    struct Told {
        count: i64,
    }
    if !at.may(engine::need(&Method::GET, "mail/suppressions").permission) {
        return None;
    }
    let door = Door::of(&at.here.visit.control, &at.here.actor, &at.tenant).ok()?;
    read::<Told>(&door, "mail/suppressions", &[]).await.ok().map(|told| told.count)
}

/// `GET …/mail/preview` `letter`, `in`: the HTML part by itself.
pub(super) async fn letter(visit: Visit, Path(named): Named, Query(asked): Query<Asked>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    let language = Locale::from_tag(&asked.r#in).unwrap_or(at.here.visit.locale).tag();
    Ok(letter_page(rendered(&at, LetterKind::of(&asked.letter), language).await?.html))
}

/// The HTML part of a mail, by itself.
pub(super) fn letter_page(html: String) -> Response {
    let mut response: Response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LETTER_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `POST …/mail` `name`, `address`, `reply_to`: whom mail comes from.
pub(super) async fn save(visit: Visit, Path(named): Named, Form(form): Form<MailForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let mut document = document(&at);
    let fields =
        [("sender_name", &form.name), ("sender_address", &form.address), ("reply_to", &form.reply_to)];
    for (name, text) in fields {
        let value = Some(text.trim()).filter(|text| !text.is_empty()).map_or(Value::Null, Value::from);
        let place = SettingsPath::default().member("mail").member(name);
        place.set(&mut document, Some(value)).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    }
    match change(&at, document, "mail").await {
        Ok(()) => Ok(at.tell(PAGE, Notice::SettingsSaved)),
        Err(Refused::Fault(fault)) => {
            let typed =
                Sender { name: form.name, address: form.address, reply_to: form.reply_to, server: None };
            let shown = Shown { typed: Some(typed), fault: Some(fault), trial: None };
            Ok(refusal(show(&at, &Asked::default(), shown).await?, Code::InvalidSettings.as_str()))
        }
        Err(Refused::Told(notice)) => Ok(at.refuse(PAGE, notice)),
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

/// `POST …/mail/test` `email`: sends a mail, and shows what became of it.
pub(super) async fn test(visit: Visit, Path(named): Named, Form(form): Form<MailForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    #[derive(Deserialize)]
    struct Told {
        delivery: String,
        fault: Option<String>,
    }
    let Ok(email) = form.email.trim().parse::<EmailAddress>() else {
        return Ok(at.refuse(PAGE, Notice::EmailInvalid));
    };
    let body = json!({ "email": email.as_str(), "locale": at.here.visit.locale.tag() });
    let told = at.act(TenantPlace::Mail, "mail/test", body, PAGE).await?;
    let told = Told::deserialize(told).map_err(|_| Problem::from(Code::EngineAnswer))?;
    let trial = MailTrial {
        email: email.as_str().to_owned(),
        is_taken: told.delivery == "delivered",
        fault: told.fault,
    };
    show(&at, &Asked::default(), Shown { trial: Some(trial), ..Shown::default() }).await
}

/// `POST …/mail/lift` `email`: the address gets mail again.
pub(super) async fn lift(visit: Visit, Path(named): Named, Form(form): Form<MailForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    let page = if form.from == "sent" { "/mail/sent" } else { PAGE };
    let body = json!({ "email": form.email.trim() });
    let notice = match at.act(TenantPlace::Mail, "mail/unsuppress", body, page).await {
        Ok(told) if told["lifted"] == true => Notice::MailLifted,
        Ok(_) => Notice::MailNotSuppressed,
        Err(Refusal::Said(..)) => return Ok(at.refuse(page, Notice::EmailInvalid)),
        Err(Refusal::Stop(stop)) => return Err(stop),
    };
    Ok(at.tell(page, notice))
}
