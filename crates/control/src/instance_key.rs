//! Keys of the instance itself, in the vault: each for one purpose, made when it is first needed.

use kiavi_base::{SecretSlice, random_bytes};
use kiavi_vault::SecretName;

use crate::{Control, error::StepError, log};

/// The key of this name, 32 random bytes, made where there is none.
///
/// # Errors
/// When the vault fails.
pub(crate) async fn of(control: &Control, name: &str) -> Result<SecretSlice<u8>, StepError> {
    let (parts, instance) = (control.parts(), log::instance()?);
    let name: SecretName = name.parse().map_err(|_| StepError::SecretMissing)?;
    if let Some(stored) = parts.vault.get(&instance, &name).await? {
        return Ok(stored.value);
    }
    let made = SecretSlice::from(random_bytes::<32>(&*parts.rng).to_vec());
    parts.vault.put(&instance, &name, &made).await?;
    // What another call has put first is what counts from then on; of two, that is the later one for both.
    let stored = parts.vault.get(&instance, &name).await?;
    stored.map(|stored| stored.value).ok_or(StepError::SecretMissing)
}
