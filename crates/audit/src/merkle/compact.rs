//! A tree as little as can be kept of it: enough to append and to know the root.

use super::{EMPTY_ROOT, Hash, node_hash};

/// The hashes do not make a tree of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} entries has {} perfect subtrees, not {given}", .size.count_ones())]
pub struct InvalidRange {
    /// Entries.
    pub size: u64,
    /// Hashes.
    pub given: usize,
}

/// The roots of the perfect subtrees that make up a tree, from the left: one for each bit of its size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompactRange {
    size: u64,
    peaks: Vec<Hash>,
}

impl CompactRange {
    /// The range that was kept.
    ///
    /// # Errors
    /// When there is not one hash for each bit of `size`.
    pub fn from_parts(size: u64, peaks: Vec<Hash>) -> Result<Self, InvalidRange> {
        if peaks.len() == size.count_ones() as usize {
            Ok(Self { size, peaks })
        } else {
            Err(InvalidRange { size, given: peaks.len() })
        }
    }

    /// Adds the hash of an entry at the right end.
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each one bit at the end of the size is a subtree of the height that has been reached.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Entries in the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, from the left.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        fold(self.peaks.iter().copied()).unwrap_or(EMPTY_ROOT)
    }
}

/// The root over neighbouring perfect subtrees, each smaller than the one to its left: joined from the right.
pub(super) fn fold(subtrees: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    subtrees.rev().reduce(|right, left| node_hash(&left, &right))
}
