//! A tree cut into tiles of height 8, and the entries in bundles of as many (C2SP tlog-tiles).

mod appender;
mod entries;
mod path;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use appender::Appender;
pub(crate) use entries::read_entries;
pub use entries::{InvalidEntries, decode_entries, encode_entries};
pub use path::{InvalidTilePath, TilePath};

use crate::Hash;

/// Levels of the tree in a tile.
pub(crate) const TILE_HEIGHT: u32 = 8;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: usize = 1 << TILE_HEIGHT;

/// Bytes of a hash.
pub const HASH_LENGTH: usize = 32;

/// The highest level that a tree of 2⁶⁴ entries has.
const MAX_LEVEL: u8 = 7;

/// A tile that is not there, or not made of as many whole hashes as it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tile is missing or has not as many hashes as it must have")]
pub struct InvalidTile;

/// One tile of a tree of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// 0 has the hashes of entries; each level above has the roots of 256 hashes of the one below.
    pub level: u8,
    /// Its place in the level, from the left.
    pub index: u64,
    /// Hashes in it: 1 to 256.
    pub width: u16,
}

impl Tile {
    /// Whether there is nothing to be added to it.
    pub const fn is_full(self) -> bool {
        self.width as usize == TILE_WIDTH
    }
}

/// All tiles of a tree of `size` entries, level by level, from the left.
pub fn tiles_of(size: u64) -> impl Iterator<Item = Tile> {
    tiles_written(0, size)
}

/// The tiles of a tree of `size` entries that are not as they are in the tree of its first `old`.
pub fn tiles_written(old: u64, size: u64) -> impl Iterator<Item = Tile> {
    (0..=MAX_LEVEL).flat_map(move |level| {
        let at_level = |size: u64| size >> (u32::from(level) * TILE_HEIGHT);
        let (before, hashes) = (at_level(old), at_level(size));
        let width = TILE_WIDTH as u64;
        let indexes = if hashes > before { before / width..hashes.div_ceil(width) } else { 0..0 };
        // At most 256, so it fits.
        indexes.map(move |index| Tile { level, index, width: (hashes - index * width).min(width) as u16 })
    })
}

/// Tiles that were fetched. The widest of each is kept: it has all that narrower ones have.
#[derive(Debug, Clone, Default)]
pub struct TileSet(BTreeMap<(u8, u64), Vec<Hash>>);

impl TileSet {
    /// Adds the bytes of a tile.
    ///
    /// # Errors
    /// When these are not as many hashes as the tile has.
    pub fn insert(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), InvalidTile> {
        let hashes = hashes(tile, bytes)?;
        let known = self.0.entry((tile.level, tile.index)).or_default();
        if hashes.len() > known.len() {
            *known = hashes;
        }
        Ok(())
    }

    /// The hashes of a tile, if there are as many.
    pub(crate) fn hashes(&self, tile: Tile) -> Option<&[Hash]> {
        self.0.get(&(tile.level, tile.index))?.get(..usize::from(tile.width))
    }
}

/// The hashes that `bytes` are.
pub(crate) fn hashes(tile: Tile, bytes: &[u8]) -> Result<Vec<Hash>, InvalidTile> {
    let (hashes, rest) = bytes.as_chunks::<HASH_LENGTH>();
    if rest.is_empty() && hashes.len() == usize::from(tile.width) {
        Ok(hashes.to_vec())
    } else {
        Err(InvalidTile)
    }
}
