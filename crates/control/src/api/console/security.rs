//! A tenant's limits: what they refused, whom they keep out, and another rate tried on the log. What is limited is a setting,
//! and is changed there; who is let in again is the engine's to do.

use axum::{
    Form,
    extract::{Path, Query},
    http::{Method, StatusCode},
};
use jiff::Timestamp;
use kiavi_pages::{
    Blocked, DryRun, LimitChoice, LimitRate, LimitRow, Limits, LockOutRow, LockOuts, Notice, Offender, Place,
    Security, TenantPlace, TryOut, Who,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    figures::sentence,
    security_lists::blocked,
    tenant::{AtTenant, Refusal, address, read},
    visit::{Answer, Visit, html},
};
use crate::{Permission, api::engine, management::Door};

pub(super) const PAGE: &str = "/security";
// What the engine is asked.
const LIMITS: &str = "security/limits";
const LOCK_OUTS: &str = "security/lock-outs";
const DRY_RUN: &str = "security/dry-run";
const UNLOCK: &str = "security/unlock";

type Named = Path<(String, String)>;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    setting: String,
    limit: String,
    window_seconds: String,
}

impl Asked {
    /// The rate, as it was typed: uses, and seconds.
    fn rate(&self) -> (&str, &str) {
        (self.limit.trim(), self.window_seconds.trim())
    }

    fn tries_a_rate(&self) -> bool {
        self.rate() != ("", "")
    }
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UnlockForm {
    who: String,
}

/// A rate, as engines tell it.
#[derive(Clone, Copy, Deserialize)]
struct ToldRate {
    limit: u32,
    window_seconds: u32,
}

impl From<ToldRate> for LimitRate {
    fn from(ToldRate { limit, window_seconds }: ToldRate) -> Self {
        Self { limit, window_seconds }
    }
}

#[derive(Clone, Copy, Deserialize)]
struct Count {
    day: u64,
    week: u64,
}

#[derive(Deserialize)]
struct User {
    id: String,
    email: String,
}

#[derive(Deserialize)]
struct ToldOffender {
    who: String,
    user: Option<User>,
    country: Option<String>,
    refused: Count,
}

#[derive(Deserialize)]
struct ToldLimit {
    setting: String,
    counted_by: String,
    rate: Option<ToldRate>,
    can_be_tried: bool,
    told_as: Option<String>,
    refused: Option<Count>,
    offenders: Vec<ToldOffender>,
}

/// All limits, as engines tell them.
#[derive(Deserialize)]
struct ToldLimits {
    since: Timestamp,
    is_complete: bool,
    limits: Vec<ToldLimit>,
    fixed: Count,
    untold: Count,
}

#[derive(Deserialize)]
struct Kept {
    setting: String,
    seconds: u64,
}

#[derive(Deserialize)]
struct ToldLockOut {
    who: String,
    counted_by: String,
    user: Option<User>,
    country: Option<String>,
    limits: Vec<Kept>,
    refused: i64,
}

/// Whom limits keep out, as engines tell it.
#[derive(Deserialize)]
struct ToldLockOuts {
    since: Timestamp,
    is_complete: bool,
    lock_outs: Vec<ToldLockOut>,
    total: i64,
    without_guesses: i64,
}

#[derive(Clone, Copy, Deserialize)]
struct Refused {
    requests: u64,
    networks: u64,
    people: u64,
}

/// A rate that was tried, as engines tell it.
#[derive(Deserialize)]
struct ToldRun {
    setting: String,
    as_set: Option<ToldRate>,
    tried: ToldRate,
    outcome: Option<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    since: Timestamp,
    is_complete: bool,
    uses: i64,
    nameless: i64,
    untold: i64,
    did: Refused,
    as_set: Refused,
    would: Refused,
}

/// What the page shows beside how things are.
#[derive(Default)]
pub(super) struct Shown {
    /// The lists as typed, where they are not the settings.
    pub(super) typed: Option<Blocked>,
    /// Why the settings cannot be so.
    pub(super) fault: Option<String>,
}

/// `GET …/security` `setting`, `limit`, `window_seconds`: who is locked out, for those who may know users; the limits, for those
/// who may read the log; and with the parameters a rate that is tried.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(asked): Query<Asked>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    show(&at, &asked, Shown::default()).await
}

pub(super) async fn show(at: &AtTenant, asked: &Asked, shown: Shown) -> Answer {
    let door = at.door(TenantPlace::Security).await?;
    // All at once: while the database reads for one of them, the engine counts for another.
    let (kept_out, told, run) = tokio::try_join!(
        told::<ToldLockOuts>(at, &door, LOCK_OUTS),
        told::<ToldLimits>(at, &door, LIMITS),
        run(at, &door, asked),
    )?;
    let lock_outs = kept_out.map(|told| lock_outs(at, told));
    let limits = told.map(|told| {
        let try_out = try_out(asked, &told, run);
        (limits(at, told), try_out)
    });
    Ok(html(&Security {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Security),
        lock_outs,
        limits,
        blocked: at
            .may(Permission::SettingsRead)
            .then(|| shown.typed.unwrap_or_else(|| blocked(&at.tenant.settings))),
        fault: shown.fault,
        may_change: at.may(Permission::SettingsWrite),
        may_unlock: at.may(engine::need(&Method::POST, UNLOCK).permission),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
    }))
}

/// What the engine tells, if they may ask it.
async fn told<T: DeserializeOwned>(at: &AtTenant, door: &Door<'_>, path: &str) -> Result<Option<T>, Refusal> {
    match at.may(engine::need(&Method::GET, path).permission) {
        true => read(door, path, &[]).await.map(Some),
        false => Ok(None),
    }
}

/// What came of the rate that they try, or what is wrong with it.
async fn run(
    at: &AtTenant,
    door: &Door<'_>,
    asked: &Asked,
) -> Result<Option<Result<ToldRun, String>>, Refusal> {
    if !asked.tries_a_rate() || !at.may(engine::need(&Method::GET, DRY_RUN).permission) {
        return Ok(None);
    }
    let (uses, window) = asked.rate();
    let query = [("setting", asked.setting.as_str()), ("limit", uses), ("window_seconds", window)];
    match read(door, DRY_RUN, &query).await {
        Ok(run) => Ok(Some(Ok(run))),
        Err(Refusal::Said(StatusCode::BAD_REQUEST, why)) => Ok(Some(Err(sentence(&why.message)))),
        Err(refusal) => Err(refusal),
    }
}

fn limits(at: &AtTenant, told: ToldLimits) -> Limits {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Limits {
        untold: number(told.untold.week),
        fixed: number(told.fixed.week),
        since: (!told.is_complete).then_some(told.since),
        rows: told.limits.into_iter().map(|one| limit(at, one)).collect(),
    }
}

fn lock_outs(at: &AtTenant, told: ToldLockOuts) -> LockOuts {
    LockOuts {
        rows: told.lock_outs.into_iter().map(|one| lock_out(at, one)).collect(),
        total: told.total,
        without_guesses: told.without_guesses,
        since: (!told.is_complete).then_some(told.since),
    }
}

/// Whom a limit counts, with the way to what is known of them.
fn who(at: &AtTenant, counted_by: &str, name: &str, user: Option<User>) -> Who {
    match (counted_by, user) {
        (_, Some(User { id, email })) if at.may(Permission::UserRead) => {
            Who::User(at.path(&format!("/users/{id}")), email)
        }
        (_, Some(User { email, .. })) => Who::Reference(email),
        ("tenant", None) => Who::Everybody,
        ("network", None) if at.may(Permission::AuditRead) => {
            let query = [("type", "rate_limit.exceeded"), ("ip", name)];
            Who::Network(address(&at.path("/events"), query), name.to_owned())
        }
        (_, None) => Who::Reference(name.to_owned()),
    }
}

fn limit(at: &AtTenant, told: ToldLimit) -> LimitRow {
    let offender = |one: ToldOffender| Offender {
        who: who(at, &told.counted_by, &one.who, one.user),
        country: one.country,
        week: one.refused.week,
    };
    let events = |kind: String| {
        let path = address(&at.path("/events"), [("type", kind.as_str())]);
        (kind, path)
    };
    LimitRow {
        setting: told.setting,
        rate: told.rate.map(LimitRate::from),
        refused: told.refused.map(|count| (count.day, count.week)),
        told_as: told.told_as.map(events),
        can_be_tried: told.can_be_tried,
        offenders: told.offenders.into_iter().map(offender).collect(),
    }
}

fn lock_out(at: &AtTenant, told: ToldLockOut) -> LockOutRow {
    LockOutRow {
        who: who(at, &told.counted_by, &told.who, told.user),
        name: told.who,
        country: told.country,
        limits: told.limits.into_iter().map(|kept| (kept.setting, kept.seconds)).collect(),
        refused: told.refused,
    }
}

/// The form that tries a rate, with what came of it if it was sent.
fn try_out(asked: &Asked, told: &ToldLimits, run: Option<Result<ToldRun, String>>) -> TryOut {
    let can_be_tried: Vec<_> = told.limits.iter().filter(|limit| limit.can_be_tried).collect();
    let chosen = can_be_tried.iter().find(|limit| limit.setting == asked.setting).or(can_be_tried.first());
    let rate = chosen.and_then(|limit| limit.rate);
    let (uses, window) = asked.rate();
    let or_set = |typed: &str, set: Option<u32>| match asked.tries_a_rate() {
        true => typed.to_owned(),
        false => set.map(|number| number.to_string()).unwrap_or_default(),
    };
    let (result, fault) = match run {
        Some(Ok(run)) => (result(run), None),
        Some(Err(fault)) => (None, Some(fault)),
        None => (None, None),
    };
    TryOut {
        limits: can_be_tried
            .iter()
            .map(|limit| LimitChoice {
                setting: limit.setting.clone(),
                is_chosen: chosen.is_some_and(|chosen| chosen.setting == limit.setting),
            })
            .collect(),
        limit: or_set(uses, rate.map(|rate| rate.limit)),
        window_seconds: or_set(window, rate.map(|rate| rate.window_seconds)),
        result,
        fault,
    }
}

fn result(run: ToldRun) -> Option<DryRun> {
    let outcome = run.outcome?;
    let line = |refused: Refused| (refused.requests, refused.networks, refused.people);
    Some(DryRun {
        setting: run.setting,
        as_set: run.as_set.map(LimitRate::from),
        tried: run.tried.into(),
        uses: outcome.uses,
        nameless: outcome.nameless,
        untold: outcome.untold,
        since: (!outcome.is_complete).then_some(outcome.since),
        refused: [line(outcome.did), line(outcome.as_set), line(outcome.would)],
    })
}

/// `POST …/security/unlock` `who`: starts the counts anew that keep somebody out.
pub(super) async fn unlock(visit: Visit, Path(named): Named, Form(form): Form<UnlockForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    let body = json!({ "who": form.who.trim() });
    let notice = match at.act(TenantPlace::Security, UNLOCK, body, PAGE).await {
        Ok(told) if told["lifted"].as_array().is_some_and(|lifted| !lifted.is_empty()) => Notice::Unlocked,
        Ok(_) => Notice::NotLocked,
        Err(Refusal::Said(..)) => return Ok(at.refuse(PAGE, Notice::UnlockWho)),
        Err(Refusal::Stop(stop)) => return Err(stop),
    };
    Ok(at.tell(PAGE, notice))
}
