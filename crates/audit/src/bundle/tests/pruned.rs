//! Bundles of logs whose beginning is no longer kept.

use proptest::prelude::*;

use super::*;
use crate::{Pruning, SignedPruning};

/// That the entries before `first` were pruned, as the log with this key says.
fn pruning(bodies: &[Vec<u8>], first: u64, seed: u8) -> SignedPruning {
    let mut appender = Appender::default();
    bodies[..first as usize].iter().for_each(|body| drop(appender.append(leaf_hash(body))));
    let at = Timestamp::from_second(1_795_725_610).unwrap();
    let said = Pruning { origin: ORIGIN.to_owned(), first, root: appender.root(), at };
    SignedPruning::sign(said, &log_key(seed)).unwrap()
}

/// The bundle of a log of which the entries before `first` are no longer kept.
fn pruned_bundle(bodies: &[Vec<u8>], first: u64, earlier: &[usize]) -> Files {
    let mut files = Files::default();
    let checkpoints = earlier.iter().map(|size| signed(&bodies[..*size], 1)).collect();
    let mut writer = BundleWriter::new(&mut files, checkpoints);
    let (gone, kept) = bodies.split_at(first as usize);
    gone.iter().for_each(|body| writer.pruned_hash(leaf_hash(body)).unwrap());
    writer.pruned(pruning(bodies, first, 1)).unwrap();
    kept.iter().for_each(|body| writer.entry(body.clone()).unwrap());
    writer.finish(&signed(bodies, 1), keys(1), Timestamp::from_second(1_795_725_611).unwrap()).unwrap();
    files
}

#[test]
fn what_is_left_of_a_pruned_log_verifies_and_so_do_checkpoints_of_before() {
    let bodies = bodies(700);
    for first in [256, 512] {
        let files = pruned_bundle(&bodies, first, &[100, 300]);
        assert!(!files.0.contains_key("tile/entries/000"), "it is gone");
        for old in [1, 100, 256, 400, 700] {
            let policy = Policy { keys: keys(1), old: Some(signed(&bodies[..old], 1)) };
            let report = verified(&files, &policy);
            assert!(report.is_verified(), "{first} {old}: {:?}", report.findings());
            assert_eq!((report.entries, report.earlier), (700, 3));
            assert_eq!(report.pruned.map(|pruned| pruned.entries), Some(first));
        }
        let lines = String::from_utf8(files.0[EVENTS].clone()).unwrap();
        assert!(lines.starts_with(&format!("{{\"index\":{first},")), "lines begin with what is kept");
        for index in [first, 699] {
            assert!(prove(&files, &keys(1), index).unwrap().verify(&keys(1)).is_ok());
        }
        assert!(matches!(prove(&files, &keys(1), first - 1), Err(ProveError::Pruned)));
    }
}

/// Whoever reads a log out can leave away what they want to hide, and cannot call it pruned.
#[test]
fn nothing_is_pruned_but_by_the_words_of_the_log() {
    let bodies = bodies(700);
    let files = pruned_bundle(&bodies, 256, &[]);
    let told = |files: &Files| {
        let report = verified(files, &Policy { keys: keys(1), old: None });
        (codes(&report), report.first_bad_index(), report.pruned)
    };
    let mut unsaid = files.clone();
    unsaid.0.remove(PRUNED);
    assert_eq!(told(&unsaid), (vec!["missing_file"], Some(0), None));
    // Said by another key, of another part, and by the log of other hashes.
    for said in [pruning(&bodies, 256, 2), pruning(&bodies, 512, 1)] {
        let mut other = files.clone();
        other.0.insert(PRUNED.to_owned(), said.to_string().into_bytes());
        assert_eq!(told(&other), (vec!["untrusted_pruning"], Some(0), None));
    }
    let changed = [&[body(9_999)], &bodies[1..]].concat();
    let mut other = files.clone();
    other.0.insert(PRUNED.to_owned(), pruning(&changed, 256, 1).to_string().into_bytes());
    let (codes, first_bad, _) = told(&other);
    assert_eq!((codes, first_bad), (vec!["root_differs"], Some(0)));
    // More was left away than was pruned.
    let mut more = files.clone();
    let text = String::from_utf8(files.0[MANIFEST].clone()).unwrap();
    more.0.insert(MANIFEST.to_owned(), text.replace("\"first\": 256", "\"first\": 512").into_bytes());
    more.0.remove("tile/entries/001");
    assert_eq!(told(&more).1, Some(0));
    let mut recent = files.clone();
    recent.0.remove("tile/entries/001");
    assert_eq!(told(&recent).1, Some(256), "a recent one that is gone is named");
    for first in ["1", "300", "768"] {
        let text = text.replace("\"first\": 256", &format!("\"first\": {first}"));
        assert!(matches!(Manifest::parse(text.as_bytes()), Err(InvalidManifest::First)), "{first}");
    }
}

#[test]
fn a_changed_hash_of_a_pruned_event_is_named() {
    let files = pruned_bundle(&bodies(700), 512, &[]);
    let mut changed = files.clone();
    changed.0.get_mut("tile/0/001").unwrap()[32 * 5] ^= 1;
    let report = verified(&changed, &Policy::default());
    assert_eq!(report.first_bad_index(), Some(256));
    assert!(codes(&report).contains(&"tile_changed"), "{:?}", report.findings());
}

#[test]
fn a_pruned_bundle_is_not_made_without_the_words_of_the_log() {
    let bodies = bodies(300);
    let write = |hashes: usize, said: Option<SignedPruning>| {
        let mut files = Files::default();
        let mut writer = BundleWriter::new(&mut files, vec![]);
        for body in &bodies[..hashes] {
            writer.pruned_hash(leaf_hash(body))?;
        }
        said.map_or(Ok(()), |said| writer.pruned(said))?;
        for body in &bodies[hashes..] {
            writer.entry(body.clone())?;
        }
        writer.finish(&signed(&bodies, 1), keys(1), Timestamp::UNIX_EPOCH).map(drop)
    };
    assert!(matches!(write(256, None), Err(WriteError::Pruning(256))));
    assert!(matches!(write(0, Some(pruning(&bodies, 256, 1))), Err(WriteError::Pruning(256))));
    assert!(matches!(write(255, Some(pruning(&bodies, 256, 1))), Err(WriteError::Pruning(256))));
    assert!(matches!(write(256, Some(pruning(&bodies, 256, 2))), Err(WriteError::Unsaid(_))));
    assert!(write(256, Some(pruning(&bodies, 256, 1))).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However much is pruned of whatever log, everything of the rest still proves what it did, and all checkpoints of
    /// before are beginnings of it; and no byte can be changed without being noticed.
    #[test]
    fn any_pruning_keeps_every_proof(
        size in 258u64..1100, part: prop::sample::Index, old: prop::sample::Index,
        file: prop::sample::Index, at: prop::sample::Index, by in 1u8..,
    ) {
        let bodies = bodies(size);
        let first = 256 * (1 + part.index((size as usize - 1) / 256)) as u64;
        let old = 1 + old.index(size as usize);
        let mut files = pruned_bundle(&bodies, first, &[]);
        let policy = Policy { keys: keys(1), old: Some(signed(&bodies[..old], 1)) };
        let report = verified(&files, &policy);
        prop_assert!(report.is_verified(), "{:?}", report.findings());
        let whole = bundle_of(&bodies, &[], 1);
        for index in [first, (first + size) / 2, size - 1] {
            let kept = prove(&files, &keys(1), index).unwrap();
            prop_assert_eq!(kept.to_string(), prove(&whole, &keys(1), index).unwrap().to_string());
        }
        let paths: Vec<_> = files.0.iter().filter(|(path, bytes)| *path != MANIFEST && !bytes.is_empty()).collect();
        let path = paths[file.index(paths.len())].0.clone();
        let bytes = files.0.get_mut(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert!(!verified(&files, &policy).is_verified(), "byte {} of {}", at, path);
    }
}
