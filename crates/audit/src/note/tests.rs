use proptest::prelude::*;

use super::*;
use crate::{Checkpoint, SignedCheckpoint};

/// C2SP signed-note, Example.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn keys() -> (NoteKey, CosignatureKey) {
    let log = NoteKey::new("auth.example/audit/t1".parse().unwrap(), &[1; 32]);
    (log, CosignatureKey::new("auth.example/witness".parse().unwrap(), &[2; 32]))
}

fn checkpoint() -> SignedCheckpoint {
    let checkpoint = Checkpoint { origin: "auth.example/audit/t1".to_owned(), size: 5, root: [9; 32] };
    let (log, witness) = keys();
    let mut signed = SignedCheckpoint::sign(checkpoint, &log).unwrap();
    signed.add(witness.sign(signed.text(), 1_795_725_607));
    signed
}

#[test]
fn the_standards_example_verifies() {
    let key: VerifierKey = VKEY.parse().unwrap();
    assert_eq!(key.to_string(), VKEY);
    let note = Note::parse(NOTE).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.to_string(), NOTE);
    let verified = note.verify(std::slice::from_ref(&key)).unwrap();
    assert_eq!(verified, [VerifiedSignature { key, time: None }]);
}

#[test]
fn a_checkpoint_is_signed_and_cosigned() {
    let (log, witness) = keys();
    let text = checkpoint().to_string();
    let read = SignedCheckpoint::parse(&text).unwrap();
    assert_eq!(read, checkpoint());
    assert_eq!(read.text(), "auth.example/audit/t1\n5\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n");
    let verified = read.verify(&[log.verifier(), witness.verifier()]).unwrap();
    let times: Vec<_> = verified.iter().map(|signature| (signature.key.kind(), signature.time)).collect();
    assert_eq!(times, [(SignatureKind::Ed25519, None), (SignatureKind::CosignatureV1, Some(1_795_725_607))]);
    // One of both is enough to verify, and which it was is told.
    assert_eq!(read.verify(&[witness.verifier()]).unwrap().len(), 1);
}

#[test]
fn a_known_key_that_did_not_sign_spoils_the_note() {
    let (log, witness) = keys();
    let other = NoteKey::new("auth.example/audit/t1".parse().unwrap(), &[3; 32]);
    let note = Note::parse(&checkpoint().to_string()).unwrap();
    assert_eq!(note.verify(&[other.verifier()]), Err(NoteError::Unsigned));
    assert_eq!(note.verify(&[]), Err(NoteError::Unsigned));
    for (key, name) in
        [(log.verifier(), "auth.example/audit/t1"), (witness.verifier(), "auth.example/witness")]
    {
        let mut changed = note.clone();
        for signature in &mut changed.signatures {
            signature.signature[9] ^= 1;
        }
        assert_eq!(changed.verify(&[key]), Err(NoteError::BadSignature(name.parse().unwrap())));
    }
    // A log's signature is no witness's, although the key is the same one.
    let same = CosignatureKey::new("auth.example/audit/t1".parse().unwrap(), &[1; 32]);
    assert_ne!(same.verifier().key_id(), log.verifier().key_id());
    assert_eq!(note.verify(&[same.verifier()]), Err(NoteError::Unsigned));
}

#[test]
fn what_is_no_note_is_refused() {
    let line = NOTE.rsplit_once("\n— ").map(|(_, line)| format!("— {line}")).unwrap();
    let long = format!("a\n\n{}", line.repeat(65));
    for (bad, why) in [
        ("", "empty"),
        ("a\n", "no signatures"),
        ("a\n\n", "no signature"),
        (&NOTE[..NOTE.len() - 1], "no line break at the end"),
        (&NOTE.replace(" example ", "\texample "), "a control character"),
        (&NOTE.replace("— ", "- "), "a hyphen"),
        (&NOTE.replace("example.com/foo ", "example.com/foo+ "), "a plus in a name"),
        (&NOTE.replace("example.com/foo ", " "), "no name"),
        (&NOTE.replace("yaQM=", "yaQN="), "bits that are not used are set"),
        (&NOTE.replace("yaQM=", "yaQM"), "no padding"),
        (&format!("a\n\n{line}b\n"), "a line that is no signature"),
        (&long, "too many signatures"),
    ] {
        assert!(matches!(Note::parse(bad), Err(NoteError::Malformed(_))), "{why}");
    }
    assert!(
        Note::parse(&format!("a\n\nb\n\n{}", line.repeat(16))).is_ok(),
        "16 signatures and an empty line"
    );
}

#[test]
fn what_is_no_verifier_key_is_refused() {
    for (bad, why) in [
        ("", InvalidVerifierKey::Malformed),
        ("example.com/foo", InvalidVerifierKey::Malformed),
        ("example.com/foo+530d903a", InvalidVerifierKey::Malformed),
        ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", InvalidVerifierKey::Name),
        ("example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", InvalidVerifierKey::Id),
        ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", InvalidVerifierKey::Id),
        ("example.com/foo+530d903a+Aukyeg==", InvalidVerifierKey::Kind),
        ("example.com/foo+530d903a+Aekyeg==", InvalidVerifierKey::Key),
        ("example.com/foo+530d903a+", InvalidVerifierKey::Kind),
        ("example.com/foo+530d903a+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", InvalidVerifierKey::Key),
    ] {
        assert_eq!(bad.parse::<VerifierKey>(), Err(why), "{bad}");
    }
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let root = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
    assert!(Checkpoint::parse(&format!("a\n5\n{root}\nmore\n")).is_ok());
    for bad in [
        format!("a\n5\n{root}"),
        format!("a\n05\n{root}\n"),
        format!("a\n+5\n{root}\n"),
        format!("a\n18446744073709551616\n{root}\n"),
        format!("\n5\n{root}\n"),
        format!("a\n5\n{root}\n\n"),
        format!("a\n0\n{root}\n"),
        "a\n5\nCQ==\n".to_owned(),
        "a\n5\n".to_owned(),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
    let odd = Checkpoint { origin: "a\nb".to_owned(), size: 5, root: [9; 32] };
    assert!(SignedCheckpoint::sign(odd, &keys().0).is_err());
}

/// AU-1 for checkpoints: no changed byte leaves both signatures standing.
#[test]
fn no_byte_of_a_checkpoint_can_be_changed() {
    let (log, witness) = keys();
    let text = checkpoint().to_string();
    let keys = [log.verifier(), witness.verifier()];
    for at in 0..text.len() {
        for bit in [1, 4, 32] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let verified = SignedCheckpoint::parse(&changed).and_then(|changed| changed.verify(&keys));
            assert!(verified.is_err() || verified.is_ok_and(|by| by.len() < 2), "{changed}");
        }
    }
}

proptest! {
    #[test]
    fn a_note_is_read_as_it_is_written(text in "[^\\x00-\\x1f]{0,40}", seed: [u8; 32], time: u32) {
        let mut note = Note::new(format!("{text}\n")).unwrap();
        let key = NoteKey::new("a".parse().unwrap(), &seed);
        let witness = CosignatureKey::new("b".parse().unwrap(), &seed);
        note.add(key.sign(note.text()));
        note.add(witness.sign(note.text(), time.into()));
        let read = Note::parse(&note.to_string()).unwrap();
        prop_assert_eq!(&read, &note);
        prop_assert_eq!(read.verify(&[key.verifier(), witness.verifier()]).unwrap().len(), 2);
        prop_assert_eq!(key.verifier().to_string().parse(), Ok(key.verifier()));
    }

    #[test]
    fn no_text_panics(text in ".{0,80}", lines in "([ -~—]{0,20}\n){0,6}") {
        let _ = (Note::parse(&text), text.parse::<VerifierKey>(), text.parse::<NoteSignature>());
        if let Ok(note) = Note::parse(&lines) {
            prop_assert_eq!(note.to_string(), lines.clone());
        }
        let _ = Checkpoint::parse(&lines);
    }
}
