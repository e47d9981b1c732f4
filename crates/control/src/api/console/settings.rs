//! A tenant's settings: the document with a form that changes it, and its versions. A change goes the way of the API.

use axum::{
    Form,
    extract::{Path, Query},
};
use kiavi_pages::{ChangeRow, Notice, Place, Settings, TenantPlace, VersionRow};
use serde::Deserialize;
use serde_json::Value;

use super::{
    tenant::{AtTenant, People, address},
    visit::{Answer, Visit, html, refusal},
};
use crate::{
    ControlError, Permission,
    api::{change_settings, code::Code},
    settings::{self, Change, Proposal, secrets::masked, store},
};

const PAGE: &str = "/settings";
/// Bytes of the form: a document with two logos, as forms write it.
pub(super) const FORM_LIMIT: usize = 128 * 1024;
/// Characters of a value that a list of changes shows; a logo has thousands.
const SHOWN_VALUE: usize = 160;
/// Versions on a page.
const SHOWN: i64 = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    /// Only versions before this one.
    before: Option<i32>,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SettingsForm {
    version: i32,
    document: String,
    comment: String,
    act: String,
}

/// The version to go back to.
#[derive(Deserialize)]
pub(super) struct Back {
    version: i32,
}

/// What a page shows beside what is stored.
#[derive(Default)]
struct Typed {
    form: Option<SettingsForm>,
    fault: Option<String>,
    preview: Option<Vec<Change>>,
}

/// `GET …/settings`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsRead).await?;
    let notice = asked.notice.as_deref().and_then(Notice::of_console);
    show(&at, asked.before, notice, Typed::default()).await
}

async fn show(at: &AtTenant, before: Option<i32>, notice: Option<Notice>, typed: Typed) -> Answer {
    let (database, tenant) = (&at.here.visit.control.parts().database, &at.tenant);
    let before = before.unwrap_or(i32::MAX);
    let mut versions = store::versions_before(database, &tenant.id, before, SHOWN + 1).await?;
    let more = usize::try_from(SHOWN).is_ok_and(|shown| versions.len() > shown);
    versions.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let oldest = versions.last().map(|version| version.version.to_string());
    let people = at.people().await?;
    let form = typed.form.unwrap_or_else(|| SettingsForm {
        version: tenant.settings_version,
        document: pretty(&settings::without_fixed(masked(&tenant.settings))),
        ..SettingsForm::default()
    });
    Ok(html(&Settings {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Settings),
        document: form.document,
        version: form.version,
        comment: form.comment,
        fault: typed.fault,
        preview: typed.preview.map(rows),
        older: oldest.filter(|_| more).map(|before| address(&at.path(PAGE), [("before", before)])),
        versions: versions.into_iter().map(|one| version(one, &people, tenant.settings_version)).collect(),
        is_changeable: at.may(Permission::SettingsWrite),
        notice,
        now: at.here.visit.control.parts().clock.now(),
    }))
}

fn version(row: store::SettingsVersion, people: &People, current: i32) -> VersionRow {
    let changes: Vec<Change> = serde_json::from_value(row.changes).unwrap_or_default();
    VersionRow {
        version: row.version,
        actor: people.label(row.actor),
        at: row.at,
        comment: row.comment,
        changes: rows(changes),
        is_current: row.version == current,
    }
}

/// Changes as they are shown.
pub(super) fn rows(changes: Vec<Change>) -> Vec<ChangeRow> {
    let text = |value: Option<Value>| value.map(|value| shortened(value.to_string()));
    let row = |change: Change| ChangeRow { path: change.path, from: text(change.from), to: text(change.to) };
    changes.into_iter().map(row).collect()
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(SHOWN_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

/// The page again, with what is wrong with what was sent.
async fn refuse(at: &AtTenant, form: Option<SettingsForm>, fault: String) -> Answer {
    let typed = Typed { form, fault: Some(fault), preview: None };
    Ok(refusal(show(at, None, None, typed).await?, Code::InvalidSettings.as_str()))
}

/// `POST …/settings` `version`, `document`, `comment`, `act`: checks the document, or makes it the settings.
pub(super) async fn change(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Form(form): Form<SettingsForm>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsWrite).await?;
    let refused = |at: AtTenant, form, fault| async move { refuse(&at, Some(form), fault).await };
    let document: Value = match serde_json::from_str(&form.document) {
        Ok(document @ Value::Object(_)) => document,
        Ok(_) => return refused(at, form, "{ … }".to_owned()).await,
        Err(error) => return refused(at, form, error.to_string()).await,
    };
    if form.version != at.tenant.settings_version {
        let (notice, typed) = (Notice::SettingsMeanwhile, Typed { form: Some(form), ..Typed::default() });
        return Ok(refusal(show(&at, None, Some(notice), typed).await?, notice.key()));
    }
    let comment = Some(form.comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    let is_trial = form.act == "check";
    let proposal = Proposal { document, comment: comment.filter(change_settings::is_comment), is_trial };
    match settings::change(&at.here.visit.control, &at.here.actor, &at.tenant, proposal).await {
        Ok(decided) if is_trial => {
            let preview = Some(decided.changes);
            show(&at, None, None, Typed { form: Some(form), fault: None, preview }).await
        }
        Ok(_) => Ok(at.tell(PAGE, Notice::SettingsSaved)),
        Err(ControlError::InvalidSettings(fault)) => refused(at, form, fault).await,
        Err(ControlError::SettingsChangedMeanwhile) => Ok(at.refuse(PAGE, Notice::SettingsMeanwhile)),
        Err(error) => Err(error.into()),
    }
}

/// `POST …/settings/rollback` `version`.
pub(super) async fn roll_back(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Form(back): Form<Back>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsWrite).await?;
    let (control, actor) = (&at.here.visit.control, &at.here.actor);
    let document = change_settings::earlier(control, &at.tenant, back.version).await?;
    let comment = Some(change_settings::back_to(back.version));
    match settings::change(control, actor, &at.tenant, Proposal { document, comment, is_trial: false }).await
    {
        Ok(_) => Ok(at.tell(PAGE, Notice::SettingsSaved)),
        Err(ControlError::InvalidSettings(fault)) => refuse(&at, None, fault).await,
        Err(ControlError::SettingsChangedMeanwhile) => Ok(at.refuse(PAGE, Notice::SettingsMeanwhile)),
        Err(error) => Err(error.into()),
    }
}
