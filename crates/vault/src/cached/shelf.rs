//! What is kept of a store, in a folder.
//!
//! ```text
//! cache.key                          0600, seals what is kept
//! cache/<tenant>/<name>.<n>          version n, and when the store last confirmed it
//! cache/<tenant>/<name>.newest       the newest version
//! ```

use std::{
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use kiavi_base::{ExposeSecret, Rng, SecretSlice, TenantId};
use secrecy::zeroize::Zeroizing;

use crate::{
    KeyFile, MAX_SECRET_LENGTH, MasterKey, SecretName, StoredSecret, VaultError, Version, files, head::nonce,
    sealed_files::open_folder,
};

const FOLDER: &str = "cache";
const KEY_FILE: &str = "cache.key";
const NEWEST: &str = "newest";

/// Written first in each file.
const FORMAT: &[u8; 4] = b"KVC1";

/// Seconds since 1970, and the version.
const HEAD_LENGTH: usize = 8 + 4;

/// The longest file, in bytes: format, nonce, head, value, tag.
const MAX_LENGTH: usize = 4 + 12 + HEAD_LENGTH + MAX_SECRET_LENGTH + 16;

/// How far clocks may have been set back since.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// The newest version.
    Newest,
    /// The version of this number.
    Numbered(Version),
}

impl Slot {
    fn file_name(self, name: &SecretName) -> String {
        match self {
            Self::Newest => format!("{name}.{NEWEST}"),
            Self::Numbered(version) => format!("{name}.{}", version.0),
        }
    }

    fn parse(file: &str) -> Option<(SecretName, Self)> {
        let (name, slot) = file.split_once('.')?;
        let slot = match slot {
            NEWEST => Self::Newest,
            number => Self::Numbered(Version(number.parse().ok()?)),
        };
        let name: SecretName = name.parse().ok()?;
        (slot.file_name(&name) == file).then_some((name, slot))
    }
}

/// One thing that is kept.
pub(super) struct Kept {
    pub(super) secret: StoredSecret,
    confirmed_at: i64,
}

impl Kept {
    /// Whether the store confirmed it within `age`.
    pub(super) fn is_younger_than(&self, age: Duration, now: Timestamp) -> bool {
        let since = now.as_second().saturating_sub(self.confirmed_at);
        // From the future: the clock was set back, and nobody knows how old it is.
        match u64::try_from(since) {
            Ok(since) => Duration::from_secs(since) <= age,
            Err(_) => since.unsigned_abs() <= TOLERANCE.as_secs(),
        }
    }
}

/// The folder.
pub(super) struct Shelf {
    folder: OwnedFd,
    key: MasterKey,
    rng: Arc<dyn Rng>,
}

impl Shelf {
    pub(super) fn open(path: &Path, rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        let folder = open_folder(path)?;
        let clone =
            folder.try_clone().map_err(|source| VaultError::Io { action: "open its folder", source })?;
        let file = KeyFile::new(clone, KEY_FILE);
        let key = match file.candidates()?.into_iter().next() {
            Some(key) => key,
            None => file.create(&*rng)?,
        };
        Ok(Self { folder, key, rng })
    }

    fn tenant_folder(&self, tenant: &TenantId) -> Result<Option<OwnedFd>, VaultError> {
        match files::open_folder(self.folder.as_fd(), FOLDER)? {
            Some(parent) => files::open_folder(parent.as_fd(), tenant.as_str()),
            None => Ok(None),
        }
    }

    /// What is kept in a slot. What does not open is not kept.
    pub(super) fn get(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        slot: Slot,
    ) -> Result<Option<Kept>, VaultError> {
        let Some(folder) = self.tenant_folder(tenant)? else { return Ok(None) };
        let file = slot.file_name(name);
        let Some(content) = files::read(folder.as_fd(), &file, MAX_LENGTH)? else { return Ok(None) };
        let sealed = content.strip_prefix(FORMAT.as_slice()).ok_or(VaultError::Damaged)?;
        let opened = self.key.sealing_key().open(&context(tenant, &file), sealed);
        let opened = Zeroizing::new(opened.map_err(|_| VaultError::Damaged)?);
        let (at, rest) = opened.split_first_chunk::<8>().ok_or(VaultError::Damaged)?;
        let (version, value) = rest.split_first_chunk::<4>().ok_or(VaultError::Damaged)?;
        let version = Version(u32::from_be_bytes(*version));
        let secret = StoredSecret { version, value: SecretSlice::from(value.to_vec()) };
        Ok(Some(Kept { secret, confirmed_at: i64::from_be_bytes(*at) }))
    }

    /// Keeps what the store said at `now`.
    pub(super) fn put(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        slot: Slot,
        secret: &StoredSecret,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let parent = files::make_folder(self.folder.as_fd(), FOLDER)?;
        let folder = files::make_folder(parent.as_fd(), tenant.as_str())?;
        let file = slot.file_name(name);
        let value = secret.value.expose_secret();
        let mut plain = Zeroizing::new(Vec::with_capacity(HEAD_LENGTH + value.len()));
        plain.extend_from_slice(&now.as_second().to_be_bytes());
        plain.extend_from_slice(&secret.version.0.to_be_bytes());
        plain.extend_from_slice(value);
        let sealed = self.key.sealing_key().seal(&*self.rng, &context(tenant, &file), &plain);
        let content = [FORMAT.as_slice(), &sealed].concat();
        files::replace(folder.as_fd(), &file, nonce(&*self.rng), &content)
    }

    /// Keeps a slot no more.
    pub(super) fn forget(&self, tenant: &TenantId, name: &SecretName, slot: Slot) -> Result<(), VaultError> {
        let file = slot.file_name(name);
        self.shred(tenant, |other| other == file)
    }

    /// Keeps nothing of a tenant any more, or nothing of this name.
    pub(super) fn forget_all(&self, tenant: &TenantId, name: Option<&SecretName>) -> Result<(), VaultError> {
        let prefix = name.map(|name| format!("{name}."));
        self.shred(tenant, |file| prefix.as_ref().is_none_or(|prefix| file.starts_with(prefix)))
    }

    fn shred(&self, tenant: &TenantId, choose: impl Fn(&str) -> bool) -> Result<(), VaultError> {
        let Some(folder) = self.tenant_folder(tenant)? else { return Ok(()) };
        for file in files::names(folder.as_fd())?.iter().filter(|file| choose(file)) {
            files::shred(folder.as_fd(), file)?;
        }
        files::sync(folder.as_fd())?;
        match files::open_folder(self.folder.as_fd(), FOLDER)? {
            Some(parent) => files::remove_folder(parent.as_fd(), tenant.as_str()),
            None => Ok(()),
        }
    }

    /// Everything that is kept, in order.
    pub(super) fn list(&self) -> Result<Vec<(TenantId, SecretName, Slot)>, VaultError> {
        let mut all = Vec::new();
        let Some(parent) = files::open_folder(self.folder.as_fd(), FOLDER)? else { return Ok(all) };
        for tenant in files::names(parent.as_fd())? {
            let Ok(id) = tenant.parse::<TenantId>() else { continue };
            let Some(folder) = files::open_folder(parent.as_fd(), &tenant)? else { continue };
            let files = files::names(folder.as_fd())?;
            let slots = files.iter().filter_map(|file| Slot::parse(file));
            all.extend(slots.map(|(name, slot)| (id.clone(), name, slot)));
        }
        all.sort();
        Ok(all)
    }
}

fn context(tenant: &TenantId, file: &str) -> Vec<u8> {
    format!("kiavi-vault-cache/1\0{tenant}\0{file}").into_bytes()
}
