//! A log that grows: entries' hashes in, tiles and roots out.

use super::{MAX_LEVEL, TILE_HEIGHT, TILE_WIDTH, Tile, TileSet};
use crate::{CompactRange, EMPTY_ROOT, Hash, InvalidTile, merkle::root_of, node_hash};

/// The right edge of a tree: the partial tile of each level. It takes 64 kB at most, however large the tree is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appender {
    size: u64,
    /// Below 256 hashes for each level, from level 0.
    edge: Vec<Vec<Hash>>,
}

impl Appender {
    /// Goes on with a tree of `size` entries. `tiles` needs to have the partial ones of that size only ([`Appender::edge_of`]). Whether
    /// they are the tree that was signed, [`Appender::root`] tells.
    ///
    /// # Errors
    /// When one of these is missing.
    pub fn resume(size: u64, tiles: &TileSet) -> Result<Self, InvalidTile> {
        let mut edge = vec![Vec::new(); usize::from(MAX_LEVEL) + 1];
        for tile in Self::edge_of(size) {
            edge[usize::from(tile.level)] = tiles.hashes(tile).ok_or(InvalidTile)?.to_vec();
        }
        Ok(Self { size, edge })
    }

    /// The partial tiles of a tree of `size` entries, which [`Appender::resume`] needs.
    pub fn edge_of(size: u64) -> impl Iterator<Item = Tile> {
        (0..=MAX_LEVEL).filter_map(move |level| {
            let hashes = size >> (u32::from(level) * TILE_HEIGHT);
            let (index, width) = (hashes / TILE_WIDTH as u64, hashes % TILE_WIDTH as u64);
            (width > 0).then_some(Tile { level, index, width: width as u16 })
        })
    }

    /// Adds the hash of an entry, and returns the tiles that it fills: none mostly, else one of level 0, and others if that
    /// is the last of theirs.
    pub fn append(&mut self, leaf: Hash) -> Vec<(Tile, Vec<u8>)> {
        let mut full = Vec::new();
        let mut hash = leaf;
        self.size += 1;
        for level in 0..=MAX_LEVEL {
            if self.edge.len() <= usize::from(level) {
                self.edge.push(Vec::new());
            }
            let edge = &mut self.edge[usize::from(level)];
            edge.push(hash);
            if edge.len() < TILE_WIDTH {
                break;
            }
            let index = (self.size >> (u32::from(level + 1) * TILE_HEIGHT)) - 1;
            full.push((Tile { level, index, width: TILE_WIDTH as u16 }, edge.concat()));
            hash = root_of(edge);
            edge.clear();
        }
        full
    }

    /// The tiles that are not full.
    pub fn partial_tiles(&self) -> Vec<(Tile, Vec<u8>)> {
        Self::edge_of(self.size).map(|tile| (tile, self.edge[usize::from(tile.level)].concat())).collect()
    }

    /// Entries in the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree. Costs up to 255 hashes for each level.
    pub fn root(&self) -> Hash {
        let mut root = None;
        for hashes in &self.edge {
            let mut range = CompactRange::default();
            hashes.iter().for_each(|hash| range.append(*hash));
            for left in range.peaks().iter().rev() {
                root = Some(root.map_or(*left, |right| node_hash(left, &right)));
            }
        }
        root.unwrap_or(EMPTY_ROOT)
    }
}
