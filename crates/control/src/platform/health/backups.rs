//! Whether there are archives for a bad day, and whether they are any good.

use jiff::{SignedDuration, Timestamp};
use kiavi_db::DbError;
use kiavi_pages::{HealthFact, Missing};
use serde::Deserialize;

use super::{Check, HealthFinding, HealthVerdict};
use crate::{
    Control,
    backup::store as schedules,
    platform::store::{self, LastBackup},
};
use HealthVerdict::{Ok as Good, Warning};

/// How long after its time a backup is missed.
const MISSED: SignedDuration = SignedDuration::from_hours(26);
/// By how much a trial restore may be late.
const DRILL_GRACE: SignedDuration = SignedDuration::from_hours(48);

/// What the schedule says that this looks at.
#[derive(Deserialize)]
struct Schedule {
    to: String,
    drill_days: u16,
    #[serde(default)]
    recipients: Vec<String>,
}

/// Whether every tenant has an archive that is new and was tried.
pub(super) async fn finding(control: &Control) -> Result<HealthFinding, DbError> {
    let database = &control.parts().database;
    let warning = |fact| Ok(HealthFinding::new(Check::Backups, Warning, fact));
    let Some(document) = schedules::schedule(database).await?.filter(|document| !document.is_null()) else {
        return warning(HealthFact::BackupsNone);
    };
    let Ok(schedule) = serde_json::from_value::<Schedule>(document) else {
        return warning(HealthFact::BackupsUnreadable);
    };
    if schedule.recipients.is_empty() {
        return warning(HealthFact::BackupsWithoutInstance);
    }
    let (own, opened, tenants) = store::last_backups(database, &schedule.to).await?;
    let all: Vec<LastBackup> = std::iter::once(own).chain(tenants).collect();
    Ok(judged(&schedule, &all, opened, control.parts().clock.now()))
}

/// `all` begins with the instance itself, whose archive an identity of the operator's last `opened` then.
fn judged(
    schedule: &Schedule,
    all: &[LastBackup],
    opened: Option<Timestamp>,
    now: Timestamp,
) -> HealthFinding {
    let is_late = |last: Option<Timestamp>| last.is_none_or(|last| now.duration_since(last) > MISSED);
    let allowed = SignedDuration::from_hours(24 * i64::from(schedule.drill_days)) + DRILL_GRACE;
    let is_untried = |last: Option<Timestamp>| {
        schedule.drill_days > 0 && last.is_none_or(|last| now.duration_since(last) >= allowed)
    };
    // The first is the instance itself.
    let missing = |lacks: &dyn Fn(&LastBackup) -> bool| Missing {
        is_instance: all.first().is_some_and(lacks),
        tenants: all.iter().skip(1).filter(|one| lacks(one)).map(|one| one.slug.clone()).collect(),
    };
    let late = missing(&|one| is_late(one.made));
    let untried = missing(&|one| is_untried(one.tried));
    let (verdict, fact) = match (late.is_empty(), untried.is_empty()) {
        (true, true) => {
            let tenants = all.len().saturating_sub(1) as u64;
            (Good, HealthFact::BackupsGood { tenants, opened })
        }
        (true, false) => (Warning, HealthFact::BackupsUntried(untried)),
        (false, _) => (Warning, HealthFact::BackupsLate(late)),
    };
    HealthFinding::new(Check::Backups, verdict, fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_late_after_a_day_and_a_trial_after_its_days_and_two_more() {
        let now: Timestamp = "2026-11-26T04:00:00Z".parse().unwrap();
        let ago = |hours| Some(now - SignedDuration::from_hours(hours));
        let schedule = |drill_days| Schedule { to: "/x".into(), drill_days, recipients: vec!["age1".into()] };
        let judge = |drill_days, own: (_, _), made, tried| {
            let all = [
                LastBackup { slug: "the instance itself".into(), made: own.0, tried: own.1 },
                LastBackup { slug: "shop".into(), made, tried },
            ];
            judged(&schedule(drill_days), &all, ago(24), now)
        };
        let well = (ago(25), ago(24 * 8));
        let told = judge(7, well, ago(25), ago(24 * 8));
        assert_eq!(told.verdict, Good);
        assert!(
            told.detail.ends_with("the operator’s identity was last tried on 2026-11-25"),
            "{}",
            told.detail
        );
        assert_eq!(judge(0, (ago(1), None), ago(1), None).verdict, Good, "nobody wants it tried");
        let detail = |own, made, tried| judge(7, own, made, tried).detail;
        assert_eq!(detail((None, ago(1)), ago(1), ago(1)), "no archive of the last day: the instance itself");
        assert_eq!(detail(well, ago(27), ago(1)), "no archive of the last day: shop");
        assert_eq!(detail(well, ago(1), ago(24 * 9)), "not restored for a trial in time: shop");
        assert_eq!(
            detail((ago(1), None), ago(1), ago(1)),
            "not restored for a trial in time: the instance itself"
        );
    }
}
