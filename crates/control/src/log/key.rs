//! Keys of logs in the vault: 32 bytes that are the seed of an Ed25519 key, and the name that it signs by. The name is kept
//! with it, because it stays what it was when the log began.

use kiavi_base::{ExposeSecret, SecretSlice, TenantId};
use kiavi_crypto::{Ed25519SigningKey, Zeroizing};
use kiavi_vault::SecretName;

use super::Log;
use crate::{Control, error::StepError};

/// The id of the instance itself, where tenants have theirs: in the vault, and as archives are called. No tenant has it: theirs
/// are random.
pub const INSTANCE: &str = "t000000000000000000000000";

/// A private key and its name.
pub(crate) struct Key {
    pub(crate) seed: Zeroizing<[u8; 32]>,
    pub(crate) origin: String,
}

impl Key {
    pub(super) fn log(&self) -> Log {
        let public_key = Ed25519SigningKey::from_seed(&self.seed).public_key();
        Log { origin: self.origin.clone(), public_key }
    }
}

/// The key of a tenant's log, made where there is none.
pub(crate) async fn settle(control: &Control, tenant: &TenantId) -> Result<Key, StepError> {
    let origin = format!("{}/audit/{tenant}", control.parts().domain);
    find_or_make(control, tenant, "log-key", &origin).await
}

/// The key of the instance as a witness, made where there is none.
pub(super) async fn witness(control: &Control) -> Result<Key, StepError> {
    let name = format!("{}/witness", control.parts().domain);
    find_or_make(control, &instance()?, "witness-key", &name).await
}

/// The instance as the vault knows it.
pub(crate) fn instance() -> Result<TenantId, StepError> {
    INSTANCE.parse().map_err(|_| StepError::SecretMissing)
}

async fn find_or_make(
    control: &Control,
    tenant: &TenantId,
    name: &str,
    origin: &str,
) -> Result<Key, StepError> {
    let (parts, name) = (control.parts(), secret_name(name)?);
    if let Some(stored) = parts.vault.get(tenant, &name).await? {
        return read(stored.value.expose_secret());
    }
    let seed = Ed25519SigningKey::random_seed(&*parts.rng);
    let value = [seed.as_slice(), origin.as_bytes()].concat();
    parts.vault.put(tenant, &name, &SecretSlice::from(value)).await?;
    // What another call has put first is what counts from then on; of two, that is the later one for both.
    let stored = parts.vault.get(tenant, &name).await?.ok_or(StepError::SecretMissing)?;
    read(stored.value.expose_secret())
}

fn read(value: &[u8]) -> Result<Key, StepError> {
    let (seed, origin) = value.split_first_chunk::<32>().ok_or(StepError::SecretMissing)?;
    let origin = String::from_utf8(origin.to_vec()).map_err(|_| StepError::SecretMissing)?;
    Ok(Key { seed: Zeroizing::new(*seed), origin })
}

pub(super) fn secret_name(name: &str) -> Result<SecretName, StepError> {
    name.parse().map_err(|_| StepError::SecretMissing)
}
