//! Whole files, and the reference implementation where it is installed.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use proptest::prelude::*;

use super::*;
use crate::SystemRng;

const IDENTITY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

fn identity() -> Identity {
    IDENTITY.parse().unwrap()
}

fn sealed(plain: &[u8], piece: usize) -> Vec<u8> {
    let key = FileKey::random(&SystemRng);
    let stanzas = [identity().recipient().wrap(&key, &SystemRng).unwrap()];
    let mut file = Header::write(&key, &stanzas);
    let mut sealer = Sealer::new(&key, &SystemRng);
    for piece in plain.chunks(piece) {
        file.extend(sealer.push(piece));
    }
    file.extend(sealer.finish());
    file
}

fn opened(file: &[u8], piece: usize) -> Result<Vec<u8>, AgeError> {
    let (header, length) = Header::read(file)?.ok_or(AgeError::CutShort)?;
    let mut opener = Opener::new(identity().unwrap(&header)?);
    let mut plain = Vec::new();
    for piece in file[length..].chunks(piece) {
        plain.extend(opener.push(piece)?);
    }
    plain.extend(opener.finish()?);
    Ok(plain)
}

#[test]
fn a_file_opens_in_whatever_pieces_and_at_every_size() {
    for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
        let plain: Vec<u8> = (0..size).map(|index| index as u8).collect();
        let file = sealed(&plain, 4099);
        for piece in [1 << 20, 65_537, 997] {
            assert_eq!(opened(&file, piece).as_ref(), Ok(&plain), "{size} in {piece}");
        }
    }
}

#[test]
fn what_is_cut_or_longer_does_not_open() {
    let file = sealed(&vec![7; 2 * CHUNK], CHUNK);
    let header = Header::read(&file).unwrap().unwrap().1;
    for length in [0, 10, header, header + 16, header + 16 + CHUNK + 16, file.len() - 1] {
        assert!(opened(&file[..length], 1 << 20).is_err(), "{length}");
    }
    assert!(opened(&[&file[..], &[0]].concat(), 1 << 20).is_err());
    // Chunks in another order.
    let (first, rest) = file[header + 16..].split_at(CHUNK + 16);
    assert!(opened(&[&file[..header + 16], rest, first].concat(), 1 << 20).is_err());
}

#[test]
fn a_header_is_for_its_recipients() {
    let other: Identity = {
        let secret = bech32::encode("age-secret-key-", &[9; 32]).to_uppercase();
        secret.parse().unwrap()
    };
    let (header, _) = Header::read(&sealed(b"x", 1)).unwrap().unwrap();
    assert_eq!(other.unwrap(&header).unwrap_err(), AgeError::NotForThisKey);
    assert!(Identity::all_in(&format!("# a comment\n\n{IDENTITY}\n")).is_ok());
    assert!(Identity::all_in("# nothing\n").is_err());
    assert!("age1qqqq".parse::<Recipient>().is_err());
    let text = identity().recipient().to_string();
    assert_eq!(text.parse(), Ok(identity().recipient()));
    // A point of low order makes no secret.
    assert_eq!(Recipient([0; 32]).wrap(&FileKey::random(&SystemRng), &SystemRng), Err(InvalidAgeKey));
}

proptest! {
    #[test]
    fn a_flipped_bit_is_noticed(at: prop::sample::Index, bit in 0u8..8) {
        let mut file = sealed(b"what was there", 3);
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        prop_assert!(opened(&file, 64).is_err());
    }

    #[test]
    fn no_header_panics(bytes: Vec<u8>, text in "(-> |X25519|---| |\n|[A-Za-z0-9+/]{0,70}){0,12}") {
        let _ = Header::read(&bytes);
        let _ = Header::read(format!("age-encryption.org/v1\n{text}").as_bytes());
    }

    #[test]
    fn a_header_is_read_as_it_was_written(body: Vec<u8>, argument in "[!-~]{1,20}") {
        let key = FileKey::random(&SystemRng);
        let stanzas = [Stanza { arguments: vec!["kiavi/x".to_owned(), argument], body }];
        let bytes = Header::write(&key, &stanzas);
        let (header, length) = Header::read(&bytes).unwrap().unwrap();
        prop_assert_eq!(length, bytes.len());
        prop_assert_eq!(&header.stanzas[..], &stanzas);
        prop_assert_eq!(header.check(&key), Ok(()));
        prop_assert_eq!(header.check(&FileKey::random(&SystemRng)), Err(AgeError::Header));
    }
}

/// Runs `age` with this standard input; `None` where it is not installed.
fn age(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let child = Command::new("age").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        child => child.unwrap(),
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success());
    Some(output.stdout)
}

/// Debian's package `age`. Without it, this proves nothing, and the test of the commands does (tests/backup).
#[test]
fn the_reference_implementation_reads_and_is_read() {
    let plain: Vec<u8> = (0..CHUNK * 2 + 5).map(|index| (index * 7) as u8).collect();
    let folder = std::env::temp_dir().join(format!("kv-age-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("identity");
    std::fs::write(&path, IDENTITY).unwrap();
    let read = age(&["-d", "-i", path.to_str().unwrap()], &sealed(&plain, 1000));
    let written = age(&["-r", &identity().recipient().to_string()], &plain);
    std::fs::remove_dir_all(&folder).unwrap();
    if let (Some(read), Some(written)) = (read, written) {
        assert_eq!(read, plain);
        assert_eq!(opened(&written, 4096), Ok(plain));
    }
}
