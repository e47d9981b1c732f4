//! What became of a tenant's backups. Archives are made and tried by whoever runs the instance, because they are stored
//! where the instance cannot reach; here is what came of it.

use axum::extract::Path;
use kiavi_pages::{BackupRow, Backups, Place, TenantPlace};

use super::visit::{Answer, Visit, html};
use crate::{
    Permission,
    api::backups::TenantRun,
    backup::store::{self, RunKind},
};

/// Runs on the page.
const SHOWN: i64 = 50;

/// `GET …/backups`.
pub(super) async fn page(visit: Visit, Path((workspace, tenant)): Path<(String, String)>) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::TenantRead).await?;
    let (database, id) = (&at.here.visit.control.parts().database, Some(at.tenant.id.as_str()));
    let runs: Vec<_> = store::runs(database, id, None, SHOWN).await?.into_iter().map(row).collect();
    // There may be many backups between two trials.
    let last_drill = store::runs(database, id, Some(RunKind::Drill), 1).await?.into_iter().next().map(row);
    Ok(html(&Backups {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Backups),
        last_backup: runs.iter().find(|run| !run.is_drill && run.is_success).cloned(),
        last_drill,
        is_scheduled: store::schedule(database).await?.is_some_and(|schedule| !schedule.is_null()),
        runs,
        now: at.here.visit.control.parts().clock.now(),
    }))
}

fn row(kept: store::KeptRun) -> BackupRow {
    let run = TenantRun::from(kept);
    BackupRow {
        is_drill: run.kind == RunKind::Drill,
        at: run.at,
        is_success: run.succeeded,
        rows: run.rows,
        bytes: run.bytes,
        seconds: run.seconds,
        signed_in: run.signed_in,
    }
}
