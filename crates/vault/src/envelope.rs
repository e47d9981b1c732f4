//! How one version of a secret is encrypted.
//!
//! Two parts that are kept apart: the *lock*, a fresh 256-bit data key sealed by the master key, and the
//! *value*, the secret sealed by the data key. Without its lock a value is noise, so destroying the few bytes
//! of the lock destroys the secret, in copies of the values too. Both parts are bound to tenant, name and
//! version: a file moved to another place does not open there. A lock says which master key it is for, so another
//! one takes over lock by lock, and values stay as they are. `docs/vault.md` has every byte.

use kiavi_base::{Rng, SecretSlice, TenantId};
use kiavi_crypto::SealingKey;
use secrecy::zeroize::Zeroizing;

use crate::{KeyId, MasterKey, SecretName, VaultError, Version};

/// Written first in values, and in locks that do not say whose they are, which earlier versions wrote.
const FORMAT_1: &[u8; 4] = b"KVS1";

/// Written first in locks; the id of the master key follows.
const FORMAT_2: &[u8; 4] = b"KVS2";

/// Bytes that nonce and tag add to a sealed text.
const SEALING: usize = 12 + 16;

/// Bytes that a value file has beside the value.
pub(crate) const VALUE_OVERHEAD: usize = FORMAT_1.len() + SEALING;

/// The longest lock file, in bytes.
pub(crate) const MAX_LOCK_LENGTH: usize = FORMAT_2.len() + 8 + 32 + SEALING;

/// Where a secret belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) name: &'a SecretName,
    pub(crate) version: Version,
}

impl Place<'_> {
    /// The associated data of one part: every field is separated by a byte that none of them can contain.
    fn context(&self, format: u8, part: &str) -> Vec<u8> {
        let Self { tenant, name, version } = self;
        format!("kiavi-vault/{format}\0{part}\0{tenant}\0{name}\0{}", version.0).into_bytes()
    }

    fn value_context(&self) -> Vec<u8> {
        self.context(1, "value")
    }

    fn lock_context(&self, key: KeyId) -> Vec<u8> {
        self.context(2, &format!("lock\0{key}"))
    }
}

/// The two files of one version.
pub(crate) struct Envelope {
    pub(crate) lock: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// What one version's value is sealed with.
pub(crate) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Opens a lock.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not this key's, not of this place, or was changed.
    pub(crate) fn unlock(master: &MasterKey, place: &Place<'_>, lock: &[u8]) -> Result<Self, VaultError> {
        let (context, sealed) = match Lock::parse(lock)? {
            Lock::OfKey(id, sealed) => (place.lock_context(id), sealed),
            Lock::Unnamed(sealed) => (place.context(1, "lock"), sealed),
        };
        let opened = master.sealing_key().open(&context, sealed).map_err(|_| VaultError::Damaged)?;
        let opened = Zeroizing::new(opened);
        Ok(Self(Zeroizing::new(opened.as_slice().try_into().map_err(|_| VaultError::Damaged)?)))
    }

    /// The content of a lock file for `master`.
    pub(crate) fn lock(&self, master: &MasterKey, rng: &dyn Rng, place: &Place<'_>) -> Vec<u8> {
        let id = master.id();
        let sealed = master.sealing_key().seal(rng, &place.lock_context(id), self.0.as_ref());
        [FORMAT_2.as_slice(), &id.0, &sealed].concat()
    }
}

/// A lock file's content, taken apart.
enum Lock<'a> {
    OfKey(KeyId, &'a [u8]),
    Unnamed(&'a [u8]),
}

impl<'a> Lock<'a> {
    fn parse(file: &'a [u8]) -> Result<Self, VaultError> {
        if let Some(rest) = file.strip_prefix(FORMAT_2.as_slice()) {
            let (id, sealed) = rest.split_first_chunk::<8>().ok_or(VaultError::Damaged)?;
            return Ok(Self::OfKey(KeyId(*id), sealed));
        }
        file.strip_prefix(FORMAT_1.as_slice()).map(Self::Unnamed).ok_or(VaultError::Damaged)
    }
}

/// Whether a lock file says that it is for this key.
pub(crate) fn is_locked_by(key: KeyId, lock: &[u8]) -> bool {
    matches!(Lock::parse(lock), Ok(Lock::OfKey(id, _)) if id == key)
}

/// Encrypts `secret` for `place`.
pub(crate) fn seal(master: &MasterKey, rng: &dyn Rng, place: &Place<'_>, secret: &[u8]) -> Envelope {
    let mut data_key = DataKey(Zeroizing::new([0; 32]));
    rng.fill(data_key.0.as_mut());
    let lock = data_key.lock(master, rng, place);
    let value = SealingKey::new(&data_key.0).seal(rng, &place.value_context(), secret);
    Envelope { lock, value: [FORMAT_1.as_slice(), &value].concat() }
}

/// Decrypts what [`seal`] made for the same place.
pub(crate) fn open(
    master: &MasterKey,
    place: &Place<'_>,
    lock: &[u8],
    value: &[u8],
) -> Result<SecretSlice<u8>, VaultError> {
    let data_key = DataKey::unlock(master, place, lock)?;
    let sealed = value.strip_prefix(FORMAT_1.as_slice()).ok_or(VaultError::Damaged)?;
    let opened = SealingKey::new(&data_key.0).open(&place.value_context(), sealed);
    let opened = Zeroizing::new(opened.map_err(|_| VaultError::Damaged)?);
    // A copy of exactly its length: making a slice of a longer buffer would leave the buffer behind.
    Ok(SecretSlice::from(opened.to_vec()))
}

/// As earlier versions wrote locks.
#[cfg(test)]
pub(crate) fn lock_of_format_1(master: &MasterKey, rng: &dyn Rng, place: &Place<'_>, lock: &[u8]) -> Vec<u8> {
    let data_key = DataKey::unlock(master, place, lock).unwrap();
    let sealed = master.sealing_key().seal(rng, &place.context(1, "lock"), data_key.0.as_ref());
    [FORMAT_1.as_slice(), &sealed].concat()
}

#[cfg(test)]
mod tests {
    use kiavi_base::{ExposeSecret, SeededRng};
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let rng = SeededRng::new(4);
        let master = MasterKey::from_bytes(&[9; 32]);
        let (tenant, name) = (TenantId::random(&rng), name("secret"));
        let place = Place { tenant: &tenant, name: &name, version: Version(1) };
        let Envelope { lock, value } = seal(&master, &rng, &place, b"correct horse battery staple");
        let unnamed = lock_of_format_1(&master, &rng, &place, &lock);
        assert!(open(&master, &place, &unnamed, &value).is_ok(), "what earlier versions wrote opens");
        for (lock, value) in [(&lock, &value), (&unnamed, &value)] {
            for bit in 0..(lock.len() + value.len()) * 8 {
                let (mut lock, mut value) = (lock.clone(), value.clone());
                match lock.get_mut(bit / 8) {
                    Some(byte) => *byte ^= 1 << (bit % 8),
                    None => value[bit / 8 - lock.len()] ^= 1 << (bit % 8),
                }
                assert!(matches!(open(&master, &place, &lock, &value), Err(VaultError::Damaged)), "{bit}");
            }
        }
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
        fn a_cut_is_noticed(at: prop::sample::Index, in_lock: bool) {
            let rng = SeededRng::new(4);
            let master = MasterKey::from_bytes(&[9; 32]);
            let (tenant, name) = (TenantId::random(&rng), name("secret"));
            let place = Place { tenant: &tenant, name: &name, version: Version(1) };
            let Envelope { mut lock, mut value } = seal(&master, &rng, &place, b"correct horse");
            let part = if in_lock { &mut lock } else { &mut value };
            part.truncate(at.index(part.len()));
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
