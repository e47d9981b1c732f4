//! The key that seals all others.

use std::fmt;

use kiavi_base::Rng;
use kiavi_crypto::{SealingKey, hmac_sha256};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::{VaultError, head::Passphrase, hex};

/// The size of a key in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// Tells keys apart without saying anything about them: 64 bits that only who has the key can compute.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyId(#[serde(with = "hex")] pub(crate) [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A 256-bit key that seals the data key of each secret.
pub struct MasterKey {
    /// On the heap, so that moving the key leaves no copy behind.
    bytes: Box<Zeroizing<[u8; KEY_LENGTH]>>,
    sealing: SealingKey,
    id: KeyId,
    passphrase: Option<Passphrase>,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

impl MasterKey {
    /// A key that came from elsewhere, such as a descriptor that a privileged parent opened.
    pub fn from_bytes(bytes: &[u8; KEY_LENGTH]) -> Self {
        let mut own = Box::new(Zeroizing::new([0; KEY_LENGTH]));
        own.copy_from_slice(bytes);
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256(bytes, b"kiavi-vault/2 key id");
        Self {
            bytes: own,
            sealing: SealingKey::new(bytes),
            id: KeyId([a, b, c, d, e, f, g, h]),
            passphrase: None,
        }
    }

    /// The key that a key file or credential holds: 32 bytes, or 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`VaultError::MasterKeyDamaged`] when it is neither.
    pub fn from_file_content(content: &[u8]) -> Result<Self, VaultError> {
        if let Ok(bytes) = content.try_into() {
            return Ok(Self::from_bytes(bytes));
        }
        let text = std::str::from_utf8(content).map_err(|_| VaultError::MasterKeyDamaged)?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let bytes = hex::decode(text).map(Zeroizing::new).ok_or(VaultError::MasterKeyDamaged)?;
        bytes.as_slice().try_into().map(Self::from_bytes).map_err(|_| VaultError::MasterKeyDamaged)
    }

    /// The key that a passphrase makes.
    ///
    /// # Errors
    /// [`VaultError::HeadDamaged`] when the cost is out of bounds.
    pub fn from_passphrase(text: &[u8], passphrase: Passphrase) -> Result<Self, VaultError> {
        let bytes = passphrase.cost.key(text, &passphrase.salt).map_err(|_| VaultError::HeadDamaged)?;
        Ok(Self::from_bytes(&bytes).derived_as(Some(passphrase)))
    }

    /// A key by chance.
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        rng.fill(bytes.as_mut());
        Self::from_bytes(&bytes)
    }

    /// Which key this is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// How it is made of a passphrase, if it is.
    pub fn passphrase(&self) -> Option<&Passphrase> {
        self.passphrase.as_ref()
    }

    /// The same key, said to be made of a passphrase.
    #[must_use]
    pub fn derived_as(self, passphrase: Option<Passphrase>) -> Self {
        Self { passphrase, ..self }
    }

    /// The key itself, for a process that is to open the vault.
    pub fn expose(&self) -> &[u8; KEY_LENGTH] {
        &self.bytes
    }

    pub(crate) fn sealing_key(&self) -> &SealingKey {
        &self.sealing
    }

    /// Proves that whoever wrote `text` into the vault's head had this key.
    pub(crate) fn proof(&self, text: &[u8]) -> [u8; 32] {
        hmac_sha256(&hmac_sha256(&self.bytes[..], b"kiavi-vault/2 head"), text)
    }
}
