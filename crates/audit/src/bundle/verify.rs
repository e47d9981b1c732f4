//! Verifies a bundle: whether its entries are the log that was signed, and if not, which of them is the first that is not.

use std::io;

use super::{
    BundleFiles, CHECKPOINT, InvalidManifest, MANIFEST, Manifest, PRUNED, Pruned, Report, TrustSource,
    checkpoint_path,
    finding::Problem,
    walk::{Milestone, Walk},
};
use crate::{NoteError, SignedCheckpoint, SignedPruning, TrustedKeys, note::MAX_NOTE};

/// Why a bundle cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// There is no manifest: it is no bundle, or not a whole one.
    #[error("there is no {MANIFEST}: it is no bundle, or writing it was never finished")]
    NoBundle,
    /// The manifest is none.
    #[error("{MANIFEST} cannot be used")]
    Manifest(#[from] InvalidManifest),
    /// A file is there and cannot be read.
    #[error("{0} cannot be read")]
    Io(String, #[source] io::Error),
}

/// What a bundle is held to.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The keys that count. Where there are none of a kind, those count that the bundle names.
    pub keys: TrustedKeys,
    /// A checkpoint that was kept from before: this log must begin with what it is over.
    pub old: Option<SignedCheckpoint>,
}

/// Verifies a bundle. `progress` is told the entries that are done, tile by tile.
///
/// # Errors
/// When there is no bundle, or a file is there and cannot be read. What is wrong with a bundle is in the report.
pub fn verify(
    files: &dyn BundleFiles,
    policy: &Policy,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, BundleError> {
    let manifest = Manifest::load(files)?;
    let source = if policy.keys.log.is_empty() { TrustSource::Bundle } else { TrustSource::Given };
    let mut report = Report::new(manifest.keys.replaced_by(&policy.keys), source);
    let last = checkpoint(files, CHECKPOINT, &mut report)?;
    let Some(last) = last else { return Ok(report) };
    let signed = last.checkpoint().clone();
    report.checkpoint = Some(signed.clone());
    match report.keys.vouch(&last, &manifest.origin) {
        Ok(vouched) => report.vouched = Some(vouched),
        Err(why) => report.add(CHECKPOINT, None, Problem::Distrusted(why)),
    }
    if (signed.size, &signed.origin) != (manifest.size, &manifest.origin) {
        report.add(MANIFEST, None, Problem::Manifest);
    }
    let mut milestones = milestones(files, &manifest, policy, signed.size, &mut report)?;
    milestones.extend(pruning(files, &manifest, &mut report)?);
    milestones.sort_by_key(|milestone| milestone.size);
    let mut walk = Walk::new(files, &signed, manifest.first, milestones);
    let done = walk.run(&mut report, progress)?;
    conclude(&walk, done, &mut report)?;
    Ok(report)
}

pub(super) fn read(
    files: &dyn BundleFiles,
    path: &str,
    limit: usize,
) -> Result<Option<Vec<u8>>, BundleError> {
    files.read(path, limit).map_err(|error| BundleError::Io(path.to_owned(), error))
}

/// The checkpoint in a file, if there is one; else a finding.
fn checkpoint(
    files: &dyn BundleFiles,
    path: &str,
    report: &mut Report,
) -> Result<Option<SignedCheckpoint>, BundleError> {
    let Some(bytes) = read(files, path, MAX_NOTE + 1)? else {
        report.add(path, None, Problem::Missing);
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not text".to_owned());
    match text.and_then(|text| SignedCheckpoint::parse(text).map_err(|error| error.to_string())) {
        Ok(checkpoint) => Ok(Some(checkpoint)),
        Err(why) => {
            report.add(path, None, Problem::UnreadableCheckpoint(why));
            Ok(None)
        }
    }
}

/// The sizes at which the root is known: those of earlier checkpoints and of the one that was kept, if they count.
fn milestones(
    files: &dyn BundleFiles,
    manifest: &Manifest,
    policy: &Policy,
    size: u64,
    report: &mut Report,
) -> Result<Vec<Milestone>, BundleError> {
    let mut found = Vec::new();
    for earlier in &manifest.checkpoints {
        let path = checkpoint_path(*earlier);
        if let Some(checkpoint) = checkpoint(files, &path, report)? {
            if checkpoint.checkpoint().size != *earlier {
                report.add(path.clone(), None, Problem::Manifest);
            }
            found.push((path, checkpoint));
        }
    }
    found.extend(policy.old.clone().map(|old| ("the older checkpoint".to_owned(), old)));
    let mut milestones = Vec::new();
    for (file, signed) in found {
        let checkpoint = signed.checkpoint();
        let old = checkpoint.size;
        if let Err(why) = report.keys.vouch(&signed, &manifest.origin) {
            report.add(file, None, Problem::Distrusted(why));
        } else if old > size {
            report.add(file, Some((size, old - 1)), Problem::Shorter { size, old });
        } else {
            milestones.push(Milestone { file, size: old, root: checkpoint.root });
        }
    }
    Ok(milestones)
}

/// What the log says of the entries before the first one that is here. Nothing but its word makes them pruned: otherwise
/// they are missing.
fn pruning(
    files: &dyn BundleFiles,
    manifest: &Manifest,
    report: &mut Report,
) -> Result<Option<Milestone>, BundleError> {
    if manifest.first == 0 {
        return Ok(None);
    }
    let gone = Some((0, manifest.first - 1));
    let Some(bytes) = read(files, PRUNED, MAX_NOTE + 1)? else {
        report.add(PRUNED, gone, Problem::Missing);
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| NoteError::Malformed("it is not text"));
    let said = text.and_then(SignedPruning::parse).and_then(|signed| {
        signed.verify(&report.keys, &manifest.origin)?;
        let said = signed.pruning().clone();
        let is_here = said.first == manifest.first;
        if is_here { Ok(said) } else { Err(NoteError::Malformed("it is about another part of the log")) }
    });
    match said {
        Ok(said) => {
            report.pruned = Some(Pruned { entries: said.first, at: said.at });
            Ok(Some(Milestone { file: PRUNED.to_owned(), size: said.first, root: said.root }))
        }
        Err(why) => {
            report.add(PRUNED, gone, Problem::Pruning(why));
            Ok(None)
        }
    }
}

/// Compares the roots with what was signed.
fn conclude(walk: &Walk<'_>, is_whole: bool, report: &mut Report) -> Result<(), BundleError> {
    let signed = walk.signed();
    report.entries = walk.size();
    report.earlier = walk.reached().iter().filter(|reached| reached.file != PRUNED).count();
    let is_signed = is_whole && walk.root() == signed.root;
    let own = Milestone { file: CHECKPOINT.to_owned(), size: signed.size, root: signed.root };
    // Tiles that lead to the signed root show by themselves where it goes wrong below them.
    let is_signed_above = report.has(Problem::is_of_tiles) && walk.is_signed_above()?;
    let is_explained = is_signed || !is_whole || is_signed_above;
    // Where entries are pruned there is nothing but hashes to make the roots of, and changed ones make others.
    let changed = report.first_in_tiles().filter(|first| is_signed_above && *first < walk.first());
    let unexplained = |missed: &&Milestone| changed.is_none_or(|first| missed.size <= first);
    let missed = walk.missed().iter().filter(unexplained).chain((!is_explained).then_some(&own));
    let missed = missed.min_by_key(|missed| missed.size);
    if let Some(missed) = missed {
        // What is over entries is over them at every later size: the first that is missed says it all.
        let known =
            walk.reached().iter().map(|reached| reached.size).filter(|size| *size < missed.size).max();
        let entries = (missed.size > 0).then(|| (known.unwrap_or(0), missed.size - 1));
        report.add(missed.file.clone(), entries, Problem::Root { size: missed.size });
    }
    report.conclude(is_signed);
    Ok(())
}
