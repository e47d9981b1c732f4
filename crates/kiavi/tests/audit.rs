//! `kiavi audit` as it is run: files in, words and exit codes out.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

use kiavi_audit::{
    Appender, Body, Checkpoint, CosignatureKey, NoteKey, Pruning, SignedCheckpoint, SignedPruning,
    TrustedKeys,
    bundle::{BundleSink, BundleWriter},
    leaf_hash,
};
use serde_json::{Value, json};

const ORIGIN: &str = "auth.example/audit/t1";

/// A folder of one test, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kiavi-audit-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Sink(PathBuf);

impl BundleSink for Sink {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(self.0.join(path).parent().unwrap())?;
        fs::write(self.0.join(path), bytes)
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(self.0.join(path))?.write_all(bytes)
    }
}

fn log_key(seed: u8) -> NoteKey {
    NoteKey::new(ORIGIN.parse().unwrap(), &[seed; 32])
}

fn witness_key() -> CosignatureKey {
    CosignatureKey::new("auth.example/witness".parse().unwrap(), &[9; 32])
}

fn bodies(size: usize) -> Vec<Vec<u8>> {
    let body = |number| Body::Before(json!({ "type": "user.created", "detail": number }).to_string());
    (0..size).map(|number| body(number).encode().unwrap()).collect()
}

fn signed(bodies: &[Vec<u8>]) -> SignedCheckpoint {
    let mut tree = Appender::default();
    bodies.iter().for_each(|body| drop(tree.append(leaf_hash(body))));
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
    let mut signed = SignedCheckpoint::sign(checkpoint, &log_key(1)).unwrap();
    signed.add(witness_key().sign(signed.text(), 1_795_725_607));
    signed
}

fn write(path: &Path, bodies: &[Vec<u8>]) {
    let mut writer = BundleWriter::new(Sink(path.to_owned()), Vec::new());
    bodies.iter().for_each(|body| writer.entry(body.clone()).unwrap());
    let keys = TrustedKeys::from_iter([log_key(1).verifier(), witness_key().verifier()]);
    writer.finish(&signed(bodies), keys, jiff::Timestamp::from_second(1_795_725_608).unwrap()).unwrap();
}

/// The exit code, and what was written to standard output and to standard error.
fn kiavi(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kiavi"))
        .arg("audit")
        .args(arguments.iter().map(|a| a.as_ref()))
        .output();
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_bundle_is_verified() {
    let folder = Folder::new("verify");
    let bundle = folder.path("bundle");
    write(&bundle, &bodies(300));
    let old = folder.path("old");
    fs::write(&old, signed(&bodies(200)).to_string()).unwrap();
    let key = log_key(1).verifier().to_string();

    let (exit, out, error) = kiavi(&[&"verify", &bundle]);
    assert_eq!((exit, error.as_str()), (0, ""));
    assert!(out.starts_with("VERIFIED: the 300 events of auth.example/audit/t1 are"), "{out}");
    assert!(out.contains("cosigned by  auth.example/witness+") && out.contains("Compare them"), "{out}");
    let (exit, out, _) = kiavi(&[&"verify", &bundle, &"--old", &old, &"--key", &key, &"--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &answer["verified"], &answer["keys_from"]), (0, &json!(true), &json!("given")));
    assert_eq!((&answer["earlier_checkpoints"], &answer["first_bad_index"]), (&json!(1), &Value::Null));
    assert_eq!(answer["cosigned_by"][0]["at"], "2026-11-26T20:40:07Z");
    assert_eq!(answer["signed_by"], key);
}

#[test]
fn what_was_pruned_is_told() {
    let folder = Folder::new("pruned");
    let (bundle, bodies) = (folder.path("bundle"), bodies(300));
    let mut writer = BundleWriter::new(Sink(bundle.clone()), Vec::new());
    bodies[..256].iter().for_each(|body| writer.pruned_hash(leaf_hash(body)).unwrap());
    let root = signed(&bodies[..256]).checkpoint().root;
    let at = "2026-11-26T20:00:00Z".parse().unwrap();
    let said = Pruning { origin: ORIGIN.to_owned(), first: 256, root, at };
    writer.pruned(SignedPruning::sign(said, &log_key(1)).unwrap()).unwrap();
    bodies[256..].iter().for_each(|body| writer.entry(body.clone()).unwrap());
    let keys = TrustedKeys::from_iter([log_key(1).verifier(), witness_key().verifier()]);
    writer.finish(&signed(&bodies), keys, at).unwrap();
    let old = folder.path("old");
    fs::write(&old, signed(&bodies[..200]).to_string()).unwrap();

    let (exit, out, error) = kiavi(&[&"verify", &bundle, &"--old", &old]);
    assert_eq!((exit, error.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("VERIFIED: the events 256 to 299 of auth.example/audit/t1 are"), "{out}");
    assert!(out.contains("pruned       events 0 to 255, on 2026-11-26T20:00:00Z"), "{out}");
    let (_, out, _) = kiavi(&[&"verify", &bundle, &"--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["pruned"], json!({ "entries": 256, "at": "2026-11-26T20:00:00Z" }));
    let (exit, _, error) = kiavi(&[&"proof", &"make", &bundle, &"7"]);
    assert!(exit == 3 && error.contains("was pruned"), "{error}");
    fs::remove_file(bundle.join("pruned")).unwrap();
    let (exit, out, _) = kiavi(&[&"verify", &bundle]);
    assert!(exit == 6 && out.contains("First bad index: 0"), "{out}");
}

#[test]
fn what_is_wrong_is_told_in_words_and_numbers() {
    let folder = Folder::new("wrong");
    let bundle = folder.path("bundle");
    write(&bundle, &bodies(300));
    let entries = bundle.join("tile/entries/001.p/44");
    let mut bytes = fs::read(&entries).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&entries, bytes).unwrap();
    let (exit, out, error) = kiavi(&[&"verify", &bundle]);
    assert_eq!((exit, error.as_str()), (6, ""));
    assert!(
        out.contains("First bad index: 299") && out.contains("entry 299 is not the one that was sealed"),
        "{out}"
    );
    let (exit, out, _) = kiavi(&[&"verify", &bundle, &"--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &answer["first_bad_index"]), (6, &json!(299)));
    assert_eq!(answer["problems"][0]["code"], "entry_changed");

    let stranger = log_key(2).verifier().to_string();
    let (exit, out, _) = kiavi(&[&"verify", &bundle, &"--key", &stranger]);
    assert!(exit == 6 && out.contains("it is not signed by the key of the log that is trusted"), "{out}");
}

#[test]
fn what_cannot_be_looked_at_is_told_apart() {
    let folder = Folder::new("none");
    let bundle = folder.path("bundle");
    let (exit, _, error) = kiavi(&[&"verify", &bundle]);
    assert!(exit == 2 && error.contains("it is no bundle"), "{error}");
    let (exit, _, error) = kiavi(&[&"verify", &bundle, &"--key", &"x+y"]);
    assert!(exit == 2 && error.contains("not a verifier key"), "{error}");
    write(&bundle, &bodies(3));
    let (exit, _, error) = kiavi(&[&"verify", &bundle, &"--old", &folder.path("nothing")]);
    assert!(exit == 2 && error.contains("cannot be read"), "{error}");
    let (exit, _, error) = kiavi(&[&"verify", &bundle, &"--old", &bundle.join("bundle.json")]);
    assert!(exit == 2 && error.contains("is not a checkpoint"), "{error}");
    // Names in a bundle reach no terminal as they are.
    let manifest = fs::read_to_string(bundle.join("bundle.json")).unwrap();
    let hostile = manifest.replace("\"auth.example/audit/t1\"", "\"\\u001b[2Jevil\"");
    fs::write(bundle.join("bundle.json"), hostile).unwrap();
    let (exit, out, _) = kiavi(&[&"verify", &bundle]);
    assert!(exit == 6 && out.contains("evil") && !out.contains('\u{1b}'), "{out:?}");
    fs::write(bundle.join("bundle.json"), "{}").unwrap();
    let (exit, _, error) = kiavi(&[&"verify", &bundle]);
    assert!(exit == 6 && error.contains("bundle.json cannot be used"), "{error}");
}

#[test]
fn one_event_is_proved_by_a_file() {
    let folder = Folder::new("proof");
    let (bundle, proof) = (folder.path("bundle"), folder.path("event.tlog-proof"));
    write(&bundle, &bodies(300));
    let (exit, out, error) = kiavi(&[&"proof", &"make", &bundle, &"270", &"--output", &proof]);
    assert_eq!((exit, error.as_str()), (0, ""), "{out}");
    let text = fs::read_to_string(&proof).unwrap();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\n"), "{text}");
    assert_eq!(kiavi(&[&"proof", &"make", &bundle, &"270"]).1, text, "the same without a file");
    assert_eq!(
        kiavi(&[&"proof", &"make", &bundle, &"270", &"--output", &proof]).0,
        1,
        "nothing is overwritten"
    );
    assert_eq!(kiavi(&[&"proof", &"make", &bundle, &"300"]).0, 3);

    let key = log_key(1).verifier().to_string();
    let (exit, out, _) = kiavi(&[&"proof", &"verify", &proof, &"--key", &key]);
    assert!(exit == 0 && out.contains("this is event 270 of") && out.contains("\"detail\":270"), "{out}");
    let (exit, out, _) = kiavi(&[&"proof", &"verify", &proof, &"--key", &key, &"--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &answer["verified"], &answer["event"]["detail"]), (0, &json!(true), &json!(270)));
    fs::write(&proof, text.replacen("index 270", "index 271", 1)).unwrap();
    let (exit, out, _) = kiavi(&[&"proof", &"verify", &proof, &"--key", &key, &"--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &answer["verified"], &answer["event"]), (6, &json!(false), &Value::Null));
    let witness = witness_key().verifier().to_string();
    assert_eq!(kiavi(&[&"proof", &"verify", &proof, &"--key", &witness]).0, 2);
    assert_eq!(kiavi(&[&"proof", &"verify", &proof]).0, 2, "a key is needed");
}

#[test]
fn two_checkpoints_are_compared() {
    let folder = Folder::new("compare");
    let save = |name: &str, bodies: &[Vec<u8>]| {
        fs::write(folder.path(name), signed(bodies).to_string()).unwrap();
        folder.path(name)
    };
    let mut other = bodies(5);
    other[2] = b"other".to_vec();
    let (one, two, three) = (save("one", &bodies(5)), save("two", &other), save("three", &bodies(6)));
    let key = log_key(1).verifier().to_string();
    let compared = |first: &Path, second: &Path| kiavi(&[&"compare", &first, &second, &"--key", &key]);
    assert_eq!(compared(&one, &one).0, 0);
    let (exit, out, _) = compared(&one, &two);
    assert!(exit == 6 && out.starts_with("SPLIT VIEW: the log signed two contents of size 5"), "{out}");
    assert_eq!(compared(&one, &three).0, 1);
    let stranger = log_key(2).verifier().to_string();
    let (exit, _, error) = kiavi(&[&"compare", &one, &two, &"--key", &stranger]);
    assert!(exit == 6 && error.contains("cannot be compared"), "{error}");
}
