//! A log as files that prove themselves: tiles, entries, checkpoints and the keys, as `docs/audit.md` has them.
//!
//! [`BundleWriter`] takes entries one after the other, [`verify`] reads them so: neither holds more than a few tiles.

mod finding;
mod lines;
mod manifest;
mod prove;
mod report;
#[cfg(test)]
mod tests;
mod verify;
mod walk;
mod writer;

use std::io::{self, BufRead};

pub use finding::{Blame, Finding, Problem};
pub use manifest::{InvalidManifest, Manifest};
pub use prove::{ProveError, prove};
pub use report::{Pruned, Report, TrustSource};
pub use verify::{BundleError, Policy, verify};
pub use writer::{BundleWriter, WriteError};

/// The file that says what the others are.
pub const MANIFEST: &str = "bundle.json";

/// The file with the last checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The file with what the log says of entries that are no longer kept ([`crate::SignedPruning`]).
pub const PRUNED: &str = "pruned";

/// The file with the events in lines of JSON.
pub const EVENTS: &str = "events.ndjson";

/// Where the checkpoint of an earlier size is.
pub fn checkpoint_path(size: u64) -> String {
    format!("checkpoints/{size:020}")
}

/// Where a bundle is read from.
pub trait BundleFiles {
    /// The bytes of a file; `None` if there is no such file. One that has more than `limit` bytes may be cut there: it
    /// is not what it should be anyway.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn read(&self, path: &str, limit: usize) -> io::Result<Option<Vec<u8>>>;

    /// A file to be read from its beginning; `None` if there is no such file.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn BufRead + '_>>>;
}

/// Where a bundle is written to.
pub trait BundleSink {
    /// Writes a new file.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Adds to the end of a file, which is made first if there is none.
    ///
    /// # Errors
    /// When it cannot be written.
    fn append(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;
}
