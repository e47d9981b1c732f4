//! Where secrets live.
//!
//! A [`Vault`] keeps named, versioned secrets for each tenant. The default driver, [`SealedFiles`], keeps them
//! in a folder, every version encrypted with a key of its own that is in turn sealed by one [`MasterKey`].
//! No value and no key ever appears in an error, a log line or a `Debug` text.

mod envelope;
mod error;
mod files;
mod master;
mod name;
mod sealed_files;
#[cfg(test)]
mod tests;

use futures_util::future::BoxFuture;
use kiavi_base::{SecretSlice, TenantId};

pub use error::VaultError;
pub use master::MasterKey;
pub use name::{InvalidSecretName, SecretName};
pub use sealed_files::SealedFiles;

/// Longest secret a vault takes, in bytes. The limit of the managed services that other drivers would use.
pub const MAX_SECRET_LENGTH: usize = 64 * 1024;

/// Counts the values that a name has had, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u32);

/// One version of a secret, in clear.
#[derive(Debug)]
pub struct StoredSecret {
    /// Which of the name's values this is.
    pub version: Version,
    /// The value.
    pub value: SecretSlice<u8>,
}

/// A keeper of secrets. Futures, because other drivers are services on a network.
pub trait Vault: Send + Sync + 'static {
    /// Stores a new version and returns its number. Once this returns, the value survives a power cut.
    fn put<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        value: &'a SecretSlice<u8>,
    ) -> BoxFuture<'a, Result<Version, VaultError>>;

    /// The newest version, or `None` when the name has none.
    fn get<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<StoredSecret>, VaultError>>;

    /// One version, or `None` when it never was or is destroyed.
    fn get_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> BoxFuture<'a, Result<Option<StoredSecret>, VaultError>>;

    /// The versions that a name has, oldest first.
    fn versions<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Vec<Version>, VaultError>>;

    /// Destroys every version of a name. Destroying what is not there succeeds.
    fn destroy<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<(), VaultError>>;

    /// Destroys every version of a name before its newest.
    fn destroy_earlier<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<(), VaultError>>;

    /// Destroys all that a tenant has here.
    fn destroy_tenant<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), VaultError>>;

    /// The tenants that have a secret here, in order: what a search for orphans compares with.
    fn tenants(&self) -> BoxFuture<'_, Result<Vec<TenantId>, VaultError>>;
}
