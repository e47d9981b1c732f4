//! Whole archives: what is written is read, and whatever is done to one is noticed.

use bytes::Bytes;
use kiavi_base::TenantId;
use kiavi_crypto::{
    SystemRng,
    age::{AgeError, FileKey, Header, Identity},
};
use proptest::prelude::*;

use super::*;
use crate::{
    TableShape,
    stream::{Count, Frame},
};

const IDENTITY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

fn manifest(tables: &[&str]) -> Manifest {
    let shape = |name: &&str| TableShape { name: (*name).to_owned(), columns: vec!["id".to_owned()] };
    let tenant =
        TenantFacts { id: "t".into(), slug: "shop".into(), url: "https://x".into(), hostnames: vec![] };
    Manifest {
        format: FORMAT,
        archive: "a".to_owned(),
        part: Part::Data,
        taken_at: "2026-11-26T10:00:00.000Z".to_owned(),
        program: "0.1.0".to_owned(),
        tenant,
        schema_version: 10,
        tables: tables.iter().map(shape).collect(),
        settings: None,
        secret: Some("s".to_owned()),
    }
}

/// The frames of an archive with these tables and rows; the summary is what [`Check`] has seen.
fn frames(tables: &[(&str, Vec<Vec<u8>>)]) -> Vec<Frame> {
    let names: Vec<&str> = tables.iter().map(|(name, _)| *name).collect();
    let mut frames = vec![Frame::Head(serde_json::to_vec(&manifest(&names)).unwrap().into())];
    for (name, pieces) in tables {
        frames.push(Frame::Table((*name).to_owned()));
        frames.extend(pieces.iter().map(|piece| Frame::Rows(Bytes::from(piece.clone()))));
        let rows = pieces.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        frames.push(Frame::EndOfTable(Count { rows }));
    }
    let mut check = Check::default();
    for frame in &frames {
        check.take(frame).unwrap();
    }
    frames.push(Frame::Summary(serde_json::to_vec(check.seen()).unwrap().into()));
    frames.push(Frame::End);
    frames
}

fn tenant() -> (TenantId, BackupKey) {
    (TenantId::random(&SystemRng), BackupKey::random(&SystemRng))
}

fn written(frames: &[Frame], tenant: &TenantId, key: &BackupKey) -> Vec<u8> {
    let file_key = FileKey::random(&SystemRng);
    let identity: Identity = IDENTITY.parse().unwrap();
    let stanzas = [
        wrap_for_tenant(key, tenant, 3, &file_key, &SystemRng),
        identity.recipient().wrap(&file_key, &SystemRng).unwrap(),
    ];
    let mut writer = ArchiveWriter::new(&file_key, &stanzas, &SystemRng).unwrap();
    let mut file = Vec::new();
    for frame in frames {
        file.extend(writer.push(frame).unwrap());
    }
    file.extend(writer.finish().unwrap());
    file
}

fn read(file: &[u8], key: &BackupKey, piece: usize) -> Result<Vec<Frame>, ArchiveError> {
    let (header, length) = Header::read(file)?.ok_or(AgeError::CutShort)?;
    let mut reader = ArchiveReader::new(unwrap_for_tenant(key, &header)?)?;
    let (mut check, mut frames) = (Check::default(), Vec::new());
    let mut take = |reader: &mut ArchiveReader| -> Result<(), ArchiveError> {
        while let Some(frame) = reader.next_frame()? {
            check.take(&frame)?;
            frames.push(frame);
        }
        Ok(())
    };
    for piece in file[length..].chunks(piece) {
        reader.push(piece)?;
        take(&mut reader)?;
    }
    reader.finish()?;
    take(&mut reader)?;
    assert!(check.is_whole());
    Ok(frames)
}

fn sample() -> Vec<Frame> {
    frames(&[("public.user", vec![b"u1\nu".to_vec(), b"2\n".to_vec()]), ("kiavi.audit_event", vec![])])
}

#[test]
fn the_tenant_and_the_operator_open_it_and_nobody_else() {
    let (tenant, key) = tenant();
    let file = written(&sample(), &tenant, &key);
    let (header, _) = Header::read(&file).unwrap().unwrap();
    assert_eq!(tenant_of(&header), Some((tenant.clone(), 3)));
    let by_tenant = unwrap_for_tenant(&key, &header).unwrap();
    let by_operator = IDENTITY.parse::<Identity>().unwrap().unwrap(&header).unwrap();
    assert_eq!(by_tenant.expose(), by_operator.expose());
    let other = unwrap_for_tenant(&BackupKey::random(&SystemRng), &header);
    assert_eq!(other.unwrap_err(), AgeError::NotForThisKey);
    // Another tenant's number on the same key: the context is part of the seal.
    let moved = header.stanzas.clone().into_iter().map(|mut stanza| {
        if let Some(version) = stanza.arguments.get_mut(2) {
            *version = "4".to_owned();
        }
        stanza
    });
    let moved = Header::write(&by_tenant, &moved.collect::<Vec<_>>());
    let (moved, _) = Header::read(&moved).unwrap().unwrap();
    assert_eq!(unwrap_for_tenant(&key, &moved).unwrap_err(), AgeError::NotForThisKey);
}

#[test]
fn an_archive_is_read_byte_by_byte() {
    let (tenant, key) = tenant();
    assert_eq!(read(&written(&sample(), &tenant, &key), &key, 1).unwrap(), sample());
}

#[test]
fn frames_that_do_not_belong_are_refused() {
    let whole = sample();
    let without = |index: usize| {
        let mut frames = whole.clone();
        frames.remove(index);
        frames
    };
    let mut twice = whole.clone();
    twice.insert(5, whole[1].clone());
    let mut other_rows = whole.clone();
    other_rows[2] = Frame::Rows(Bytes::from_static(b"u9\nu"));
    let mut after = whole.clone();
    after.push(Frame::End);
    let newer = vec![Frame::Head(Bytes::from_static(br#"{"format":2}"#))];
    // The head, a table, its rows, its end, the summary.
    let missing = [0, 1, 2, 4, 7].map(without);
    for frames in missing.into_iter().chain([twice, other_rows, after, newer]) {
        let mut check = Check::default();
        assert!(frames.iter().any(|frame| check.take(frame).is_err()), "{frames:?}");
    }
}

#[test]
fn much_that_is_little_is_read_in_little_memory() {
    let piece = vec![b'\n'; 64 * 1024];
    let frames = frames(&[("public.user", vec![piece; 512])]);
    let (tenant, key) = tenant();
    let file = written(&frames, &tenant, &key);
    assert!(file.len() < 64 * 1024, "{}", file.len());
    assert_eq!(read(&file, &key, 1 << 20).unwrap().len(), frames.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_in_whatever_pieces(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40_000), 0..6),
        size in 1000usize..90_000,
    ) {
        let frames = frames(&[("public.user", pieces)]);
        let (tenant, key) = tenant();
        prop_assert_eq!(read(&written(&frames, &tenant, &key), &key, size).unwrap(), frames);
    }

    #[test]
    fn a_flipped_bit_or_a_missing_end_is_noticed(at: prop::sample::Index, bit in 0u8..8, cut: bool) {
        let (tenant, key) = tenant();
        let mut file = written(&sample(), &tenant, &key);
        let at = at.index(file.len());
        if cut { file.truncate(at) } else { file[at] ^= 1 << bit }
        prop_assert!(read(&file, &key, 64).is_err());
    }
}
