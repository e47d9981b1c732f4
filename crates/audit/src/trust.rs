//! Whose word counts: the keys that a verifier trusts, and what they vouch for.

use crate::{NoteError, SignatureKind, VerifierKey, checkpoint::SignedCheckpoint};

/// The keys that a verifier trusts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedKeys {
    /// Keys of the log.
    pub log: Vec<VerifierKey>,
    /// Keys of witnesses. Where there are any, one of them must have cosigned.
    pub witnesses: Vec<VerifierKey>,
}

/// Who vouches for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The log's key.
    pub log: VerifierKey,
    /// The witnesses and when they signed, in seconds since 1970.
    pub witnesses: Vec<(VerifierKey, u64)>,
}

/// Why nobody vouches for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// It is about another log.
    #[error("it is a checkpoint of the log {found}, not of {expected}")]
    Origin {
        /// What it says.
        found: String,
        /// Which log it should be.
        expected: String,
    },
    /// The log did not sign it.
    #[error("it is not signed by the key of the log that is trusted")]
    Log,
    /// No witness cosigned it.
    #[error("it is cosigned by no witness that is trusted")]
    Witness,
    /// A key that is trusted is named, and did not sign.
    #[error(transparent)]
    Signature(#[from] NoteError),
}

impl FromIterator<VerifierKey> for TrustedKeys {
    fn from_iter<T: IntoIterator<Item = VerifierKey>>(keys: T) -> Self {
        let is_log = |key: &VerifierKey| key.kind() == SignatureKind::Ed25519;
        let (log, witnesses) = keys.into_iter().partition(is_log);
        Self { log, witnesses }
    }
}

impl TrustedKeys {
    /// Those that are given instead of these; where none of a kind are given, these.
    #[must_use]
    pub fn replaced_by(&self, given: &Self) -> Self {
        let or = |own: &Vec<_>, given: &Vec<_>| if given.is_empty() { own.clone() } else { given.clone() };
        Self { log: or(&self.log, &given.log), witnesses: or(&self.witnesses, &given.witnesses) }
    }

    /// Who vouches for a checkpoint of the log `origin`: the log, by a key of that name, and a witness if any are trusted.
    ///
    /// # Errors
    /// When they do not.
    pub fn vouch(&self, checkpoint: &SignedCheckpoint, origin: &str) -> Result<Vouched, Distrust> {
        let found = &checkpoint.checkpoint().origin;
        if found != origin {
            return Err(Distrust::Origin { found: found.clone(), expected: origin.to_owned() });
        }
        let log: Vec<_> = self.log.iter().filter(|key| key.name().as_str() == origin).cloned().collect();
        let log = match checkpoint.verify(&log) {
            Ok(signatures) => signatures.into_iter().next().ok_or(Distrust::Log)?.key,
            Err(NoteError::Unsigned) => return Err(Distrust::Log),
            Err(error) => return Err(error.into()),
        };
        let cosigned = match checkpoint.verify(&self.witnesses) {
            Ok(signatures) => signatures,
            Err(NoteError::Unsigned) if self.witnesses.is_empty() => Vec::new(),
            Err(NoteError::Unsigned) => return Err(Distrust::Witness),
            Err(error) => return Err(error.into()),
        };
        let witnesses = cosigned.into_iter().filter_map(|by| Some((by.key, by.time?))).collect();
        Ok(Vouched { log, witnesses })
    }
}
