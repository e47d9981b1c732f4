//! `bundle.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BundleError, BundleFiles, MANIFEST, verify::read};
use crate::{SignatureKind, TILE_WIDTH, TrustedKeys, VerifierKey};

const FORMAT: &str = "kiavi-audit-bundle/1";

/// The longest manifest, in bytes.
const MAX_MANIFEST: usize = 4 * 1024 * 1024;

/// The file is no manifest of a bundle.
#[derive(Debug, thiserror::Error)]
pub enum InvalidManifest {
    /// It is not JSON with these members.
    #[error("it is not the JSON of a bundle")]
    Json(#[from] serde_json::Error),
    /// It is of another version.
    #[error("it is a bundle of the form {0:?}, which is not known here")]
    Format(String),
    /// A key is none, or is for something else.
    #[error("{0:?} is not a verifier key of its kind")]
    Key(String),
    /// The earlier checkpoints are not in order of their sizes, or not smaller than the last one.
    #[error("its earlier checkpoints are not in order")]
    Checkpoints,
    /// Its first entry is none that a log can begin with.
    #[error("its first entry is not the first of a tile of the log")]
    First,
    /// The time at which it was made is none.
    #[error("it does not say when it was made")]
    Time,
    /// It is too long.
    #[error("it is too long")]
    Length,
}

/// What a bundle says of itself. Nothing is signed here: keys are those that the maker of the bundle names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Which log it is.
    pub origin: String,
    /// Entries of the log.
    pub size: u64,
    /// The first of them that is here: those before it were pruned, and only their hashes are here.
    pub first: u64,
    /// The keys of the log and of its witnesses.
    pub keys: TrustedKeys,
    /// The sizes that earlier checkpoints are there for, in order.
    pub checkpoints: Vec<u64>,
    /// When the bundle was made.
    pub made_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    origin: String,
    size: u64,
    // Bundles of logs that are whole do not have it, so that older verifiers read these.
    #[serde(default, skip_serializing_if = "is_zero")]
    first: u64,
    log_keys: Vec<String>,
    witness_keys: Vec<String>,
    checkpoints: Vec<u64>,
    made_at: String,
}

impl Manifest {
    /// The manifest of a bundle.
    pub(super) fn load(files: &dyn BundleFiles) -> Result<Self, BundleError> {
        let bytes = read(files, MANIFEST, MAX_MANIFEST + 1)?.ok_or(BundleError::NoBundle)?;
        Ok(Self::parse(&bytes)?)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidManifest> {
        if bytes.len() > MAX_MANIFEST {
            return Err(InvalidManifest::Length);
        }
        let wire: Wire = serde_json::from_slice(bytes)?;
        if wire.format != FORMAT {
            return Err(InvalidManifest::Format(wire.format));
        }
        let is_ordered = wire.checkpoints.is_sorted_by(|a, b| a < b);
        if !is_ordered || wire.checkpoints.last().is_some_and(|last| *last >= wire.size) {
            return Err(InvalidManifest::Checkpoints);
        }
        // The last entry of a log is never pruned.
        let is_first = |first: u64| first.is_multiple_of(TILE_WIDTH as u64) && first < wire.size;
        if wire.first != 0 && !is_first(wire.first) {
            return Err(InvalidManifest::First);
        }
        Ok(Self {
            origin: wire.origin,
            size: wire.size,
            first: wire.first,
            keys: TrustedKeys {
                log: keys(wire.log_keys, SignatureKind::Ed25519)?,
                witnesses: keys(wire.witness_keys, SignatureKind::CosignatureV1)?,
            },
            checkpoints: wire.checkpoints,
            made_at: wire.made_at.parse().map_err(|_| InvalidManifest::Time)?,
        })
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let texts = |keys: &[VerifierKey]| keys.iter().map(VerifierKey::to_string).collect();
        let wire = Wire {
            format: FORMAT.to_owned(),
            origin: self.origin.clone(),
            size: self.size,
            first: self.first,
            log_keys: texts(&self.keys.log),
            witness_keys: texts(&self.keys.witnesses),
            checkpoints: self.checkpoints.clone(),
            made_at: self.made_at.to_string(),
        };
        // Texts and numbers: there is nothing that JSON does not have.
        let mut text = serde_json::to_string_pretty(&wire).unwrap_or_default();
        text.push('\n');
        text
    }
}

// serde hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn keys(texts: Vec<String>, kind: SignatureKind) -> Result<Vec<VerifierKey>, InvalidManifest> {
    let key = |text: String| match text.parse::<VerifierKey>() {
        Ok(key) if key.kind() == kind => Ok(key),
        _ => Err(InvalidManifest::Key(text)),
    };
    texts.into_iter().map(key).collect()
}
