//! What is wrong with a bundle, in plain words.

use std::fmt;

use crate::{Distrust, NoteError};

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nobody who is trusted vouches for a checkpoint.
    Distrusted(Distrust),
    /// A checkpoint cannot be read.
    UnreadableCheckpoint(String),
    /// What the log says of entries that are no longer kept cannot be read, or is not said by the log.
    Pruning(NoteError),
    /// There is no such file.
    Missing,
    /// The bundle says another size or origin of itself than its checkpoint.
    Manifest,
    /// The log is smaller than it was when the older checkpoint was signed.
    Shorter {
        /// What it is.
        size: u64,
        /// What it was.
        old: u64,
    },
    /// An entry and the hash at its place in the tree do not belong together.
    Entry(Blame),
    /// A file of entries ends before it should.
    EntriesEnd,
    /// A file of entries has more than it should.
    EntriesMore,
    /// A file of hashes does not have as many as it should.
    TileLength,
    /// A hash of an inner tile is not the one over what is below it.
    Tile,
    /// The entries up to the size of a checkpoint do not have the root that was signed.
    Root {
        /// The size of the checkpoint.
        size: u64,
    },
    /// A line of the events does not say what the entry says.
    Line,
    /// There are more lines than entries.
    LinesMore,
}

/// Which of an entry and its hash is not the one that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The entry.
    Entry,
    /// The hash.
    Hash,
    /// Neither makes the log that was signed, or not everywhere.
    Unknown,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entries that it is about, first and last. It may be one of them or all; `None` if it is about none in particular.
    pub entries: Option<(u64, u64)>,
    /// The file that it is about.
    pub file: String,
    /// What is wrong.
    pub problem: Problem,
}

impl Problem {
    /// Whether tiles and what is below them are apart.
    pub(super) const fn is_of_tiles(&self) -> bool {
        matches!(self, Self::Entry(_) | Self::Tile | Self::TileLength | Self::Missing)
    }

    /// A stable name, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Distrusted(_) => "untrusted_checkpoint",
            Self::UnreadableCheckpoint(_) => "unreadable_checkpoint",
            Self::Pruning(_) => "untrusted_pruning",
            Self::Missing => "missing_file",
            Self::Manifest => "manifest_differs",
            Self::Shorter { .. } => "log_shorter",
            Self::Entry(Blame::Entry) => "entry_changed",
            Self::Entry(Blame::Hash) => "hash_changed",
            Self::Entry(Blame::Unknown) => "entry_and_hash_differ",
            Self::EntriesEnd => "entries_end",
            Self::EntriesMore => "entries_more",
            Self::TileLength => "tile_length",
            Self::Tile => "tile_changed",
            Self::Root { .. } => "root_differs",
            Self::Line => "line_differs",
            Self::LinesMore => "lines_more",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        let entries = match self.entries {
            Some((first, last)) if first == last => format!("entry {first}"),
            Some((first, last)) => format!("entries {first} to {last}"),
            None => "no entry".to_owned(),
        };
        match &self.problem {
            Problem::Distrusted(why) => write!(f, "{file}: {why}"),
            Problem::UnreadableCheckpoint(why) => write!(f, "{file}: {why}"),
            Problem::Pruning(why) => {
                write!(f, "{file}: {why}; so nothing says that {entries} were pruned, and they are not here")
            }
            Problem::Missing => match self.entries {
                Some(_) => write!(f, "{file} is missing, which has {entries}"),
                None => write!(f, "{file} is missing"),
            },
            Problem::Manifest => {
                write!(f, "{file} is not of the origin and size that it should be")
            }
            Problem::Shorter { size, old } => {
                write!(
                    f,
                    "the log has {size} entries and had {old} when the older checkpoint was signed: {entries} are gone"
                )
            }
            Problem::Entry(Blame::Entry) => write!(f, "{entries} is not the one that was sealed"),
            Problem::Entry(Blame::Hash) => {
                write!(f, "{file}: the hash of {entries} was changed; the entry is the one that was sealed")
            }
            Problem::Entry(Blame::Unknown) => {
                write!(f, "{entries} and its hash in {file} do not belong together")
            }
            Problem::EntriesEnd => write!(f, "{file} ends early: {entries} cannot be read"),
            Problem::EntriesMore => {
                write!(f, "{file} goes on where it should end: {entries} is not in the log there")
            }
            Problem::TileLength => {
                write!(f, "{file} has not as many hashes as it should, from that of {entries} on")
            }
            Problem::Tile => write!(f, "{file}: the hash over {entries} is not the one that they make"),
            Problem::Root { size } => {
                write!(
                    f,
                    "{entries} are not all what they were when the log was signed at size {size} ({file})"
                )
            }
            Problem::Line => write!(f, "{file} does not say what {entries} says"),
            Problem::LinesMore => write!(f, "{file} has more lines than the log has entries"),
        }
    }
}
