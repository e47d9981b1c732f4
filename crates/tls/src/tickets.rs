//! Tickets that sessions are resumed with (RFC 8446 §4.6.1, RFC 5077).

use std::fmt;
use std::sync::Arc;

use kiavi_base::{Clock, Rng};
use kiavi_crypto::TicketKeys;
use rustls::server::ProducesTickets;

/// Seals tickets with the key of the present period, and opens those of the one before too.
pub(crate) struct Tickets {
    keys: TicketKeys,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Tickets {
    pub(crate) fn new(keys: TicketKeys, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { keys, clock, rng }
    }

    fn now(&self) -> u64 {
        // Before 1970 there is no ticket.
        u64::try_from(self.clock.now().as_second()).unwrap_or_default()
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(…)")
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        TicketKeys::PERIOD_SECONDS
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        Some(self.keys.seal(self.now(), &*self.rng, plain))
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.keys.open(self.now(), ticket).ok()
    }
}
