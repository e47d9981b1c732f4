//! A tenant's secret: made, rotated, and what came before it retired.

use kiavi_base::{Alphabet, ExposeSecret, SecretSlice, SecretString, random_text};
use kiavi_crypto::{SecretVersion, TenantSecret};
use kiavi_db::quote_ident;
use kiavi_vault::{SecretName, StoredSecret};

use super::postgres;
use crate::{
    Control, Tenant,
    error::StepError,
    tenant::{SecretChange, owner_role},
};

/// Symbols of a tenant's secret: 258 bits.
const SECRET_SYMBOLS: usize = 43;

/// What the tenant's secret is called in the vault.
pub(crate) fn secret_name() -> SecretName {
    const NAME: &str = "secret";
    NAME.parse().unwrap_or_else(|_| unreachable!("the constant is a name"))
}

/// The newest version in the vault, to which a change is to be made.
pub(crate) async fn version(control: &Control, tenant: &Tenant) -> Result<u32, StepError> {
    let versions = control.parts().vault.versions(&tenant.id, &secret_name()).await?;
    versions.last().map(|entry| entry.version.0).ok_or(StepError::SecretMissing)
}

/// Makes the secret where there is none, and makes the change that is to be made. One file that appears whole is all of
/// either; its version tells whether that was done before.
pub(super) async fn settle(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let vault = &control.parts().vault;
    let Some(stored) = vault.get(&tenant.id, &secret_name()).await? else {
        return put(control, tenant, new_text(control).into_bytes()).await;
    };
    let Some((change, from)) = tenant.secret_change else { return Ok(()) };
    if stored.version.0 <= from {
        let secret = read(&stored)?;
        let changed = match change {
            SecretChange::Rotate => rotated(&secret, new_text(control))?,
            SecretChange::Retire => {
                rewrap(control, tenant, &secret).await?;
                alone(&secret)?
            }
        };
        put(control, tenant, changed.to_text().as_bytes().to_vec()).await?;
        control.reach("after the secret is changed")?;
    }
    if change == SecretChange::Retire {
        // What was retired is in the versions before.
        vault.destroy_earlier(&tenant.id, &secret_name()).await?;
    }
    Ok(())
}

/// Has the current text wrap what is kept for ever, before the others end.
async fn rewrap(control: &Control, tenant: &Tenant, secret: &TenantSecret) -> Result<(), StepError> {
    if tenant.schema_version == 0 {
        return Ok(());
    }
    let inside = postgres::connect_to(control, tenant.id.as_str()).await?;
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(&tenant.id)))).await?;
    control.parts().schema.rewrap(&inside, secret).await.map_err(StepError::Rewrap)
}

/// The secret as engines are started with it.
pub(crate) async fn current(control: &Control, tenant: &Tenant) -> Result<TenantSecret, StepError> {
    let stored = control.parts().vault.get(&tenant.id, &secret_name()).await?;
    read(&stored.ok_or(StepError::SecretMissing)?)
}

fn read(stored: &StoredSecret) -> Result<TenantSecret, StepError> {
    let text = std::str::from_utf8(stored.value.expose_secret()).map_err(|_| StepError::SecretMissing)?;
    Ok(TenantSecret::from_text(text)?)
}

async fn put(control: &Control, tenant: &Tenant, text: Vec<u8>) -> Result<(), StepError> {
    control.parts().vault.put(&tenant.id, &secret_name(), &SecretSlice::from(text)).await?;
    Ok(())
}

fn new_text(control: &Control) -> String {
    random_text(&*control.parts().rng, Alphabet::UrlSafe, SECRET_SYMBOLS)
}

/// The versions and texts of a secret, the current one first.
fn versions(secret: &TenantSecret) -> impl Iterator<Item = SecretVersion> + '_ {
    secret
        .expose_versions()
        .map(|(version, text)| SecretVersion { version, text: SecretString::from(text.to_owned()) })
}

/// A new text, and all that there were. The first that is put before a text without a version is 2, so that the text may
/// become version 1 where Better Auth takes over.
fn rotated(secret: &TenantSecret, text: String) -> Result<TenantSecret, StepError> {
    let highest = secret.expose_versions().map(|(version, _)| version).max().unwrap_or(1);
    let version = highest.checked_add(1).ok_or(StepError::SecretMissing)?;
    let new = SecretVersion { version, text: SecretString::from(text) };
    let unversioned = secret.expose_unversioned().map(|text| SecretString::from(text.to_owned()));
    TenantSecret::versioned(std::iter::once(new).chain(versions(secret)), unversioned)
        .map_err(|_| StepError::SecretMissing)
}

/// The current text, and nothing before it.
fn alone(secret: &TenantSecret) -> Result<TenantSecret, StepError> {
    let Some(current) = versions(secret).next() else { return Ok(secret.clone()) };
    TenantSecret::versioned([current], None).map_err(|_| StepError::SecretMissing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(secret: &TenantSecret) -> String {
        secret.to_text().as_str().to_owned()
    }

    #[test]
    fn a_rotation_puts_a_version_first_and_a_retirement_leaves_only_that() {
        let first = TenantSecret::from_text("first").unwrap();
        assert_eq!(text(&alone(&first).unwrap()), "first", "there is nothing to retire");
        let second = rotated(&first, "second".into()).unwrap();
        assert_eq!((second.expose_secret(), second.expose_unversioned()), ("second", Some("first")));
        let third = rotated(&second, "third".into()).unwrap();
        let versions: Vec<_> = third.expose_versions().collect();
        assert_eq!(versions, [(3, "third"), (2, "second")]);
        assert_eq!(text(&alone(&third).unwrap()), "3:third");
        let imported = TenantSecret::from_text("3:b,7:a").unwrap();
        assert_eq!(text(&rotated(&imported, "c".into()).unwrap()), "8:c,3:b,7:a", "no number comes twice");
    }
}
