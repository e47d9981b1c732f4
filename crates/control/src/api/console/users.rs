//! A tenant's people. All of it goes the way of the API: through the tenant's own administration, on behalf of whoever is
//! signed in here.

use axum::extract::{Path, Query};
use jiff::{Timestamp, civil::Date};
use kiavi_pages::{
    Means, Notice, Place, SearchBy, Standing, Suspension, TenantPlace, Total, UserRow, UserSearch, Users,
};
use serde::Deserialize;

use super::{
    tenant::{AtTenant, address, read},
    views,
    visit::{Answer, Stop, Visit, html, see_other},
};
use crate::{Permission, view::List};

/// People on a page.
const SHOWN: i64 = 50;
/// Characters of a day, `2026-11-26`.
const DAY_LENGTH: usize = 10;

/// A page of people, as engines tell it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FoundPage {
    users: Vec<Found>,
    total: i64,
    total_is_exact: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(flatten)]
    user: User,
    last_seen: Option<Date>,
    passkeys: i64,
    providers: Vec<String>,
}

impl Found {
    fn row(self, now: Timestamp) -> UserRow {
        let Self { user, last_seen, passkeys, providers } = self;
        UserRow { last_seen, passkeys, providers, ..user.row(now) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: String,
    name: String,
    pub(super) email: String,
    email_verified: bool,
    #[serde(default)]
    pub(super) role: Option<String>,
    #[serde(default)]
    banned: Option<bool>,
    #[serde(default)]
    ban_reason: Option<String>,
    #[serde(default)]
    ban_expires: Option<Timestamp>,
    created_at: Timestamp,
}

impl User {
    fn is_suspended(&self, now: Timestamp) -> bool {
        self.banned == Some(true) && self.ban_expires.is_none_or(|until| until > now)
    }

    pub(super) fn suspension(&self, now: Timestamp) -> Option<Suspension> {
        let (reason, until) = (self.ban_reason.clone(), self.ban_expires);
        self.is_suspended(now).then_some(Suspension { reason, until })
    }

    pub(super) fn row(self, now: Timestamp) -> UserRow {
        UserRow {
            is_suspended: self.is_suspended(now),
            id: self.id,
            name: self.name,
            email: self.email,
            is_verified: self.email_verified,
            created: self.created_at,
            last_seen: None,
            passkeys: 0,
            providers: Vec::new(),
        }
    }
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    text: String,
    by: String,
    standing: String,
    method: String,
    created_from: String,
    created_to: String,
    seen_from: String,
    seen_to: String,
    page: Option<i64>,
    notice: Option<String>,
}

impl Asked {
    pub(super) fn search(&self) -> UserSearch {
        UserSearch {
            text: self.text.trim().to_owned(),
            by: SearchBy::of(&self.by),
            standing: Standing::of(&self.standing),
            means: Means::of(&self.method),
            created: (day(&self.created_from), day(&self.created_to)),
            seen: (day(&self.seen_from), day(&self.seen_to)),
        }
    }

    /// The filters by the names that they have in the address.
    fn fields(&self) -> [(&'static str, &String); 8] {
        [
            ("text", &self.text),
            ("by", &self.by),
            ("standing", &self.standing),
            ("method", &self.method),
            ("created_from", &self.created_from),
            ("created_to", &self.created_to),
            ("seen_from", &self.seen_from),
            ("seen_to", &self.seen_to),
        ]
    }

    /// The query of a page of the same list; the first has no number.
    pub(super) fn query(&self, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        query.finish()
    }

    fn number(&self) -> i64 {
        self.page.unwrap_or(1).clamp(1, 1_000_000)
    }

    fn address(&self, at: &AtTenant, page: i64) -> String {
        with_query(&at.path("/users"), &self.query(page))
    }
}

/// A day as date fields send it; what is none asks for nothing.
pub(super) fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == DAY_LENGTH)
}

/// A path with a query that is written already.
pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A search in the query of the engine's routes.
pub(super) fn filters(search: &UserSearch) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    match search.by {
        _ if search.text.is_empty() => {}
        SearchBy::Id => query.push(("id", search.text.clone())),
        by => query.extend([("text", search.text.clone()), ("field", by.key().to_owned())]),
    }
    query.push(("standing", search.standing.key().to_owned()));
    query.push(("method", search.means.key().to_owned()));
    let days = [
        ("created_from", search.created.0),
        ("created_to", search.created.1),
        ("seen_from", search.seen.0),
        ("seen_to", search.seen.1),
    ];
    query.extend(days.into_iter().filter_map(|(name, day)| Some((name, day?.to_string()))));
    query
}

/// People as the engine finds them, and how many there are.
pub(super) async fn find(
    at: &AtTenant,
    query: &[(&'static str, String)],
) -> Result<(Vec<UserRow>, Total), Stop> {
    let door = at.door(TenantPlace::Users).await?;
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found: FoundPage = read(&door, "admin/find-users", &query).await?;
    let now = at.here.visit.control.parts().clock.now();
    let total = Total { count: found.total, is_exact: found.total_is_exact };
    Ok((found.users.into_iter().map(|found| found.row(now)).collect(), total))
}

/// `GET …/users`.
pub(super) async fn list(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::UserRead).await?;
    let (search, number) = (asked.search(), asked.number());
    let before = (number - 1) * SHOWN;
    let mut query = filters(&search);
    // One more than is shown tells whether there is a page after this one, however many were counted.
    query.extend([("limit", (SHOWN + 1).to_string()), ("offset", before.to_string())]);
    let (mut users, counted) = find(&at, &query).await?;
    if users.is_empty() && number > 1 {
        // Its people are gone, or it never was: the last page that there is.
        let last = ((counted.count + SHOWN - 1) / SHOWN).clamp(1, number - 1);
        return Ok(see_other(&asked.address(&at, last)));
    }
    let found = i64::try_from(users.len()).unwrap_or(0);
    let is_last = found <= SHOWN;
    let total = if is_last && found > 0 { Total::exact(before + found) } else { counted };
    users.truncate(usize::try_from(SHOWN).unwrap_or_default());
    Ok(html(&Users {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        views: views::of(&at, List::Users, &asked.fields()).await?,
        search,
        users,
        total,
        before,
        previous: (number > 1).then(|| asked.address(&at, number - 1)),
        next: (!is_last).then(|| asked.address(&at, number + 1)),
        query: asked.query(number),
        is_changeable: at.may(Permission::UserManage),
        export: address(&at.path("/selection"), [("do", "export"), ("back", asked.query(number).as_str())]),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_in_the_address_and_what_is_no_day_is_nothing() {
        let asked = Asked {
            text: " 100%_of&it ".to_owned(),
            standing: "suspended".to_owned(),
            created_from: "2026-11-01".to_owned(),
            seen_to: "yesterday".to_owned(),
            page: Some(3),
            ..Asked::default()
        };
        assert_eq!(
            asked.query(3),
            "text=+100%25_of%26it+&standing=suspended&created_from=2026-11-01&seen_to=yesterday&page=3"
        );
        let told: Vec<_> = filters(&asked.search());
        assert_eq!(
            told,
            [
                ("text", "100%_of&it".to_owned()),
                ("field", "email".to_owned()),
                ("standing", "suspended".to_owned()),
                ("method", "all".to_owned()),
                ("created_from", "2026-11-01".to_owned()),
            ]
        );
    }
}
