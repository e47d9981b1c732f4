//! A key from a passphrase (Argon2id, RFC 9106): guessing one costs memory as well as time.

use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

/// What one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassphraseCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes, which whoever guesses may fill at the same time.
    pub lanes: u32,
}

/// Less than a person's passphrase needs, or more than a machine should be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cost of a passphrase is out of bounds")]
pub struct InvalidPassphraseCost;

impl PassphraseCost {
    /// RFC 9106 §4, the second recommended option: for machines that cannot spare 2 GiB.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// The least that is accepted, so that nobody who can write to a file makes guessing cheap.
    const LEAST: Self = Self { memory_kib: 8 * 1024, passes: 1, lanes: 1 };

    /// The most that is accepted, so that nobody who can write to a file stops a start: 1 GiB.
    const MOST: Self = Self { memory_kib: 1024 * 1024, passes: 64, lanes: 64 };

    /// The 256-bit key for `passphrase` and `salt`. Takes about a tenth of a second at the recommended cost.
    ///
    /// # Errors
    /// When the cost is out of bounds.
    pub fn key(
        self,
        passphrase: &[u8],
        salt: &[u8; 16],
    ) -> Result<Zeroizing<[u8; 32]>, InvalidPassphraseCost> {
        let (least, most) = (Self::LEAST, Self::MOST);
        let is_within = (least.memory_kib..=most.memory_kib).contains(&self.memory_kib)
            && (least.passes..=most.passes).contains(&self.passes)
            && (least.lanes..=most.lanes).contains(&self.lanes);
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok().filter(|_| is_within);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.ok_or(InvalidPassphraseCost)?);
        let mut key = Zeroizing::new([0; 32]);
        argon2.hash_password_into(passphrase, salt, key.as_mut()).map_err(|_| InvalidPassphraseCost)?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PassphraseCost = PassphraseCost::LEAST;

    #[test]
    fn a_key_depends_on_passphrase_salt_and_cost() {
        let key = |passphrase: &[u8], salt, cost: PassphraseCost| cost.key(passphrase, &[salt; 16]).unwrap();
        let one = key(b"correct horse", 1, CHEAP);
        assert_eq!(one, key(b"correct horse", 1, CHEAP));
        assert_ne!(one, key(b"correct horsf", 1, CHEAP));
        assert_ne!(one, key(b"correct horse", 2, CHEAP));
        assert_ne!(one, key(b"correct horse", 1, PassphraseCost { passes: 2, ..CHEAP }));
    }

    #[test]
    fn a_cost_out_of_bounds_is_refused_before_it_is_paid() {
        for cost in [
            PassphraseCost { memory_kib: 8, ..CHEAP },
            PassphraseCost { memory_kib: u32::MAX, ..CHEAP },
            PassphraseCost { passes: 0, ..CHEAP },
            PassphraseCost { passes: u32::MAX, ..CHEAP },
            PassphraseCost { lanes: 0, ..CHEAP },
            PassphraseCost { lanes: 1000, ..CHEAP },
        ] {
            assert_eq!(cost.key(b"a", &[1; 16]).unwrap_err(), InvalidPassphraseCost, "{cost:?}");
        }
    }
}
