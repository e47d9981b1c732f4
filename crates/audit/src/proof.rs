//! The proof that one event is in a log, in a file of its own (C2SP tlog-proof). Its extra data is the event, so the file
//! and the log's key are all that verifying takes.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Distrust, Hash, InvalidProof, MAX_BODY, NoteError, SignedCheckpoint, TrustedKeys, Vouched,
    checkpoint::{decimal, decode_hash},
    leaf_hash, verify_inclusion,
};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most hashes: the height of the tallest tree.
const MAX_HASHES: usize = 64;

/// One event and the proof that the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// The event's body.
    pub body: Vec<u8>,
    /// Its place in the log.
    pub index: u64,
    /// From its neighbour's hash to the root's child (RFC 6962 §2.1.1).
    pub hashes: Vec<Hash>,
    /// What the log signed.
    pub checkpoint: SignedCheckpoint,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Nobody who is trusted vouches for its checkpoint.
    #[error("its checkpoint counts for nothing: {0}")]
    Distrust(#[from] Distrust),
    /// The event is not the one that the log has there.
    #[error("the log does not have this event at index {0}")]
    NotIncluded(u64),
}

impl EventProof {
    /// Verifies the proof by the keys that are trusted, for a log of the name that one of these has.
    ///
    /// # Errors
    /// When it proves nothing.
    pub fn verify(&self, keys: &TrustedKeys) -> Result<Vouched, ProofError> {
        let checkpoint = self.checkpoint.checkpoint();
        let vouched = keys.vouch(&self.checkpoint, &checkpoint.origin)?;
        let leaf = leaf_hash(&self.body);
        verify_inclusion(&leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)
            .map_err(|InvalidProof| ProofError::NotIncluded(self.index))?;
        Ok(vouched)
    }
}

impl fmt::Display for EventProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nextra {}\nindex {}", STANDARD.encode(&self.body), self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for EventProof {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let malformed = |why| NoteError::Malformed(why);
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed("it has no checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(malformed("it is no proof of a log's entry"));
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let body = extra.and_then(|extra| STANDARD.decode(extra).ok()).filter(|body| body.len() <= MAX_BODY);
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let hashes: Option<Vec<_>> = lines.map(decode_hash).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= MAX_HASHES);
        Ok(Self {
            body: body.ok_or(malformed("it does not have the event in its second line"))?,
            index: index.ok_or(malformed("its third line is no index"))?,
            hashes: hashes.ok_or(malformed("a line is no hash"))?,
            checkpoint: SignedCheckpoint::parse(checkpoint)?,
        })
    }
}

#[cfg(test)]
mod tests;
