//! The keys that TLS session tickets are sealed with (RFC 5077 §4, RFC 8446 §4.6.1).

use aws_lc_rs::hkdf;
use kiavi_base::{Rng, random_bytes};
use secrecy::zeroize::Zeroizing;

use crate::{Purpose, SealError, SealingKey, TenantSecret};

/// Bytes of a period's number, in front of a ticket: its key's name.
const NAME_LEN: usize = 8;

/// Keys for tickets, one for each period of time, all of one root. Whoever has the root has the same keys, so a ticket
/// outlives the process that made it. No two tenants have the same.
pub struct TicketKeys(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKeys(…)")
    }
}

impl TicketKeys {
    /// How long tickets are sealed with one key, in seconds. They are opened in the period after it as well: a ticket
    /// lives for 12 to 24 hours, of the week that RFC 8446 §4.6.1 allows.
    pub const PERIOD_SECONDS: u32 = 12 * 3600;

    /// Those of a tenant.
    pub fn of(secret: &TenantSecret) -> Self {
        Self(Zeroizing::new(secret.subkey(Purpose::TlsTicket)))
    }

    /// Keys that nobody else has, and that end with this process.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(Zeroizing::new(random_bytes(rng)))
    }

    /// A ticket that holds `session`, made `now` (seconds since 1970).
    pub fn seal(&self, now: u64, rng: &dyn Rng, session: &[u8]) -> Vec<u8> {
        let name = period(now).to_be_bytes();
        let mut ticket = self.key(name).seal(rng, &name, session);
        ticket.splice(0..0, name);
        ticket
    }

    /// What a ticket holds.
    ///
    /// # Errors
    /// When it is not one of these keys', or neither of the present period nor of the one before.
    pub fn open(&self, now: u64, ticket: &[u8]) -> Result<Vec<u8>, SealError> {
        let (name, sealed) = ticket.split_first_chunk::<NAME_LEN>().ok_or(SealError)?;
        let (made, present) = (u64::from_be_bytes(*name), period(now));
        if made > present || present - made > 1 {
            return Err(SealError);
        }
        self.key(*name).open(name, sealed)
    }

    /// The key of one period (HKDF-SHA256, RFC 5869 §2.3: the root is uniformly random already).
    #[allow(clippy::expect_used, reason = "32 bytes is below HKDF's limit of 255 × 32")]
    fn key(&self, name: [u8; NAME_LEN]) -> SealingKey {
        let root = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &self.0[..]);
        let info = [b"kiavi/1 tls-ticket period ".as_slice(), &name];
        let mut key = Zeroizing::new([0; 32]);
        root.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key[..]))
            .expect("a 32-byte output is within HKDF's bound");
        SealingKey::new(&key)
    }
}

fn period(now: u64) -> u64 {
    now / u64::from(TicketKeys::PERIOD_SECONDS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SystemRng;

    const NOW: u64 = 1_700_000_000;

    fn of(secret: &str) -> TicketKeys {
        TicketKeys::of(&TenantSecret::new(secret.to_owned().into()))
    }

    #[test]
    fn a_ticket_is_its_tenants_and_outlives_the_process() {
        let ticket = of("one").seal(NOW, &SystemRng, b"session");
        assert_eq!(of("one").open(NOW, &ticket).as_deref(), Ok(&b"session"[..]));
        assert_eq!(of("another").open(NOW, &ticket), Err(SealError));
        assert_eq!(TicketKeys::random(&SystemRng).open(NOW, &ticket), Err(SealError));
    }

    #[test]
    fn a_ticket_lives_for_its_period_and_the_next() {
        let (keys, length) = (of("one"), u64::from(TicketKeys::PERIOD_SECONDS));
        let start = NOW - NOW % length;
        let ticket = keys.seal(start, &SystemRng, b"session");
        assert!(keys.open(start + 2 * length - 1, &ticket).is_ok());
        assert_eq!(keys.open(start + 2 * length, &ticket), Err(SealError));
        assert_eq!(keys.open(start - 1, &ticket), Err(SealError), "of the future");
        // The name alone does not make it younger.
        let mut renamed = ticket;
        renamed[..NAME_LEN].copy_from_slice(&(period(start) + 2).to_be_bytes());
        assert_eq!(keys.open(start + 2 * length, &renamed), Err(SealError));
    }

    proptest! {
        #[test]
        fn no_ticket_panics(bytes: Vec<u8>, now: u64) {
            prop_assert!(of("one").open(now, &bytes).is_err());
        }
    }
}
