//! Views: filters of a tenant's list that somebody has given a name to, to find them again.
//!
//! A view is one person's or one key's, and nobody else sees it; a member's end with their membership. It keeps no filter that
//! is about one of the tenant's people, such as an address: the control plane holds nothing of them, and whoever is erased in a
//! tenant must not be left here.

pub(crate) mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiavi_base::{Alphabet, random_text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    Control, ControlError, Permission, Tenant,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    standing,
};

/// The most views that somebody has of one tenant's lists.
pub(crate) const MOST: i64 = 20;
/// Characters of a name.
pub(crate) const MAX_NAME: usize = 60;
/// Bytes of a filter's value: a list of event types is long.
const MAX_VALUE: usize = 500;
/// Symbols of an id.
const ID_SYMBOLS: usize = 16;

/// A list that there are views of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ViewOf)]
pub(crate) enum List {
    /// The audit log: `type`, `outcome`, `country`, `network`, `device`, `request_id`, `period`, `from` and `to` are kept; and
    /// `actor`, where it is no person of the tenant's: `operator:NAME`, `auditor`, `control` or `database`.
    Events,
    /// The users: `standing`, `method`, `created_from`, `created_to`, `seen_from` and `seen_to` are kept.
    Users,
}

impl List {
    const ALL: [Self; 2] = [Self::Events, Self::Users];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Users => "users",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == text)
    }

    /// The filters that a view of it may have, in the order of its address.
    pub(crate) fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Events => &[
                "type",
                "outcome",
                "country",
                "network",
                "device",
                "actor",
                "request_id",
                "period",
                "from",
                "to",
            ],
            Self::Users => &["standing", "method", "created_from", "created_to", "seen_from", "seen_to"],
        }
    }

    /// Whether a view of it may have a filter with this value: it is about nobody of the tenant.
    pub(crate) fn keeps(self, name: &str, value: &str) -> bool {
        self.filters().contains(&name) && (name != "actor" || names_no_user(value))
    }

    /// What somebody needs to read it.
    pub(crate) fn permission(self) -> Permission {
        match self {
            Self::Events => Permission::AuditRead,
            Self::Users => Permission::UserRead,
        }
    }
}

/// Whether a log has this name for what is none of the tenant's people.
fn names_no_user(name: &str) -> bool {
    name.starts_with("operator:") || ["auditor", "control", "database"].contains(&name)
}

/// Values by the names of filters.
pub(crate) type Filters = BTreeMap<String, String>;

/// A view as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) id: String,
    pub(crate) list: List,
    pub(crate) name: String,
    pub(crate) filters: Filters,
    pub(crate) created_at: Timestamp,
}

/// A view to be kept.
#[derive(Debug)]
pub(crate) struct NewView {
    pub(crate) list: List,
    pub(crate) name: String,
    pub(crate) filters: Filters,
}

/// The name without blanks around it.
fn checked(name: &str) -> Result<&str, ControlError> {
    let name = name.trim();
    let is_name = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_name { Ok(name) } else { Err(ControlError::ViewName) }
}

/// Refuses filters that the list has not, or that a view does not keep.
fn check_filters(new: &NewView) -> Result<(), ControlError> {
    let refused = |why: String| Err(ControlError::ViewFilters(why));
    if new.filters.is_empty() {
        return refused("A view has at least one filter.".to_owned());
    }
    let known = new.list.filters();
    for (name, value) in &new.filters {
        if !known.contains(&name.as_str()) {
            let known = known.join(", ");
            return refused(format!("A view of this list has no filter {name:?}, but these: {known}."));
        }
        if !new.list.keeps(name, value) {
            let why = "names nobody of the tenant: operator:…, auditor, control or database";
            return refused(format!("The filter {name} of a view {why}."));
        }
        if value.is_empty() || value.len() > MAX_VALUE || value.chars().any(char::is_control) {
            return refused(format!("The filter {name} has 1 to {MAX_VALUE} printable bytes."));
        }
    }
    Ok(())
}

/// Keeps a view of whoever asks.
///
/// # Errors
/// [`ControlError::ViewName`], [`ControlError::ViewFilters`], [`ControlError::ViewExists`] where they have one of this name of
/// the list, [`ControlError::TooManyViews`], [`ControlError::NotAnyMore`], or the database's.
pub(crate) async fn create(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    new: &NewView,
) -> Result<View, ControlError> {
    let name = checked(&new.name)?;
    check_filters(new)?;
    let parts = control.parts();
    let (id, owner) = (random_text(&*parts.rng, Alphabet::LowerAlphaNumeric, ID_SYMBOLS), actor.name());
    let transaction = parts.database.begin().await?;
    standing::confirm(&transaction, actor).await?;
    store::lock(&transaction, &tenant.id, &owner).await?;
    if store::count(&transaction, &tenant.id, &owner).await? >= MOST {
        return Err(ControlError::TooManyViews);
    }
    let made = store::insert(&transaction, (&tenant.id, &owner), &id, name, new).await?;
    let made = made.ok_or(ControlError::ViewExists)?;
    tell(control, &transaction, actor, EventType::SavedViewCreated, tenant, &made).await?;
    transaction.commit().await?;
    Ok(made)
}

/// Gives a view of whoever asks another name; nothing changes where it is its name.
///
/// # Errors
/// [`ControlError::ViewName`], [`ControlError::ViewExists`], [`ControlError::NoSuchView`] where they have it no more, or the
/// database's.
pub(crate) async fn rename(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    view: &View,
    name: &str,
) -> Result<View, ControlError> {
    let name = checked(name)?;
    if name == view.name {
        return Ok(view.clone());
    }
    let owner = actor.name();
    let transaction = control.parts().database.begin().await?;
    store::lock(&transaction, &tenant.id, &owner).await?;
    if store::has(&transaction, &tenant.id, &owner, view.list, name).await? {
        return Err(ControlError::ViewExists);
    }
    let renamed = store::rename(&transaction, (&tenant.id, &owner), &view.id, name).await?;
    let renamed = renamed.ok_or(ControlError::NoSuchView)?;
    tell(control, &transaction, actor, EventType::SavedViewRenamed, tenant, &renamed).await?;
    transaction.commit().await?;
    Ok(renamed)
}

/// Ends a view of whoever asks; nothing changes where they have it no more.
///
/// # Errors
/// The database's.
pub(crate) async fn delete(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    view: &View,
) -> Result<(), ControlError> {
    let transaction = control.parts().database.begin().await?;
    if store::delete(&transaction, &tenant.id, &actor.name(), &view.id).await? {
        tell(control, &transaction, actor, EventType::SavedViewDeleted, tenant, view).await?;
        transaction.commit().await?;
    }
    Ok(())
}

async fn tell(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    kind: EventType,
    tenant: &Tenant,
    view: &View,
) -> Result<(), kiavi_db::DbError> {
    let detail = json!({ "tenant": tenant.id, "list": view.list });
    let event = Event { kind, outcome: Outcome::Success, actor, subject: &view.id, detail };
    audit::record(control, transaction, &event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(list: List, filters: &[(&str, &str)]) -> NewView {
        let filters = filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        NewView { list, name: "x".to_owned(), filters }
    }

    #[test]
    fn what_is_about_one_person_is_in_no_view() {
        assert!(check_filters(&new(List::Events, &[("type", "session.*"), ("country", "FR")])).is_ok());
        assert!(check_filters(&new(List::Events, &[("actor", "operator:member:vera")])).is_ok());
        for (list, name) in
            [(List::Events, "email"), (List::Events, "ip"), (List::Events, "actor"), (List::Users, "text")]
        {
            let refused = check_filters(&new(list, &[(name, "ada@example.com")]));
            assert!(matches!(refused, Err(ControlError::ViewFilters(_))), "{name}");
        }
        for wrong in [&[][..], &[("type", "")], &[("type", "a\n")], &[("standing", "all")]] {
            assert!(check_filters(&new(List::Events, wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_name_is_a_line_of_words() {
        assert!(matches!(checked("  Refused, abroad "), Ok("Refused, abroad")));
        for wrong in ["", "  ", "a\nb", &"x".repeat(MAX_NAME + 1)] {
            assert!(checked(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn texts_read_back() {
        assert!(List::ALL.into_iter().all(|list| List::parse(list.as_str()) == Some(list)));
    }
}
