//! What has to be known before a secret is changed.

use kiavi_db::{DbError, Sql};

use crate::{Control, ControlError, Tenant, address::passkeys, provision::secret_version};

pub(crate) const SECRET_ROTATED_AT: Sql =
    Sql::new("SECRET_ROTATED_AT", "SELECT secret_rotated_at FROM tenant WHERE id = $1");

/// The version in the vault that a change is to be made to.
pub(crate) async fn version(control: &Control, tenant: &Tenant) -> Result<u32, ControlError> {
    secret_version(control, tenant).await.map_err(ControlError::of_step)
}

/// Refuses to end earlier secrets while there is something that cannot do without: a passkey names its user by a handle
/// that was made under the secret of its time, and keeps it for good.
///
/// # Errors
/// [`ControlError::SecretInUse`].
pub(crate) async fn check_retirement(control: &Control, tenant: &Tenant) -> Result<(), ControlError> {
    let row = control.parts().database.query_one(&SECRET_ROTATED_AT, &[&tenant.id.as_str()]).await?;
    // A secret that was never rotated here may have come with earlier texts: then nothing tells which passkeys are whose.
    let rotated_at = row.try_get(0).map_err(DbError::from)?;
    match passkeys(control, tenant, rotated_at).await? {
        0 => Ok(()),
        passkeys => Err(ControlError::SecretInUse { passkeys }),
    }
}
