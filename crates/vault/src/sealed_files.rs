//! The driver that keeps secrets in a folder.
//!
//! ```text
//! master.key                     0600, the key of keys
//! locks/<tenant>/<name>.<n>      the data key of version n, sealed by the master key
//! values/<tenant>/<name>.<n>     version n, sealed by its data key
//! ```
//!
//! A version exists from the moment its lock does: the value is written first, the lock last. It ceases to
//! exist the moment its lock is gone. So an interruption at any point leaves a version whole or absent, and
//! `values` may be copied to a long-lived backup while `locks` is not.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::Arc,
};

use futures_util::future::{BoxFuture, ready};
use kiavi_base::{ExposeSecret, Rng, SecretSlice, TenantId, random_bytes};
use rustix::fs::{Mode, OFlags};

use crate::{
    MAX_SECRET_LENGTH, MasterKey, SecretName, StoredSecret, Vault, VaultError, Version,
    envelope::{self, Envelope, Place},
    files::{self, Written},
};

const LOCKS: &str = "locks";
const VALUES: &str = "values";

/// Bytes that format, nonce and tag add to a sealed text.
const OVERHEAD: usize = 4 + 12 + 16;
const LOCK_LENGTH: usize = 32 + OVERHEAD;

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
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder =
            rustix::fs::open(path, flags, Mode::empty()).map_err(VaultError::io("open its folder"))?;
        Self::in_folder(folder, rng)
    }

    /// Opens the vault in an open folder with the master key that lies there; an empty vault gets a new one.
    ///
    /// # Errors
    /// When the master key is missing although there are secrets, is readable by others, or is no key.
    pub fn in_folder(folder: OwnedFd, rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        let master = match MasterKey::load(folder.as_fd())? {
            Some(key) => key,
            None if holds_secrets(folder.as_fd())? => return Err(VaultError::MasterKeyMissing),
            None => MasterKey::create(folder.as_fd(), &*rng)?,
        };
        Ok(Self { folder, master, rng })
    }

    /// Opens the vault in an open folder with a master key kept elsewhere.
    pub fn with_master_key(folder: OwnedFd, master: MasterKey, rng: Arc<dyn Rng>) -> Self {
        Self { folder, master, rng }
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
            let nonce = u64::from_ne_bytes(random_bytes(&*self.rng));
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
        let Some(lock) = files::read(locks.as_fd(), &file, LOCK_LENGTH)? else { return Ok(None) };
        let values = self.tenant_folder(VALUES, tenant)?.ok_or(VaultError::Damaged)?;
        let value =
            files::read(values.as_fd(), &file, MAX_SECRET_LENGTH + OVERHEAD)?.ok_or(VaultError::Damaged)?;
        let value = envelope::open(&self.master, &Place { tenant, name, version }, &lock, &value)?;
        Ok(Some(StoredSecret { version, value }))
    }

    fn list(&self, tenant: &TenantId, name: &SecretName) -> Result<Vec<Version>, VaultError> {
        match self.tenant_folder(LOCKS, tenant)? {
            Some(locks) => versions_in(locks.as_fd(), name),
            None => Ok(Vec::new()),
        }
    }

    fn load_newest(&self, tenant: &TenantId, name: &SecretName) -> Result<Option<StoredSecret>, VaultError> {
        match self.list(tenant, name)?.last() {
            Some(version) => self.load(tenant, name, *version),
            None => Ok(None),
        }
    }

    /// Shreds the locks that `choose` picks, on disk, before the first value goes.
    fn shred(&self, tenant: &TenantId, choose: impl Fn(&str) -> bool) -> Result<(), VaultError> {
        for part in [LOCKS, VALUES] {
            let Some(folder) = self.tenant_folder(part, tenant)? else { continue };
            for file in files::names(folder.as_fd())?.iter().filter(|file| choose(file)) {
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

    fn shred_earlier(&self, tenant: &TenantId, name: &SecretName) -> Result<(), VaultError> {
        let newest = highest(&self.list(tenant, name)?);
        self.shred(tenant, |file| version_in(file, name).is_some_and(|version| version < newest))
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
    ) -> BoxFuture<'a, Result<Version, VaultError>> {
        Box::pin(ready(self.store(tenant, name, value.expose_secret())))
    }

    fn get<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<StoredSecret>, VaultError>> {
        Box::pin(ready(self.load_newest(tenant, name)))
    }

    fn get_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> BoxFuture<'a, Result<Option<StoredSecret>, VaultError>> {
        Box::pin(ready(self.load(tenant, name, version)))
    }

    fn versions<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Vec<Version>, VaultError>> {
        Box::pin(ready(self.list(tenant, name)))
    }

    fn destroy<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<(), VaultError>> {
        // The dot keeps `secret` from taking `secret-2` along; unfinished neighbours start with it too.
        let prefix = format!("{name}.");
        Box::pin(ready(self.shred(tenant, |file| file.starts_with(&prefix))))
    }

    fn destroy_earlier<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<(), VaultError>> {
        Box::pin(ready(self.shred_earlier(tenant, name)))
    }

    fn destroy_tenant<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), VaultError>> {
        Box::pin(ready(self.shred(tenant, |_| true)))
    }

    fn tenants(&self) -> BoxFuture<'_, Result<Vec<TenantId>, VaultError>> {
        Box::pin(ready(self.list_tenants()))
    }
}

fn file_name(name: &SecretName, version: Version) -> String {
    format!("{name}.{}", version.0)
}

/// The versions of `name` in a folder, oldest first. Unfinished files have no number at their end.
fn versions_in(folder: BorrowedFd<'_>, name: &SecretName) -> Result<Vec<Version>, VaultError> {
    let number = |file: &String| version_in(file, name);
    let mut versions: Vec<_> = files::names(folder)?.iter().filter_map(number).map(Version).collect();
    versions.sort();
    Ok(versions)
}

/// The version of `name` that a file is of.
fn version_in(file: &str, name: &SecretName) -> Option<u32> {
    file.strip_prefix(name.as_str())?.strip_prefix('.')?.parse().ok()
}

fn highest(versions: &[Version]) -> u32 {
    versions.last().map_or(0, |version| version.0)
}

fn holds_secrets(folder: BorrowedFd<'_>) -> Result<bool, VaultError> {
    for part in [LOCKS, VALUES] {
        if let Some(folder) = files::open_folder(folder, part)?
            && !files::names(folder.as_fd())?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
