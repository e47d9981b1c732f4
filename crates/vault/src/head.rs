//! The head of a vault in a folder: its format, which master key it has, and which one takes over.
//!
//! While one key takes over from another, the head has each of the two sealed by the other, so that either opens the
//! vault and finishes what was begun. A proof by each key covers every byte of the head.

use std::os::fd::BorrowedFd;

use kiavi_base::{Rng, random_bytes};
use kiavi_crypto::{PassphraseCost, constant_time_eq};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::{
    KeyId, MasterKey, VaultError,
    files::{self, Written},
    hex,
};

/// The head's name in the vault's folder.
const FILE: &str = "head.json";

/// The longest head, in bytes.
const MAX_LENGTH: usize = 4096;

/// The format that this program writes.
pub(crate) const FORMAT: u8 = 2;

/// How a key is made of a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passphrase {
    /// Random, so that one table of guesses is of use for one vault only.
    #[serde(with = "hex")]
    pub salt: [u8; 16],
    /// What one guess costs (Argon2id).
    pub cost: PassphraseCost,
}

impl Passphrase {
    /// With a new salt.
    pub fn random(rng: &dyn Rng) -> Self {
        Self { salt: random_bytes(rng), cost: PassphraseCost::RECOMMENDED }
    }
}

/// What is said of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFacts {
    pub(crate) id: KeyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passphrase: Option<Passphrase>,
}

impl KeyFacts {
    fn of(key: &MasterKey) -> Self {
        Self { id: key.id(), passphrase: key.passphrase().copied() }
    }
}

/// Another key is taking over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Successor {
    pub(crate) key: KeyFacts,
    /// The new key, sealed by the old one.
    #[serde(with = "hex")]
    new_by_old: Vec<u8>,
    /// The old key, sealed by the new one.
    #[serde(with = "hex")]
    old_by_new: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    format: u8,
    pub(crate) key: KeyFacts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) successor: Option<Successor>,
    /// By the key and, while there is a successor, by that.
    proofs: Vec<Proof>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Proof(#[serde(with = "hex")] [u8; 32]);

/// The keys that a vault has now.
pub(crate) enum Keys {
    /// The one.
    One(MasterKey),
    /// The one that is there and the one that takes over.
    Changing { old: MasterKey, new: MasterKey },
}

impl Head {
    /// The head of a vault with this key.
    pub(crate) fn new(key: &MasterKey) -> Self {
        Self { format: FORMAT, key: KeyFacts::of(key), successor: None, proofs: Vec::new() }.proved(&[key])
    }

    /// The head of a vault of which `new` takes over from `old`.
    pub(crate) fn changing(old: &MasterKey, new: &MasterKey, rng: &dyn Rng) -> Self {
        let successor = Successor {
            key: KeyFacts::of(new),
            new_by_old: old.sealing_key().seal(rng, &context("new", old, new.id()), new.expose()),
            old_by_new: new.sealing_key().seal(rng, &context("old", new, old.id()), old.expose()),
        };
        let head = Self { successor: Some(successor), ..Self::new(old) };
        head.proved(&[old, new])
    }

    fn proved(mut self, keys: &[&MasterKey]) -> Self {
        self.proofs.clear();
        let text = self.to_bytes();
        self.proofs = keys.iter().map(|key| Proof(key.proof(&text))).collect();
        self
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a head. There is one way to write each, which is the only one that is read.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        #[derive(Deserialize)]
        struct Format {
            format: u64,
        }
        let Format { format } = serde_json::from_slice(bytes).map_err(|_| VaultError::HeadDamaged)?;
        if format != u64::from(FORMAT) {
            return Err(VaultError::UnknownFormat);
        }
        let head: Self = serde_json::from_slice(bytes).map_err(|_| VaultError::HeadDamaged)?;
        let has_its_proofs = head.proofs.len() == 1 + usize::from(head.successor.is_some());
        if has_its_proofs && head.to_bytes() == bytes { Ok(head) } else { Err(VaultError::HeadDamaged) }
    }

    /// The head of the vault in `folder`; `None` when it has none yet.
    pub(crate) fn load(folder: BorrowedFd<'_>) -> Result<Option<Self>, VaultError> {
        match files::read(folder, FILE, MAX_LENGTH) {
            Ok(bytes) => bytes.as_deref().map(Self::parse).transpose(),
            Err(VaultError::Damaged) => Err(VaultError::HeadDamaged),
            Err(error) => Err(error),
        }
    }

    /// Writes the head of a vault that has none.
    pub(crate) fn create(&self, folder: BorrowedFd<'_>, rng: &dyn Rng) -> Result<Written, VaultError> {
        files::write_new(folder, FILE, nonce(rng), &self.to_bytes())
    }

    /// Writes the head in place of the one that is there.
    pub(crate) fn replace(&self, folder: BorrowedFd<'_>, rng: &dyn Rng) -> Result<(), VaultError> {
        files::replace(folder, FILE, nonce(rng), &self.to_bytes())?;
        files::sync(folder)
    }

    /// The vault's keys, by whichever of the candidates is one of them.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] when none is; [`VaultError::HeadDamaged`] when the head is not what that key's
    /// owner wrote.
    pub(crate) fn unlock(&self, candidates: Vec<MasterKey>) -> Result<Keys, VaultError> {
        let is_of = |id: KeyId| move |key: &MasterKey| key.id() == id;
        let known = candidates.into_iter().find(|key| {
            is_of(self.key.id)(key) || self.successor.as_ref().is_some_and(|next| is_of(next.key.id)(key))
        });
        let key = known.ok_or(VaultError::WrongMasterKey)?;
        self.check(&key)?;
        let Some(successor) = &self.successor else {
            return Ok(Keys::One(key.derived_as(self.key.passphrase)));
        };
        let (sealed, part, other) = match key.id() == self.key.id {
            true => (&successor.new_by_old, "new", &successor.key),
            false => (&successor.old_by_new, "old", &self.key),
        };
        let opened = key.sealing_key().open(&context(part, &key, other.id), sealed);
        let opened = Zeroizing::new(opened.map_err(|_| VaultError::HeadDamaged)?);
        let bytes = opened.as_slice().try_into().map_err(|_| VaultError::HeadDamaged)?;
        let other = MasterKey::from_bytes(bytes).derived_as(other.passphrase);
        self.check(&other)?;
        Ok(if part == "new" {
            Keys::Changing { old: key.derived_as(self.key.passphrase), new: other }
        } else {
            Keys::Changing { old: other, new: key.derived_as(successor.key.passphrase) }
        })
    }

    /// Whether the holder of `key` wrote this head.
    fn check(&self, key: &MasterKey) -> Result<(), VaultError> {
        let index = usize::from(key.id() != self.key.id);
        let text = Self { proofs: Vec::new(), ..self.clone() }.to_bytes();
        let proof = self.proofs.get(index).ok_or(VaultError::HeadDamaged)?;
        if constant_time_eq(&proof.0, &key.proof(&text)) { Ok(()) } else { Err(VaultError::HeadDamaged) }
    }
}

fn context(part: &str, by: &MasterKey, of: KeyId) -> Vec<u8> {
    format!("kiavi-vault/2\0{part}\0{}\0{of}", by.id()).into_bytes()
}

/// Keeps the unfinished files of two writers apart.
pub(crate) fn nonce(rng: &dyn Rng) -> u64 {
    u64::from_ne_bytes(random_bytes(rng))
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::from_bytes(&[byte; 32])
    }

    fn derived() -> MasterKey {
        let cost = PassphraseCost { memory_kib: 8192, passes: 1, lanes: 1 };
        let passphrase = Passphrase { salt: [7; 16], cost };
        MasterKey::from_passphrase(b"correct horse", passphrase).unwrap()
    }

    #[test]
    fn either_key_opens_a_head_that_changes() {
        let head = Head::changing(&key(1), &derived(), &SeededRng::new(1));
        let head = Head::parse(&head.to_bytes()).unwrap();
        for candidate in [key(1), derived()] {
            let Ok(Keys::Changing { old, new }) = head.unlock(vec![key(3), candidate]) else { panic!() };
            assert_eq!((old.expose(), new.expose()), (key(1).expose(), derived().expose()));
            assert_eq!((old.passphrase(), new.passphrase()), (None, derived().passphrase()));
        }
        assert!(matches!(head.unlock(vec![key(3)]), Err(VaultError::WrongMasterKey)));
        assert!(matches!(Head::new(&key(1)).unlock(vec![derived()]), Err(VaultError::WrongMasterKey)));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let known = derived();
        let again = || MasterKey::from_bytes(known.expose()).derived_as(known.passphrase().copied());
        for head in [Head::new(&known), Head::changing(&known, &key(2), &SeededRng::new(1))] {
            let bytes = head.to_bytes();
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let opened = Head::parse(&changed).and_then(|head| head.unlock(vec![again()]));
                assert!(opened.is_err(), "{bit}: {}", String::from_utf8_lossy(&changed));
            }
        }
    }

    #[test]
    fn a_later_format_is_said_to_be_one() {
        assert!(matches!(Head::parse(br#"{"format":3,"new":true}"#), Err(VaultError::UnknownFormat)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut: prop::sample::Index) {
            let _ = Head::parse(&bytes);
            let whole = Head::new(&key(1)).to_bytes();
            let cut = &whole[..cut.index(whole.len())];
            prop_assert!(Head::parse(cut).is_err());
            prop_assert!(Head::parse(&[&whole, &bytes[..]].concat()).is_err() || bytes.is_empty());
        }
    }
}
