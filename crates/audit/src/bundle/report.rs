//! What came of verifying a bundle.

use jiff::Timestamp;

use crate::{Checkpoint, TrustedKeys, Vouched};

use super::{
    Finding,
    finding::{Blame, Problem},
};

/// The most findings that are kept; what is changed in a million places is as bad.
const MAX_FINDINGS: usize = 100;

/// Where the keys came from that the checkpoint was verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustSource {
    /// From whoever asked.
    Given,
    /// From the bundle itself: what it proves then, it proves to those who know the keys as their log's.
    Bundle,
}

/// The beginning of a log that is no longer kept, as the log says by its key. Its hashes are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many entries.
    pub entries: u64,
    /// Since when.
    pub at: Timestamp,
}

/// What came of verifying a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the log says of itself, if its checkpoint could be read.
    pub checkpoint: Option<Checkpoint>,
    /// Who vouches for it, if they do.
    pub vouched: Option<Vouched>,
    /// The keys that counted.
    pub keys: TrustedKeys,
    /// Where they came from.
    pub source: TrustSource,
    /// Entries that were gone through, by their hashes where they are pruned.
    pub entries: u64,
    /// What of them is no longer kept.
    pub pruned: Option<Pruned>,
    /// How many earlier checkpoints, and the older one that was asked for, are the beginnings of this log.
    pub earlier: usize,
    /// Entries that are of no version known here, and the first of them. They are sealed like all others.
    pub unreadable: Option<(u64, u64)>,
    findings: Vec<Finding>,
    more: usize,
}

impl Report {
    pub(super) fn new(keys: TrustedKeys, source: TrustSource) -> Self {
        Self {
            checkpoint: None,
            vouched: None,
            keys,
            source,
            entries: 0,
            pruned: None,
            earlier: 0,
            unreadable: None,
            findings: Vec::new(),
            more: 0,
        }
    }

    pub(super) fn add(&mut self, file: impl Into<String>, entries: Option<(u64, u64)>, problem: Problem) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { entries, file: file.into(), problem });
        } else {
            self.more += 1;
        }
    }

    /// Puts the findings in order. If the root over the hashes in the tiles is the one that was signed, it is the entries
    /// that were changed.
    pub(super) fn conclude(&mut self, is_signed: bool) {
        for finding in &mut self.findings {
            if finding.problem == Problem::Entry(Blame::Unknown) && is_signed {
                finding.problem = Problem::Entry(Blame::Entry);
            }
        }
        self.findings.sort_by_key(|finding| finding.entries.map(|(first, _)| first));
    }

    pub(super) fn has(&self, is_it: impl Fn(&Problem) -> bool) -> bool {
        self.findings.iter().any(|finding| is_it(&finding.problem))
    }

    /// The first entry below a tile with which something is wrong.
    pub(super) fn first_in_tiles(&self) -> Option<u64> {
        let of_tiles = self.findings.iter().filter(|finding| finding.problem.is_of_tiles());
        of_tiles.filter_map(|finding| finding.entries).map(|(first, _)| first).min()
    }

    /// What is wrong: first what is about no entry in particular, then in the order of the entries.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings there are beyond those.
    pub const fn more(&self) -> usize {
        self.more
    }

    /// The lowest index that something is wrong with.
    pub fn first_bad_index(&self) -> Option<u64> {
        self.findings.iter().filter_map(|finding| finding.entries).map(|(first, _)| first).min()
    }

    /// Whether everything is as it was signed.
    pub fn is_verified(&self) -> bool {
        self.vouched.is_some() && self.findings.is_empty()
    }
}
