//! Keys of notes: a log's (Ed25519) and a witness's (cosignature/v1, C2SP tlog-cosignature).

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kiavi_crypto::{Ed25519SigningKey, VerifyingKey, sha256_of};

use super::{NoteError, NoteSignature};

/// The text is no verifier key that this program can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifierKey {
    /// It is not a name, an id and a key.
    #[error("it is not a verifier key: NAME+ID+KEY")]
    Malformed,
    /// A name is empty, or has spaces or a plus.
    #[error("the name of a key is not empty and has neither spaces nor plus signs")]
    Name,
    /// The id is not that of the name and the key.
    #[error("the id is not that of this name and key")]
    Id,
    /// It is for signatures that are not known here.
    #[error("its signatures are of a kind that is not known here")]
    Kind,
    /// The key is no usable Ed25519 key.
    #[error("it has no usable Ed25519 key")]
    Key,
}

/// The name of a key: not empty, no Unicode spaces, no plus.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = InvalidVerifierKey;

    fn from_str(text: &str) -> Result<Self, InvalidVerifierKey> {
        let is_name =
            !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidVerifierKey::Name) }
    }
}

/// What a signature says beside the text. The numbers are the standard's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureKind {
    /// The key's holder signed the text (signed-note, type 0x01).
    Ed25519 = 1,
    /// A witness saw that the log had only grown, and when (tlog-cosignature, type 0x04).
    CosignatureV1 = 4,
}

impl SignatureKind {
    fn key_id(self, name: &KeyName, public_key: &[u8; 32]) -> [u8; 4] {
        let hash = sha256_of(&[name.0.as_bytes(), b"\n", &[self as u8], public_key]);
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// What it takes to verify a key's signatures. As text, a "vkey".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: KeyName,
    kind: SignatureKind,
    public_key: [u8; 32],
}

/// A signature that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// By which key.
    pub key: VerifierKey,
    /// When a witness signed, in seconds since 1970; a log's signature has no time.
    pub time: Option<u64>,
}

impl VerifierKey {
    /// The key with this name, kind and public half.
    ///
    /// # Errors
    /// When it is no key that could have a private half.
    pub fn new(name: KeyName, kind: SignatureKind, public_key: [u8; 32]) -> Result<Self, InvalidVerifierKey> {
        VerifyingKey::ed25519(&public_key).map_err(|_| InvalidVerifierKey::Key)?;
        Ok(Self { name, kind, public_key })
    }

    /// Its name.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// What its signatures say.
    pub const fn kind(&self) -> SignatureKind {
        self.kind
    }

    /// The number that lines of signatures find it by.
    pub fn key_id(&self) -> [u8; 4] {
        self.kind.key_id(&self.name, &self.public_key)
    }

    pub(super) fn is_named_by(&self, signature: &NoteSignature) -> bool {
        signature.name == self.name && signature.key_id == self.key_id()
    }

    /// Verifies a signature that names this key.
    pub(super) fn verify(
        &self,
        text: &str,
        signature: &NoteSignature,
    ) -> Result<VerifiedSignature, NoteError> {
        let bad = || NoteError::BadSignature(self.name.clone());
        let key = VerifyingKey::ed25519(&self.public_key).map_err(|_| bad())?;
        let (message, signature, time) = match self.kind {
            SignatureKind::Ed25519 => (text.to_owned(), signature.signature.as_slice(), None),
            SignatureKind::CosignatureV1 => {
                let (time, signature) = signature.signature.split_first_chunk().ok_or_else(bad)?;
                let time = u64::from_be_bytes(*time);
                (cosigned(text, time), signature, Some(time))
            }
        };
        // "It MUST NOT exceed 2^63 - 1."
        if time.is_some_and(|time| i64::try_from(time).is_err()) {
            return Err(bad());
        }
        key.verify(message.as_bytes(), signature).map_err(|_| bad())?;
        Ok(VerifiedSignature { key: self.clone(), time })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.key_id());
        let key = [&[self.kind as u8], self.public_key.as_slice()].concat();
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidVerifierKey;

    fn from_str(text: &str) -> Result<Self, InvalidVerifierKey> {
        // Neither name nor id has a plus; base64 may.
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(InvalidVerifierKey::Malformed);
        let (name, id, key) = (part()?, part()?, part()?);
        let key = STANDARD.decode(key).map_err(|_| InvalidVerifierKey::Malformed)?;
        let kind = match key.first() {
            Some(1) => SignatureKind::Ed25519,
            Some(4) => SignatureKind::CosignatureV1,
            _ => return Err(InvalidVerifierKey::Kind),
        };
        let public_key = key[1..].try_into().map_err(|_| InvalidVerifierKey::Key)?;
        let key = Self::new(name.parse()?, kind, public_key)?;
        if id == format!("{:08x}", u32::from_be_bytes(key.key_id())) {
            Ok(key)
        } else {
            Err(InvalidVerifierKey::Id)
        }
    }
}

/// The key that a log signs its checkpoints with. Its name is the log's origin.
#[derive(Debug)]
pub struct NoteKey {
    name: KeyName,
    key: Ed25519SigningKey,
}

impl NoteKey {
    /// The key of this name and seed.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        Self { name, key: Ed25519SigningKey::from_seed(seed) }
    }

    /// What verifies its signatures.
    pub fn verifier(&self) -> VerifierKey {
        verifier(&self.name, SignatureKind::Ed25519, &self.key)
    }

    /// The signature over a note's text.
    pub fn sign(&self, text: &str) -> NoteSignature {
        let signature = self.key.sign(text.as_bytes()).to_vec();
        NoteSignature { name: self.name.clone(), key_id: self.verifier().key_id(), signature }
    }
}

/// The key that a witness cosigns checkpoints with.
#[derive(Debug)]
pub struct CosignatureKey {
    name: KeyName,
    key: Ed25519SigningKey,
}

impl CosignatureKey {
    /// The key of this name and seed. A seed is for one witness and nothing else: what is signed does not name the signer.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        Self { name, key: Ed25519SigningKey::from_seed(seed) }
    }

    /// What verifies its signatures.
    pub fn verifier(&self) -> VerifierKey {
        verifier(&self.name, SignatureKind::CosignatureV1, &self.key)
    }

    /// The cosignature over a checkpoint's text at `time`, in seconds since 1970. Only for what
    /// [`decide`](crate::decide) has admitted and whoever calls has stored.
    pub fn sign(&self, text: &str, time: u64) -> NoteSignature {
        let signature = self.key.sign(cosigned(text, time).as_bytes());
        let signature = [time.to_be_bytes().as_slice(), &signature].concat();
        NoteSignature { name: self.name.clone(), key_id: self.verifier().key_id(), signature }
    }
}

fn verifier(name: &KeyName, kind: SignatureKind, key: &Ed25519SigningKey) -> VerifierKey {
    VerifierKey { name: name.clone(), kind, public_key: key.public_key() }
}

/// What a cosignature signs (tlog-cosignature, Ed25519 signed message).
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}
