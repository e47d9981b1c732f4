//! Checkpoints (C2SP tlog-checkpoint): how large a log was and what its root was, signed.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    EMPTY_ROOT, Hash,
    note::{Note, NoteError, NoteKey, NoteSignature, VerifiedSignature, VerifierKey},
};

/// What a log says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is.
    pub origin: String,
    /// Entries in it.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads a checkpoint's text. Lines after the third are for others and are passed over.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let malformed = |why| NoteError::Malformed(why);
        let body = text.strip_suffix('\n').ok_or(malformed("its last line has no end"))?;
        let lines: Vec<_> = body.split('\n').collect();
        let [origin, size, root, ..] = lines.as_slice() else {
            return Err(malformed("a checkpoint has three lines"));
        };
        if lines.iter().any(|line| line.is_empty()) {
            return Err(malformed("a checkpoint has no empty lines"));
        }
        let size = decimal(size).ok_or(malformed("its size is no number"))?;
        let root: Option<Hash> = decode_hash(root);
        let root = root.ok_or(malformed("its root is no hash"))?;
        if size == 0 && root != EMPTY_ROOT {
            return Err(malformed("its root is not that of a log without entries"));
        }
        Ok(Self { origin: (*origin).to_owned(), size, root })
    }
}

/// A decimal number without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash in base64.
pub(crate) fn decode_hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// A checkpoint and who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Signs a checkpoint of the log whose key it is.
    ///
    /// # Errors
    /// When the origin is no line of text.
    pub fn sign(checkpoint: Checkpoint, key: &NoteKey) -> Result<Self, NoteError> {
        let mut note = Note::new(checkpoint.text())?;
        // What is signed is what will be read.
        if Checkpoint::parse(note.text())? != checkpoint {
            return Err(NoteError::Malformed("its origin is not one line of text"));
        }
        note.add(key.sign(note.text()));
        Ok(Self { checkpoint, note })
    }

    /// Reads a signed checkpoint; nothing is verified.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let note = Note::parse(note)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// What it says.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The text that is signed.
    pub fn text(&self) -> &str {
        self.note.text()
    }

    /// The signatures, none of which may be good.
    pub fn signatures(&self) -> &[NoteSignature] {
        self.note.signatures()
    }

    /// Adds a signature.
    pub fn add(&mut self, signature: NoteSignature) {
        self.note.add(signature);
    }

    /// The signatures by those keys.
    ///
    /// # Errors
    /// When there is none, or one of the keys is named and did not sign.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<VerifiedSignature>, NoteError> {
        self.note.verify(keys)
    }
}

impl std::fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.note.fmt(f)
    }
}
