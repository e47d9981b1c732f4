//! How a tenant's pages look: the form, a preview of any page in any state beside it, and publishing, which is a change of
//! the settings like any other.
//!
//! The preview is a document of its own in a frame: the form is sent into it, files and all, and what comes back has the
//! logo in it and a style sheet from here. It runs no script, sends no form, and only the console may frame it. Nothing of it is kept.

use axum::{
    extract::{Path, Query},
    http::header,
    response::{IntoResponse, Response},
};
use kiavi_base::Locale;
use kiavi_pages::{
    Brand, Branding, Color, Corners, Frame, Logo, Look, LookFields, Notice, Place, PreviewFault, Scheme,
    TenantPlace, preview, preview_sheet,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    multipart::Form,
    settings::rows,
    team::Told,
    tenant::{AtTenant, address},
    visit::{Answer, Visit, html, policy, refusal, set_policy},
};
use crate::{
    ControlError, Permission,
    api::{change_settings, code::Code},
    settings::{self, Change, Proposal, secrets::masked},
};

const PAGE: &str = "/sign-in-page";
/// Bytes of the form: two pictures, and some that are too large, so that it can be said.
pub(super) const FORM_LIMIT: usize = 4 * 1024 * 1024;
/// What the preview may do: show the style sheet and the icon of here, and the logo that is in it.
const PREVIEW_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'self'; \
    base-uri 'none'; form-action 'none'; sandbox allow-same-origin";

type Named = Path<(String, String)>;

/// What a form wants: the look, and what of the settings is outside of `branding`.
struct Wanted {
    fields: LookFields,
    branding: Branding,
}

/// What is shown beside the form.
#[derive(Default)]
struct Shown {
    fields: Option<LookFields>,
    fault: Option<String>,
    changes: Option<Vec<Change>>,
    notice: Option<Notice>,
}

/// `GET …/sign-in-page`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    show(&at, Shown { notice: told.notice(), ..Shown::default() }).await
}

async fn show(at: &AtTenant, shown: Shown) -> Answer {
    let (branding, fields) = stored(&at.tenant.settings);
    let mut response = html(&Look {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Look),
        fields: shown.fields.unwrap_or(fields),
        branding,
        version: at.tenant.settings_version,
        fault: shown.fault,
        changes: shown.changes.map(rows),
        is_changeable: at.may(Permission::SettingsWrite),
        notice: shown.notice,
    });
    let policy = format!("{}; frame-src 'self'", policy(&at.here.visit.control));
    set_policy(response.headers_mut(), &policy);
    Ok(response)
}

/// The look in a document, and the fields that stand for it.
fn stored(document: &Value) -> (Branding, LookFields) {
    let branding = document.get("branding").and_then(|branding| Branding::deserialize(branding).ok());
    let branding = branding.unwrap_or_default();
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let color = |color: Option<Color>| color.map(|color| color.to_string()).unwrap_or_default();
    let fields = LookFields {
        app_name: text("app_name"),
        accent: color(branding.accent),
        accent_on_dark: color(branding.accent_on_dark),
        corners: branding.corners,
        terms_url: branding.terms_url.clone().unwrap_or_default(),
        privacy_url: branding.privacy_url.clone().unwrap_or_default(),
        support_url: branding.support_url.clone().unwrap_or_default(),
        default_locale: text("default_locale"),
        languages: branding.languages.iter().cloned().collect(),
    };
    (branding, fields)
}

/// What a form wants, on top of what is stored: a field of a file that is empty leaves the file as it is.
fn wanted(form: &Form, document: &Value) -> (LookFields, Result<Wanted, String>) {
    let (stored, _) = stored(document);
    let text = |name: &str| form.text(name).to_owned();
    let fields = LookFields {
        app_name: text("app_name"),
        accent: text("accent"),
        accent_on_dark: text("accent_on_dark"),
        corners: serde_json::from_value(json!(form.text("corners"))).unwrap_or_default(),
        terms_url: text("terms_url"),
        privacy_url: text("privacy_url"),
        support_url: text("support_url"),
        default_locale: text("default_locale"),
        languages: form.texts("languages"),
    };
    let wanted = branding(form, &fields, stored).map(|branding| Wanted { fields: fields.clone(), branding });
    (fields, wanted)
}

fn branding(form: &Form, fields: &LookFields, stored: Branding) -> Result<Branding, String> {
    let color = |name: &str, typed: &str| match typed {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|fault| format!("branding.{name}: {fault}")),
    };
    let logo = |name: &str, stored: Option<Logo>| match form.file(name).filter(|file| !file.is_empty()) {
        Some(file) => Logo::new(file.to_vec()).map(Some).map_err(|fault| format!("branding.{name}: {fault}")),
        None if form.file(&format!("without_{name}")).is_some() => Ok(None),
        None => Ok(stored),
    };
    let link = |typed: &str| Some(typed.to_owned()).filter(|typed| !typed.is_empty());
    // All of them are no choice, and stay all when there are more.
    let is_choice = fields.languages.len() < Locale::ALL.len();
    Ok(Branding {
        logo: logo("logo", stored.logo)?,
        logo_on_dark: logo("logo_on_dark", stored.logo_on_dark)?,
        accent: color("accent", &fields.accent)?,
        accent_on_dark: color("accent_on_dark", &fields.accent_on_dark)?,
        corners: fields.corners,
        terms_url: link(&fields.terms_url),
        privacy_url: link(&fields.privacy_url),
        support_url: link(&fields.support_url),
        languages: fields.languages.iter().filter(|_| is_choice).cloned().collect(),
    })
}

/// `POST …/sign-in-page`: publishes, or says what that would change.
pub(super) async fn change(visit: Visit, Path(named): Named, form: Form) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let (fields, wanted) = wanted(&form, &at.tenant.settings);
    let shown = Shown { fields: Some(fields), ..Shown::default() };
    if form.text("version") != at.tenant.settings_version.to_string() {
        let notice = Notice::SettingsMeanwhile;
        return Ok(refusal(show(&at, Shown { notice: Some(notice), ..shown }).await?, notice.key()));
    }
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(fault) => return refuse(&at, shown, fault).await,
    };
    let is_trial = form.text("act") != "publish";
    let comment = Some(form.text("comment").to_owned()).filter(|comment| !comment.is_empty());
    let comment = comment.filter(change_settings::is_comment);
    let document = document(&at.tenant.settings, wanted);
    let proposal = Proposal { document, comment, is_trial };
    match settings::change(&at.here.visit.control, &at.here.actor, &at.tenant, proposal).await {
        Ok(decided) if is_trial => show(&at, Shown { changes: Some(decided.changes), ..shown }).await,
        Ok(_) => Ok(at.tell(PAGE, Notice::SettingsSaved)),
        Err(ControlError::InvalidSettings(fault)) => refuse(&at, shown, fault).await,
        Err(ControlError::SettingsChangedMeanwhile) => Ok(at.refuse(PAGE, Notice::SettingsMeanwhile)),
        Err(error) => Err(error.into()),
    }
}

/// The page again, with what is wrong with what was typed.
async fn refuse(at: &AtTenant, shown: Shown, fault: String) -> Answer {
    let page = show(at, Shown { fault: Some(fault), ..shown }).await?;
    Ok(refusal(page, Code::InvalidSettings.as_str()))
}

/// The stored document with another look.
fn document(stored: &Value, wanted: Wanted) -> Value {
    let mut document = settings::without_fixed(masked(stored));
    document["app_name"] = wanted.fields.app_name.into();
    document["default_locale"] = wanted.fields.default_locale.into();
    document["branding"] = json!(wanted.branding);
    document
}

/// `GET …/preview`: the first page as it is.
pub(super) async fn preview_as_it_is(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    Ok(previewed(&at, &stored_look(&at), &Scene::default()))
}

/// The look that the tenant has.
fn stored_look(at: &AtTenant) -> Wanted {
    let (branding, fields) = stored(&at.tenant.settings);
    Wanted { fields, branding }
}

/// `POST …/preview`: the chosen page as the form would have it.
pub(super) async fn preview_as_typed(visit: Visit, Path(named): Named, form: Form) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    // Whoever may only look at the fields sends none of them.
    let wanted = match form.file("version") {
        Some(_) => wanted(&form, &at.tenant.settings).1,
        None => Ok(stored_look(&at)),
    };
    let scene = Scene {
        key: form.text("scene").to_owned(),
        scheme: if form.text("scheme") == "dark" { Scheme::Dark } else { Scheme::Light },
        locale: Locale::from_tag(form.text("locale")),
    };
    Ok(match wanted {
        Ok(wanted) => previewed(&at, &wanted, &scene),
        Err(fault) => {
            let mut response = html(&PreviewFault { frame: at.here.visit.frame(), fault });
            set_policy(response.headers_mut(), PREVIEW_POLICY);
            response
        }
    })
}

/// What of the pages is looked at.
struct Scene {
    key: String,
    scheme: Scheme,
    locale: Option<Locale>,
}

impl Default for Scene {
    fn default() -> Self {
        Self { key: String::new(), scheme: Scheme::Light, locale: None }
    }
}

fn previewed(at: &AtTenant, wanted: &Wanted, scene: &Scene) -> Response {
    let Wanted { fields, branding } = wanted;
    let locale = scene.locale.or_else(|| Locale::from_tag(&fields.default_locale)).unwrap_or_default();
    let frame = Frame {
        locale,
        app: fields.app_name.clone(),
        path: String::new(),
        acting: None,
        brand: Brand::in_preview(branding).into(),
        is_ours: false,
    };
    let color = |color: Option<Color>| color.map(|color| color.to_string()).unwrap_or_default();
    let corners = json!(branding.corners);
    let sheet = address(
        &at.path(&format!("{PAGE}/preview.css")),
        [
            ("scheme", if scene.scheme == Scheme::Dark { "dark" } else { "light" }),
            ("accent", color(branding.accent).as_str()),
            ("accent_on_dark", color(branding.accent_on_dark).as_str()),
            ("corners", corners.as_str().unwrap_or_default()),
        ],
    );
    let now = at.here.visit.control.parts().clock.now();
    let html = preview(frame, &scene.key, scene.scheme, &sheet, now);
    let mut response = axum::response::Html(html).into_response();
    set_policy(response.headers_mut(), PREVIEW_POLICY);
    response
}

/// The part of a look that is in a style sheet. What is no colour is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    scheme: String,
    accent: String,
    accent_on_dark: String,
    corners: Corners,
}

/// `GET …/preview.css`: no secret, and nothing of the tenant's.
pub(super) async fn sheet(Query(asked): Query<Asked>) -> Response {
    let branding = Branding {
        accent: asked.accent.parse().ok(),
        accent_on_dark: asked.accent_on_dark.parse().ok(),
        corners: asked.corners,
        ..Branding::default()
    };
    let scheme = if asked.scheme == "dark" { Scheme::Dark } else { Scheme::Light };
    let css = preview_sheet(scheme, branding.style().as_deref());
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}
