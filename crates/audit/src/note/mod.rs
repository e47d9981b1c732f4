//! Signed notes (C2SP signed-note): a text and who signed it.

mod key;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

pub use key::{
    CosignatureKey, InvalidVerifierKey, KeyName, NoteKey, SignatureKind, VerifiedSignature, VerifierKey,
};

/// The most signatures a note may have. Verifiers must take 16.
const MAX_SIGNATURES: usize = 64;

/// The longest note, in bytes.
pub(crate) const MAX_NOTE: usize = 128 * 1024;

/// Why a note is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no signed note.
    #[error("it is not a signed note: {0}")]
    Malformed(&'static str),
    /// A key that is known is named, and did not make the signature.
    #[error("the signature of {0} does not verify")]
    BadSignature(KeyName),
    /// No key that is known is named.
    #[error("none of its signatures is by a known key")]
    Unsigned,
}

/// One line of a note's signatures. Nothing is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who is said to have signed.
    pub name: KeyName,
    /// Finds the key among theirs.
    pub key_id: [u8; 4],
    /// What the key made.
    pub signature: Vec<u8>,
}

/// A text with signatures; what it says counts for nothing before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note without signatures.
    ///
    /// # Errors
    /// When the text does not end with a line break, or has other control characters.
    pub fn new(text: String) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || text.len() > MAX_NOTE || has_control_characters(&text) {
            return Err(NoteError::Malformed("its text is not lines of printable characters"));
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note with at least one signature.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let malformed = |why| NoteError::Malformed(why);
        if note.len() > MAX_NOTE {
            return Err(malformed("it is too long"));
        }
        // "The text is separated from the signatures by the last empty line."
        let end = note.rfind("\n\n").ok_or(malformed("nothing separates text and signatures"))?;
        let (text, signatures) = note.split_at(end + 1);
        let signatures = signatures[1..].strip_suffix('\n').ok_or(malformed("its last line has no end"))?;
        let mut note = Self::new(text.to_owned())?;
        for line in signatures.split('\n') {
            note.add(line.parse()?);
        }
        if note.signatures.len() > MAX_SIGNATURES {
            return Err(malformed("it has too many signatures"));
        }
        Ok(note)
    }

    /// The text, with the line break at its end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, none of which may be good.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature.
    pub fn add(&mut self, signature: NoteSignature) {
        self.signatures.push(signature);
    }

    /// The signatures by those keys, each of which verifies. Others are ignored, as the standard says.
    ///
    /// # Errors
    /// When there is none, or one of these keys is named and did not sign.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<VerifiedSignature>, NoteError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            for key in keys.iter().filter(|key| key.is_named_by(signature)) {
                verified.push(key.verify(&self.text, signature)?);
            }
        }
        if verified.is_empty() { Err(NoteError::Unsigned) } else { Ok(verified) }
    }
}

fn has_control_characters(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && byte != b'\n')
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// The line, without its line break.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.signature].concat();
        write!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let malformed = || NoteError::Malformed("a line is no signature");
        let (name, signature) =
            line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        let bytes = STANDARD.decode(signature).map_err(|_| malformed())?;
        let (key_id, signature) = bytes.split_first_chunk().ok_or_else(malformed)?;
        if signature.is_empty() {
            return Err(malformed());
        }
        let name = name.parse().map_err(|_| malformed())?;
        Ok(Self { name, key_id: *key_id, signature: signature.to_vec() })
    }
}
