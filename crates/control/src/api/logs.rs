//! Reading a tenant's sealed log: what the auditor has written, as the tenant's engine reads it out.
//!
//! The addresses below `/audit/` are those of C2SP tlog-tiles, so that a tool for such logs reads it, given a key of this
//! API. Nothing there is secret to whoever may read the log, and what is personal in an entry is ciphertext.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, State},
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    code::Code,
    input::Asked,
    page::{self, Limit, Page},
    reading::Reading,
};
use crate::{Control, Tenant, caller::Actor, log, management::Door};

/// Where engines have it.
const ENGINE: &str = "/management/log";

/// The newest checkpoint.
const CHECKPOINT: &str = "checkpoint";

/// All that are kept, as engines have them and as cursors of their list begin.
const CHECKPOINTS: &str = "checkpoints";

/// What is no longer kept.
const PRUNED: &str = "pruned";

/// Media types that an engine answers with here.
const KINDS: &[&str] = &["text/plain; charset=utf-8", "application/octet-stream"];

/// What verifies a log.
#[derive(Serialize, ToSchema)]
pub(super) struct LogKeys {
    /// The log's name: the first line of its checkpoints, and the name of its key.
    #[schema(example = "auth.example/audit/t0a1b2c3d4e5f6g7h8i9j0k1l")]
    origin: String,
    /// The key of the log's own signatures (C2SP signed-note, "vkey").
    log_key: String,
    /// The key of the witness's cosignatures.
    witness_key: String,
}

/// Show what verifies a tenant's log
///
/// Keep the keys where you verify, apart from the log: who can change both can change everything.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/key", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The keys", body = LogKeys),
))]
pub(super) async fn key(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    let found = log::verifiers(&control, &tenant.id).await?;
    let (origin, log_key, witness_key) = found.ok_or(Code::NotSealed)?;
    let keys = LogKeys { origin, log_key: log_key.to_string(), witness_key: witness_key.to_string() };
    Ok(Json(keys).into_response())
}

/// Show the newest checkpoint of a tenant's log
///
/// A signed note (C2SP tlog-checkpoint): the log's name, how many events it has, and the root of the tree over them, signed
/// by the log and cosigned by the witness. It is at most two seconds older than the newest event.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/checkpoint", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The checkpoint", body = String, content_type = "text/plain; charset=utf-8"),
))]
pub(super) async fn checkpoint(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    ask(&control, &actor, &tenant, CHECKPOINT).await
}

/// Which checkpoints to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedCheckpoints {
    /// How many, at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// A checkpoint of a tenant's log.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct KeptCheckpoint {
    /// How many events it is over.
    size: u64,
    /// When the log signed it.
    #[schema(format = DateTime)]
    at: String,
    /// The signed note.
    note: String,
}

/// List the checkpoints of a tenant's log
///
/// The oldest first: the last of each hour, and at the end the newest one and the newest that is cosigned, if that is another.
/// Each is a beginning of the log as it is now, which a bundle shows that has them.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/checkpoints", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), WantedCheckpoints), responses(
    (status = 200, description = "A page of checkpoints", body = Page<KeptCheckpoint>),
))]
pub(super) async fn checkpoints(
    uri: Uri,
    reading: Reading,
    Asked(wanted): Asked<WantedCheckpoints>,
) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    struct Told {
        checkpoints: Vec<KeptCheckpoint>,
    }
    let limit = Limit::of(wanted.limit)?;
    let after = page::position(CHECKPOINTS, wanted.cursor.as_deref())?;
    let after = after.map_or(Ok(0), |after| after.parse::<u64>());
    let after = after.map_err(|_| Problem::from(Code::InvalidCursor))?;
    let target = format!("{ENGINE}/{CHECKPOINTS}?after={after}&limit={}", limit.and_one());
    let body = reading.of_log().ask(&target).await?;
    let told: Told = serde_json::from_slice(&body).map_err(|_| Problem::from(Code::EngineAnswer))?;
    Ok(page::page(CHECKPOINTS, &uri, told.checkpoints, limit, |last| last.size.to_string(), |one| one))
}

/// Show what of a tenant's log is no longer kept
///
/// A note that the log's key signs: which event is the first that is kept, the root over those before it, and since when.
/// Their hashes are kept. There is none while everything is kept (`audit.retention_days`).
#[utoipa::path(get, path = "/tenants/{tenant}/audit/pruned", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The note", body = String, content_type = "text/plain; charset=utf-8"),
))]
pub(super) async fn pruned(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    ask(&control, &actor, &tenant, PRUNED).await
}

/// Read a tile of a tenant's log
///
/// `tile/LEVEL/INDEX[.p/WIDTH]` has hashes, `tile/entries/INDEX[.p/WIDTH]` the events themselves (C2SP tlog-tiles), as long as
/// they are kept.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/tile/{path}", tag = "Audit log", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("path" = String, Path, description = "What follows tile/; it has slashes", example = "entries/000.p/1"),
), responses(
    (status = 200, description = "The tile", body = Vec<u8>, content_type = "application/octet-stream"),
))]
pub(super) async fn tile(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    Path((_, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let path = format!("tile/{path}");
    if path.parse::<kiavi_audit::TilePath>().is_err() {
        return Err(Problem::not_found());
    }
    ask(&control, &actor, &tenant, &path).await
}

/// Prove that an event is in a tenant's log
///
/// A file that proves it by itself, with the log's key (C2SP tlog-proof): the event, its place, the hashes from there to the
/// root, and the checkpoint. `kiavi audit proof verify` reads it.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/proof/{event}", tag = "Audit log", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("event" = String, Path, description = "The event's id", example = "0193a5c0-0000-7000-8000-0123456789ab"),
), responses(
    (status = 200, description = "The proof", body = String, content_type = "text/plain; charset=utf-8"),
))]
pub(super) async fn proof(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    Path((_, event)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if event.parse::<kiavi_base::EventId>().is_err() {
        return Err(Problem::not_found());
    }
    ask(&control, &actor, &tenant, &format!("proof/{event}")).await
}

/// Passes a request on to the tenant's engine and its answer back.
async fn ask(control: &Control, actor: &Actor, tenant: &Tenant, path: &str) -> Result<Response, Problem> {
    let asked =
        Door::of_log(control, actor, tenant)?.ask(Method::GET, &format!("{ENGINE}/{path}"), None).await?;
    let (parts, body) = asked.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).filter(|kind| KINDS.iter().any(|known| kind == known));
    match (parts.status, kind) {
        (StatusCode::OK, Some(kind)) => {
            let mut response = Response::new(Body::from(body));
            response.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
            Ok(response)
        }
        (StatusCode::NOT_FOUND, _) if path == CHECKPOINT => Err(Code::NotSealed.into()),
        (StatusCode::NOT_FOUND, _) if path == PRUNED => Err(Code::NothingPruned.into()),
        (StatusCode::NOT_FOUND, _) => Err(Problem::not_found()),
        _ => Err(Code::EngineAnswer.into()),
    }
}

/// How the instance's witness sees a log.
#[derive(Serialize, ToSchema)]
pub(super) struct WitnessedLog {
    /// The tenant.
    #[schema(value_type = String)]
    tenant: String,
    /// Its name.
    slug: String,
    /// How many events were cosigned.
    size: i64,
    /// When.
    #[schema(format = DateTime)]
    cosigned_at: Option<String>,
    /// Since when the log contradicts what was cosigned: it is sealed no further until somebody looks.
    #[schema(format = DateTime)]
    contradicted_at: Option<String>,
}

/// All of them, up to a thousand.
#[derive(Serialize, ToSchema)]
pub(super) struct WitnessedLogs {
    logs: Vec<WitnessedLog>,
}

/// List logs that contradict what was cosigned of them
///
/// None, unless a tenant's database was replaced by an older copy, or somebody holds a log's key and writes a second
/// history.
#[utoipa::path(get, path = "/audit-alarms", tag = "Instance", responses(
    (status = 200, description = "The logs", body = WitnessedLogs),
))]
pub(super) async fn alarms(State(control): State<Control>) -> Result<Json<WitnessedLogs>, Problem> {
    let found = log::store::alarms(&control.parts().database).await?;
    let text = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
    let logs = found.into_iter().map(|found| WitnessedLog {
        tenant: found.tenant,
        slug: found.slug,
        size: found.size,
        cosigned_at: text(found.cosigned_at),
        contradicted_at: text(found.contradicted_at),
    });
    Ok(Json(WitnessedLogs { logs: logs.collect() }))
}
