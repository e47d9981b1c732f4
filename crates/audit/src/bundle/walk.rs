//! Goes through entries and tiles from the left, once, and holds each to what is above it: an entry to its hash, a tile to
//! the hash over it. So a change is found where it was made, and not in everything above as well.

use std::collections::VecDeque;

use super::{
    BundleError, BundleFiles, Report,
    finding::{Blame, Problem},
    lines::Lines,
    verify::read,
};
use crate::{
    Checkpoint, CompactRange, HASH_LENGTH, Hash, InvalidEntries, MAX_BODY, ProofPlan, TILE_WIDTH, Tile,
    TilePath, TileSet, leaf_hash,
    merkle::root_of,
    tile::{hashes, read_entries, tiles_of},
};

/// The longest bundle of entries, in bytes.
pub(super) const MAX_ENTRIES: usize = TILE_WIDTH * (MAX_BODY + 2);

/// The longest tile, in bytes.
pub(super) const MAX_TILE: usize = TILE_WIDTH * HASH_LENGTH;

/// A size at which the root was signed.
#[derive(Debug, Clone)]
pub(super) struct Milestone {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) root: Hash,
}

pub(super) struct Walk<'a> {
    files: &'a dyn BundleFiles,
    signed: &'a Checkpoint,
    /// The first entry that is here; of those before it there are hashes only.
    first: u64,
    /// The tree over the entries; where one is not what its tile says, over whichever of both the tile above knows.
    range: CompactRange,
    /// The tile of each level above 0 that is being held to what is below it.
    above: Vec<Option<(u64, Vec<Hash>)>>,
    milestones: VecDeque<Milestone>,
    reached: Vec<Milestone>,
    missed: Vec<Milestone>,
    lines: Lines<'a>,
}

impl<'a> Walk<'a> {
    /// `milestones` are in order of their sizes.
    pub(super) fn new(
        files: &'a dyn BundleFiles,
        signed: &'a Checkpoint,
        first: u64,
        milestones: Vec<Milestone>,
    ) -> Self {
        Self {
            files,
            signed,
            first,
            range: CompactRange::default(),
            above: Vec::new(),
            milestones: milestones.into(),
            reached: Vec::new(),
            missed: Vec::new(),
            lines: Lines::default(),
        }
    }

    pub(super) const fn signed(&self) -> &Checkpoint {
        self.signed
    }

    /// The first entry that is here.
    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    /// Entries that were gone through.
    pub(super) const fn size(&self) -> u64 {
        self.range.size()
    }

    /// The root over them.
    pub(super) fn root(&self) -> Hash {
        self.range.root()
    }

    /// The sizes at which the root was the one that was signed.
    pub(super) fn reached(&self) -> &[Milestone] {
        &self.reached
    }

    /// Those at which it was not.
    pub(super) fn missed(&self) -> &[Milestone] {
        &self.missed
    }

    /// Goes to the end, or to where neither an entry nor its hash is. Whether it came to the end.
    pub(super) fn run(
        &mut self,
        report: &mut Report,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<bool, BundleError> {
        self.lines = Lines::open(self.files, report)?;
        self.pass_milestones();
        for tile in tiles_of(self.signed.size).take_while(|tile| tile.level == 0) {
            let is_pruned = tile.index < self.first / TILE_WIDTH as u64;
            let goes_on = if is_pruned { self.pruned_tile(tile, report)? } else { self.tile(tile, report)? };
            if !goes_on {
                return Ok(false);
            }
            progress(self.range.size(), self.signed.size);
        }
        self.lines.expect_end(report)?;
        Ok(true)
    }

    /// Whether the topmost tiles, as they are, have the root that was signed.
    pub(super) fn is_signed_above(&self) -> Result<bool, BundleError> {
        let plan = ProofPlan::root(self.signed.size);
        let mut tiles = TileSet::default();
        for tile in plan.tiles() {
            let bytes = read(self.files, &TilePath::Hashes(tile).to_string(), MAX_TILE + 1)?;
            // A tile that is not there does not lead to the root.
            let _ = tiles.insert(tile, &bytes.unwrap_or_default());
        }
        Ok(plan.resolve(&tiles).is_ok_and(|root| root == [self.signed.root]))
    }

    /// One tile of level 0 whose entries are no longer kept. Whether there was something to go on with.
    fn pruned_tile(&mut self, tile: Tile, report: &mut Report) -> Result<bool, BundleError> {
        let leaves = self.hashes_of(tile, report)?.unwrap_or_default();
        for leaf in &leaves {
            self.range.append(*leaf);
            self.pass_milestones();
        }
        if leaves.len() < TILE_WIDTH {
            return Ok(false);
        }
        self.hold(1, tile.index, root_of(&leaves), report)?;
        Ok(true)
    }

    /// One tile of level 0 and its entries. Whether there was something to go on with.
    fn tile(&mut self, tile: Tile, report: &mut Report) -> Result<bool, BundleError> {
        let first = tile.index * TILE_WIDTH as u64;
        let in_tile = self.hashes_of(tile, report)?.unwrap_or_default();
        let path = TilePath::Entries(tile).to_string();
        let bundle = read(self.files, &path, MAX_ENTRIES + 1)?;
        let entries = entries_of(bundle.as_deref(), tile, path, report);
        let mut of_entries: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        // Each takes the other's place where it is missing.
        let mut of_tile = in_tile;
        let (known, wanted) = (of_entries.len().max(of_tile.len()), usize::from(tile.width));
        of_entries.extend_from_slice(of_tile.get(of_entries.len()..).unwrap_or_default());
        of_tile.extend_from_slice(of_entries.get(of_tile.len()..).unwrap_or_default());
        let leaves = self.which(tile, &of_entries, &of_tile, report)?;
        for at in 0..wanted {
            let index = first + at as u64;
            match entries.get(at) {
                // What an entry says that is not the log's is nothing to hold a line to.
                Some(entry) if of_entries[at] == leaves[at] => self.lines.compare(index, entry, report)?,
                _ => self.lines.skip()?,
            }
        }
        for leaf in &leaves {
            self.range.append(*leaf);
            self.pass_milestones();
        }
        if tile.is_full() && known == wanted {
            self.hold(1, tile.index, root_of(&leaves), report)?;
        }
        Ok(known == wanted)
    }

    /// The hashes of entries that were signed, as far as can be told: what the entries have, or what the tile says.
    fn which(
        &mut self,
        tile: Tile,
        of_entries: &[Hash],
        of_tile: &[Hash],
        report: &mut Report,
    ) -> Result<Vec<Hash>, BundleError> {
        let Some(at) = of_entries.iter().zip(of_tile).position(|(entry, hash)| entry != hash) else {
            return Ok(of_entries.to_vec());
        };
        let is_signed = |walk: &mut Self, leaves: &[Hash], report: &mut Report| {
            if tile.is_full() {
                let above = walk.above(1, tile.index, report)?;
                return Ok::<_, BundleError>(above == Some(root_of(leaves)));
            }
            // Nothing is above the last tile but the root.
            let mut range = walk.range.clone();
            leaves.iter().for_each(|leaf| range.append(*leaf));
            Ok(range.root() == walk.signed.root)
        };
        let blame = if is_signed(self, of_entries, report)? {
            Blame::Hash
        } else if is_signed(self, of_tile, report)? {
            Blame::Entry
        } else {
            Blame::Unknown
        };
        // Where one was taken out or put in, all that follow are at another's place: the first says it.
        let index = tile.index * TILE_WIDTH as u64 + at as u64;
        report.add(TilePath::Hashes(tile).to_string(), Some((index, index)), Problem::Entry(blame));
        Ok(if blame == Blame::Hash { of_entries } else { of_tile }.to_vec())
    }

    /// Holds the hash at `position` of `level` to what is below it, and its tile to the one above when it is the last in it.
    fn hold(
        &mut self,
        level: u8,
        position: u64,
        below: Hash,
        report: &mut Report,
    ) -> Result<(), BundleError> {
        let found = self.above(level, position, report)?;
        if found.is_some_and(|found| found != below) {
            let tile = self.tile_at(level, position / TILE_WIDTH as u64);
            let span = span(level);
            let entries = (position * span, position * span + span - 1);
            report.add(TilePath::Hashes(tile).to_string(), Some(entries), Problem::Tile);
        }
        if position % TILE_WIDTH as u64 == TILE_WIDTH as u64 - 1
            && let Some(Some((index, hashes))) = self.above.get(usize::from(level))
            && hashes.len() == TILE_WIDTH
        {
            let (index, root) = (*index, root_of(hashes));
            self.hold(level + 1, index, root, report)?;
        }
        Ok(())
    }

    /// The hash at `position` of a level above 0, if its tile has it. A tile is read once and kept until the next of its level.
    fn above(&mut self, level: u8, position: u64, report: &mut Report) -> Result<Option<Hash>, BundleError> {
        let index = position / TILE_WIDTH as u64;
        let at = usize::from(level);
        if self.above.len() <= at {
            self.above.resize(at + 1, None);
        }
        if self.above[at].as_ref().is_none_or(|(known, _)| *known != index) {
            let hashes = self.hashes_of(self.tile_at(level, index), report)?.unwrap_or_default();
            self.above[at] = Some((index, hashes));
        }
        let hash =
            |(_, hashes): &(u64, Vec<Hash>)| hashes.get((position % TILE_WIDTH as u64) as usize).copied();
        Ok(self.above[at].as_ref().and_then(hash))
    }

    /// The tile of the signed log.
    fn tile_at(&self, level: u8, index: u64) -> Tile {
        let hashes = self.signed.size / span(level) - index * TILE_WIDTH as u64;
        // At most 256, so it fits.
        Tile { level, index, width: hashes.min(TILE_WIDTH as u64) as u16 }
    }

    /// The hashes in a tile's file, as many of them as are whole and should be there; `None` if there is no file.
    fn hashes_of(&self, tile: Tile, report: &mut Report) -> Result<Option<Vec<Hash>>, BundleError> {
        let path = TilePath::Hashes(tile).to_string();
        let span = span(tile.level);
        let first = tile.index * TILE_WIDTH as u64 * span;
        let end = first + u64::from(tile.width) * span;
        let Some(bytes) = read(self.files, &path, MAX_TILE + 1)? else {
            report.add(path, Some((first, end - 1)), Problem::Missing);
            return Ok(None);
        };
        if let Ok(hashes) = hashes(tile, &bytes) {
            return Ok(Some(hashes));
        }
        let (whole, _) = bytes.as_chunks::<HASH_LENGTH>();
        let whole = &whole[..whole.len().min(usize::from(tile.width))];
        let from = first + whole.len() as u64 * span;
        report.add(path, Some((from, from.max(end - 1))), Problem::TileLength);
        Ok(Some(whole.to_vec()))
    }

    /// Compares the root with those that were signed at the size that has been reached.
    fn pass_milestones(&mut self) {
        let size = self.range.size();
        while self.milestones.front().is_some_and(|milestone| milestone.size == size)
            && let Some(milestone) = self.milestones.pop_front()
        {
            if milestone.root == self.range.root() {
                self.reached.push(milestone);
            } else {
                self.missed.push(milestone);
            }
        }
    }
}

/// Entries below a hash of a level.
const fn span(level: u8) -> u64 {
    1 << (8 * level)
}

/// The entries of a bundle, as many as can be read.
fn entries_of<'b>(bundle: Option<&'b [u8]>, tile: Tile, path: String, report: &mut Report) -> Vec<&'b [u8]> {
    let first = tile.index * TILE_WIDTH as u64;
    let end = first + u64::from(tile.width);
    let Some(bundle) = bundle else {
        report.add(path, Some((first, end - 1)), Problem::Missing);
        return Vec::new();
    };
    let (entries, error) = read_entries(bundle, usize::from(tile.width));
    match error {
        None => {}
        Some(InvalidEntries::Short(at)) => {
            report.add(path, Some((first + at as u64, end - 1)), Problem::EntriesEnd);
        }
        Some(InvalidEntries::Long(_) | InvalidEntries::TooLarge) => {
            report.add(path, Some((end, end)), Problem::EntriesMore);
        }
    }
    entries
}
