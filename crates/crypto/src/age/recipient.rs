//! X25519 recipients and their identities (age.md, "The X25519 recipient type").

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    agreement::{PrivateKey, UnparsedPublicKey, X25519, agree},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use kiavi_base::{Rng, random_bytes};
use secrecy::zeroize::Zeroizing;

use super::{AgeError, FILE_KEY, FileKey, Header, Stanza, bech32, derive};

const KIND: &str = "X25519";
const INFO: &[u8] = b"age-encryption.org/v1/X25519";
const RECIPIENT: &str = "age";
const IDENTITY: &str = "age-secret-key-";
const TAG: usize = 16;

/// The text is no key of age's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of age's: a recipient begins with age1, an identity with AGE-SECRET-KEY-1")]
pub struct InvalidAgeKey;

/// Whom a file can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient(pub(super) [u8; 32]);

impl FromStr for Recipient {
    type Err = InvalidAgeKey;

    fn from_str(text: &str) -> Result<Self, InvalidAgeKey> {
        let key = bech32::decode(RECIPIENT, text).ok_or(InvalidAgeKey)?;
        key.try_into().map(Self).map_err(|_| InvalidAgeKey)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech32::encode(RECIPIENT, &self.0))
    }
}

impl Recipient {
    /// The file key, for this recipient.
    ///
    /// # Errors
    /// [`InvalidAgeKey`] when the recipient is a point that makes no secret.
    pub fn wrap(&self, key: &FileKey, rng: &dyn Rng) -> Result<Stanza, InvalidAgeKey> {
        let once = Zeroizing::new(random_bytes::<32>(rng));
        let (once, share) = pair(&*once)?;
        let wrapping = wrapping_key(&once, &self.0, &share, &self.0).ok_or(InvalidAgeKey)?;
        let mut body = key.expose().to_vec();
        // A key that is used once has the nonce 0.
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        wrapping.seal_in_place_append_tag(nonce, Aad::empty(), &mut body).map_err(|_| InvalidAgeKey)?;
        Ok(Stanza { arguments: vec![KIND.to_owned(), STANDARD_NO_PAD.encode(share)], body })
    }
}

/// What opens files that are for its recipient.
pub struct Identity {
    secret: PrivateKey,
    public: [u8; 32],
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl FromStr for Identity {
    type Err = InvalidAgeKey;

    fn from_str(text: &str) -> Result<Self, InvalidAgeKey> {
        let bytes = Zeroizing::new(bech32::decode(IDENTITY, text).ok_or(InvalidAgeKey)?);
        let (secret, public) = pair(&bytes)?;
        Ok(Self { secret, public })
    }
}

impl Identity {
    /// The identities in a file as `age-keygen` writes it: one a line, beside comments.
    ///
    /// # Errors
    /// When a line is something else, or there is none.
    pub fn all_in(text: &str) -> Result<Vec<Self>, InvalidAgeKey> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let identities: Vec<Self> = lines.map(str::parse).collect::<Result<_, _>>()?;
        if identities.is_empty() { Err(InvalidAgeKey) } else { Ok(identities) }
    }

    /// Whom this opens files for.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.public)
    }

    /// The file key of a header, if it is for this identity.
    ///
    /// # Errors
    /// [`AgeError::NotForThisKey`], or [`AgeError::Header`] when the header was changed.
    pub fn unwrap(&self, header: &Header) -> Result<FileKey, AgeError> {
        let opened = header.stanzas.iter().find_map(|stanza| self.open(stanza));
        let key = opened.ok_or(AgeError::NotForThisKey)?;
        header.check(&key)?;
        Ok(key)
    }

    fn open(&self, stanza: &Stanza) -> Option<FileKey> {
        let [kind, share] = &stanza.arguments[..] else { return None };
        // The length first: what does not fit is not decrypted (age.md).
        if kind != KIND || stanza.body.len() != FILE_KEY + TAG {
            return None;
        }
        let share: [u8; 32] = STANDARD_NO_PAD.decode(share).ok()?.try_into().ok()?;
        let wrapping = wrapping_key(&self.secret, &share, &share, &self.public)?;
        let mut body = Zeroizing::new(stanza.body.clone());
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let key = wrapping.open_in_place(nonce, Aad::empty(), &mut body).ok()?;
        FileKey::from_bytes(key).ok()
    }
}

fn pair(secret: &[u8]) -> Result<(PrivateKey, [u8; 32]), InvalidAgeKey> {
    let secret = PrivateKey::from_private_key(&X25519, secret).map_err(|_| InvalidAgeKey)?;
    let public = secret.compute_public_key().map_err(|_| InvalidAgeKey)?;
    let public = public.as_ref().try_into().map_err(|_| InvalidAgeKey)?;
    Ok((secret, public))
}

/// The key that wraps; `None` when the other side's point makes no secret (RFC 7748 §6.1).
fn wrapping_key(
    ours: &PrivateKey,
    theirs: &[u8; 32],
    share: &[u8; 32],
    recipient: &[u8; 32],
) -> Option<LessSafeKey> {
    let salt = [*share, *recipient].concat();
    let theirs = UnparsedPublicKey::new(&X25519, theirs);
    let derived = agree(ours, theirs, (), |shared| match shared.iter().all(|byte| *byte == 0) {
        true => Err(()),
        false => Ok(derive(shared, &salt, INFO)),
    });
    Some(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &*derived.ok()?).ok()?))
}
