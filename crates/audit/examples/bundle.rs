//! Writes the bundle of a made-up log, to measure with and to look at: `cargo run --release -p kiavi-audit --example
//! bundle -- DIR [EVENTS]`. Prints the keys that verify it.

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::PathBuf,
};

use jiff::Timestamp;
use kiavi_audit::{
    Appender, Checkpoint, CosignatureKey, Event, Facts, NoteKey, Outcome, SealedFields, SealedGroup,
    SignedCheckpoint, SubjectId, TrustedKeys,
    bundle::{BundleSink, BundleWriter},
    leaf_hash,
};
use kiavi_base::{EventId, Rng, SeededRng};
use kiavi_crypto::PersonalKey;
use serde_json::json;

const ORIGIN: &str = "auth.example/audit/tabcdefghijklmnopqrstuvwx";

/// When the log begins, in milliseconds since 1970.
const BEGINNING: i64 = 1_764_172_800_000;

struct Folder(PathBuf);

impl BundleSink for Folder {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.0.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(self.0.join(path))?.write_all(bytes)
    }
}

/// A sign-in, as they fill most logs: some 350 bytes.
fn event(number: u64, rng: &dyn Rng) -> Result<Vec<u8>, Box<dyn Error>> {
    let at = Timestamp::from_millisecond(BEGINNING + i64::try_from(number)? * 1_000)?;
    let id = EventId::new(at, rng);
    let (user, key) = (SubjectId::random(rng), PersonalKey::new(&[7; 32]));
    let fields = |value| if let serde_json::Value::Object(fields) = value { fields } else { Facts::new() };
    let request = fields(json!({ "ip": "192.0.2.17", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)" }));
    Ok(Event {
        id,
        kind: "session.created".to_owned(),
        outcome: Outcome::Success,
        at,
        request_id: Some(format!("{number:032x}")),
        actor: Some(user.to_string()),
        subject: Some(user.to_string()),
        method: Some("passkey".to_owned()),
        facts: Some(fields(json!({ "session": number }))),
        sealed: vec![SealedFields::seal(rng, (user, &key), id, SealedGroup::Request, &request)?],
    }
    .encode()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: bundle DIR [EVENTS]")?);
    let events: u64 = arguments.next().as_deref().unwrap_or("1000").parse()?;
    fs::create_dir_all(&folder)?;
    let (log, witness) = (
        NoteKey::new(ORIGIN.parse()?, &[1; 32]),
        CosignatureKey::new("auth.example/witness".parse()?, &[2; 32]),
    );
    let time = u64::try_from(BEGINNING / 1_000)? + events;
    let sign = |tree: &Appender| -> Result<SignedCheckpoint, Box<dyn Error>> {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
        let mut signed = SignedCheckpoint::sign(checkpoint, &log)?;
        signed.add(witness.sign(signed.text(), time));
        Ok(signed)
    };
    // Once to sign and once to write, so that no more than a tile is in memory here either.
    let (rng, mut tree, mut earlier) = (SeededRng::new(1), Appender::default(), Vec::new());
    for number in 0..events {
        tree.append(leaf_hash(&event(number, &rng)?));
        if number + 1 < events && (number + 1).is_multiple_of(100_000) {
            earlier.push(sign(&tree)?);
        }
    }
    let (rng, mut writer) = (SeededRng::new(1), BundleWriter::new(Folder(folder), earlier));
    for number in 0..events {
        writer.entry(event(number, &rng)?)?;
    }
    let keys = TrustedKeys::from_iter([log.verifier(), witness.verifier()]);
    writer.finish(&sign(&tree)?, keys, Timestamp::from_second(i64::try_from(time)?)?)?;
    writeln!(io::stdout(), "{}\n{}", log.verifier(), witness.verifier())?;
    Ok(())
}
