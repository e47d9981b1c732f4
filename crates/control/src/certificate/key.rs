//! The keys of certificates in the vault, each under its name's hash: hostnames are longer than names of secrets.

use kiavi_base::{ExposeSecret, Hostname, SecretSlice, TenantId};
use kiavi_crypto::Zeroizing;
use kiavi_crypto::sha256;
use kiavi_vault::{SecretName, Vault, VaultError, Version};

use super::leaf::hex;

/// What the name of such a secret begins with.
const PREFIX: &str = "certificate-";

/// Bytes of the hash that are in a name.
const LENGTH: usize = 20;

/// What the key of the certificate of this name is called.
pub(crate) fn secret_name(hostname: &Hostname) -> SecretName {
    let hash = hex(&sha256(hostname.as_str().as_bytes())[..LENGTH]);
    format!("{PREFIX}{hash}").parse().unwrap_or_else(|_| unreachable!("a prefix and digits are a name"))
}

/// Keeps a key; the version that it is.
pub(super) async fn put(
    vault: &dyn Vault,
    owner: &TenantId,
    hostname: &Hostname,
    key: &Zeroizing<Vec<u8>>,
) -> Result<u32, VaultError> {
    let value = SecretSlice::from(key.to_vec());
    Ok(vault.put(owner, &secret_name(hostname), &value).await?.0)
}

/// The key of this version; `None` when it is destroyed.
pub(crate) async fn get(
    vault: &dyn Vault,
    owner: &TenantId,
    hostname: &Hostname,
    version: u32,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let stored = vault.get_version(owner, &secret_name(hostname), Version(version)).await?;
    Ok(stored.map(|stored| Zeroizing::new(stored.value.expose_secret().to_vec())))
}

/// Destroys the keys of certificates before the newest one.
pub(super) async fn destroy_earlier(
    vault: &dyn Vault,
    owner: &TenantId,
    hostname: &Hostname,
) -> Result<(), VaultError> {
    vault.destroy_earlier(owner, &secret_name(hostname)).await
}

/// Destroys all keys of a name.
pub(super) async fn destroy(
    vault: &dyn Vault,
    owner: &TenantId,
    hostname: &Hostname,
) -> Result<(), VaultError> {
    vault.destroy(owner, &secret_name(hostname)).await
}
