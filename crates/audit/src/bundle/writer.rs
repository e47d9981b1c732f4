//! Makes a bundle of entries.

use std::io;

use jiff::Timestamp;

use super::{BundleSink, CHECKPOINT, EVENTS, MANIFEST, Manifest, PRUNED, checkpoint_path};
use crate::{
    Appender, Distrust, EventLine, Hash, InvalidEntries, NoteError, SignedCheckpoint, SignedPruning,
    TILE_WIDTH, Tile, TilePath, TrustedKeys, encode_entries, leaf_hash,
};

/// Why a bundle cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file cannot be written.
    #[error("a file of the bundle cannot be written")]
    Io(#[from] io::Error),
    /// An entry is longer than entries are.
    #[error(transparent)]
    Entries(#[from] InvalidEntries),
    /// The checkpoint is not one over these entries.
    #[error("the checkpoint of size {signed} is not one over the {entries} entries of the bundle")]
    Checkpoint {
        /// Entries that the checkpoint is over.
        signed: u64,
        /// Entries that were written.
        entries: u64,
    },
    /// What was pruned is not what the log says of it.
    #[error("the log does not say that the entries before {0} were pruned, with those hashes")]
    Pruning(u64),
    /// The log does not say that at all.
    #[error("what is said of pruned entries counts for nothing")]
    Unsaid(#[from] NoteError),
    /// Nobody vouches for the checkpoint by the keys that the bundle will name.
    #[error("a checkpoint counts for nothing")]
    Distrust(#[from] Distrust),
}

/// Takes a log's entries in order. It holds the entries of one tile, whatever the size of the log.
#[derive(Debug)]
pub struct BundleWriter<S> {
    sink: S,
    appender: Appender,
    entries: Vec<Vec<u8>>,
    lines: String,
    /// Sizes that earlier checkpoints are for, and their roots as they come out.
    expected: Vec<(SignedCheckpoint, Option<Hash>)>,
    /// How many of these have come out.
    noted: usize,
    /// Events of which there are hashes only.
    hashed: u64,
    /// What the log says of them.
    pruning: Option<SignedPruning>,
}

impl<S: BundleSink> BundleWriter<S> {
    /// Begins a bundle. `earlier` are checkpoints of the log that go into it besides the last one, in order of size.
    pub fn new(sink: S, earlier: Vec<SignedCheckpoint>) -> Self {
        let expected = earlier.into_iter().map(|checkpoint| (checkpoint, None)).collect();
        let mut writer = Self {
            sink,
            appender: Appender::default(),
            entries: Vec::new(),
            lines: String::new(),
            expected,
            noted: 0,
            hashed: 0,
            pruning: None,
        };
        writer.note_root();
        writer
    }

    /// Adds the hash of an event that is no longer kept. All of these come before the first body, and end with
    /// [`BundleWriter::pruned`].
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn pruned_hash(&mut self, hash: Hash) -> Result<(), WriteError> {
        let full = self.appender.append(hash);
        for (tile, bytes) in &full {
            self.sink.write(&TilePath::Hashes(*tile).to_string(), bytes)?;
        }
        self.hashed += 1;
        self.note_root();
        Ok(())
    }

    /// Adds what the log says of these.
    ///
    /// # Errors
    /// When it says something else.
    pub fn pruned(&mut self, said: SignedPruning) -> Result<(), WriteError> {
        let (first, root) = (said.pruning().first, said.pruning().root);
        if (first, root) != (self.appender.size(), self.appender.root()) {
            return Err(WriteError::Pruning(first));
        }
        self.pruning = Some(said);
        Ok(())
    }

    /// Adds the body of the next event.
    ///
    /// # Errors
    /// When it is too long, or a file cannot be written.
    pub fn entry(&mut self, body: Vec<u8>) -> Result<(), WriteError> {
        self.lines += &EventLine::of(Some(self.appender.size()), &body).to_json();
        let full = self.appender.append(leaf_hash(&body));
        self.entries.push(body);
        for (tile, bytes) in &full {
            self.sink.write(&TilePath::Hashes(*tile).to_string(), bytes)?;
        }
        if self.entries.len() == TILE_WIDTH {
            self.flush()?;
        }
        self.note_root();
        Ok(())
    }

    /// Ends the bundle with the checkpoint over all of its entries, and returns what it says of itself. The manifest is
    /// written last: without it, there is no bundle.
    ///
    /// # Errors
    /// When a checkpoint is not over these entries, or not signed by those keys, or a file cannot be written.
    pub fn finish(
        mut self,
        checkpoint: &SignedCheckpoint,
        keys: TrustedKeys,
        made_at: Timestamp,
    ) -> Result<Manifest, WriteError> {
        let origin = checkpoint.checkpoint().origin.clone();
        let entries = self.appender.size();
        let last = [(checkpoint.clone(), Some(self.appender.root()))];
        for (signed, root) in self.expected.iter().chain(&last) {
            let size = signed.checkpoint().size;
            if *root != Some(signed.checkpoint().root) || size > entries {
                return Err(WriteError::Checkpoint { signed: size, entries });
            }
            keys.vouch(signed, &origin)?;
        }
        if checkpoint.checkpoint().size != entries {
            return Err(WriteError::Checkpoint { signed: checkpoint.checkpoint().size, entries });
        }
        let first = self.pruning.as_ref().map_or(0, |said| said.pruning().first);
        if self.hashed != first {
            return Err(WriteError::Pruning(self.hashed));
        }
        if let Some(said) = &self.pruning {
            said.verify(&keys, &origin)?;
            self.sink.write(PRUNED, said.to_string().as_bytes())?;
        }
        self.flush()?;
        for (tile, bytes) in self.appender.partial_tiles() {
            self.sink.write(&TilePath::Hashes(tile).to_string(), &bytes)?;
        }
        self.sink.append(EVENTS, b"")?;
        self.sink.write(CHECKPOINT, checkpoint.to_string().as_bytes())?;
        let mut checkpoints = Vec::new();
        for (earlier, _) in self.expected {
            let size = earlier.checkpoint().size;
            if size < entries && checkpoints.last() != Some(&size) {
                self.sink.write(&checkpoint_path(size), earlier.to_string().as_bytes())?;
                checkpoints.push(size);
            }
        }
        let manifest = Manifest { origin, size: entries, first, keys, checkpoints, made_at };
        self.sink.write(MANIFEST, manifest.to_json().as_bytes())?;
        Ok(manifest)
    }

    /// Writes the entries in hand, and their lines.
    fn flush(&mut self) -> Result<(), WriteError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        // At most 256, so the width fits.
        let index = (self.appender.size() - 1) / TILE_WIDTH as u64;
        let tile = Tile { level: 0, index, width: self.entries.len() as u16 };
        self.sink.write(&TilePath::Entries(tile).to_string(), &encode_entries(&self.entries)?)?;
        self.sink.append(EVENTS, self.lines.as_bytes())?;
        self.entries.clear();
        self.lines.clear();
        Ok(())
    }

    /// Keeps the root for the checkpoints of the size that has been reached.
    fn note_root(&mut self) {
        while let Some((checkpoint, root)) = self.expected.get_mut(self.noted)
            && checkpoint.checkpoint().size == self.appender.size()
        {
            *root = Some(self.appender.root());
            self.noted += 1;
        }
    }
}
