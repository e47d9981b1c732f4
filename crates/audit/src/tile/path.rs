//! Where tiles and bundles are, below the log's prefix.

use std::{fmt, str::FromStr};

use super::{MAX_LEVEL, TILE_WIDTH, Tile};

/// The text is no path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct InvalidTilePath;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// `tile/<level>/<index>`: the hashes of a tile.
    Hashes(Tile),
    /// `tile/entries/<index>`: the entries whose hashes a tile of level 0 has.
    Entries(Tile),
}

impl TilePath {
    /// The tile.
    pub const fn tile(self) -> Tile {
        match self {
            Self::Hashes(tile) | Self::Entries(tile) => tile,
        }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes(tile) => write!(f, "tile/{}/", tile.level)?,
            Self::Entries(_) => f.write_str("tile/entries/")?,
        }
        let Tile { index, width, .. } = self.tile();
        // "Zero-padded 3-digit path elements. All but the last path element MUST begin with an x."
        let groups = index.checked_ilog10().map_or(1, |digits| digits / 3 + 1);
        for group in (1..groups).rev() {
            write!(f, "x{:03}/", index / 1000_u64.pow(group) % 1000)?;
        }
        write!(f, "{:03}", index % 1000)?;
        if usize::from(width) < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = InvalidTilePath;

    /// The form that [`fmt::Display`] writes, and no other.
    fn from_str(text: &str) -> Result<Self, InvalidTilePath> {
        let (kind, rest) =
            text.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(InvalidTilePath)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().map_err(|_| InvalidTilePath)?),
            None => (rest, TILE_WIDTH as u16),
        };
        let digits: String = index.chars().filter(|c| !matches!(c, 'x' | '/')).collect();
        let index = digits.parse().map_err(|_| InvalidTilePath)?;
        let path = if kind == "entries" {
            Self::Entries(Tile { level: 0, index, width })
        } else {
            Self::Hashes(Tile { level: kind.parse().map_err(|_| InvalidTilePath)?, index, width })
        };
        let is_tile = path.tile().level <= MAX_LEVEL && (1..=TILE_WIDTH).contains(&usize::from(width));
        if is_tile && path.to_string() == text { Ok(path) } else { Err(InvalidTilePath) }
    }
}
