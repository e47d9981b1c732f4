//! A tenant's figures.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::Path;
use jiff::{Timestamp, civil::Date};
use kiavi_pages::{FigureSet, FiguresOfDay, PasskeySteps, Place, TenantFigures, TenantPlace};
use serde::Deserialize;

use super::{
    tenant::AtTenant,
    visit::{Answer, Visit, html},
};
use crate::{
    Permission,
    api::{analytics, reading::Reading},
};

/// `GET /w/{workspace}/t/{tenant}/figures`.
pub(super) async fn page(visit: Visit, Path((workspace, tenant)): Path<(String, String)>) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    Ok(html(&TenantFigures {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Figures),
        figures: of(&at).await,
    }))
}

/// The figures of the last thirty days; none while nobody can tell them: it is suspended, or on its way.
pub(super) async fn of(at: &AtTenant) -> Option<FigureSet> {
    let (control, actor) = (&at.here.visit.control, &at.here.actor);
    let reading = Reading::new(control.clone(), actor.clone(), Arc::new(at.tenant.clone()));
    let json = reading.ask(analytics::FIGURES).await.ok()?;
    serde_json::from_slice::<Told>(&json).ok().map(Told::figures)
}

/// What the engine answers, as far as the page shows it.
#[derive(Deserialize)]
struct Told {
    as_of: Timestamp,
    time_zone: String,
    users: i64,
    points: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    from: Date,
    active_users: i64,
    wau: i64,
    mau: i64,
    new_users: i64,
    sign_ins: BTreeMap<String, i64>,
    failures: BTreeMap<String, i64>,
    passkey_funnel: Funnel,
}

#[derive(Deserialize)]
struct Funnel {
    sign_in: Steps,
    creation: Steps,
}

#[derive(Deserialize)]
struct Steps {
    offered: i64,
    #[serde(default)]
    declined: Option<i64>,
    started: i64,
    completed: i64,
    failed: i64,
}

impl Told {
    fn figures(self) -> FigureSet {
        let day = |point: &Point| FiguresOfDay {
            day: point.from,
            dau: point.active_users,
            wau: point.wau,
            mau: point.mau,
            new_users: point.new_users,
        };
        FigureSet {
            as_of: self.as_of,
            time_zone: self.time_zone,
            users: self.users,
            days: self.points.iter().map(day).collect(),
            sign_ins: totals(self.points.iter().map(|point| &point.sign_ins)),
            failures: totals(self.points.iter().map(|point| &point.failures)),
            sign_in: steps(self.points.iter().map(|point| &point.passkey_funnel.sign_in)),
            creation: steps(self.points.iter().map(|point| &point.passkey_funnel.creation)),
        }
    }
}

/// What comes together under each name, the most first.
fn totals<'p>(counts: impl Iterator<Item = &'p BTreeMap<String, i64>>) -> Vec<(String, i64)> {
    let mut totals = BTreeMap::<&str, i64>::new();
    counts.flatten().for_each(|(name, count)| *totals.entry(name).or_default() += count);
    let mut totals: Vec<_> = totals.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    totals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    totals
}

fn steps<'p>(days: impl Iterator<Item = &'p Steps>) -> PasskeySteps {
    days.fold(PasskeySteps::default(), |sum, day| PasskeySteps {
        offered: sum.offered + day.offered,
        declined: day.declined.map(|count| sum.declined.unwrap_or_default() + count),
        started: sum.started + day.started,
        completed: sum.completed + day.completed,
        failed: sum.failed + day.failed,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_has_what_came_together_in_all_days() {
        let point = |day: &str, codes: i64| {
            json!({
                "from": day, "to": day, "is_finished": true, "active_users": 3, "wau": 5, "mau": 8,
                "stickiness": null, "new_users": 1, "sign_ins": { "email_otp": codes, "passkey": 4 },
                "failures": { "code.refused: wrong": 1 }, "passkey_share": null, "failed_share": null,
                "passkey_funnel": {
                    "sign_in": { "offered": 5, "started": 4, "completed": 4, "failed": 0 },
                    "creation": { "offered": 2, "declined": 1, "started": 1, "completed": 1, "failed": 0 },
                },
            })
        };
        let told = json!({
            "as_of": "2026-11-26T09:30:00.000Z", "time_zone": "UTC", "today": "2026-11-26", "granularity": "day",
            "users": 9, "points": [point("2026-11-25", 1), point("2026-11-26", 2)], "definitions": {},
        });
        let figures = serde_json::from_value::<Told>(told).unwrap().figures();
        assert_eq!(figures.sign_ins, [("passkey".to_owned(), 8), ("email_otp".to_owned(), 3)]);
        assert_eq!(figures.failures, [("code.refused: wrong".to_owned(), 2)]);
        assert_eq!((figures.sign_in.declined, figures.creation.declined), (None, Some(2)));
        assert_eq!((figures.sign_in.offered, figures.creation.completed), (10, 2));
        assert_eq!(figures.days.len(), 2);
    }
}
