use proptest::prelude::*;

use super::*;
use crate::leaf_hash;

fn tile(level: u8, index: u64, width: u16) -> Tile {
    Tile { level, index, width }
}

/// The examples of C2SP tlog-tiles.
#[test]
fn a_tree_of_70000_has_the_tiles_of_the_standard() {
    let tiles: Vec<_> = tiles_of(70_000).collect();
    let count = |level, is_full| tiles.iter().filter(|t| t.level == level && t.is_full() == is_full).count();
    assert_eq!([count(0, true), count(0, false), count(1, true), count(1, false)], [273, 1, 1, 1]);
    let partial: Vec<_> = tiles.iter().copied().filter(|tile| !tile.is_full()).collect();
    assert_eq!(partial, [tile(0, 273, 112), tile(1, 1, 17), tile(2, 0, 1)]);
    assert_eq!(tiles_of(256).collect::<Vec<_>>(), [tile(0, 0, 256), tile(1, 0, 1)]);
    assert_eq!(tiles_of(0).count(), 0);
}

#[test]
fn paths_are_those_of_the_standard() {
    for (path, text) in [
        (TilePath::Hashes(tile(0, 1_234_067, 256)), "tile/0/x001/x234/067"),
        (TilePath::Hashes(tile(7, 0, 1)), "tile/7/000.p/1"),
        (TilePath::Entries(tile(0, 273, 112)), "tile/entries/273.p/112"),
        (TilePath::Entries(tile(0, 1000, 256)), "tile/entries/x001/000"),
        (TilePath::Hashes(tile(1, u64::MAX, 256)), "tile/1/x018/x446/x744/x073/x709/x551/615"),
    ] {
        assert_eq!((path.to_string().as_str(), text.parse()), (text, Ok(path)));
    }
    for bad in [
        "",
        "tile/",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x1/067",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/entries/../000",
        "tile/x/000",
        "tile/0/000.p/1.p/1",
        "tile/data/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert_eq!(bad.parse::<TilePath>(), Err(InvalidTilePath), "{bad}");
    }
}

#[test]
fn entries_are_as_many_as_they_should_be() {
    let entries: [&[u8]; 3] = [b"a", b"", b"ccc"];
    let bundle = encode_entries(&entries).unwrap();
    assert_eq!(bundle, b"\0\x01a\0\0\0\x03ccc");
    assert_eq!(decode_entries(&bundle, 3).unwrap(), entries);
    assert_eq!(decode_entries(&bundle, 2), Err(InvalidEntries::Long(2)));
    assert_eq!(decode_entries(&bundle, 4), Err(InvalidEntries::Short(3)));
    assert_eq!(decode_entries(&bundle[..bundle.len() - 1], 3), Err(InvalidEntries::Short(2)));
    assert_eq!(encode_entries(&[vec![0; 65_536]]), Err(InvalidEntries::TooLarge));
    assert_eq!(encode_entries(&vec![b"a"; 257]), Err(InvalidEntries::TooLarge));
    assert!(encode_entries(&[vec![0; 65_535]]).is_ok());
}

#[test]
fn a_tile_has_whole_hashes() {
    let mut set = TileSet::default();
    assert!(set.insert(tile(0, 0, 2), &[0; 64]).is_ok());
    assert_eq!(set.insert(tile(0, 0, 2), &[0; 63]), Err(InvalidTile));
    assert_eq!(set.insert(tile(0, 0, 3), &[0; 64]), Err(InvalidTile));
    // A narrower one does not take away what is there.
    assert!(set.insert(tile(0, 0, 1), &[0; 32]).is_ok());
    assert!(set.hashes(tile(0, 0, 2)).is_some() && set.hashes(tile(0, 0, 3)).is_none());
}

proptest! {
    #[test]
    fn a_path_is_read_as_it_is_written(level in 0u8..=7, index: u64, width in 1u16..=256) {
        let hashes = TilePath::Hashes(tile(level, index, width));
        prop_assert_eq!(hashes.to_string().parse(), Ok(hashes));
        let entries = TilePath::Entries(tile(0, index, width));
        prop_assert_eq!(entries.to_string().parse(), Ok(entries));
    }

    #[test]
    fn no_text_panics(text in "(tile/)?([0-9x/.p]|entries/|.){0,24}") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn no_bundle_panics(bytes: Vec<u8>, count in 0usize..300) {
        if let Ok(entries) = decode_entries(&bytes, count)
            && count <= TILE_WIDTH
        {
            prop_assert_eq!(encode_entries(&entries).unwrap(), bytes);
        }
    }

    /// A log that is stopped anywhere goes on from its partial tiles as if it had not been.
    #[test]
    fn an_appender_resumes(first in 0usize..1500, second in 0usize..1500) {
        let mut whole = Appender::default();
        let mut stored = TileSet::default();
        let mut written = Vec::new();
        let grow = |appender: &mut Appender, numbers: std::ops::Range<usize>| {
            let leaves = numbers.map(|number| leaf_hash(&number.to_le_bytes()));
            let full = leaves.flat_map(|leaf| appender.append(leaf)).collect::<Vec<_>>();
            [full, appender.partial_tiles()].concat()
        };
        for (tile, bytes) in grow(&mut whole, 0..first) {
            stored.insert(tile, &bytes).unwrap();
        }
        let mut resumed = Appender::resume(first as u64, &stored).unwrap();
        prop_assert_eq!((resumed.size(), resumed.root()), (first as u64, whole.root()));
        for (tile, bytes) in grow(&mut resumed, first..first + second) {
            stored.insert(tile, &bytes).unwrap();
            written.push(tile);
        }
        grow(&mut whole, first..first + second);
        prop_assert_eq!(resumed.root(), whole.root());
        prop_assert!(tiles_of(resumed.size()).all(|tile| stored.hashes(tile).is_some()));
        written.sort();
        let expected: Vec<_> = tiles_written(first as u64, resumed.size()).collect();
        prop_assert!(expected.iter().all(|tile| written.contains(tile)), "{:?} {:?}", expected, written);
    }
}
