//! A tenant's backups: what became of them, and what somebody wants done with them. Archives are stored where the instance cannot
//! reach, so what is asked for here is an order, and whoever runs the instance has it carried out ([`crate::backup::order`]).

use axum::{
    Form,
    extract::{Path, Query},
};
use jiff::SignedDuration;
use kiavi_pages::{
    BackupDeed, BackupEnd, BackupOrder, BackupRow, BackupStep, Backups, CopyOfBackup, Notice, Place,
    TenantPlace,
};
use serde::Deserialize;

use super::{
    new_tenant,
    team::Told,
    tenant::AtTenant,
    visit::{Answer, Stop, Visit, html, refusal, see_other},
};
use crate::{
    ControlError, Permission,
    api::{Problem, backup_runs::TenantRun},
    backup::{
        order::{self, NewCopy, Order, OrderError, OrderFailure, OrderKind, OrderStep, Wanted},
        store::{self, RunKind},
    },
    parse_name,
};

/// Runs on the page.
const SHOWN: i64 = 50;
/// How long the page tells how the last order ended, and waits for the next change.
const TOLD: SignedDuration = SignedDuration::from_hours(1);
/// After this nobody waits for orders: whoever does has begun one at once.
const LATE: SignedDuration = SignedDuration::from_secs(15);
const PAGE: &str = "/backups";

type Named = Path<(String, String)>;
type NamedBackup = Path<(String, String, String)>;

/// `GET …/backups`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantRead).await?;
    let parts = at.here.visit.control.parts();
    let (database, id, now) = (&parts.database, Some(at.tenant.id.as_str()), parts.clock.now());
    let place = order::place(database).await?;
    let may_copy = at.may(Permission::TenantImport);
    let row = |run| row(&at, TenantRun::new(run, place.as_deref()), may_copy);
    let runs: Vec<_> = store::runs(database, id, None, SHOWN).await?.into_iter().map(row).collect();
    // There may be many backups between two trials.
    let last_drill = store::runs(database, id, Some(RunKind::Drill), 1).await?.into_iter().next().map(row);
    let newest = order::orders(database, at.tenant.id.as_str(), 1).await?.pop();
    let newest = newest.filter(|order| order.ended_at.is_none_or(|ended| now.duration_since(ended) < TOLD));
    Ok(html(&Backups {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Backups),
        last_backup: runs.iter().find(|run| !run.is_drill && run.is_success).cloned(),
        last_drill,
        is_scheduled: store::schedule(database).await?.is_some_and(|schedule| !schedule.is_null()),
        runs,
        live: newest.is_some().then(|| at.path("/progress")),
        order: newest.map(|order| shown(&at, order)),
        may_order: at.may(Permission::TenantManage) && place.is_some(),
        has_place: place.is_some(),
        notice: told.notice(),
        now,
    }))
}

fn row(at: &AtTenant, run: TenantRun, may_copy: bool) -> BackupRow {
    let copy = (run.is_kept && may_copy).then(|| at.path(&copy_page(&run.id)));
    BackupRow {
        copy,
        is_drill: run.kind == RunKind::Drill,
        at: run.at,
        is_success: run.succeeded,
        rows: run.rows,
        bytes: run.bytes,
        seconds: run.seconds,
        signed_in: run.signed_in,
    }
}

fn copy_page(backup: &str) -> String {
    format!("{PAGE}/{backup}/copy")
}

fn shown(at: &AtTenant, order: Order) -> BackupOrder {
    let now = at.here.visit.control.parts().clock.now();
    let step = match order.step {
        OrderStep::Waiting => Some(BackupStep::Waiting),
        OrderStep::Storing => Some(BackupStep::Storing),
        OrderStep::Reading => Some(BackupStep::Reading),
        OrderStep::Restoring => Some(BackupStep::Restoring),
        OrderStep::Done | OrderStep::Failed => None,
    };
    let end = match (order.step, order.failure) {
        (OrderStep::Done, _) => Some(BackupEnd::Done),
        (_, Some(OrderFailure::ArchiveGone)) => Some(BackupEnd::Gone),
        (_, Some(OrderFailure::ArchiveDamaged)) => Some(BackupEnd::Damaged),
        (_, Some(OrderFailure::NameTaken)) => Some(BackupEnd::NameTaken),
        (_, Some(OrderFailure::Other)) => Some(BackupEnd::Failed),
        (_, None) => None,
    };
    BackupOrder {
        deed: match order.kind {
            OrderKind::Backup => BackupDeed::Backup,
            OrderKind::Drill => BackupDeed::Drill,
            OrderKind::Restore => BackupDeed::Copy,
        },
        at: order.ended_at.unwrap_or(order.ordered_at),
        is_late: order.step == OrderStep::Waiting && now.duration_since(order.ordered_at) > LATE,
        step,
        end,
        bytes: order.bytes,
        copy: order.slug.map(|slug| (at.here.path(&format!("/t/{slug}")), slug)),
    }
}

/// `POST …/backups/now`.
pub(super) async fn back_up(visit: Visit, Path(named): Named) -> Answer {
    have_done(visit, &named, Wanted::Backup).await
}

/// `POST …/backups/drill`.
pub(super) async fn drill(visit: Visit, Path(named): Named) -> Answer {
    have_done(visit, &named, Wanted::Drill).await
}

async fn have_done(visit: Visit, named: &(String, String), wanted: Wanted<'_>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::TenantManage).await?;
    match order::order(&at.here.visit.control, &at.here.actor, &at.tenant, &wanted).await {
        Ok(_) => Ok(see_other(&at.path(PAGE))),
        Err(error) => match notice(&error) {
            Some(notice) => Ok(at.refuse(PAGE, notice)),
            None => Err(Problem::from(error).into()),
        },
    }
}

fn notice(error: &OrderError) -> Option<Notice> {
    match error {
        OrderError::NoPlace => Some(Notice::BackupNoPlace),
        OrderError::NoArchive => Some(Notice::BackupGone),
        OrderError::UnderWay => Some(Notice::BackupUnderWay),
        OrderError::TooMany { .. } => Some(Notice::BackupTooMany),
        OrderError::Deleting | OrderError::Importing | OrderError::Control(_) => None,
    }
}

/// What the form of a copy sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CopyForm {
    name: String,
    with_ended: Option<String>,
    with_api_keys: Option<String>,
}

/// Somebody who may make a copy, having used their passkey, and the archive that is to be copied, if it is kept.
async fn to_copy(
    visit: Visit,
    named: &(String, String, String),
) -> Result<(AtTenant, Option<TenantRun>), Stop> {
    let (workspace, tenant, backup) = named;
    let at = visit.at_tenant(workspace, tenant, Permission::TenantImport).await?;
    at.here.require_proof(&at.path(&copy_page(backup)))?;
    let database = &at.here.visit.control.parts().database;
    let place = order::place(database).await?;
    let run = store::find(database, backup, at.tenant.id.as_str()).await?;
    let run = run.map(|run| TenantRun::new(run, place.as_deref())).filter(|run| run.is_kept);
    Ok((at, run))
}

/// `GET …/backups/{backup}/copy`: what a copy will be, and what it is to be called.
pub(super) async fn ask(visit: Visit, Path(named): NamedBackup) -> Answer {
    let (at, run) = to_copy(visit, &named).await?;
    match run {
        Some(run) => ask_again(&at, &run, CopyForm::default(), None).await,
        None => Ok(at.refuse(PAGE, Notice::BackupGone)),
    }
}

async fn ask_again(at: &AtTenant, run: &TenantRun, form: CopyForm, notice: Option<Notice>) -> Answer {
    let control = &at.here.visit.control;
    let page = html(&CopyOfBackup {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Backups),
        action: at.path(&copy_page(&run.id)),
        at: run.at,
        name: form.name,
        with_ended: form.with_ended.is_some(),
        with_api_keys: form.with_api_keys.is_some(),
        address: new_tenant::example(control),
        notice,
        now: control.parts().clock.now(),
    });
    Ok(match notice {
        Some(notice) => refusal(page, notice.key()),
        None => page,
    })
}

/// `POST …/backups/{backup}/copy` `name`, `with_ended`, `with_api_keys`.
pub(super) async fn copy(visit: Visit, Path(named): NamedBackup, Form(form): Form<CopyForm>) -> Answer {
    let (at, run) = to_copy(visit, &named).await?;
    let Some(run) = run else { return Ok(at.refuse(PAGE, Notice::BackupGone)) };
    let slug = match parse_name(form.name.trim()) {
        Ok(slug) => slug,
        Err(error) => return ask_again(&at, &run, form, Some(new_tenant::fault(error))).await,
    };
    let wanted = NewCopy {
        backup: &run.id,
        slug: &slug,
        keeps_ended: form.with_ended.is_some(),
        keeps_api_keys: form.with_api_keys.is_some(),
    };
    match order::order(&at.here.visit.control, &at.here.actor, &at.tenant, &Wanted::Restore(wanted)).await {
        Ok(_) => Ok(see_other(&at.path(PAGE))),
        Err(OrderError::Control(ControlError::NameTaken(_))) => {
            ask_again(&at, &run, form, Some(Notice::TenantNameTaken)).await
        }
        Err(error) => match notice(&error) {
            Some(notice) => Ok(at.refuse(PAGE, notice)),
            None => Err(Problem::from(error).into()),
        },
    }
}
