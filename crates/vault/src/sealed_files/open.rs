//! Opening a vault: with which key, and what has to be finished first.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use kiavi_base::Rng;

use super::{LOCKS, VALUES, rotate};
use crate::{
    KeyId, MasterKey, Passphrase, VaultError,
    files::{self, Written},
    head::{FORMAT, Head, Keys},
};

/// Opens the vault in `folder`, shared with others who do, and says with which key. A rotation that was interrupted is
/// finished and an older format brought forward, for which nobody else may have it open.
pub(super) fn open(
    folder: BorrowedFd<'_>,
    candidates: Vec<MasterKey>,
    rng: &dyn Rng,
) -> Result<MasterKey, VaultError> {
    files::lock(folder, false)?;
    if needs_work(folder)? {
        files::lock(folder, true)?;
        let key = unlocked(folder, candidates, rng)?;
        files::lock(folder, false)?;
        return Ok(key);
    }
    unlocked(folder, candidates, rng)
}

fn needs_work(folder: BorrowedFd<'_>) -> Result<bool, VaultError> {
    let is_changing = |head: &Head| head.successor.is_some();
    match Head::load(folder)? {
        Some(head) => Ok(is_changing(&head)),
        None if !holds_secrets(folder)? => Ok(false),
        // Somebody else may have begun the vault between these looks: the head is there before any secret.
        None => Ok(Head::load(folder)?.as_ref().is_none_or(is_changing)),
    }
}

/// The key of the vault, once all that was begun is finished.
pub(super) fn unlocked(
    folder: BorrowedFd<'_>,
    candidates: Vec<MasterKey>,
    rng: &dyn Rng,
) -> Result<MasterKey, VaultError> {
    let Some(head) = Head::load(folder)? else { return begin(folder, candidates, rng) };
    match head.unlock(candidates)? {
        Keys::One(key) => Ok(key),
        Keys::Changing { old, new } => {
            let rotated = rotate::finish(folder, &old, &new, rng)?;
            tracing::info!(locks = rotated.locks, key = %new.id(), "an interrupted rotation of the master key is finished");
            Ok(new)
        }
    }
}

/// Gives a vault its head: one that is new, or one that was written before there were heads. The head comes last, so
/// what is interrupted begins again.
fn begin(folder: BorrowedFd<'_>, candidates: Vec<MasterKey>, rng: &dyn Rng) -> Result<MasterKey, VaultError> {
    let mut candidates = candidates;
    if candidates.is_empty() {
        return Err(VaultError::MasterKeyMissing);
    }
    let key = candidates.remove(0);
    let locks = rotate::lock_anew(folder, &key, &key, rng)?;
    if locks > 0 {
        tracing::info!(locks, "the vault has the format of this version now");
    }
    match Head::new(&key).create(folder, rng)? {
        Written::New => Ok(key),
        // Somebody else began at the same time, with their key.
        Written::NameTaken => {
            candidates.insert(0, key);
            unlocked(folder, candidates, rng)
        }
    }
}

pub(super) fn holds_secrets(folder: BorrowedFd<'_>) -> Result<bool, VaultError> {
    for part in [LOCKS, VALUES] {
        if let Some(folder) = files::open_folder(folder, part)?
            && !files::names(folder.as_fd())?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What can be seen of a vault without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The format of its files.
    pub format: u8,
    /// Its key; `None` for a vault from before keys had names, or with none yet.
    pub key: Option<KeyId>,
    /// Whether that key is made of a passphrase.
    pub has_passphrase: bool,
    /// The key that is taking over, if a rotation was interrupted.
    pub successor: Option<KeyId>,
    /// Tenants with a secret.
    pub tenants: usize,
    /// Versions of secrets, of all tenants.
    pub versions: usize,
}

/// Looks at the vault in `folder`.
///
/// # Errors
/// When it cannot be read, or its head is damaged.
pub fn inspect(folder: &OwnedFd) -> Result<Inspection, VaultError> {
    let folder = folder.as_fd();
    let head = Head::load(folder)?;
    let (mut tenants, mut versions) = (0, 0);
    if let Some(locks) = files::open_folder(folder, LOCKS)? {
        for tenant in files::names(locks.as_fd())? {
            let Some(folder) = files::open_folder(locks.as_fd(), &tenant)? else { continue };
            let names = files::names(folder.as_fd())?;
            versions += names.iter().filter(|name| !files::is_unfinished(name)).count();
            tenants += 1;
        }
    }
    Ok(Inspection {
        format: if head.is_none() && tenants > 0 { 1 } else { FORMAT },
        key: head.as_ref().map(|head| head.key.id),
        has_passphrase: head.as_ref().is_some_and(|head| head.key.passphrase.is_some()),
        successor: head.and_then(|head| head.successor).map(|successor| successor.key.id),
        tenants,
        versions,
    })
}

/// How the keys of the vault in `folder` are made of passphrases: that of its key and, while another takes over, of
/// that one. None for a vault that is new, or has no key of the kind.
///
/// # Errors
/// When the head cannot be read.
pub fn passphrases(folder: &OwnedFd) -> Result<Vec<Passphrase>, VaultError> {
    let Some(head) = Head::load(folder.as_fd())? else { return Ok(Vec::new()) };
    let successor = head.successor.and_then(|successor| successor.key.passphrase);
    Ok([head.key.passphrase, successor].into_iter().flatten().collect())
}

/// Whether one of `keys` is the key of the vault in the folder at `path`, or takes over from it. A folder that is not
/// there, or has no vault yet, takes any.
///
/// # Errors
/// [`VaultError::WrongMasterKey`] when none is; [`VaultError::MasterKeyMissing`] when there is none.
pub fn check_key(path: &Path, keys: &[MasterKey]) -> Result<(), VaultError> {
    if !path.exists() {
        return Ok(());
    }
    let folder = super::open_folder(path)?;
    let Some(head) = Head::load(folder.as_fd())? else {
        let is_lost = keys.is_empty() && holds_secrets(folder.as_fd())?;
        return if is_lost { Err(VaultError::MasterKeyMissing) } else { Ok(()) };
    };
    let successor = head.successor.as_ref().map(|successor| successor.key.id);
    match keys.iter().any(|key| key.id() == head.key.id || Some(key.id()) == successor) {
        true => Ok(()),
        false if keys.is_empty() => Err(VaultError::MasterKeyMissing),
        false => Err(VaultError::WrongMasterKey),
    }
}
