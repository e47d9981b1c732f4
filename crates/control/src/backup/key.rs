//! The tenant's key to its archives, in the vault; and the instance's, which is kept as if it were a tenant's.

use kiavi_base::{ExposeSecret, SecretSlice, TenantId};
use kiavi_crypto::age::{AgeError, FileKey, Header};
use kiavi_moving::archive::{BackupKey, tenant_of, unwrap_for_tenant};
use kiavi_vault::{SecretName, StoredSecret, VaultError, Version};

use crate::{Control, instance::SLUG, log, tenant::store};

/// Why an archive's key could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the header is not an archive's")]
    Header(#[from] AgeError),
    #[error("the archive's tenant is not here, or its key is destroyed")]
    Gone,
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    #[error("the database failed")]
    Database(#[from] kiavi_db::DbError),
}

fn name() -> SecretName {
    const NAME: &str = "backup-key";
    NAME.parse().unwrap_or_else(|_| unreachable!("the constant is a name"))
}

fn read(stored: &StoredSecret) -> Option<(BackupKey, u32)> {
    Some((BackupKey::from_bytes(stored.value.expose_secret())?, stored.version.0))
}

/// Whose archive was opened: a tenant's, or the instance's.
pub(crate) struct Owner {
    pub(crate) id: TenantId,
    pub(crate) slug: String,
}

/// The key that new archives of the tenant are for, made when there is none. Two that are made at the same time are two
/// versions, and each archive names its own.
pub(crate) async fn current(control: &Control, tenant: &TenantId) -> Result<(BackupKey, u32), KeyError> {
    let (vault, name) = (&control.parts().vault, name());
    if let Some(stored) = vault.get(tenant, &name).await? {
        return read(&stored).ok_or(KeyError::Gone);
    }
    let key = BackupKey::random(&*control.parts().rng);
    let Version(version) = vault.put(tenant, &name, &SecretSlice::from(key.expose().to_vec())).await?;
    Ok((key, version))
}

/// Whether the tenant has a key to its archives, which can be had.
pub(crate) async fn is_there(control: &Control, tenant: &TenantId) -> Result<bool, KeyError> {
    match control.parts().vault.get(tenant, &name()).await? {
        Some(stored) => read(&stored).map(|_| true).ok_or(KeyError::Gone),
        None => Ok(false),
    }
}

/// The key of the file with this header, and whose it is, if its tenant is here.
pub(crate) async fn file_key(control: &Control, header: &[u8]) -> Result<(Owner, FileKey), KeyError> {
    let (header, _) = Header::read(header)?.ok_or(AgeError::Format)?;
    let (id, version) = tenant_of(&header).ok_or(KeyError::Gone)?;
    let slug = match id.as_str() {
        log::INSTANCE => SLUG.to_owned(),
        id => store::find(&control.parts().database, id).await?.ok_or(KeyError::Gone)?.slug.to_string(),
    };
    let stored = control.parts().vault.get_version(&id, &name(), Version(version)).await?;
    let (key, _) = stored.as_ref().and_then(read).ok_or(KeyError::Gone)?;
    Ok((Owner { id, slug }, unwrap_for_tenant(&key, &header)?))
}
