//! How one version of a secret is encrypted.
//!
//! Two parts that are kept apart: the *lock*, a fresh 256-bit data key sealed by the master key, and the
//! *value*, the secret sealed by the data key. Without its lock a value is noise, so destroying the few bytes
//! of the lock destroys the secret, in copies of the values too. Both parts are bound to tenant, name and
//! version: a file moved to another place does not open there.

use kiavi_base::{Rng, SecretSlice, TenantId};
use kiavi_crypto::SealingKey;
use secrecy::zeroize::Zeroizing;

use crate::{MasterKey, SecretName, VaultError, Version};

/// Written first in both files, so that a later format can be told apart.
const FORMAT: &[u8; 4] = b"KVS1";

/// Where a secret belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) name: &'a SecretName,
    pub(crate) version: Version,
}

impl Place<'_> {
    /// The associated data of one part: every field is separated by a byte that none of them can contain.
    fn context(&self, part: &str) -> Vec<u8> {
        format!("kiavi-vault/1\0{part}\0{}\0{}\0{}", self.tenant, self.name, self.version.0).into_bytes()
    }
}

/// The two files of one version.
pub(crate) struct Envelope {
    pub(crate) lock: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Encrypts `secret` for `place`.
pub(crate) fn seal(master: &MasterKey, rng: &dyn Rng, place: &Place<'_>, secret: &[u8]) -> Envelope {
    let mut data_key = Zeroizing::new([0; 32]);
    rng.fill(data_key.as_mut());
    let lock = master.sealing_key().seal(rng, &place.context("lock"), data_key.as_ref());
    let value = SealingKey::new(&data_key).seal(rng, &place.context("value"), secret);
    Envelope { lock: with_format(lock), value: with_format(value) }
}

/// Decrypts what [`seal`] made for the same place.
pub(crate) fn open(
    master: &MasterKey,
    place: &Place<'_>,
    lock: &[u8],
    value: &[u8],
) -> Result<SecretSlice<u8>, VaultError> {
    let unlocked = Zeroizing::new(open_part(master.sealing_key(), &place.context("lock"), lock)?);
    let data_key: Zeroizing<[u8; 32]> =
        Zeroizing::new(unlocked.as_slice().try_into().map_err(|_| VaultError::Damaged)?);
    let secret = open_part(&SealingKey::new(&data_key), &place.context("value"), value)?;
    Ok(SecretSlice::from(secret))
}

fn open_part(key: &SealingKey, context: &[u8], file: &[u8]) -> Result<Vec<u8>, VaultError> {
    let sealed = file.strip_prefix(FORMAT).ok_or(VaultError::Damaged)?;
    key.open(context, sealed).map_err(|_| VaultError::Damaged)
}

fn with_format(sealed: Vec<u8>) -> Vec<u8> {
    [FORMAT.as_slice(), &sealed].concat()
}

#[cfg(test)]
mod tests {
    use kiavi_base::{ExposeSecret, SeededRng};
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_secret_opens_at_its_own_place_only(
            secret in proptest::collection::vec(any::<u8>(), 0..200),
            seed: u64,
            version in 1u32..100,
        ) {
            let rng = SeededRng::new(seed);
            let master = MasterKey::from_bytes(&[9; 32]);
            let (tenant, other) = (TenantId::random(&rng), TenantId::random(&rng));
            let (here, there) = (name("secret"), name("secret2"));
            let place = Place { tenant: &tenant, name: &here, version: Version(version) };
            let Envelope { lock, value } = seal(&master, &rng, &place, &secret);
            let opened = open(&master, &place, &lock, &value).unwrap();
            prop_assert_eq!(opened.expose_secret(), secret.as_slice());

            let elsewhere = [
                Place { tenant: &other, ..place },
                Place { name: &there, ..place },
                Place { version: Version(version + 1), ..place },
            ];
            for wrong in &elsewhere {
                prop_assert!(matches!(open(&master, wrong, &lock, &value), Err(VaultError::Damaged)));
            }
            let stranger = MasterKey::from_bytes(&[8; 32]);
            prop_assert!(matches!(open(&stranger, &place, &lock, &value), Err(VaultError::Damaged)));
            prop_assert!(matches!(open(&master, &place, &value, &lock), Err(VaultError::Damaged)));
        }

        #[test]
        fn one_changed_bit_or_a_cut_is_noticed(at: prop::sample::Index, bit in 0u8..8, in_lock: bool) {
            let rng = SeededRng::new(4);
            let master = MasterKey::from_bytes(&[9; 32]);
            let (tenant, name) = (TenantId::random(&rng), name("secret"));
            let place = Place { tenant: &tenant, name: &name, version: Version(1) };
            let whole = seal(&master, &rng, &place, b"correct horse battery staple");
            let (mut lock, mut value) = (whole.lock.clone(), whole.value.clone());
            let part = if in_lock { &mut lock } else { &mut value };
            let index = at.index(part.len());
            part[index] ^= 1 << bit;
            prop_assert!(matches!(open(&master, &place, &lock, &value), Err(VaultError::Damaged)));

            let (mut lock, mut value) = (whole.lock, whole.value);
            if in_lock { lock.truncate(index) } else { value.truncate(index) }
            prop_assert!(matches!(open(&master, &place, &lock, &value), Err(VaultError::Damaged)));
        }

        #[test]
        fn no_bytes_panic(lock: Vec<u8>, value: Vec<u8>) {
            let rng = SeededRng::new(4);
            let (tenant, name) = (TenantId::random(&rng), name("secret"));
            let place = Place { tenant: &tenant, name: &name, version: Version(1) };
            prop_assert!(open(&MasterKey::from_bytes(&[9; 32]), &place, &lock, &value).is_err());
        }
    }
}
