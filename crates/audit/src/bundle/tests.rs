use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use jiff::Timestamp;
use kiavi_base::{EventId, SeededRng, random_bytes};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    Appender, Body, Checkpoint, CosignatureKey, Event, Facts, NoteKey, Outcome, Pruning, SignedCheckpoint,
    SignedPruning, TrustedKeys, encode_entries, leaf_hash,
};

const ORIGIN: &str = "auth.example/audit/t1";

#[derive(Debug, Clone, Default, PartialEq)]
struct Files(BTreeMap<String, Vec<u8>>);

impl BundleFiles for Files {
    fn read(&self, path: &str, limit: usize) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).map(|bytes| bytes[..bytes.len().min(limit)].to_vec()))
    }

    fn open(&self, path: &str) -> io::Result<Option<Box<dyn BufRead + '_>>> {
        Ok(self.0.get(path).map(|bytes| Box::new(bytes.as_slice()) as Box<dyn BufRead>))
    }
}

impl BundleSink for &mut Files {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        assert!(self.0.insert(path.to_owned(), bytes.to_vec()).is_none(), "{path} is written once");
        Ok(())
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.entry(path.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }
}

fn log_key(seed: u8) -> NoteKey {
    NoteKey::new(ORIGIN.parse().unwrap(), &[seed; 32])
}

fn witness_key() -> CosignatureKey {
    CosignatureKey::new("auth.example/witness".parse().unwrap(), &[9; 32])
}

fn keys(seed: u8) -> TrustedKeys {
    TrustedKeys::from_iter([log_key(seed).verifier(), witness_key().verifier()])
}

fn body(number: u64) -> Vec<u8> {
    let rng = SeededRng::new(number);
    let mut facts = Facts::new();
    facts.insert("number".to_owned(), json!(number));
    Event {
        id: EventId::from_bytes(random_bytes(&rng)),
        kind: "session.created".to_owned(),
        outcome: Outcome::Success,
        at: Timestamp::from_second(1_795_725_607).unwrap(),
        request_id: None,
        actor: None,
        subject: None,
        method: None,
        facts: Some(facts),
        sealed: Vec::new(),
    }
    .encode()
    .unwrap()
}

fn bodies(size: u64) -> Vec<Vec<u8>> {
    (0..size).map(body).collect()
}

fn signed(bodies: &[Vec<u8>], seed: u8) -> SignedCheckpoint {
    let mut appender = Appender::default();
    bodies.iter().for_each(|body| drop(appender.append(leaf_hash(body))));
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: appender.size(), root: appender.root() };
    let mut signed = SignedCheckpoint::sign(checkpoint, &log_key(seed)).unwrap();
    signed.add(witness_key().sign(signed.text(), 1_795_725_608));
    signed
}

/// A bundle of these entries, with checkpoints at `earlier`.
fn bundle_of(bodies: &[Vec<u8>], earlier: &[usize], seed: u8) -> Files {
    let mut files = Files::default();
    let checkpoints = earlier.iter().map(|size| signed(&bodies[..*size], seed)).collect();
    let mut writer = BundleWriter::new(&mut files, checkpoints);
    bodies.iter().for_each(|body| writer.entry(body.clone()).unwrap());
    writer.finish(&signed(bodies, seed), keys(seed), Timestamp::from_second(1_795_725_609).unwrap()).unwrap();
    files
}

fn verified(files: &Files, policy: &Policy) -> Report {
    verify(files, policy, &mut |_, _| ()).unwrap()
}

fn first_bad(files: &Files) -> Option<u64> {
    let report = verified(files, &Policy::default());
    assert!(!report.is_verified());
    report.first_bad_index()
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings().iter().map(|finding| finding.problem.code()).collect()
}

#[test]
fn a_bundle_verifies_as_it_was_written() {
    for size in [0, 1, 2, 255, 256, 257, 700] {
        let bodies = bodies(size);
        let earlier: Vec<_> = [0, 1, 256, 300].into_iter().filter(|at| (*at as u64) < size).collect();
        let files = bundle_of(&bodies, &earlier, 1);
        let policy = Policy { keys: keys(1), old: Some(signed(&bodies[..size as usize / 2], 1)) };
        let mut seen = 0;
        let report = verify(&files, &policy, &mut |done, of| {
            assert_eq!(of, size);
            seen = done;
        })
        .unwrap();
        assert!(report.is_verified(), "{size}: {:?}", report.findings());
        assert_eq!((report.entries, seen, report.earlier), (size, size, earlier.len() + 1));
        assert_eq!((report.source, report.first_bad_index()), (TrustSource::Given, None));
        assert_eq!(report.vouched.unwrap().witnesses, [(witness_key().verifier(), 1_795_725_608)]);
        let report = verified(&files, &Policy::default());
        assert!(report.is_verified());
        assert_eq!(report.source, TrustSource::Bundle);
    }
}

#[test]
fn a_bundle_is_not_made_of_what_was_not_signed() {
    let bodies = bodies(5);
    let made_at = Timestamp::UNIX_EPOCH;
    let write = |earlier: Vec<SignedCheckpoint>, last: SignedCheckpoint, keys: TrustedKeys| {
        let mut files = Files::default();
        let mut writer = BundleWriter::new(&mut files, earlier);
        bodies.iter().for_each(|body| writer.entry(body.clone()).unwrap());
        let error = writer.finish(&last, keys, made_at).unwrap_err();
        assert!(!files.0.contains_key(MANIFEST), "there is no bundle");
        error
    };
    let last = || signed(&bodies, 1);
    let changed = [&bodies[..4], &[body(9)]].concat();
    assert!(matches!(
        write(vec![], signed(&bodies[..4], 1), keys(1)),
        WriteError::Checkpoint { signed: 4, entries: 5 }
    ));
    assert!(matches!(write(vec![], signed(&changed, 1), keys(1)), WriteError::Checkpoint { .. }));
    assert!(matches!(write(vec![signed(&changed[4..], 1)], last(), keys(1)), WriteError::Checkpoint { .. }));
    assert!(matches!(write(vec![], last(), keys(2)), WriteError::Distrust(_)));
}

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

#[test]
fn lines_say_what_the_entries_say() {
    let mut bodies = bodies(5);
    bodies[2] = b"\x82\x6dkiavi-audit/9\x01".to_vec();
    let files = bundle_of(&bodies, &[], 1);
    let report = verified(&files, &Policy::default());
    assert!(report.is_verified());
    assert_eq!(report.unreadable, Some((1, 2)), "sealed like all others");
    let text = String::from_utf8(files.0[EVENTS].clone()).unwrap();
    let with = |changed: String| {
        let mut files = files.clone();
        files.0.insert(EVENTS.to_owned(), changed.into_bytes());
        let report = verified(&files, &Policy::default());
        (codes(&report), report.first_bad_index())
    };
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(with(text.replacen("\"number\":3", "\"number\":4", 1)), (vec!["line_differs"], Some(3)));
    assert_eq!(with(lines[..4].join("\n") + "\n"), (vec!["line_differs"], Some(4)));
    assert_eq!(with([&lines[..1], &lines[2..]].concat().join("\n")), (vec!["line_differs"], Some(1)));
    assert_eq!(with(format!("{text}{{}}\n")), (vec!["lines_more"], None));
    assert_eq!(with(text.replace(",\"type\"", ", \"type\"")), (vec![], None), "spaces mean nothing");
}

#[test]
fn a_bundle_gives_the_proof_of_each_of_its_events() {
    let files = bundle_of(&bodies(700), &[], 1);
    for index in [0, 255, 256, 511, 512, 699] {
        let proof = prove(&files, &TrustedKeys::default(), index).unwrap();
        assert_eq!((proof.body.clone(), proof.index), (body(index), index));
        assert!(proof.verify(&keys(1)).is_ok());
    }
    let none = |files: &Files, keys: &TrustedKeys, index| prove(files, keys, index).unwrap_err();
    assert!(matches!(none(&files, &TrustedKeys::default(), 700), ProveError::Range(_)));
    assert!(matches!(none(&files, &keys(2), 5), ProveError::Proof(_)));
    for path in ["tile/0/000", "tile/entries/000", CHECKPOINT] {
        let mut damaged = files.clone();
        damaged.0.get_mut(path).unwrap().pop();
        assert!(!matches!(none(&damaged, &TrustedKeys::default(), 5), ProveError::Range(_)), "{path}");
    }
    let mut changed = files;
    changed.0.get_mut("tile/entries/000").unwrap()[5] ^= 1;
    assert!(matches!(none(&changed, &TrustedKeys::default(), 0), ProveError::Proof(_)));
}

/// AU-10: what is sealed is nowhere in the bundle.
#[test]
fn personal_data_is_in_no_file() {
    use crate::{SealedFields, SealedGroup, SubjectId};
    let rng = SeededRng::new(1);
    let Ok(Body::Event(event)) = Body::decode(&body(1)) else { panic!("an event") };
    let mut fields = Facts::new();
    fields.insert("email".to_owned(), json!("canary@example.org"));
    let key = kiavi_crypto::PersonalKey::new(&[5; 32]);
    let holder = (SubjectId::random(&rng), &key);
    let sealed = SealedFields::seal(&rng, holder, event.id, SealedGroup::Subject, &fields).unwrap();
    let files = bundle_of(&[Event { sealed: vec![sealed], ..event }.encode().unwrap()], &[], 1);
    for (path, bytes) in &files.0 {
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "{path}");
    }
}

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
