//! What a log says of its beginning when that is no longer kept: up to which entry it is gone, under which root, and since
//! when. Signed by the log's key, so that whoever only reads the log out can leave nothing away and call it pruned.
//!
//! All entries before an index go, as C2SP tlog-tiles ("Pruning") has it; all hashes stay.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use serde_json::Value;

use crate::{
    Facts, Hash, TILE_WIDTH, TrustedKeys,
    checkpoint::{decimal, decode_hash},
    note::{Note, NoteError, NoteKey},
};

/// The first line, which no other note that the key signs begins with: those begin with the origin.
const FORMAT: &str = "kiavi-audit-pruning/1";

/// That the entries before an index are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruning {
    /// Which log it is.
    pub origin: String,
    /// The first entry that is kept, a multiple of [`TILE_WIDTH`].
    pub first: u64,
    /// The root over the entries before it.
    pub root: Hash,
    /// Since when.
    pub at: Timestamp,
}

impl Pruning {
    /// What the event of it tells: `first_index` and `last_index` of what is gone by it, and the root over everything up to
    /// there. `since` is the first entry that was kept before.
    pub fn facts(&self, since: u64) -> Facts {
        let root = STANDARD.encode(self.root).into();
        let number = |index: u64| Value::from(index);
        [("first_index", number(since)), ("last_index", number(self.first.saturating_sub(1))), ("root", root)]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    fn text(&self) -> String {
        let Self { origin, first, root, at } = self;
        format!("{FORMAT}\n{origin}\n{first}\n{}\n{at}\n", STANDARD.encode(root))
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let malformed = |why| NoteError::Malformed(why);
        let lines: Vec<_> = text.split('\n').collect();
        let [FORMAT, origin, first, root, at, ""] = lines.as_slice() else {
            return Err(malformed("it does not say what was pruned"));
        };
        let is_first = |first: &u64| *first > 0 && first.is_multiple_of(TILE_WIDTH as u64);
        let first = decimal(first).filter(is_first).ok_or(malformed("nothing is pruned up to there"))?;
        let root = decode_hash(root).ok_or(malformed("its root is no hash"))?;
        let at = at.parse().map_err(|_| malformed("its time is none"))?;
        Ok(Self { origin: (*origin).to_owned(), first, root, at })
    }
}

/// The same, and who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPruning {
    pruning: Pruning,
    note: Note,
}

impl SignedPruning {
    /// Signs it with the key of the log.
    ///
    /// # Errors
    /// When the origin is no line of text, or `first` is not one that a log is pruned up to.
    pub fn sign(pruning: Pruning, key: &NoteKey) -> Result<Self, NoteError> {
        let mut note = Note::new(pruning.text())?;
        // What is signed is what will be read.
        if Pruning::parse(note.text())? != pruning {
            return Err(NoteError::Malformed("its origin is not one line of text"));
        }
        note.add(key.sign(note.text()));
        Ok(Self { pruning, note })
    }

    /// Reads it; nothing is verified.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let note = Note::parse(note)?;
        Ok(Self { pruning: Pruning::parse(note.text())?, note })
    }

    /// What it says.
    pub const fn pruning(&self) -> &Pruning {
        &self.pruning
    }

    /// Whether the log `origin` says so, by a key that is trusted.
    ///
    /// # Errors
    /// When it does not.
    pub fn verify(&self, keys: &TrustedKeys, origin: &str) -> Result<(), NoteError> {
        if self.pruning.origin != origin {
            return Err(NoteError::Malformed("it is about another log"));
        }
        let log: Vec<_> = keys.log.iter().filter(|key| key.name().as_str() == origin).cloned().collect();
        self.note.verify(&log).map(drop)
    }
}

impl fmt::Display for SignedPruning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checkpoint, SignedCheckpoint};

    const ORIGIN: &str = "auth.example/audit/t1";

    fn key(seed: u8) -> NoteKey {
        NoteKey::new(ORIGIN.parse().unwrap(), &[seed; 32])
    }

    fn pruning() -> Pruning {
        let at = "2026-11-26T20:00:00.5Z".parse().unwrap();
        Pruning { origin: ORIGIN.to_owned(), first: 512, root: [7; 32], at }
    }

    #[test]
    fn what_a_log_says_of_itself_is_read_as_it_was_signed() {
        let signed = SignedPruning::sign(pruning(), &key(1)).unwrap();
        let read = SignedPruning::parse(&signed.to_string()).unwrap();
        assert_eq!((&read, read.pruning()), (&signed, &pruning()));
        let trusted = |seed| TrustedKeys::from_iter([key(seed).verifier()]);
        assert_eq!(read.verify(&trusted(1), ORIGIN), Ok(()));
        assert!(read.verify(&trusted(2), ORIGIN).is_err(), "not by another key");
        assert!(read.verify(&trusted(1), "auth.example/audit/t2").is_err(), "nor of another log");
    }

    #[test]
    fn what_no_log_says_is_refused() {
        for change in [
            |it: &mut Pruning| it.first = 0,
            |it: &mut Pruning| it.first = 300,
            |it: &mut Pruning| it.origin = "two\nlines".to_owned(),
        ] {
            let mut changed = pruning();
            change(&mut changed);
            assert!(SignedPruning::sign(changed, &key(1)).is_err());
        }
        let text = SignedPruning::sign(pruning(), &key(1)).unwrap().to_string();
        for (from, to) in [("/1\n", "/2\n"), ("512", "0512"), ("2026", "x"), ("\n512", "\n512\n512")] {
            assert!(SignedPruning::parse(&text.replacen(from, to, 1)).is_err(), "{from:?} to {to:?}");
        }
    }

    /// One is never taken for the other, although one key signs both.
    #[test]
    fn it_is_no_checkpoint() {
        let signed = SignedPruning::sign(pruning(), &key(1)).unwrap().to_string();
        assert!(SignedCheckpoint::parse(&signed).is_err());
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 512, root: [7; 32] };
        let checkpoint = SignedCheckpoint::sign(checkpoint, &key(1)).unwrap().to_string();
        assert!(SignedPruning::parse(&checkpoint).is_err());
    }
}
