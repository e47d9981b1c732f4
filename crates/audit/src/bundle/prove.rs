//! Takes one event out of a bundle, with its proof.

use super::{BundleError, BundleFiles, CHECKPOINT, Manifest, verify::read, walk};
use crate::{
    EventProof, NoteError, OutOfRange, ProofError, ProofPlan, SignedCheckpoint, TILE_WIDTH, Tile, TilePath,
    TileSet, TrustedKeys, decode_entries, note::MAX_NOTE,
};

/// Why a bundle gives no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// It cannot be looked at.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its checkpoint is none.
    #[error("{CHECKPOINT} cannot be used")]
    Checkpoint(#[source] NoteError),
    /// There is no such event.
    #[error("there is no such event")]
    Range(#[from] OutOfRange),
    /// It is no longer kept.
    #[error("the event was pruned: its hash is here, what it said is not")]
    Pruned,
    /// A file that the proof is made of is missing, or is not what it should be.
    #[error("{0} is missing or damaged; `kiavi audit verify` tells more")]
    File(String),
    /// What comes out proves nothing.
    #[error("the bundle has no proof of it; `kiavi audit verify` tells more")]
    Proof(#[from] ProofError),
}

/// The proof of event `index`. It is verified before it is handed out, by the keys that are given or else by those that
/// the bundle names.
///
/// # Errors
/// When the bundle has none.
pub fn prove(files: &dyn BundleFiles, keys: &TrustedKeys, index: u64) -> Result<EventProof, ProveError> {
    let manifest = Manifest::load(files)?;
    let checkpoint = read(files, CHECKPOINT, MAX_NOTE + 1)?;
    let damaged = |path: &str| ProveError::File(path.to_owned());
    let text =
        checkpoint.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| damaged(CHECKPOINT))?;
    let checkpoint = SignedCheckpoint::parse(&text).map_err(ProveError::Checkpoint)?;
    let size = checkpoint.checkpoint().size;
    let plan = ProofPlan::inclusion(index, size)?;
    if index < manifest.first {
        return Err(ProveError::Pruned);
    }
    let mut tiles = TileSet::default();
    for tile in plan.tiles() {
        let path = TilePath::Hashes(tile).to_string();
        let bytes = read(files, &path, walk::MAX_TILE + 1)?.unwrap_or_default();
        tiles.insert(tile, &bytes).map_err(|_| damaged(&path))?;
    }
    let hashes = plan.resolve(&tiles).map_err(|_| damaged("a tile"))?;
    let number = index / TILE_WIDTH as u64;
    // At most 256, so it fits.
    let width = (size - number * TILE_WIDTH as u64).min(TILE_WIDTH as u64) as u16;
    let path = TilePath::Entries(Tile { level: 0, index: number, width }).to_string();
    let bundle = read(files, &path, walk::MAX_ENTRIES + 1)?.unwrap_or_default();
    let entries = decode_entries(&bundle, usize::from(width)).map_err(|_| damaged(&path))?;
    let body = entries.get((index % TILE_WIDTH as u64) as usize).ok_or_else(|| damaged(&path))?.to_vec();
    let proof = EventProof { body, index, hashes, checkpoint };
    proof.verify(&manifest.keys.replaced_by(keys))?;
    Ok(proof)
}
