//! What control asks for on behalf of whoever may read the log.

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use kiavi_audit::{EventProof, ProofPlan, TilePath, encode_entries};
use kiavi_base::EventId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{proofs, store};
use crate::{ApiError, Context, State, context::not_found, iso_milliseconds};

/// Notes and proofs.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Checkpoints of one answer, at most: a page of control's, and the first of the next one. Each has some 500 bytes.
const MOST_CHECKPOINTS: u16 = 1_001;
/// Tiles and entries.
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// `GET /management/log/checkpoint`: the newest checkpoint with its signatures.
pub(super) async fn checkpoint(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    match store::checkpoint(&state.database).await? {
        Some(note) => Ok(answer(TEXT, note)),
        None => Ok(not_found().await),
    }
}

/// Which of them.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// Those over more entries than this.
    after: u64,
    /// At most so many.
    limit: u16,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { after: 0, limit: MOST_CHECKPOINTS }
    }
}

#[derive(Serialize)]
struct KeptCheckpoint {
    size: i64,
    #[serde(serialize_with = "iso_milliseconds")]
    at: Timestamp,
    note: String,
}

/// `GET /management/log/checkpoints`: those that are kept, with their signatures, the smallest first.
pub(super) async fn checkpoints(
    state: State,
    context: Context,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let (Some(_), Ok(Query(wanted))) = (context.operator(), wanted) else { return Ok(not_found().await) };
    let limit = wanted.limit.min(MOST_CHECKPOINTS);
    let kept = store::checkpoints_after(&state.database, wanted.after, limit).await?;
    let one = |store::Kept { size, at, note }| KeptCheckpoint { size, at, note };
    let checkpoints: Vec<_> = kept.into_iter().map(one).collect();
    Ok(Json(json!({ "checkpoints": checkpoints })).into_response())
}

/// `GET /management/log/pruned`: what the log says of its beginning that is no longer kept.
pub(super) async fn pruned(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    match store::pruned(&state.database).await? {
        Some(note) => Ok(answer(TEXT, note)),
        None => Ok(not_found().await),
    }
}

/// `GET /management/log/tile/…`: a tile, or the entries of one. There are those of the trees of all checkpoints.
pub(super) async fn tile(
    state: State,
    context: Context,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    let parsed = format!("tile/{path}").parse::<TilePath>().ok().filter(|_| context.operator().is_some());
    let found = match parsed {
        Some(TilePath::Hashes(tile)) => store::tile(&state.database, tile).await?,
        Some(TilePath::Entries(tile)) => {
            let entries = store::entries(&state.database, tile).await?;
            entries.map(|entries| encode_entries(&entries)).transpose().map_err(ApiError::internal)?
        }
        None => None,
    };
    match found {
        Some(bytes) => Ok(answer(BYTES, bytes)),
        None => Ok(not_found().await),
    }
}

/// `GET /management/log/proof/{event}`: that the event is in the log (C2SP tlog-proof), by the newest checkpoint that is
/// cosigned; by the newest of all where none over the event is yet.
pub(super) async fn proof(
    state: State,
    context: Context,
    Path(event): Path<String>,
) -> Result<Response, ApiError> {
    let event = event.parse::<EventId>().ok().filter(|_| context.operator().is_some());
    let Some(event) = event else { return Ok(not_found().await) };
    let database = &state.database;
    // The checkpoint after the leaf: it covers what was sealed before.
    let Some((index, body)) = store::leaf_of(database, &event).await? else { return Ok(not_found().await) };
    let Some(checkpoint) = proofs::newest_over(database, index).await? else { return Ok(not_found().await) };
    let plan = ProofPlan::inclusion(index, checkpoint.checkpoint().size).map_err(ApiError::internal)?;
    let tiles = store::tiles(database, plan.tiles()).await?;
    let hashes = plan.resolve(&tiles).map_err(ApiError::internal)?;
    Ok(answer(TEXT, EventProof { body, index, hashes, checkpoint }.to_string()))
}

fn answer(kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
