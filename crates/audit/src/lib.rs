//! The audit log as a file format: what an event is, how events become a Merkle log, how a log is signed, witnessed and
//! proved, and how all of that is checked by somebody who trusts none of the parts.
//!
//! The formats are C2SP's tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-witness and tlog-proof over
//! RFC 6962's tree, so that other people's tools read them. `docs/audit.md` has what a second verifier needs.
//!
//! Nothing here does I/O: bytes come as arguments, and files through the two traits of [`bundle`].

pub mod bundle;
mod checkpoint;
mod compare;
mod merkle;
mod note;
mod proof;
mod pruning;
mod readable;
mod record;
mod tile;
mod trust;
mod witness;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use compare::{Comparison, compare};
pub use merkle::{
    CompactRange, EMPTY_ROOT, Hash, InvalidProof, InvalidRange, OutOfRange, ProofPlan, leaf_hash, node_hash,
    verify_consistency, verify_inclusion,
};
pub use note::{
    CosignatureKey, InvalidVerifierKey, KeyName, Note, NoteError, NoteKey, NoteSignature, SignatureKind,
    VerifiedSignature, VerifierKey,
};
pub use proof::{EventProof, ProofError};
pub use pruning::{Pruning, SignedPruning};
pub use readable::{
    CsvTable, EventLine, LineFault, MAX_PROVEN_LINE, MOST_EXPORTED, PersonalLine, Place, ProvenLine,
    ProvenLines, csv_row,
};
pub use record::{
    Body, DecodeError, EncodeError, Event, Facts, MAX_BODY, Outcome, SealedFields, SealedGroup, SubjectId,
};
pub use tile::{
    Appender, HASH_LENGTH, InvalidEntries, InvalidTile, InvalidTilePath, TILE_WIDTH, Tile, TilePath, TileSet,
    decode_entries, encode_entries, tiles_of, tiles_written,
};
pub use trust::{Distrust, TrustedKeys, Vouched};
pub use witness::{AddCheckpoint, Refusal, Seen, decide};
