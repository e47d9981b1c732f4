//! Backups: an archive as a stream, its key, a tenant out of one, and what became of runs.
//!
//! Whoever asks stores archives and finds them again; what is encrypted is made here, because here is the database.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use kiavi_base::{EventId, Slug};
use kiavi_crypto::age::Recipient;
use kiavi_moving::{
    TableShape,
    archive::Manifest,
    stream::{Frame, InvalidStream, MEDIA_TYPE},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    backup_orders::OrderResource,
    code::Code,
    idempotency::{KeepInstead, StreamKey},
    input::{Asked, Sent},
};
use crate::{
    Control, ControlError, Tenant, TenantState,
    audit::{self, Event, EventType, Outcome},
    backup::{
        self, Backup, BackupError, KeyError, order,
        store::{self, KeptRun, Run, RunKind},
    },
    caller::Actor,
    console::CONSOLE_SLUG,
    ended::Policy,
    error::chain,
    instance::lost,
    parse_name,
    provision::{self, Frames, ImportError, RestoreOrder, Restored},
    tenant::{Target, store as tenants},
};

/// How long an answer waits for a restored tenant to run.
const WAIT: Duration = Duration::from_secs(20);
/// Pieces that wait for who stores them.
const PIECES_WAITING: usize = 8;
/// Recipients beside the tenant.
const MAX_RECIPIENTS: usize = 16;
/// Runs that a list has.
const RUNS: i64 = 500;
/// Orders that it has.
const ORDERS: i64 = 20;
/// The largest schedule, in bytes of JSON.
const MAX_SCHEDULE: usize = 16 * 1024;

/// For whom an archive is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedBackup {
    /// Recipients as `age` knows them (`age1…`), who can open it too: without the instance, and when the tenant is
    /// destroyed.
    #[serde(default)]
    recipients: Vec<String>,
}

impl WantedBackup {
    /// The recipients, as far as they are some.
    pub(super) fn recipients(&self) -> Result<Vec<Recipient>, Problem> {
        let recipients: Result<Vec<Recipient>, _> = self.recipients.iter().map(|text| text.parse()).collect();
        let recipients = recipients.map_err(|error| Problem::invalid_body(format!("{error}.")))?;
        if recipients.len() > MAX_RECIPIENTS {
            return Err(Problem::invalid_body(format!("There are {MAX_RECIPIENTS} recipients at most.")));
        }
        Ok(recipients)
    }
}

/// Back a tenant up
///
/// One snapshot of its database, its settings and its secret, as a stream of files that are encrypted already: for the
/// tenant, whose key is destroyed with it, and for the recipients. A stream without its end is no archive.
#[utoipa::path(post, path = "/tenants/{tenant}/backup", tag = "Backups", request_body = WantedBackup,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The archive", body = Vec<u8>, content_type = MEDIA_TYPE),
))]
pub(super) async fn make(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    Sent(wanted): Sent<WantedBackup>,
) -> Result<Response, Problem> {
    match tenant.target {
        Target::Running | Target::Suspended | Target::Deleted => {}
        Target::Destroyed | Target::Spare => return Err(Code::TenantDeleting.into()),
        Target::Importing => return Err(Code::TenantImporting.into()),
    }
    let backup = backup::open(&control, &actor, (*tenant).clone(), wanted.recipients()?).await?;
    Ok(answer(backup, Arc::from(tenant.id.as_str())))
}

/// An archive as it is written; `of` says whose it is.
pub(super) fn answer(backup: Backup, of: Arc<str>) -> Response {
    let (out, waiting) = mpsc::channel(PIECES_WAITING);
    tokio::spawn(async move {
        let Err(error) = backup.write(&out).await else { return };
        tracing::warn!(tenant = %of, error = chain(&error), "a backup came to nothing");
        // Without an end; whoever still listens is told why.
        let reason = Frame::Summary(json!({ "error": chain(&error) }).to_string().into());
        let _ = out.send(reason.encode()).await;
    });
    let pieces = stream::unfold(waiting, |mut waiting: mpsc::Receiver<Bytes>| async move {
        let piece = waiting.recv().await?;
        Some((Ok::<_, Infallible>(piece), waiting))
    });
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], Body::from_stream(pieces)).into_response()
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            error if error.vault_is_away() => Self::vault_unavailable(&error),
            BackupError::Recipient(error) => Self::invalid_body(format!("{error}.")),
            BackupError::Database(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Header(_) | KeyError::Gone => Self::plain(Code::ArchiveKeyNotFound),
            KeyError::Vault(ref cause) if cause.is_temporary() => Self::vault_unavailable(&error),
            KeyError::Vault(_) => Self::internal(&error),
            KeyError::Database(error) => error.into(),
        }
    }
}

/// An archive to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArchiveHeader {
    /// The header of its file, in Base64.
    header: String,
}

/// What opens an archive.
#[derive(Serialize, ToSchema)]
pub(super) struct ArchiveKey {
    /// The key of this one file, in Base64. Null where the request is a repetition.
    file_key: Option<String>,
    /// The id of the tenant that it is of.
    tenant: String,
}

/// Open an archive
///
/// The key of one file, by its header, if the tenant that it is of is here, or if it is of this instance. The log tells of it.
#[utoipa::path(post, path = "/archives/open", tag = "Backups", request_body = ArchiveHeader, responses(
    (status = 200, description = "The key", body = ArchiveKey),
))]
pub(super) async fn open(
    State(control): State<Control>,
    actor: Actor,
    Sent(sent): Sent<ArchiveHeader>,
) -> Result<Response, Problem> {
    let header = STANDARD.decode(&sent.header);
    let header = header.map_err(|error| Problem::invalid_body(format!("header: {error}.")))?;
    let (owner, key) = backup::file_key(&control, &header).await?;
    let (subject, outcome) = (owner.id.as_str(), Outcome::Success);
    let detail = json!({ "slug": owner.slug });
    let event = Event { kind: EventType::ArchiveOpened, outcome, actor: &actor, subject, detail };
    let transaction = control.parts().database.begin().await?;
    audit::record(&control, &transaction, &event).await?;
    transaction.commit().await?;
    let id = owner.id.to_string();
    let kept = KeepInstead(json!(ArchiveKey { file_key: None, tenant: id.clone() }));
    let file_key = Some(STANDARD.encode(key.expose()));
    let mut response = Json(ArchiveKey { file_key, tenant: id }).into_response();
    response.extensions_mut().insert(kept);
    Ok(response)
}

/// What somebody thinks of restoring.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedRestore {
    /// The name that the tenant would have.
    slug: String,
    /// What the archive says of itself.
    #[schema(value_type = Object)]
    manifest: Manifest,
    /// The tables of the part with the keys of persons.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    person_keys: Vec<TableShape>,
    /// Make a copy that nobody reaches, have an engine look at it, and remove it.
    #[serde(default)]
    drill: bool,
    /// Bring back who was erased since, and the passkeys, linked accounts and API keys that were removed: when that was the
    /// accident.
    #[serde(default)]
    keep_ended: bool,
    /// Have API keys work although this instance has not had the tenant, and cannot know which were revoked since.
    #[serde(default)]
    keep_api_keys: bool,
    /// The order that this carries out: the tenant is for its workspace.
    #[serde(default)]
    order: Option<String>,
}

impl WantedRestore {
    /// The name of the new tenant. That of the console's own is for its archives only.
    fn slug(&self) -> Result<Slug, ControlError> {
        let is_console = self.slug == CONSOLE_SLUG && self.manifest.tenant.slug == CONSOLE_SLUG;
        match self.slug.parse() {
            Ok(slug) if is_console && !self.drill => Ok(slug),
            _ => parse_name(&self.slug).map_err(ControlError::Name),
        }
    }

    async fn order(self, control: &Control, slug: Slug) -> Result<RestoreOrder, Problem> {
        let (database, id) = (&control.parts().database, &self.manifest.tenant.id);
        let lost_of = lost::workspace(database, id, slug.as_str()).await?;
        let ordered = match &self.order {
            Some(order) => {
                let what = (id.as_str(), slug.as_str(), self.keep_ended);
                let ordered = order::restoring(database, order, what).await?;
                Some(ordered.ok_or_else(|| Problem::plain(Code::BackupOrderNotFound))?)
            }
            None => None,
        };
        let policy = Policy { keeps_ended: self.keep_ended, keeps_api_keys: self.keep_api_keys };
        let (manifest, person_keys) = (self.manifest, self.person_keys);
        Ok(RestoreOrder { slug, manifest, person_keys, policy, lost_of, ordered })
    }
}

/// See what a restored tenant would be
///
/// Where it would be, and what that means for its people. Makes nothing.
#[utoipa::path(post, path = "/restores/check", tag = "Backups", request_body = WantedRestore, responses(
    (status = 200, description = "Where it would be, and what to know", body = Value),
))]
pub(super) async fn check(
    State(control): State<Control>,
    Sent(wanted): Sent<WantedRestore>,
) -> Result<Json<Value>, Problem> {
    let slug = wanted.slug()?;
    provision::check_room(&control, &slug).await?;
    let url = control.base_url(&slug);
    let (_, warnings) = provision::settle(&control, &wanted.order(&control, slug.clone()).await?)?;
    Ok(Json(json!({ "slug": slug, "url": url, "warnings": warnings })))
}

/// Restore a tenant
///
/// A stream of what is in an archive, as `kiavi restore` sends it. Answers 201 once the tenant has all of the data and runs;
/// 202 when it has the data and does not run yet; 200 for a trial, of which nothing is left. Anything else means that there
/// is no such tenant. What has ended since the archive was made, ends again (`ended`). An Idempotency-Key is of the name and the archive: a repetition of a restore that was done gets its
/// answer.
#[utoipa::path(post, path = "/restores", tag = "Backups", request_body(content = Vec<u8>, content_type = MEDIA_TYPE),
    responses(
        (status = 200, description = "The trial is over, and its copy removed", body = Value),
        (status = 201, description = "It has the data and runs", body = Value),
        (status = 202, description = "It has the data and does not run yet", body = Value),
    )
)]
pub(super) async fn restore(
    State(control): State<Control>,
    actor: Actor,
    key: Option<Extension<StreamKey>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok());
    if kind != Some(MEDIA_TYPE) {
        return Err(Problem::invalid_body(format!("Send a stream as {MEDIA_TYPE}.")));
    }
    // A task of its own, as for imports: what was begun is finished or taken back.
    let restoring = tokio::spawn(async move {
        let mut frames = Frames::new(body);
        let Frame::Head(head) = frames.next().await? else {
            return Err(ImportError::Stream(InvalidStream).into());
        };
        let wanted: WantedRestore =
            serde_json::from_slice(&head).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
        let slug = wanted.slug()?;
        let what = json!([slug, wanted.manifest.archive, wanted.drill]).to_string().into_bytes();
        let (is_drill, order) = (wanted.drill, wanted.order(&control, slug).await?);
        let Some(Extension(key)) = key.filter(|_| !is_drill) else {
            return take_in(&control, &actor, order, is_drill, &mut frames).await;
        };
        key.once(&control, &what, async |attempt| match attempt.made.as_deref() {
            Some(made) => taken_in(&control, made, &order).await,
            None => {
                let actor = Actor { attempt: Some(attempt), ..actor };
                take_in(&control, &actor, order, false, &mut frames).await
            }
        })
        .await
    });
    restoring.await.map_err(|error| Problem::internal(&error))?
}

/// The answer to a restore that was done, and whose own answer was lost.
async fn taken_in(control: &Control, id: &str, order: &RestoreOrder) -> Result<Response, Problem> {
    let tenant = tenants::find(&control.parts().database, id).await?;
    let tenant = tenant.ok_or_else(|| Problem::tenant_not_found(id))?;
    let (counts, ended) = provision::restored(control, &tenant.id).await?;
    let (_, warnings) = provision::settle(control, order)?;
    let restored = Restored { counts, ended, warnings };
    let is_running = tenant.state == TenantState::Running;
    Ok(Json(resource(control, &tenant, &restored, is_running)).into_response())
}

async fn take_in(
    control: &Control,
    actor: &Actor,
    order: RestoreOrder,
    is_drill: bool,
    frames: &mut Frames,
) -> Result<Response, Problem> {
    if is_drill {
        let report = provision::drill(control, actor, order, frames).await?;
        let told = json!({
            "rows": report.counts, "signed_in": report.signed_in, "removed": report.is_removed,
        });
        return Ok(Json(told).into_response());
    }
    let (tenant, restored) = provision::restore(control, actor, order, frames).await?;
    let is_settled = |tenant: &Tenant| matches!(tenant.state, TenantState::Running | TenantState::Failed);
    let settled = tokio::time::timeout(WAIT, control.wait(&tenant.id, is_settled)).await;
    let state = match settled {
        Ok(settled) => settled?.map(|tenant| tenant.state),
        Err(_) => None,
    };
    let is_running = state == Some(TenantState::Running);
    let status = if is_running { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let resource = resource(control, &tenant, &restored, is_running);
    Ok((status, Json(resource)).into_response())
}

fn resource(control: &Control, tenant: &Tenant, restored: &Restored, is_running: bool) -> Value {
    let Restored { counts, ended, warnings } = restored;
    json!({
        "slug": tenant.slug, "url": control.url_of(tenant), "id": tenant.id, "rows": counts, "ended": ended,
        "warnings": warnings, "running": is_running,
    })
}

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
