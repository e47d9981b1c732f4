//! Bundles in memory, written and read as files are.

mod pruned;
mod tampering;

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use jiff::Timestamp;
use kiavi_base::{EventId, SeededRng, random_bytes};
use serde_json::json;

use super::*;
use crate::{
    Appender, Body, Checkpoint, CosignatureKey, Event, Facts, NoteKey, Outcome, SignedCheckpoint,
    TrustedKeys, leaf_hash,
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
