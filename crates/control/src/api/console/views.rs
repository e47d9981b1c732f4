//! Saved views of a tenant's lists: what stands on the pages of the lists, and the forms there.

use axum::{
    Form,
    extract::{Path, RawForm},
};
use kiavi_pages::{Notice, SavedView, SavedViews};
use serde::Deserialize;

use super::{
    tenant::{AtTenant, address},
    visit::{Answer, Stop, Visit, refusal, see_other},
};
use crate::{
    ControlError, Permission,
    api::Problem,
    view::{self, Filters, List, MOST, NewView, View, store},
};

/// What a list does without being asked, so that it is no filter.
const USUAL: [(List, &str, &str); 3] =
    [(List::Events, "period", "week"), (List::Users, "standing", "all"), (List::Users, "method", "all")];

/// Those of a list's filters that a view keeps, of everything that an address has.
fn kept<'n, 'v>(list: List, asked: impl IntoIterator<Item = (&'n str, &'v str)>) -> Filters {
    let is_kept = |(name, value): &(&str, &str)| {
        !value.is_empty() && list.keeps(name, value) && !USUAL.contains(&(list, *name, *value))
    };
    asked.into_iter().filter(is_kept).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The page of a list as a view has it, with what else is in its address.
fn list_at(at: &AtTenant, list: List, filters: &Filters, notice: Option<Notice>) -> String {
    let pairs = list.filters().iter().filter_map(|name| Some((*name, filters.get(*name)?.as_str())));
    let path = at.path(&format!("/{}", list.as_str()));
    address(&path, pairs.chain(notice.map(|notice| ("notice", notice.key()))))
}

/// What whoever is here has saved of a list, with what of the present filters could be.
pub(super) async fn of(
    at: &AtTenant,
    list: List,
    asked: &[(&'static str, &String)],
) -> Result<SavedViews, Stop> {
    let all =
        store::list(&at.here.visit.control.parts().database, &at.tenant.id, &at.here.caller.name()).await?;
    let is_full = i64::try_from(all.len()).is_ok_and(|count| count >= MOST);
    let asked = asked.iter().map(|(name, value)| (*name, value.trim()));
    let filters = kept(list, asked.clone());
    let leaves_out =
        asked.clone().any(|(name, value)| !value.is_empty() && is_personal(name) && !list.keeps(name, value));
    let row = |view: View| SavedView {
        path: list_at(at, list, &view.filters, None),
        is_current: !leaves_out && view.filters == filters,
        id: view.id,
        name: view.name,
    };
    Ok(SavedViews {
        list: list.as_str(),
        rows: all.into_iter().filter(|view| view.list == list).map(row).collect(),
        filters: filters.into_iter().collect(),
        leaves_out,
        most: is_full.then_some(MOST),
    })
}

/// Whether a filter is about one person.
fn is_personal(name: &str) -> bool {
    matches!(name, "email" | "ip" | "text" | "actor")
}

fn notice_of(error: &ControlError) -> Option<Notice> {
    match error {
        ControlError::ViewName => Some(Notice::ViewName),
        ControlError::ViewExists => Some(Notice::ViewExists),
        ControlError::TooManyViews => Some(Notice::ViewLimit),
        ControlError::NoSuchView => Some(Notice::ViewGone),
        _ => None,
    }
}

/// `POST …/views` `list`, `name`, and filters by their names.
pub(super) async fn save(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    RawForm(form): RawForm,
) -> Answer {
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
    let sent = || sent.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let field = |wanted: &str| sent().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value);
    let list = List::parse(field("list"));
    let list = list.ok_or_else(|| Problem::invalid_body("There is no such list."))?;
    let at = visit.at_tenant(&workspace, &tenant, list.permission()).await?;
    let new = NewView { list, name: field("name").to_owned(), filters: kept(list, sent()) };
    match view::create(&at.here.visit.control, &at.here.actor, &at.tenant, &new).await {
        Ok(view) => Ok(see_other(&list_at(&at, list, &view.filters, Some(Notice::ViewSaved)))),
        Err(error) => match notice_of(&error) {
            Some(notice) => {
                Ok(refusal(see_other(&list_at(&at, list, &new.filters, Some(notice))), notice.key()))
            }
            None => Err(error.into()),
        },
    }
}

/// What the forms of one view send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ViewForm {
    name: String,
}

type Named = Path<(String, String, String)>;

/// Somebody at a view of theirs; `None` where they have it no more.
async fn at_view(visit: Visit, named: &(String, String, String)) -> Result<(AtTenant, Option<View>), Stop> {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    let (database, owner) = (&at.here.visit.control.parts().database, at.here.caller.name());
    let mut views = store::list(database, &at.tenant.id, &owner).await?;
    views.retain(|view| view.id == named.2 && at.may(view.list.permission()));
    Ok((at, views.pop()))
}

/// The list that a view was of, for whoever has it no more: one that they may read.
fn gone(at: &AtTenant) -> Answer {
    let list = if at.may(Permission::AuditRead) { List::Events } else { List::Users };
    Ok(at.refuse(&format!("/{}", list.as_str()), Notice::ViewGone))
}

/// `POST …/views/{view}/rename` `name`.
pub(super) async fn rename(visit: Visit, Path(named): Named, Form(form): Form<ViewForm>) -> Answer {
    let (at, view) = at_view(visit, &named).await?;
    let Some(view) = view else { return gone(&at) };
    let page = format!("/{}", view.list.as_str());
    match view::rename(&at.here.visit.control, &at.here.actor, &at.tenant, &view, &form.name).await {
        Ok(_) => Ok(at.tell(&page, Notice::ViewRenamed)),
        Err(error) => match notice_of(&error) {
            Some(notice) => Ok(at.refuse(&page, notice)),
            None => Err(error.into()),
        },
    }
}

/// `POST …/views/{view}/delete`.
pub(super) async fn delete(visit: Visit, Path(named): Named) -> Answer {
    let (at, view) = at_view(visit, &named).await?;
    let Some(view) = view else { return gone(&at) };
    view::delete(&at.here.visit.control, &at.here.actor, &at.tenant, &view).await?;
    Ok(at.tell(&format!("/{}", view.list.as_str()), Notice::ViewDeleted))
}
