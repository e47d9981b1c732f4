//! AU-1: what was changed, taken out, put in, swapped, cut off or signed by somebody else is found, and where.

use proptest::prelude::*;

use super::*;
use crate::encode_entries;

/// AU-1: whatever byte of an entry is changed, its index is named.
#[test]
fn every_byte_of_an_entry_counts() {
    for size in [5, 260] {
        let files = bundle_of(&bodies(size), &[], 1);
        let path = if size == 5 { "tile/entries/000.p/5" } else { "tile/entries/001.p/4" };
        let first = if size == 5 { 0 } else { 256 };
        let bundle = &files.0[path];
        let mut of_byte = Vec::new();
        for index in first..size {
            of_byte.extend(std::iter::repeat_n(index, body(index).len() + 2));
        }
        assert_eq!(of_byte.len(), bundle.len());
        for (at, index) in of_byte.into_iter().enumerate() {
            let mut changed = files.clone();
            changed.0.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
            assert_eq!(first_bad(&changed), Some(index), "byte {at}");
        }
    }
}

/// AU-1: whatever byte of a tile is changed, the entries below it are named.
#[test]
fn every_byte_of_a_tile_counts() {
    let files = bundle_of(&bodies(260), &[], 1);
    // Every byte of the small ones, and one of each hash of the large one.
    for (path, step, start, span) in
        [("tile/0/000", 37, 0, 1), ("tile/0/001.p/4", 1, 256, 1), ("tile/1/000.p/1", 1, 0, 256)]
    {
        for at in (0..files.0[path].len()).step_by(step) {
            let mut changed = files.clone();
            changed.0.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
            let report = verified(&changed, &Policy::default());
            let index = start + (at as u64 / 32) * span;
            assert_eq!(report.first_bad_index(), Some(index), "byte {at} of {path}");
            // The entries are as they were, and that is what it says.
            let code = if span == 1 { "hash_changed" } else { "tile_changed" };
            assert_eq!(codes(&report), [code], "{path}");
        }
    }
}

/// AU-1: whatever byte of the checkpoint is changed, it counts for nothing.
#[test]
fn every_byte_of_the_checkpoint_counts() {
    let files = bundle_of(&bodies(5), &[3], 1);
    for path in [CHECKPOINT, &checkpoint_path(3)] {
        for at in 0..files.0[path].len() {
            let mut changed = files.clone();
            changed.0.get_mut(path).unwrap()[at] ^= 1;
            assert!(!verified(&changed, &Policy::default()).is_verified(), "byte {at} of {path}");
        }
    }
}

/// The bundle with the entries of one file changed, and nothing else.
fn with_entries(files: &Files, path: &str, change: impl Fn(&mut Vec<Vec<u8>>)) -> Files {
    let mut changed = files.clone();
    let mut entries: Vec<_> = bodies(700)[256..512].to_vec();
    change(&mut entries);
    let mut bytes = Vec::new();
    entries.iter().for_each(|entry| bytes.extend(encode_entries(std::slice::from_ref(entry)).unwrap()));
    changed.0.insert(path.to_owned(), bytes);
    changed
}

/// AU-1: one is taken out, put in, swapped, cut off.
#[test]
fn entries_that_are_moved_are_found() {
    let files = bundle_of(&bodies(700), &[], 1);
    let path = "tile/entries/001";
    for at in [0, 1, 100, 254, 255] {
        let index = 256 + at as u64;
        let dropped = with_entries(&files, path, |entries| drop(entries.remove(at)));
        assert_eq!(first_bad(&dropped), Some(index), "dropped");
        let inserted = with_entries(&files, path, |entries| entries.insert(at, body(9_999)));
        assert_eq!(first_bad(&inserted), Some(index), "inserted");
        let replaced = with_entries(&files, path, |entries| entries[at] = body(9_999));
        assert_eq!(first_bad(&replaced), Some(index), "replaced");
        assert!(codes(&verified(&replaced, &Policy::default())).contains(&"entry_changed"));
        let cut = with_entries(&files, path, |entries| entries.truncate(at));
        assert_eq!(first_bad(&cut), Some(index), "cut off");
        if at < 255 {
            let swapped = with_entries(&files, path, |entries| entries.swap(at, at + 1));
            assert_eq!(first_bad(&swapped), Some(index), "swapped");
        }
    }
    let added = with_entries(&files, path, |entries| entries.push(body(9_999)));
    assert_eq!(first_bad(&added), Some(512));
}

#[test]
fn what_is_missing_is_found() {
    let files = bundle_of(&bodies(700), &[300], 1);
    for (path, first, code) in [
        ("tile/entries/001", Some(256), "missing_file"),
        ("tile/0/001", Some(256), "missing_file"),
        ("tile/1/000.p/2", Some(0), "missing_file"),
        ("tile/entries/002.p/188", Some(512), "missing_file"),
        (EVENTS, None, "missing_file"),
        (CHECKPOINT, None, "missing_file"),
        ("checkpoints/00000000000000000300", None, "missing_file"),
    ] {
        let mut changed = files.clone();
        changed.0.remove(path).unwrap();
        let report = verified(&changed, &Policy::default());
        assert_eq!((report.first_bad_index(), codes(&report)), (first, vec![code]), "{path}");
    }
    let mut both = files.clone();
    both.0.remove("tile/entries/001");
    both.0.remove("tile/0/001");
    assert_eq!(first_bad(&both), Some(256));
    let mut none = files.clone();
    none.0.remove(MANIFEST);
    assert!(matches!(verify(&none, &Policy::default(), &mut |_, _| ()), Err(BundleError::NoBundle)));
    for (path, length, first) in
        [("tile/0/001", 40, 257), ("tile/0/001", 8191, 511), ("tile/1/000.p/2", 32, 256)]
    {
        let mut cut = files.clone();
        cut.0.get_mut(path).unwrap().truncate(length);
        let report = verified(&cut, &Policy::default());
        assert_eq!((report.first_bad_index(), codes(&report)), (Some(first), vec!["tile_length"]), "{path}");
    }
    let mut long = files;
    long.0.get_mut("tile/0/001").unwrap().push(0);
    assert_eq!(first_bad(&long), Some(512));
}

/// Somebody who changes an entry and makes all tiles anew cannot sign, so the root tells; earlier checkpoints tell where.
#[test]
fn a_log_that_was_made_anew_does_not_have_its_root() {
    let bodies = bodies(700);
    let real = bundle_of(&bodies, &[100, 300, 600], 1);
    let mut changed = bodies.clone();
    changed[333] = body(9_999);
    let mut forged = bundle_of(&changed, &[], 1);
    for path in [
        MANIFEST,
        CHECKPOINT,
        "checkpoints/00000000000000000100",
        "checkpoints/00000000000000000300",
        "checkpoints/00000000000000000600",
    ] {
        forged.0.insert(path.to_owned(), real.0[path].clone());
    }
    let report = verified(&forged, &Policy::default());
    assert_eq!(codes(&report), ["root_differs"]);
    assert_eq!(report.findings()[0].entries, Some((300, 599)));
    let text = report.findings()[0].to_string();
    assert!(
        text.starts_with("entries 300 to 599 are not all what they were when the log was signed at size 600"),
        "{text}"
    );
    // With a tile in between that was forgotten, it is found closer by.
    forged.0.insert("tile/1/000.p/2".to_owned(), real.0["tile/1/000.p/2"].clone());
    let report = verified(&forged, &Policy::default());
    let tiles: Vec<_> = report.findings().iter().filter(|one| one.problem == Problem::Tile).collect();
    assert_eq!(tiles[0].entries, Some((256, 511)));
}

#[test]
fn a_change_is_told_from_another_one() {
    let files = bundle_of(&bodies(700), &[], 1);
    // An entry here, the hash of another there, and an entry of the last tile.
    let mut changed = with_entries(&files, "tile/entries/001", |entries| entries[44] = body(9_999));
    changed.0.get_mut("tile/0/000").unwrap()[32 * 7] ^= 1;
    changed.0.get_mut("tile/entries/002.p/188").unwrap()[9] ^= 1;
    let report = verified(&changed, &Policy::default());
    let told: Vec<_> = report
        .findings()
        .iter()
        .map(|finding| (finding.entries.unwrap().0, finding.problem.code()))
        .collect();
    assert_eq!(told, [(7, "hash_changed"), (300, "entry_changed"), (512, "entry_changed")]);
    assert_eq!(report.first_bad_index(), Some(7));
}

/// AU-1: the engine's secrets, or any key but the log's, sign nothing.
#[test]
fn a_log_of_another_key_is_not_the_log() {
    let bodies = bodies(300);
    let mut changed = bodies.clone();
    changed[33] = body(9_999);
    let forged = bundle_of(&changed, &[], 2);
    assert!(
        verified(&forged, &Policy::default()).is_verified(),
        "it is whole, by the keys that it names itself"
    );
    let report = verified(&forged, &Policy { keys: keys(1), old: None });
    assert_eq!(codes(&report), ["untrusted_checkpoint"]);
    // By a checkpoint that was kept, it is known where it goes wrong; one of another key is nobody's.
    let old = Policy { keys: TrustedKeys::default(), old: Some(signed(&bodies[..200], 1)) };
    assert_eq!(codes(&verified(&forged, &old)), ["untrusted_checkpoint"]);
    let resigned = bundle_of(&changed, &[], 1);
    let report = verified(&resigned, &Policy { keys: keys(1), ..old });
    assert_eq!((codes(&report), report.first_bad_index()), (vec!["root_differs"], Some(0)));
}

/// What nobody can see from inside: a tail that was cut off together with its checkpoint.
#[test]
fn a_log_that_was_cut_is_shorter_than_it_was() {
    let bodies = bodies(300);
    let cut = bundle_of(&bodies[..200], &[], 1);
    assert!(verified(&cut, &Policy::default()).is_verified());
    let report = verified(&cut, &Policy { keys: keys(1), old: Some(signed(&bodies, 1)) });
    assert_eq!((codes(&report), report.first_bad_index()), (vec!["log_shorter"], Some(200)));
    let text = report.findings()[0].to_string();
    assert!(
        text.contains("has 200 entries and had 300") && text.contains("entries 200 to 299 are gone"),
        "{text}"
    );
}

#[test]
fn the_manifest_is_held_to_the_checkpoint() {
    let files = bundle_of(&bodies(5), &[3], 1);
    let text = String::from_utf8(files.0[MANIFEST].clone()).unwrap();
    let with = |from: &str, to: &str| {
        let mut changed = files.clone();
        assert!(text.contains(from), "{from} is in {text}");
        changed.0.insert(MANIFEST.to_owned(), text.replace(from, to).into_bytes());
        verify(&changed, &Policy::default(), &mut |_, _| ())
    };
    assert_eq!(codes(&with("\"size\": 5", "\"size\": 6").unwrap()), ["manifest_differs"]);
    let mut moved = bundle_of(&bodies(5), &[3, 4], 1);
    moved.0.insert(checkpoint_path(4), moved.0[&checkpoint_path(3)].clone());
    assert_eq!(codes(&verified(&moved, &Policy::default())), ["manifest_differs"]);
    assert!(!with("\"origin\": \"auth", "\"origin\": \"other").unwrap().is_verified());
    for (from, to) in [
        ("bundle/1", "bundle/2"),
        ("\"size\": 5", "\"size\": -5"),
        ("\"size\": 5", "\"size\": 5, \"more\": 1"),
        ("\"size\": 5", "\"size\": 3"),
        ("auth.example/witness+", "auth.example/other+"),
        ("2026-", "x"),
        ("    3\n", "    3, 3\n"),
        ("{", ""),
    ] {
        assert!(matches!(with(from, to), Err(BundleError::Manifest(_))), "{from} to {to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No byte of any file but the manifest can be changed without being noticed.
    #[test]
    fn every_byte_counts(size in 1u64..600, file: prop::sample::Index, at: prop::sample::Index, by in 1u8..) {
        let mut files = bundle_of(&bodies(size), &[size as usize / 2], 1);
        let paths: Vec<_> = files.0.iter().filter(|(path, bytes)| *path != MANIFEST && !bytes.is_empty()).collect();
        let path = paths[file.index(paths.len())].0.clone();
        let bytes = files.0.get_mut(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let report = verified(&files, &Policy { keys: keys(1), old: None });
        prop_assert!(!report.is_verified(), "byte {} of {}", at, path);
    }

    #[test]
    fn no_manifest_panics(text in ".{0,80}", at: prop::sample::Index, by: u8) {
        let _ = Manifest::parse(text.as_bytes());
        let mut bytes = bundle_of(&bodies(2), &[], 1).0.remove(MANIFEST).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        if let Ok(manifest) = Manifest::parse(&bytes) {
            prop_assert_eq!(Manifest::parse(manifest.to_json().as_bytes()).unwrap(), manifest);
        }
    }
}
