//! The key that seals all others.

use std::os::fd::{AsFd, BorrowedFd};

use kiavi_base::{Rng, random_bytes};
use kiavi_crypto::SealingKey;
use secrecy::zeroize::Zeroizing;

use crate::{
    VaultError,
    files::{self, Written},
};

/// The key file's name in the vault's folder. Back it up apart from the vault: who has both has everything.
pub(crate) const KEY_FILE: &str = "master.key";

/// The size of the key file in bytes.
const KEY_LENGTH: usize = 32;

/// A 256-bit key that seals the data key of each secret.
#[derive(Debug)]
pub struct MasterKey(SealingKey);

impl MasterKey {
    /// A key that came from elsewhere, such as a descriptor that a privileged parent opened.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SealingKey::new(bytes))
    }

    /// Reads the key file in `folder`.
    ///
    /// # Errors
    /// [`VaultError::MasterKeyExposed`] when others than its owner can read it.
    pub(crate) fn load(folder: BorrowedFd<'_>) -> Result<Option<Self>, VaultError> {
        let Some(file) = files::open_file(folder, KEY_FILE)? else { return Ok(None) };
        if !files::is_private(file.as_fd())? {
            return Err(VaultError::MasterKeyExposed);
        }
        let bytes = match files::read_open(file.as_fd(), KEY_LENGTH) {
            Err(VaultError::Damaged) => return Err(VaultError::MasterKeyDamaged),
            read => Zeroizing::new(read?),
        };
        let key = Zeroizing::new(bytes.as_slice().try_into().map_err(|_| VaultError::MasterKeyDamaged)?);
        Ok(Some(Self::from_bytes(&key)))
    }

    /// Makes the key file with mode 0600. When another process made one meanwhile, that one is taken.
    pub(crate) fn create(folder: BorrowedFd<'_>, rng: &dyn Rng) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        rng.fill(key.as_mut());
        let nonce = u64::from_ne_bytes(random_bytes(rng));
        match files::write_new(folder, KEY_FILE, nonce, key.as_ref())? {
            Written::New => Ok(Self::from_bytes(&key)),
            Written::NameTaken => Self::load(folder)?.ok_or(VaultError::MasterKeyMissing),
        }
    }

    pub(crate) fn sealing_key(&self) -> &SealingKey {
        &self.0
    }
}
