//! Where an address is in the world and in the network: its country, and the network (autonomous system, RFC 1930) that
//! announces it, from databases in MaxMind's DB format 2.0.
//!
//! The databases are the operator's, and their bytes are from outside: [`Database::verify`] walks through all of one
//! before anybody uses it, and a look-up in one that is broken all the same finds nothing.
//!
//! A look-up in a file that is in memory follows at most 128 bits of the address and reads one record: well below a
//! microsecond. It allocates nothing, and what it answers is borrowed from the file.

mod database;
mod network;
mod record;

use std::{net::IpAddr, sync::Arc};

pub use database::{About, Database, InvalidDatabase};
pub use network::{Country, InvalidCountry, InvalidNetworkNumber, Network, NetworkNumber};

/// What is known of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The country that it is used in.
    pub country: Option<Country>,
    /// The network that it belongs to.
    pub network: Option<Network>,
}

/// All databases of an instance. Without one, no address has a place.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<[Database]>);

impl FromIterator<Database> for Places {
    fn from_iter<I: IntoIterator<Item = Database>>(databases: I) -> Self {
        Self(databases.into_iter().collect())
    }
}

impl Places {
    /// Whether there is no database, so that no address has a place.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where an address is that is written down; nowhere, if it is none.
    pub fn of_text(&self, address: Option<&str>) -> Place {
        address.and_then(|text| text.parse().ok()).map(|address| self.of(address)).unwrap_or_default()
    }

    /// Where an address is: of country and network each as the first database says that has it.
    pub fn of(&self, address: IpAddr) -> Place {
        self.0.iter().fold(Place::default(), |found, database| {
            if found.country.is_some() && found.network.is_some() {
                return found;
            }
            let more = database.place(address);
            Place { country: found.country.or(more.country), network: found.network.or(more.network) }
        })
    }
}

#[cfg(test)]
mod tests;
