//! What the record of a domain says.
//!
//! A keyed hash of tenant and domain: it is the same each time that the domain is added, so a record that is there stays
//! good; the record of another tenant, or of another domain, proves nothing; and nobody can know it who was not told. It is
//! no secret: the DNS shows it to everybody.

use kiavi_base::{ExposeSecret, Hostname, TenantId};
use kiavi_crypto::hmac_sha256;

use crate::{Control, ControlError, instance_key};

/// What the instance's key for this and nothing else is called.
const KEY: &str = "domain-key";

/// What every value begins with.
const PREFIX: &str = "kiavi-challenge=";

/// Bytes of the hash that are in a value: nobody guesses 160 bits.
const LENGTH: usize = 20;

/// The longest name of a record, in characters (RFC 1035 §2.3.4, without the bytes of the first and last length).
const MAX_RECORD_NAME: usize = 253;

/// Whether the name of the domain's record would be longer than a name may be.
pub(crate) fn is_too_long(domain: &Hostname) -> bool {
    kiavi_ipc::proof::LABEL.len() + 1 + domain.as_str().len() > MAX_RECORD_NAME
}

/// The value for this tenant and this domain.
///
/// # Errors
/// When the vault, which has the key, fails.
pub(crate) async fn of(
    control: &Control,
    tenant: &TenantId,
    domain: &Hostname,
) -> Result<String, ControlError> {
    let key = instance_key::of(control, KEY).await.map_err(ControlError::of_step)?;
    Ok(value(key.expose_secret(), tenant, domain))
}

fn value(key: &[u8], tenant: &TenantId, domain: &Hostname) -> String {
    // No id and no name has a slash, so no two pairs are one text.
    let hash = hmac_sha256(key, format!("{tenant}/{domain}").as_bytes());
    let digits = hash[..LENGTH].iter().map(|byte| format!("{byte:02x}"));
    std::iter::once(PREFIX.to_owned()).chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_tenants_for_one_domain() {
        let tenant = |letter: &str| format!("t{}", letter.repeat(24)).parse::<TenantId>().unwrap();
        let domain = |name: &str| name.parse::<Hostname>().unwrap();
        let (a, b) = (tenant("a"), tenant("b"));
        let one = value(b"key", &a, &domain("auth.example.com"));
        assert_eq!(one.len(), PREFIX.len() + 2 * LENGTH);
        assert!(one.parse::<kiavi_ipc::proof::ProofText>().is_ok());
        assert_eq!(value(b"key", &a, &domain("auth.example.com")), one);
        for other in [
            value(b"key", &b, &domain("auth.example.com")),
            value(b"key", &a, &domain("www.example.com")),
            value(b"another", &a, &domain("auth.example.com")),
        ] {
            assert_ne!(other, one);
        }
    }
}
