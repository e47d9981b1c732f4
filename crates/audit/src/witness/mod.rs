//! What a witness decides (C2SP tlog-witness, add-checkpoint): whether the log has only grown since it last looked.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Hash,
    checkpoint::{SignedCheckpoint, decimal, decode_hash},
    merkle::verify_consistency,
    note::{NoteError, VerifierKey},
};

/// The most hashes a proof may have.
const MAX_PROOF: usize = 63;

/// The last state of a log that a witness has cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What a log asks of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size from which the proof leads.
    pub old: u64,
    /// That the tree of that size is the beginning of the checkpoint's.
    pub proof: Vec<Hash>,
    /// The new checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is about another log.
    #[error("the checkpoint is of another log")]
    Origin,
    /// The log's key did not sign it.
    #[error("the log did not sign the checkpoint: {0}")]
    Signature(#[source] NoteError),
    /// The proof leads from a size past the checkpoint.
    #[error("the proof leads from a size beyond the checkpoint")]
    OldSize,
    /// The proof leads from another size than the last one seen, which is this. The log may ask again from there.
    #[error("the log was last seen at size {0}, and the proof does not lead from there")]
    Conflict(u64),
    /// The log is smaller than it was.
    #[error("the log has {size} entries and had {} when it was last seen", .seen.size)]
    Smaller {
        /// What it was.
        seen: Seen,
        /// What it is said to be.
        size: u64,
    },
    /// The log has as many entries as before, and they are not the same.
    #[error("the log has another root at size {} than when it was last seen", .0.size)]
    OtherRoot(Seen),
    /// What it is said to be does not begin with what it was.
    #[error("the log does not begin with what it was at size {} when it was last seen", .0.size)]
    Inconsistent(Seen),
}

impl Refusal {
    /// Whether somebody has to look: the log's own key vouches for a past that is not the one that was seen.
    pub const fn is_alarm(&self) -> bool {
        matches!(self, Self::Smaller { .. } | Self::OtherRoot(_) | Self::Inconsistent(_))
    }
}

/// Whether the witness may cosign. What comes back has to be stored in place of `seen`, unless that has changed meanwhile,
/// before [`CosignatureKey::sign`](crate::CosignatureKey::sign) is asked for the signature: else two requests at once
/// could take the witness back.
///
/// # Errors
/// Why not.
pub fn decide(seen: Option<Seen>, log: &VerifierKey, request: &AddCheckpoint) -> Result<Seen, Refusal> {
    let checkpoint = request.checkpoint.checkpoint();
    if checkpoint.origin != log.name().as_str() {
        return Err(Refusal::Origin);
    }
    // First of all, so that nobody but the log can raise an alarm.
    request.checkpoint.verify(std::slice::from_ref(log)).map_err(Refusal::Signature)?;
    let new = Seen { size: checkpoint.size, root: checkpoint.root };
    let known = seen.unwrap_or(Seen { size: 0, root: crate::EMPTY_ROOT });
    if new.size < known.size {
        return Err(Refusal::Smaller { seen: known, size: new.size });
    }
    if new.size == known.size && new.root != known.root {
        return Err(Refusal::OtherRoot(known));
    }
    if request.old > new.size {
        return Err(Refusal::OldSize);
    }
    if request.old != known.size {
        return Err(Refusal::Conflict(known.size));
    }
    verify_consistency(known.size, &known.root, new.size, &new.root, &request.proof)
        .map_err(|_| Refusal::Inconsistent(known))?;
    Ok(new)
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let malformed = || NoteError::Malformed("it is no request to a witness");
        let (head, checkpoint) = text.split_once("\n\n").ok_or_else(malformed)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let proof: Option<Vec<_>> = lines.map(decode_hash).collect();
        let proof = proof.filter(|proof| proof.len() <= MAX_PROOF).ok_or_else(malformed)?;
        Ok(Self { old: old.ok_or_else(malformed)?, proof, checkpoint: SignedCheckpoint::parse(checkpoint)? })
    }
}

/// The body of the request.
impl std::fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests;
