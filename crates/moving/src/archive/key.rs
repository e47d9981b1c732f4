//! The tenant's own key to its archives.
//!
//! It is in the vault beside the tenant's secret and is destroyed with it, so that nobody opens the archives of a tenant
//! that was destroyed. It is not made of the secret: that is rotated, and archives outlive a rotation. It is symmetric, so
//! that what is recorded today is opened by no later machine that computes discrete logarithms.

use kiavi_base::{Rng, TenantId, random_bytes};
use kiavi_crypto::{
    SealingKey, Zeroizing,
    age::{AgeError, FileKey, Header, Stanza},
};

/// The kind of recipient (age.md asks for a domain in front of kinds that are nobody else's).
const KIND: &str = "kiavi.dev/tenant";

/// A tenant's key to its archives.
pub struct BackupKey(Zeroizing<[u8; 32]>);

impl BackupKey {
    /// A new key.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(Zeroizing::new(random_bytes(rng)))
    }

    /// The key as the vault has it; `None` when that is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Its bytes, for the vault.
    pub fn expose(&self) -> &[u8] {
        &*self.0
    }

    fn sealing(&self) -> SealingKey {
        SealingKey::new(&self.0)
    }
}

/// The file key, for the tenant; `version` is the vault's number of `key`.
pub fn wrap_for_tenant(
    key: &BackupKey,
    tenant: &TenantId,
    version: u32,
    file_key: &FileKey,
    rng: &dyn Rng,
) -> Stanza {
    let arguments = vec![KIND.to_owned(), tenant.to_string(), version.to_string()];
    let body = key.sealing().seal(rng, context(&arguments).as_bytes(), file_key.expose());
    Stanza { arguments, body }
}

/// The tenant that a file is for, and the version of its key.
pub fn tenant_of(header: &Header) -> Option<(TenantId, u32)> {
    header.stanzas.iter().find_map(|stanza| match &stanza.arguments[..] {
        [kind, tenant, version] if kind == KIND => Some((tenant.parse().ok()?, version.parse().ok()?)),
        _ => None,
    })
}

/// The file key of a header that is for the tenant of this key.
///
/// # Errors
/// [`AgeError::NotForThisKey`], or [`AgeError::Header`] when the header was changed.
pub fn unwrap_for_tenant(key: &BackupKey, header: &Header) -> Result<FileKey, AgeError> {
    let ours = header.stanzas.iter().filter(|stanza| stanza.arguments[0] == KIND);
    let opened = ours.map(|stanza| {
        let opened = key.sealing().open(context(&stanza.arguments).as_bytes(), &stanza.body);
        FileKey::from_bytes(&Zeroizing::new(opened.map_err(|_| AgeError::NotForThisKey)?))
    });
    let file_key = opened.flatten().next().ok_or(AgeError::NotForThisKey)?;
    header.check(&file_key)?;
    Ok(file_key)
}

fn context(arguments: &[String]) -> String {
    format!("kiavi/1 archive {}", arguments.join(" "))
}
