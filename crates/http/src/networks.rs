//! How many of something each network has, so that one of them leaves room for others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiavi_base::network_of;

/// The places of all networks. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Networks {
    most: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One place; free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    networks: Networks,
    network: IpAddr,
}

impl Networks {
    /// So many places for each network ([`network_of`]).
    pub fn new(most: usize) -> Self {
        Self { most, counts: Arc::default() }
    }

    /// A place for one more of this client's network; `None` while it has as many as it may.
    pub fn enter(&self, client: IpAddr) -> Option<Place> {
        let network = network_of(client);
        let mut counts = self.counts();
        let count = counts.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { networks: self.clone(), network })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn a_network_has_its_places_and_leaves_nothing_behind() {
        let networks = Networks::new(3);
        let of = |address: &str| networks.enter(address.parse().unwrap());
        let mut places: Vec<_> = (0..3).map(|number| of(&format!("2001:db8::{number:x}")).unwrap()).collect();
        assert!(of("2001:db8::ffff").is_none(), "the same network");
        assert!(of("2001:db8:1::1").is_some());
        places.pop();
        places.push(of("2001:db8::1").unwrap());
        assert!(of("2001:db8::1").is_none());
        drop(places);
        assert!(networks.counts().is_empty());
    }
}
