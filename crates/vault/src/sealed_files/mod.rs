//! The driver that keeps secrets in a folder.
//!
//! ```text
//! head.json                      which master key the vault has
//! master.key                     0600, the master key, unless it is kept elsewhere
//! locks/<tenant>/<name>.<n>      the data key of version n, sealed by the master key; `.off` at the end: disabled
//! values/<tenant>/<name>.<n>     version n, sealed by its data key
//! ```
//!
//! A version exists from the moment its lock does: the value is written first, the lock last. It ceases to
//! exist the moment its lock is gone. So an interruption at any point leaves a version whole or absent, and
//! `values` may be copied to a long-lived backup while `locks` is not.

mod open;
mod rotate;

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::Arc,
};

use futures_util::future::{BoxFuture, ready};
use kiavi_base::{ExposeSecret, Rng, SecretSlice, TenantId};
use rustix::fs::{Mode, OFlags};

use crate::{
    Answer, Health, KeyFile, KeyId, MAX_SECRET_LENGTH, MasterKey, SecretName, StoredSecret, Vault,
    VaultError, Version, VersionEntry,
    envelope::{self, Envelope, MAX_LOCK_LENGTH, Place, VALUE_OVERHEAD},
    files::{self, Written},
    head::nonce,
};

pub use open::{Inspection, check_key, inspect, passphrases};
use open::{holds_secrets, unlocked};
pub use rotate::{Rotated, Rotation};

const LOCKS: &str = "locks";
const VALUES: &str = "values";

/// Ends the names of locks that are not to be opened.
const DISABLED: &str = ".off";

/// The key file's name in the vault's folder. Back it up apart from the vault: who has both has everything.
pub(crate) const KEY_FILE: &str = "master.key";

/// A vault in a folder. Its calls block for the length of a few disk writes: secrets are written when a tenant
/// is made or a secret rotated, never on the path of a request, and no thread has to exist for them.
pub struct SealedFiles {
    folder: OwnedFd,
    master: MasterKey,
    rng: Arc<dyn Rng>,
}

impl std::fmt::Debug for SealedFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedFiles(…)")
    }
}

impl SealedFiles {
    /// Opens the vault in the folder at `path`, which must exist, as [`SealedFiles::in_folder`] does.
    ///
    /// # Errors
    /// When the folder does not open, or as [`SealedFiles::in_folder`].
    pub fn open(path: &Path, rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        Self::in_folder(open_folder(path)?, rng)
    }

    /// Opens the vault in an open folder with the master key that lies there; an empty vault gets a new one.
    ///
    /// # Errors
    /// When the master key is missing although there are secrets, is readable by others, or is no key; as
    /// [`SealedFiles::with_master_key`].
    pub fn in_folder(folder: OwnedFd, rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        let file = key_file_in(&folder)?;
        let mut candidates = file.candidates()?;
        if candidates.is_empty() {
            if holds_secrets(folder.as_fd())? {
                // Somebody else may have begun the vault between these looks: its key is there before any secret.
                candidates = file.candidates()?;
                if candidates.is_empty() {
                    return Err(VaultError::MasterKeyMissing);
                }
            } else {
                candidates.push(file.create(&*rng)?);
            }
        }
        let vault = Self::with_master_key(folder, candidates, rng)?;
        file.settle(vault.master.id())?;
        Ok(vault)
    }

    /// Opens the vault in an open folder with a master key that is kept elsewhere: whichever of `candidates` is its.
    /// Brings an older format forward and finishes a rotation that was interrupted.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] when no candidate is the vault's key; [`VaultError::InUse`] while somebody
    /// rotates it.
    pub fn with_master_key(
        folder: OwnedFd,
        candidates: Vec<MasterKey>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, VaultError> {
        let master = open::open(folder.as_fd(), candidates, &*rng)?;
        Ok(Self { folder, master, rng })
    }

    fn store(&self, tenant: &TenantId, name: &SecretName, secret: &[u8]) -> Result<Version, VaultError> {
        if secret.len() > MAX_SECRET_LENGTH {
            return Err(VaultError::TooLong);
        }
        let locks = self.make_tenant_folder(LOCKS, tenant)?;
        let values = self.make_tenant_folder(VALUES, tenant)?;
        // Past the values too: one without a lock is the rest of an interrupted call and keeps its number.
        let used =
            highest(&versions_in(values.as_fd(), name)?).max(highest(&versions_in(locks.as_fd(), name)?));
        let mut version = Version(used + 1);
        loop {
            let place = Place { tenant, name, version };
            let Envelope { lock, value } = envelope::seal(&self.master, &*self.rng, &place, secret);
            let file = file_name(name, version);
            let nonce = nonce(&*self.rng);
            // The value's name, not the lock's, decides between two writers: it is taken first.
            if files::write_new(values.as_fd(), &file, nonce, &value)? == Written::New
                && files::write_new(locks.as_fd(), &file, nonce, &lock)? == Written::New
            {
                return Ok(version);
            }
            version = Version(version.0 + 1);
        }
    }

    fn load(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        version: Version,
    ) -> Result<Option<StoredSecret>, VaultError> {
        let Some(locks) = self.tenant_folder(LOCKS, tenant)? else { return Ok(None) };
        let file = file_name(name, version);
        let Some(lock) = files::read(locks.as_fd(), &file, MAX_LOCK_LENGTH)? else { return Ok(None) };
        let values = self.tenant_folder(VALUES, tenant)?.ok_or(VaultError::Damaged)?;
        let value = files::read(values.as_fd(), &file, MAX_SECRET_LENGTH + VALUE_OVERHEAD)?
            .ok_or(VaultError::Damaged)?;
        let value = envelope::open(&self.master, &Place { tenant, name, version }, &lock, &value)?;
        Ok(Some(StoredSecret { version, value }))
    }

    /// Version (4 bytes), length of the lock (2 bytes), lock, value: both files as they lie here.
    fn export(&self, tenant: &TenantId, name: &SecretName) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(newest) = self.list(tenant, name)?.iter().rfind(|entry| entry.is_enabled).copied() else {
            return Ok(None);
        };
        let file = file_name(name, newest.version);
        let read = |part, longest| {
            let folder = self.tenant_folder(part, tenant)?.ok_or(VaultError::Damaged)?;
            files::read(folder.as_fd(), &file, longest)?.ok_or(VaultError::Damaged)
        };
        let (lock, value) =
            (read(LOCKS, MAX_LOCK_LENGTH)?, read(VALUES, MAX_SECRET_LENGTH + VALUE_OVERHEAD)?);
        let length = u16::try_from(lock.len()).map_err(|_| VaultError::Damaged)?;
        let head = [&newest.version.0.to_be_bytes()[..], &length.to_be_bytes()].concat();
        Ok(Some([head, lock.to_vec(), value.to_vec()].concat()))
    }

    /// What [`Self::export`] gave, in clear.
    fn unsealed(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        sealed: &[u8],
    ) -> Result<SecretSlice<u8>, VaultError> {
        let (version, rest) = sealed.split_first_chunk::<4>().ok_or(VaultError::Damaged)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(VaultError::Damaged)?;
        let (lock, value) =
            rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(VaultError::Damaged)?;
        let place = Place { tenant, name, version: Version(u32::from_be_bytes(*version)) };
        envelope::open(&self.master, &place, lock, value)
    }

    fn list(&self, tenant: &TenantId, name: &SecretName) -> Result<Vec<VersionEntry>, VaultError> {
        match self.tenant_folder(LOCKS, tenant)? {
            Some(locks) => versions_in(locks.as_fd(), name),
            None => Ok(Vec::new()),
        }
    }

    fn load_newest(&self, tenant: &TenantId, name: &SecretName) -> Result<Option<StoredSecret>, VaultError> {
        match self.list(tenant, name)?.iter().rfind(|entry| entry.is_enabled) {
            Some(entry) => self.load(tenant, name, entry.version),
            None => Ok(None),
        }
    }

    /// The lock's other name is what makes it so: one step that is done or not.
    fn enable(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Result<(), VaultError> {
        let locks = self.tenant_folder(LOCKS, tenant)?.ok_or(VaultError::NoSuchVersion)?;
        let on = file_name(name, version);
        let off = format!("{on}{DISABLED}");
        let (from, to) = if is_enabled { (&off, &on) } else { (&on, &off) };
        let is_there = |file: &str| Ok(files::open_file(locks.as_fd(), file)?.is_some());
        if files::rename(locks.as_fd(), from, to)? || is_there(to)? {
            Ok(())
        } else {
            Err(VaultError::NoSuchVersion)
        }
    }

    fn list_names(&self, tenant: &TenantId) -> Result<Vec<SecretName>, VaultError> {
        let Some(locks) = self.tenant_folder(LOCKS, tenant)? else { return Ok(Vec::new()) };
        let files = files::names(locks.as_fd())?;
        let mut names: Vec<_> = files.iter().filter_map(|file| Some(parse_file_name(file)?.0)).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Shreds the locks that `choose` picks, on disk, before the first value goes.
    fn shred(&self, tenant: &TenantId, choose: impl Fn(&str, &str) -> bool) -> Result<(), VaultError> {
        for part in [LOCKS, VALUES] {
            let Some(folder) = self.tenant_folder(part, tenant)? else { continue };
            for file in files::names(folder.as_fd())?.iter().filter(|file| choose(part, file)) {
                if part == LOCKS {
                    files::shred(folder.as_fd(), file)?;
                } else {
                    files::remove(folder.as_fd(), file)?;
                }
            }
            files::sync(folder.as_fd())?;
            if let Some(parent) = files::open_folder(self.folder.as_fd(), part)? {
                files::remove_folder(parent.as_fd(), tenant.as_str())?;
            }
        }
        Ok(())
    }

    fn shred_version(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        version: Version,
    ) -> Result<(), VaultError> {
        let Some(values) = self.tenant_folder(VALUES, tenant)? else { return Ok(()) };
        // The newest value's file stays, as noise, so that its number is not used again.
        let is_newest = highest(&versions_in(values.as_fd(), name)?) <= version.0;
        let file = file_name(name, version);
        let beside = format!("{file}.");
        self.shred(tenant, |part, other| {
            (part == LOCKS || !is_newest) && (other == file || other.starts_with(&beside))
        })
    }

    fn list_tenants(&self) -> Result<Vec<TenantId>, VaultError> {
        let mut tenants = Vec::new();
        for part in [LOCKS, VALUES] {
            if let Some(folder) = files::open_folder(self.folder.as_fd(), part)? {
                tenants.extend(files::names(folder.as_fd())?.iter().filter_map(|name| name.parse().ok()));
            }
        }
        tenants.sort();
        tenants.dedup();
        Ok(tenants)
    }

    fn tenant_folder(&self, part: &str, tenant: &TenantId) -> Result<Option<OwnedFd>, VaultError> {
        match files::open_folder(self.folder.as_fd(), part)? {
            Some(parent) => files::open_folder(parent.as_fd(), tenant.as_str()),
            None => Ok(None),
        }
    }

    fn make_tenant_folder(&self, part: &str, tenant: &TenantId) -> Result<OwnedFd, VaultError> {
        let parent = files::make_folder(self.folder.as_fd(), part)?;
        files::make_folder(parent.as_fd(), tenant.as_str())
    }
}

impl Vault for SealedFiles {
    fn put<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        value: &'a SecretSlice<u8>,
    ) -> Answer<'a, Version> {
        Box::pin(ready(self.store(tenant, name, value.expose_secret())))
    }

    fn get<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<StoredSecret>> {
        Box::pin(ready(self.load_newest(tenant, name)))
    }

    fn get_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, Option<StoredSecret>> {
        Box::pin(ready(self.load(tenant, name, version)))
    }

    fn sealed<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(ready(self.export(tenant, name)))
    }

    fn take_sealed<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        sealed: &'a [u8],
    ) -> Answer<'a, ()> {
        Box::pin(ready(
            self.unsealed(tenant, name, sealed)
                .and_then(|value| self.store(tenant, name, value.expose_secret()).map(drop)),
        ))
    }

    fn check_sealed<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        sealed: &'a [u8],
    ) -> Answer<'a, ()> {
        Box::pin(ready(self.unsealed(tenant, name, sealed).map(drop)))
    }

    fn versions<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Vec<VersionEntry>> {
        Box::pin(ready(self.list(tenant, name)))
    }

    fn set_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Answer<'a, ()> {
        Box::pin(ready(self.enable(tenant, name, version, is_enabled)))
    }

    fn destroy_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, ()> {
        Box::pin(ready(self.shred_version(tenant, name, version)))
    }

    fn destroy<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, ()> {
        // The dot keeps `secret` from taking `secret-2` along; unfinished neighbours start with it too.
        let prefix = format!("{name}.");
        Box::pin(ready(self.shred(tenant, |_, file| file.starts_with(&prefix))))
    }

    fn destroy_tenant<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, ()> {
        Box::pin(ready(self.shred(tenant, |_, _| true)))
    }

    fn names<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, Vec<SecretName>> {
        Box::pin(ready(self.list_names(tenant)))
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantId>> {
        Box::pin(ready(self.list_tenants()))
    }

    fn master_key(&self) -> Option<KeyId> {
        Some(self.master.id())
    }

    fn health(&self) -> BoxFuture<'_, Health> {
        let fault = inspect(&self.folder).err();
        let health = Health { driver: "sealed-files", fault, unavailable_since: None, cache_age: None };
        Box::pin(ready(health))
    }
}

/// Opens the folder of a vault.
pub(crate) fn open_folder(path: &Path) -> Result<OwnedFd, VaultError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(VaultError::io("open its folder"))
}

/// The key file that lies in the vault's own folder.
fn key_file_in(folder: &OwnedFd) -> Result<KeyFile, VaultError> {
    let folder = folder.try_clone().map_err(|source| VaultError::Io { action: "open its folder", source })?;
    Ok(KeyFile::new(folder, KEY_FILE))
}

fn file_name(name: &SecretName, version: Version) -> String {
    format!("{name}.{}", version.0)
}

/// What the name of a lock or value file says; `None` for a file that is not whole, or is none of ours.
fn parse_file_name(file: &str) -> Option<(SecretName, VersionEntry)> {
    let (rest, is_enabled) = match file.strip_suffix(DISABLED) {
        Some(rest) => (rest, false),
        None => (file, true),
    };
    let (name, number) = rest.split_once('.')?;
    let version = Version(number.parse().ok()?);
    (version.0.to_string() == number).then_some(())?;
    Some((name.parse().ok()?, VersionEntry { version, is_enabled }))
}

/// The versions of `name` in a folder, oldest first.
fn versions_in(folder: BorrowedFd<'_>, name: &SecretName) -> Result<Vec<VersionEntry>, VaultError> {
    let files = files::names(folder)?;
    let parsed = files.iter().filter_map(|file| parse_file_name(file));
    let mut versions: Vec<_> = parsed.filter(|(known, _)| known == name).map(|(_, entry)| entry).collect();
    versions.sort();
    Ok(versions)
}

fn highest(versions: &[VersionEntry]) -> u32 {
    versions.last().map_or(0, |entry| entry.version.0)
}
