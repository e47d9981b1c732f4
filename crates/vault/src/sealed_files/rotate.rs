//! One master key takes over from another: locks are made anew, one after the other; values stay.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use kiavi_base::{Rng, TenantId};

use super::{LOCKS, key_file_in, open_folder, parse_file_name, unlocked};
use crate::{
    KeyFile, MasterKey, VaultError,
    envelope::{self, DataKey, MAX_LOCK_LENGTH, Place},
    files,
    head::{Head, nonce},
};

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Locks that were made anew.
    pub locks: usize,
}

/// A vault that nobody else has open, to be given another master key.
#[derive(Debug)]
pub struct Rotation(OwnedFd);

impl Rotation {
    /// Takes the vault in the folder at `path`. To be done before the new key is put anywhere: an instance that starts
    /// removes a key file that no rotation knows of.
    ///
    /// # Errors
    /// [`VaultError::InUse`] while an instance has it open.
    pub fn begin(path: &Path) -> Result<Self, VaultError> {
        let folder = open_folder(path)?;
        files::lock(folder.as_fd(), true)?;
        Ok(Self(folder))
    }

    /// The key file that lies in the vault's own folder.
    ///
    /// # Errors
    /// When the folder does not open.
    pub fn key_file(&self) -> Result<KeyFile, VaultError> {
        key_file_in(&self.0)
    }

    /// Has `new` take over from whichever of `candidates` is the vault's key. What was interrupted is finished first; the
    /// same call again does what is left to do.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] when no candidate is the vault's key.
    pub fn run(
        &self,
        candidates: Vec<MasterKey>,
        new: MasterKey,
        rng: &dyn Rng,
    ) -> Result<Rotated, VaultError> {
        let folder = self.0.as_fd();
        let mut candidates = candidates;
        // If it has taken over before, it alone opens the vault.
        candidates.push(MasterKey::from_bytes(new.expose()).derived_as(new.passphrase().copied()));
        let old = unlocked(folder, candidates, rng)?;
        if old.id() == new.id() {
            files::sweep(folder)?;
            return Ok(Rotated { locks: 0 });
        }
        Head::changing(&old, &new, rng).replace(folder, rng)?;
        finish(folder, &old, &new, rng)
    }
}

/// Goes on from wherever a rotation was left.
pub(super) fn finish(
    folder: BorrowedFd<'_>,
    old: &MasterKey,
    new: &MasterKey,
    rng: &dyn Rng,
) -> Result<Rotated, VaultError> {
    let locks = lock_anew(folder, old, new, rng)?;
    Head::new(new).replace(folder, rng)?;
    // A head that was not finished may have the new key, sealed by the old one.
    files::sweep(folder)?;
    Ok(Rotated { locks })
}

/// Makes every lock anew that does not say that it is for `new`; they open by `old`. Also brings locks of the first
/// format forward, which say nothing.
pub(super) fn lock_anew(
    folder: BorrowedFd<'_>,
    old: &MasterKey,
    new: &MasterKey,
    rng: &dyn Rng,
) -> Result<usize, VaultError> {
    let Some(locks) = files::open_folder(folder, LOCKS)? else { return Ok(0) };
    let mut made = 0;
    for tenant in files::names(locks.as_fd())? {
        let Ok(tenant) = tenant.parse::<TenantId>() else { continue };
        let Some(folder) = files::open_folder(locks.as_fd(), tenant.as_str())? else { continue };
        for file in files::names(folder.as_fd())? {
            made += usize::from(lock_one_anew(folder.as_fd(), &tenant, &file, (old, new), rng)?);
        }
        // Whether or not this run has made one: whoever was interrupted may not have come as far as this.
        files::sync(folder.as_fd())?;
    }
    Ok(made)
}

fn lock_one_anew(
    folder: BorrowedFd<'_>,
    tenant: &TenantId,
    file: &str,
    (old, new): (&MasterKey, &MasterKey),
    rng: &dyn Rng,
) -> Result<bool, VaultError> {
    let Some((name, entry)) = parse_file_name(file) else { return Ok(false) };
    let Some(lock) = files::read(folder, file, MAX_LOCK_LENGTH)? else { return Ok(false) };
    if envelope::is_locked_by(new.id(), &lock) {
        return Ok(false);
    }
    let place = Place { tenant, name: &name, version: entry.version };
    let lock = DataKey::unlock(old, &place, &lock)?.lock(new, rng, &place);
    files::replace(folder, file, nonce(rng), &lock)?;
    Ok(true)
}
