//! What proves that events are in the log.

use std::collections::{BTreeSet, HashMap};

use kiavi_audit::{Hash, ProofPlan, SignedCheckpoint};
use kiavi_db::{Database, DbError};

use super::store;

/// The newest checkpoint over the place `index` that is cosigned; the newest of all where none is yet.
///
/// # Errors
/// Those of the statement; or a checkpoint is none, which somebody has changed then.
pub(crate) async fn newest_over(
    database: &Database,
    index: u64,
) -> Result<Option<SignedCheckpoint>, DbError> {
    let notes = store::checkpoints_over(database, index).await?;
    let parse = |note: &String| {
        SignedCheckpoint::parse(note)
            .map_err(|error| DbError::Value(format!("audit_checkpoint.note: {error}")))
    };
    let mut checkpoints = notes.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    // Beside the log's own signature there is the witness's.
    let cosigned = checkpoints.iter().position(|checkpoint| checkpoint.signatures().len() > 1);
    Ok((!checkpoints.is_empty()).then(|| checkpoints.swap_remove(cosigned.unwrap_or_default())))
}

/// The proofs that the tree of `size` entries has those at `indexes`, by these: one statement. A proof is missing where the
/// tree has no such entry, or a tile is damaged.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn inclusions(
    database: &Database,
    indexes: impl IntoIterator<Item = u64>,
    size: u64,
) -> Result<HashMap<u64, Vec<Hash>>, DbError> {
    let plan = |index| Some((index, ProofPlan::inclusion(index, size).ok()?));
    let plans: Vec<_> = indexes.into_iter().filter_map(plan).collect();
    let wanted: BTreeSet<_> = plans.iter().flat_map(|(_, plan)| plan.tiles()).collect();
    let tiles = store::tiles(database, wanted).await?;
    Ok(plans.iter().filter_map(|(index, plan)| Some((*index, plan.resolve(&tiles).ok()?))).collect())
}
