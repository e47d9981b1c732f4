use super::*;
use crate::{Appender, Checkpoint, NoteKey, ProofPlan, TileSet, leaf_hash};

const ORIGIN: &str = "auth.example/audit/t1";

/// A log of `size` entries; from entry `differs` on they are other ones.
fn log(size: u64, differs: u64) -> (TileSet, Seen) {
    let (mut appender, mut tiles) = (Appender::default(), TileSet::default());
    for index in 0..size {
        let entry = if index < differs { index } else { index + 1_000_000 };
        for (tile, bytes) in appender.append(leaf_hash(&entry.to_le_bytes())) {
            tiles.insert(tile, &bytes).unwrap();
        }
    }
    for (tile, bytes) in appender.partial_tiles() {
        tiles.insert(tile, &bytes).unwrap();
    }
    (tiles, Seen { size, root: appender.root() })
}

fn key() -> NoteKey {
    NoteKey::new(ORIGIN.parse().unwrap(), &[1; 32])
}

fn request(old: u64, (tiles, state): &(TileSet, Seen), key: &NoteKey) -> AddCheckpoint {
    let plan = ProofPlan::consistency(old.min(state.size), state.size).unwrap();
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: state.size, root: state.root };
    let checkpoint = SignedCheckpoint::sign(checkpoint, key).unwrap();
    AddCheckpoint { old, proof: plan.resolve(tiles).unwrap(), checkpoint }
}

#[test]
fn a_log_that_only_grows_is_cosigned() {
    let verifier = key().verifier();
    let mut seen = None;
    for size in [0, 1, 1, 2, 7, 8, 255, 256, 257, 700] {
        let log = log(size, u64::MAX);
        let request = request(seen.map_or(0, |seen: Seen| seen.size), &log, &key());
        assert_eq!(AddCheckpoint::parse(&request.to_string()).as_ref(), Ok(&request));
        seen = Some(decide(seen, &verifier, &request).unwrap());
        assert_eq!(seen, Some(log.1));
    }
}

#[test]
fn another_past_is_an_alarm() {
    let verifier = key().verifier();
    let (_, seen) = log(300, u64::MAX);
    let refused = |request: &AddCheckpoint| decide(Some(seen), &verifier, request).unwrap_err();
    // AU-2: an older backup.
    let restored = refused(&request(299, &log(299, u64::MAX), &key()));
    assert_eq!(restored, Refusal::Smaller { seen, size: 299 });
    // AU-3: two logs of one size.
    let split = refused(&request(300, &log(300, 299), &key()));
    assert_eq!(split, Refusal::OtherRoot(seen));
    // One entry was changed, and more came.
    let rewritten = refused(&request(300, &log(400, 12), &key()));
    assert_eq!(rewritten, Refusal::Inconsistent(seen));
    for refusal in [restored, split, rewritten] {
        assert!(refusal.is_alarm(), "{refusal}");
    }
}

#[test]
fn only_the_log_can_raise_an_alarm() {
    let verifier = key().verifier();
    let (_, seen) = log(300, u64::MAX);
    let refused = |request: &AddCheckpoint| decide(Some(seen), &verifier, request).unwrap_err();
    let forger = NoteKey::new(ORIGIN.parse().unwrap(), &[2; 32]);
    let forged = refused(&request(300, &log(300, 3), &forger));
    assert_eq!(forged, Refusal::Signature(NoteError::Unsigned));
    let behind = refused(&request(299, &log(310, u64::MAX), &key()));
    assert_eq!(behind, Refusal::Conflict(300));
    assert_eq!(refused(&request(400, &log(310, u64::MAX), &key())), Refusal::OldSize);
    let other = NoteKey::new("auth.example/audit/t2".parse().unwrap(), &[1; 32]).verifier();
    let request = request(300, &log(310, u64::MAX), &key());
    assert_eq!(decide(Some(seen), &other, &request), Err(Refusal::Origin));
    assert!(!forged.is_alarm() && !behind.is_alarm());
}

#[test]
fn what_is_no_request_is_refused() {
    let good = request(5, &log(9, u64::MAX), &key()).to_string();
    assert!(AddCheckpoint::parse(&good).is_ok());
    let hash = good.lines().nth(1).unwrap();
    for bad in [
        String::new(),
        good.replacen("old 5", "old 05", 1),
        good.replacen("old 5", "new 5", 1),
        good.replacen("old 5\n", "", 1),
        good.replacen(hash, &hash[..20], 1),
        good.replacen("\n\n", "\n", 1),
        good.replacen(hash, &[hash; 64].join("\n"), 1),
    ] {
        assert!(AddCheckpoint::parse(&bad).is_err(), "{bad}");
    }
}
