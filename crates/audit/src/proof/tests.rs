use proptest::prelude::*;

use super::*;
use crate::{Appender, Checkpoint, CosignatureKey, NoteKey, ProofPlan, TileSet};

const ORIGIN: &str = "auth.example/audit/t1";

fn log_key(seed: u8) -> NoteKey {
    NoteKey::new(ORIGIN.parse().unwrap(), &[seed; 32])
}

fn witness_key() -> CosignatureKey {
    CosignatureKey::new("auth.example/witness".parse().unwrap(), &[9; 32])
}

fn proof(index: u64, size: u64, seed: u8) -> EventProof {
    let body = |index: u64| format!("entry {index}").into_bytes();
    let (mut appender, mut tiles) = (Appender::default(), TileSet::default());
    for index in 0..size {
        for (tile, bytes) in appender.append(leaf_hash(&body(index))) {
            tiles.insert(tile, &bytes).unwrap();
        }
    }
    for (tile, bytes) in appender.partial_tiles() {
        tiles.insert(tile, &bytes).unwrap();
    }
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: appender.root() };
    let mut checkpoint = SignedCheckpoint::sign(checkpoint, &log_key(seed)).unwrap();
    checkpoint.add(witness_key().sign(checkpoint.text(), 7));
    let hashes = ProofPlan::inclusion(index, size).unwrap().resolve(&tiles).unwrap();
    EventProof { body: body(index), index, hashes, checkpoint }
}

#[test]
fn a_proof_is_its_file_and_a_key() {
    let keys = TrustedKeys::from_iter([log_key(1).verifier(), witness_key().verifier()]);
    for (index, size) in [(0, 1), (0, 2), (4, 5), (256, 700)] {
        let proof = proof(index, size, 1);
        let text = proof.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{text}");
        let read: EventProof = text.parse().unwrap();
        assert_eq!(read, proof);
        let vouched = read.verify(&keys).unwrap();
        assert_eq!(
            vouched,
            Vouched { log: log_key(1).verifier(), witnesses: vec![(witness_key().verifier(), 7)] }
        );
    }
}

#[test]
fn a_proof_of_something_else_proves_nothing() {
    let keys = TrustedKeys::from_iter([log_key(1).verifier(), witness_key().verifier()]);
    let good = proof(4, 700, 1);
    let other_event = EventProof { body: b"entry 5".to_vec(), ..good.clone() };
    let other_index = EventProof { index: 5, ..good.clone() };
    for bad in [other_event, other_index] {
        assert_eq!(bad.verify(&keys), Err(ProofError::NotIncluded(bad.index)));
    }
    assert_eq!(proof(4, 700, 2).verify(&keys), Err(ProofError::Distrust(Distrust::Log)));
    let strangers = TrustedKeys::from_iter([
        log_key(1).verifier(),
        CosignatureKey::new("w".parse().unwrap(), &[3; 32]).verifier(),
    ]);
    assert_eq!(good.verify(&strangers), Err(ProofError::Distrust(Distrust::Witness)));
    assert!(good.verify(&TrustedKeys::from_iter([log_key(1).verifier()])).is_ok(), "no witness is asked for");
    assert_eq!(good.verify(&TrustedKeys::default()), Err(ProofError::Distrust(Distrust::Log)));
}

#[test]
fn no_byte_of_a_proof_can_be_changed() {
    let keys = TrustedKeys::from_iter([log_key(1).verifier(), witness_key().verifier()]);
    let text = proof(3, 5, 1).to_string();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let verified = changed.parse::<EventProof>().map(|proof| proof.verify(&keys));
        assert!(!matches!(verified, Ok(Ok(_))), "{changed}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(c2sp.org/tlog-proof@v1\n)?(extra [A-Za-z0-9+/=]{0,8}\n)?(index [0-9]{0,3}\n)?(.{0,44}\n){0,3}\n?.{0,40}") {
        if let Ok(proof) = text.parse::<EventProof>() {
            prop_assert_eq!(proof.to_string(), text);
        }
    }
}
