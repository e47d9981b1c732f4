//! What became of backups and drills, as whoever ran them tells it, and when they are run.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use kiavi_base::EventId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    backup_orders::OrderResource,
    input::{Asked, Sent},
};
use crate::{
    Control, Tenant,
    audit::{self, Event, EventType, Outcome},
    backup::{
        order,
        store::{self, KeptRun, Run, RunKind},
    },
    caller::Actor,
};

/// Runs that a list has.
const RUNS: i64 = 500;
/// Orders that it has.
const ORDERS: i64 = 20;
/// The largest schedule, in bytes of JSON.
const MAX_SCHEDULE: usize = 16 * 1024;

/// Write down what became of a backup or a drill
///
/// By whoever stored the archive: only they know whether it arrived.
#[utoipa::path(post, path = "/backups", tag = "Backups", request_body = Run, responses(
    (status = 200, description = "It is written down", body = Value),
))]
pub(super) async fn note(
    State(control): State<Control>,
    actor: Actor,
    Sent(run): Sent<Run>,
) -> Result<Json<Value>, Problem> {
    let parts = control.parts();
    let id = EventId::new(parts.clock.now(), &*parts.rng);
    let kind = match run.kind {
        RunKind::Backup => EventType::BackupEnded,
        RunKind::Drill => EventType::BackupTried,
    };
    let outcome = if run.succeeded { Outcome::Success } else { Outcome::Failure };
    let detail = json!({ "slug": run.slug, "place": run.place, "name": run.name, "detail": run.detail });
    let event = Event { kind, outcome, actor: &actor, subject: &run.tenant_id, detail };
    let transaction = parts.database.begin().await?;
    store::insert(&transaction, id, &run).await?;
    audit::record_as(&transaction, id, &event).await?;
    transaction.commit().await?;
    if run.succeeded {
        tracing::info!(
            tenant = run.tenant_id,
            kind = run.kind.as_str(),
            place = run.place,
            "a backup run is over"
        );
    } else {
        tracing::error!(
            tenant = run.tenant_id,
            kind = run.kind.as_str(),
            place = run.place,
            "a backup run failed"
        );
    }
    Ok(Json(json!({ "id": id.to_string() })))
}

/// Which runs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichRuns {
    /// Of the tenant with this id only.
    tenant: Option<String>,
    /// Of this kind only.
    #[param(inline)]
    kind: Option<RunKind>,
}

/// List what became of backups and drills
///
/// The newest five hundred.
#[utoipa::path(get, path = "/backups", tag = "Backups", params(WhichRuns), responses(
    (status = 200, description = "The runs, the newest first", body = Value),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Asked(which): Asked<WhichRuns>,
) -> Result<Json<Value>, Problem> {
    let runs = store::runs(&control.parts().database, which.tenant.as_deref(), which.kind, RUNS).await?;
    Ok(Json(json!({ "runs": runs })))
}

/// A backup or a trial restore of a tenant, without where it is stored: that is the operator's.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenantRun {
    /// Names the run; a copy can be made of its archive by it.
    pub(super) id: String,
    /// What was run.
    pub(super) kind: RunKind,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// Whether it came about.
    pub(super) succeeded: bool,
    /// Rows in all tables.
    pub(super) rows: Option<i64>,
    /// Size of the archive, in bytes.
    pub(super) bytes: Option<i64>,
    /// How long it took, in seconds.
    pub(super) seconds: Option<i64>,
    /// Whether an engine on the copy knew a session; null where there was nobody to sign in, or for a backup.
    pub(super) signed_in: Option<bool>,
    /// Whether its archive is kept, so that a copy can be made of it.
    pub(super) is_kept: bool,
}

impl TenantRun {
    /// What members see of a run; `place` is where archives are kept.
    pub(super) fn new(kept: KeptRun, place: Option<&str>) -> Self {
        let KeptRun { id, at, removed_at, run } = kept;
        let number = |name: &str| run.detail[name].as_i64();
        let is_archive = run.kind == RunKind::Backup && run.succeeded && run.name.is_some();
        Self {
            id,
            is_kept: is_archive && removed_at.is_none() && place == Some(run.place.as_str()),
            kind: run.kind,
            at,
            succeeded: run.succeeded,
            rows: number("rows"),
            bytes: number("bytes"),
            seconds: number("seconds"),
            signed_in: run.detail["signed_in"].as_bool(),
        }
    }
}

/// What became of a tenant's backups.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenantRuns {
    /// The runs, the newest first.
    runs: Vec<TenantRun>,
    /// What was ordered here, the newest first.
    orders: Vec<OrderResource>,
    /// Whether the instance has a place for archives, so that something can be ordered.
    has_place: bool,
}

/// List what became of a tenant's backups and drills
///
/// The newest five hundred, and the newest twenty orders.
#[utoipa::path(get, path = "/tenants/{tenant}/backups", tag = "Backups",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The runs, the newest first", body = TenantRuns),
))]
pub(super) async fn of_tenant(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Json<TenantRuns>, Problem> {
    let (database, id) = (&control.parts().database, tenant.id.as_str());
    let place = order::place(database).await?;
    let runs = store::runs(database, Some(id), None, RUNS).await?.into_iter();
    let runs = runs.map(|run| TenantRun::new(run, place.as_deref())).collect();
    let orders = order::orders(database, id, ORDERS).await?.into_iter().map(OrderResource::from).collect();
    Ok(Json(TenantRuns { runs, orders, has_place: place.is_some() }))
}

/// Show the schedule of backups
///
/// What `kiavi backup run` does when it is started; null where there is none.
#[utoipa::path(get, path = "/backups/schedule", tag = "Backups", responses(
    (status = 200, description = "The schedule", body = Value),
))]
pub(super) async fn show_schedule(State(control): State<Control>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "schedule": store::schedule(&control.parts().database).await? })))
}

/// A schedule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Scheduled {
    /// The document that `kiavi backup run` reads; null for none.
    #[schema(value_type = Object)]
    schedule: Value,
}

/// Set the schedule of backups
///
/// For `kiavi backup run`, which carries it out and is started by a timer. The control plane keeps it, and does nothing
/// about it by itself.
#[utoipa::path(put, path = "/backups/schedule", tag = "Backups", request_body = Scheduled, responses(
    (status = 200, description = "The schedule", body = Value),
))]
pub(super) async fn set_schedule(
    State(control): State<Control>,
    actor: Actor,
    Sent(Scheduled { schedule }): Sent<Scheduled>,
) -> Result<Json<Value>, Problem> {
    if schedule.to_string().len() > MAX_SCHEDULE {
        return Err(Problem::invalid_body(format!("A schedule has {MAX_SCHEDULE} bytes at most.")));
    }
    let (outcome, detail) = (Outcome::Success, json!({ "schedule": schedule }));
    let event =
        Event { kind: EventType::BackupScheduled, outcome, actor: &actor, subject: "instance", detail };
    let transaction = control.parts().database.begin().await?;
    transaction.execute(&store::SET_SCHEDULE, &[&schedule]).await?;
    audit::record(&control, &transaction, &event).await?;
    transaction.commit().await?;
    Ok(Json(json!({ "schedule": schedule })))
}
