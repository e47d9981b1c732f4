//! How many handshakes each network has under way.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiavi_http::network_of;

use crate::MAX_HANDSHAKES_PER_NETWORK;

/// Those that have any.
#[derive(Default)]
pub(crate) struct Networks(Mutex<HashMap<IpAddr, usize>>);

/// A handshake that is under way, until this is dropped.
pub(crate) struct Place {
    networks: Arc<Networks>,
    network: IpAddr,
}

impl Networks {
    /// A place for one more of this client's network, if it may have one.
    pub(crate) fn enter(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let network = network_of(client);
        let mut counts = self.counts();
        let count = counts.entry(network).or_default();
        if *count >= MAX_HANDSHAKES_PER_NETWORK {
            return None;
        }
        *count += 1;
        Some(Place { networks: self.clone(), network })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.networks.counts();
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_has_its_share_and_no_more_and_leaves_nothing_behind() {
        let networks = Arc::new(Networks::default());
        let of = |address: &str| networks.enter(address.parse().unwrap());
        let places: Vec<_> = (0..MAX_HANDSHAKES_PER_NETWORK)
            .map(|number| of(&format!("2001:db8::{number:x}")).unwrap())
            .collect();
        assert!(of("2001:db8::ffff").is_none(), "the same network");
        assert!(of("2001:db8:1::1").is_some());
        drop(places);
        assert!(of("2001:db8::1").is_some());
        assert!(networks.counts().is_empty());
    }
}
