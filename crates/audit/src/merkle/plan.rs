//! Which hashes a proof has, and from which tiles they come.
//!
//! Planning and looking up are apart, so that whoever fetches tiles may do it in any way and all at once.

use std::collections::BTreeSet;

use super::{EMPTY_ROOT, Hash, compact::fold, root_of};
use crate::{
    TileSet,
    tile::{InvalidTile, TILE_HEIGHT, TILE_WIDTH, Tile},
};

/// There is no such entry or tree in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree has {size} entries, not {wanted}")]
pub struct OutOfRange {
    /// Entries in the tree.
    pub size: u64,
    /// How many there would have to be.
    pub wanted: u64,
}

/// The root of 2^`height` entries, the first of which is entry `index`·2^`height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    height: u32,
    index: u64,
}

/// A list of hashes of a tree, each made of perfect subtrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofPlan {
    size: u64,
    hashes: Vec<Vec<Node>>,
}

impl ProofPlan {
    /// The one hash that is the root of the tree of `size` entries.
    pub fn root(size: u64) -> Self {
        Self { size, hashes: vec![subtrees(0, size)] }
    }

    /// The proof that entry `index` is in the tree of `size` entries (RFC 6962 §2.1.1).
    ///
    /// # Errors
    /// When it is not.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, OutOfRange> {
        if index >= size {
            return Err(OutOfRange { size, wanted: index.saturating_add(1) });
        }
        let (mut start, mut end) = (0, size);
        let mut hashes = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                hashes.push(subtrees(middle, end));
                end = middle;
            } else {
                hashes.push(subtrees(start, middle));
                start = middle;
            }
        }
        hashes.reverse();
        Ok(Self { size, hashes })
    }

    /// The proof that the tree of `old` entries is the beginning of the tree of `size` (RFC 6962 §2.1.2). Empty for the
    /// empty tree, which every tree begins with, and for a tree and itself.
    ///
    /// # Errors
    /// When `old` is the greater one.
    pub fn consistency(old: u64, size: u64) -> Result<Self, OutOfRange> {
        if old > size {
            return Err(OutOfRange { size, wanted: old });
        }
        let mut hashes = Vec::new();
        if old == 0 || old == size {
            return Ok(Self { size, hashes });
        }
        let (mut start, mut end) = (0, size);
        // While the whole old tree is still in view, its root is known to whoever verifies.
        let mut is_whole = true;
        while old < end {
            let middle = start + split(end - start);
            if old <= middle {
                hashes.push(subtrees(middle, end));
                end = middle;
            } else {
                hashes.push(subtrees(start, middle));
                start = middle;
                is_whole = false;
            }
        }
        if !is_whole {
            hashes.push(subtrees(start, end));
        }
        hashes.reverse();
        Ok(Self { size, hashes })
    }

    /// The tiles that the hashes come from.
    pub fn tiles(&self) -> BTreeSet<Tile> {
        self.hashes.iter().flatten().map(|node| node.place(self.size).0).collect()
    }

    /// The hashes, out of the tiles.
    ///
    /// # Errors
    /// When a tile is missing or not wide enough.
    pub fn resolve(&self, tiles: &TileSet) -> Result<Vec<Hash>, InvalidTile> {
        let hash = |nodes: &Vec<Node>| {
            let found: Vec<_> =
                nodes.iter().map(|node| node.find(self.size, tiles)).collect::<Result<_, _>>()?;
            Ok(fold(found.into_iter()).unwrap_or(EMPTY_ROOT))
        };
        self.hashes.iter().map(hash).collect()
    }
}

impl Node {
    /// The tile that has it in the tree of `size` entries, and where in the tile: first hash and how many.
    fn place(self, size: u64) -> (Tile, usize, usize) {
        let level = self.height / TILE_HEIGHT;
        let inner = self.height % TILE_HEIGHT;
        let first = self.index << inner;
        let index = first / TILE_WIDTH as u64;
        let width = (size >> (level * TILE_HEIGHT)) - index * TILE_WIDTH as u64;
        // Both fit: a level is below 64 / 8, a width at most 256.
        let tile = Tile { level: level as u8, index, width: width.min(TILE_WIDTH as u64) as u16 };
        (tile, (first % TILE_WIDTH as u64) as usize, 1 << inner)
    }

    fn find(self, size: u64, tiles: &TileSet) -> Result<Hash, InvalidTile> {
        let (tile, first, count) = self.place(size);
        let hashes = tiles.hashes(tile).and_then(|hashes| hashes.get(first..first + count));
        hashes.map(root_of).ok_or(InvalidTile)
    }
}

/// The largest power of two below `count`, which is 2 or more.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The perfect subtrees of entries `start` to `end`, from the left. `start` is a multiple of the largest of them, as it is
/// for every subtree of a tree.
fn subtrees(mut start: u64, end: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    while start < end {
        let height = (end - start).ilog2();
        nodes.push(Node { height, index: start >> height });
        start += 1 << height;
    }
    nodes
}
