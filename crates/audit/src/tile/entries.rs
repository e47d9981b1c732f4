//! Bundles of entries: each is its length in two bytes, the greater first, and its bytes.

use super::TILE_WIDTH;
use crate::MAX_BODY;

/// The bytes are no bundle of that many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntries {
    /// They end within an entry.
    #[error("it ends within entry {0} of the bundle")]
    Short(usize),
    /// Something comes after the last entry.
    #[error("it has more than {0} entries")]
    Long(usize),
    /// An entry has more bytes than its length can say, or a bundle more entries than a tile has hashes.
    #[error("an entry is too long, or there are too many")]
    TooLarge,
}

/// A bundle of up to 256 entries.
///
/// # Errors
/// When there are more, or one is longer than [`MAX_BODY`].
pub fn encode_entries<T: AsRef<[u8]>>(entries: &[T]) -> Result<Vec<u8>, InvalidEntries> {
    if entries.len() > TILE_WIDTH {
        return Err(InvalidEntries::TooLarge);
    }
    let mut bundle = Vec::with_capacity(entries.iter().map(|entry| entry.as_ref().len() + 2).sum());
    for entry in entries.iter().map(AsRef::as_ref) {
        debug_assert_eq!(MAX_BODY, usize::from(u16::MAX));
        let length = u16::try_from(entry.len()).map_err(|_| InvalidEntries::TooLarge)?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The `count` entries of a bundle.
///
/// # Errors
/// When there are fewer or more.
pub fn decode_entries(bundle: &[u8], count: usize) -> Result<Vec<&[u8]>, InvalidEntries> {
    match read_entries(bundle, count) {
        (entries, None) => Ok(entries),
        (_, Some(error)) => Err(error),
    }
}

/// As many of the `count` entries as can be read, and what is wrong with the bundle.
pub(crate) fn read_entries(bundle: &[u8], count: usize) -> (Vec<&[u8]>, Option<InvalidEntries>) {
    let mut rest = bundle;
    let mut entries = Vec::with_capacity(count.min(TILE_WIDTH));
    for at in 0..count {
        let entry = rest
            .split_first_chunk()
            .and_then(|(length, after)| after.split_at_checked(usize::from(u16::from_be_bytes(*length))));
        let Some((entry, after)) = entry else { return (entries, Some(InvalidEntries::Short(at))) };
        entries.push(entry);
        rest = after;
    }
    let error = (!rest.is_empty()).then_some(InvalidEntries::Long(count));
    (entries, error)
}
