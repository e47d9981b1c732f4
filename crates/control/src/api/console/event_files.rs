//! What is asked of a tenant's log, as a file: by the filters of the list, to whoever has proved to be there.

use std::sync::Arc;

use axum::{
    extract::{Path, Query},
    http::{HeaderValue, header},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kiavi_base::Slug;
use kiavi_pages::{EventSearch, Period};

use super::{
    events::{Asked, filters, span},
    users::day,
    visit::{Answer, Visit},
};
use crate::{
    Permission,
    api::{
        events::{self, Format},
        reading::Reading,
    },
};

/// `GET …/events.csv`: a table.
pub(super) async fn csv(visit: Visit, path: Path<(String, String)>, query: Query<Asked>) -> Answer {
    file(visit, path, query, Format::Csv).await
}

/// `GET …/events.ndjson`: lines of JSON, each with its proof.
pub(super) async fn ndjson(visit: Visit, path: Path<(String, String)>, query: Query<Asked>) -> Answer {
    file(visit, path, query, Format::Ndjson).await
}

async fn file(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    format: Format,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::AuditRead).await?;
    // Back to the list: a page that has asked for a proof is none that a file can follow.
    at.here.require_proof(&asked.offer(&at))?;
    let (search, now) = (asked.search(), at.here.visit.control.parts().clock.now());
    let mut query = filters(&search, &at.people().await?);
    query.extend(span(&search, now));
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (control, actor) = (at.here.visit.control.clone(), at.here.actor.clone());
    let reading = Reading::new(control, actor, Arc::new(at.tenant.clone()));
    let mut response = events::file(reading, format, &query).await?;
    let name = format!("attachment; filename=\"{}\"", name(&at.tenant.slug, &search, now, format));
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// What a file is called: the tenant, and the first day and the last.
pub(super) fn name(slug: &Slug, search: &EventSearch, now: Timestamp, format: Format) -> String {
    let day_of = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).ok();
    let (from, to) = match search.period {
        Period::Own => (day(&search.from), day(&search.to)),
        period => (period.hours().and_then(ago).map(day_of), None),
    };
    let to = to.unwrap_or_else(|| day_of(now));
    let from = from.filter(|from| *from != to).map(|from| format!("{from}-")).unwrap_or_default();
    format!("{slug}-events-{from}{to}.{}", format.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_the_tenant_and_its_days() {
        let (slug, now) = ("shop".parse().unwrap(), "2026-11-27T09:00:00Z".parse().unwrap());
        let called = |period, from: &str, to: &str| {
            let search =
                EventSearch { period, from: from.to_owned(), to: to.to_owned(), ..EventSearch::default() };
            name(&slug, &search, now, Format::Ndjson)
        };
        assert_eq!(called(Period::Week, "", ""), "shop-events-2026-11-20-2026-11-27.ndjson");
        assert_eq!(called(Period::Hour, "2026-01-01", ""), "shop-events-2026-11-27.ndjson");
        assert_eq!(called(Period::All, "", ""), "shop-events-2026-11-27.ndjson");
        assert_eq!(
            called(Period::Own, "2026-11-01", "2026-11-20"),
            "shop-events-2026-11-01-2026-11-20.ndjson"
        );
        assert_eq!(called(Period::Own, "", "2026-11-20"), "shop-events-2026-11-20.ndjson");
        assert_eq!(
            called(Period::Own, "\"; x=\r\n", "../etc"),
            "shop-events-2026-11-27.ndjson",
            "a day or nothing"
        );
    }
}
