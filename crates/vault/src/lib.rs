//! Where secrets live.
//!
//! A [`Vault`] keeps named, versioned secrets for each tenant. The default driver, [`SealedFiles`], keeps them
//! in a folder, every version encrypted with a key of its own that is in turn sealed by one [`MasterKey`].
//! [`Scaleway`] keeps them in Scaleway's Secret Manager, with [`Cached`] around it for the time when that is down.
//! No value and no key ever appears in an error, a log line or a `Debug` text. Which driver an instance has is in its
//! [`VaultConfig`].

mod cached;
mod config;
mod envelope;
mod error;
mod files;
mod head;
mod hex;
mod key_file;
mod master;
mod name;
mod opening;
mod scaleway;
mod sealed_files;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kiavi_base::{SecretSlice, TenantId};

pub use cached::{Cached, MAX_CACHE_AGE};
pub use config::{
    InvalidVaultConfig, KeySource, MasterKeySource, PassphraseSource, ScalewayConfig, SealedFilesConfig,
    VaultConfig,
};
pub use error::{Unavailable, VaultError};
pub use head::Passphrase;
pub use key_file::KeyFile;
pub use master::{KeyId, MasterKey};
pub use name::{InvalidSecretName, SecretName};
pub use opening::{Opened, Opening};
pub use scaleway::{Account, Region, Scaleway};
pub use sealed_files::{Inspection, Rotated, Rotation, SealedFiles, check_key, inspect, passphrases};

/// Longest secret a vault takes, in bytes. The limit of the managed services that other drivers use.
pub const MAX_SECRET_LENGTH: usize = 64 * 1024;

/// Counts the values that a name has had, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u32);

/// One version of a secret, in clear. The value is wiped when it is dropped.
#[derive(Debug)]
pub struct StoredSecret {
    /// Which of the name's values this is.
    pub version: Version,
    /// The value.
    pub value: SecretSlice<u8>,
}

/// One version of a secret, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionEntry {
    /// Which.
    pub version: Version,
    /// Whether it is given out.
    pub is_enabled: bool,
}

/// How a vault is.
#[derive(Debug)]
pub struct Health {
    /// The driver, as the configuration names it.
    pub driver: &'static str,
    /// Why it cannot give out secrets now.
    pub fault: Option<VaultError>,
    /// Since when the store has not answered.
    pub unavailable_since: Option<Timestamp>,
    /// How long secrets are given out from the cache while the store does not answer; `None` without a cache.
    pub cache_age: Option<Duration>,
}

/// What a vault's calls return.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, VaultError>>;

/// A keeper of secrets. Futures, because some drivers are services on a network. Of each error,
/// [`VaultError::is_temporary`] says whether the same call may succeed later by itself.
pub trait Vault: Send + Sync + 'static {
    /// Stores a new version, enabled, and returns its number. Once this returns, the value survives a power cut.
    fn put<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        value: &'a SecretSlice<u8>,
    ) -> Answer<'a, Version>;

    /// The newest version that is enabled, or `None` when the name has none.
    fn get<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<StoredSecret>>;

    /// One version, or `None` when it never was, is disabled or is destroyed.
    fn get_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, Option<StoredSecret>>;

    /// The versions that a name has, oldest first, disabled ones among them.
    fn versions<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Vec<VersionEntry>>;

    /// Has a version given out no more, or again. Doing it twice does nothing.
    ///
    /// # Errors
    /// [`VaultError::NoSuchVersion`] when it never was or is destroyed.
    fn set_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Answer<'a, ()>;

    /// Destroys one version for good; its number is not used again. Destroying what is not there succeeds.
    fn destroy_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, ()>;

    /// Destroys every version of a name. Destroying what is not there succeeds.
    fn destroy<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, ()>;

    /// The newest enabled version as it lies here, sealed by the master key, for an archive; `None` where there is none, or
    /// the store is not on this machine.
    fn sealed<'a>(&'a self, _tenant: &'a TenantId, _name: &'a SecretName) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async { Ok(None) })
    }

    /// Takes what [`Vault::sealed`] gave, under the same tenant and name and the same master key, as a new version.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is another key's, or was changed.
    fn take_sealed<'a>(
        &'a self,
        _tenant: &'a TenantId,
        _name: &'a SecretName,
        _sealed: &'a [u8],
    ) -> Answer<'a, ()> {
        Box::pin(async { Err(VaultError::Damaged) })
    }

    /// Makes sure that [`Vault::take_sealed`] would take this, and stores nothing.
    ///
    /// # Errors
    /// As [`Vault::take_sealed`].
    fn check_sealed<'a>(
        &'a self,
        _tenant: &'a TenantId,
        _name: &'a SecretName,
        _sealed: &'a [u8],
    ) -> Answer<'a, ()> {
        Box::pin(async { Err(VaultError::Damaged) })
    }

    /// Destroys every version of a name before its newest.
    fn destroy_earlier<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, ()> {
        Box::pin(async move {
            let versions = self.versions(tenant, name).await?;
            let Some((_, earlier)) = versions.split_last() else { return Ok(()) };
            for entry in earlier {
                self.destroy_version(tenant, name, entry.version).await?;
            }
            Ok(())
        })
    }

    /// Destroys all that a tenant has here.
    fn destroy_tenant<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, ()>;

    /// The names of a tenant's secrets, in order.
    fn names<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, Vec<SecretName>>;

    /// The tenants that have a secret here, in order: what a search for orphans compares with.
    fn tenants(&self) -> Answer<'_, Vec<TenantId>>;

    /// Which master key it has, if it has one of its own.
    fn master_key(&self) -> Option<KeyId> {
        None
    }

    /// Whether secrets can be had now. Asks the store.
    fn health(&self) -> BoxFuture<'_, Health>;
}
