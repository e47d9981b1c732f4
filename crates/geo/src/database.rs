//! One database file.

use std::{collections::HashSet, fmt, net::IpAddr};

use jiff::Timestamp;
use maxminddb::{MaxMindDbError, Reader, WithinOptions};

use crate::{Place, record::Record};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDatabase {
    /// It is none, or is broken.
    #[error("it is no database in MaxMind's DB format, or is broken: {0}")]
    Broken(#[from] MaxMindDbError),
    /// Its tree leads back to itself.
    #[error("it is broken: its tree has no end")]
    Endless,
    /// It knows something else of addresses.
    #[error("it is a database of the type {0}, which tells neither countries nor networks")]
    TellsNothing(String),
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The type, as its maker calls it.
    pub kind: String,
    /// When it was made.
    pub built: Timestamp,
    /// Whether it tells countries.
    pub has_countries: bool,
    /// Whether it tells networks.
    pub has_networks: bool,
}

/// A file that can be asked. It stays as long as the program, so that what it answers can be kept.
#[derive(Clone, Copy)]
pub struct Database(&'static Reader<&'static [u8]>);

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.0.metadata().database_type).finish()
    }
}

impl Database {
    /// Takes a file that somebody has verified: reads its end and little else.
    ///
    /// # Errors
    /// [`InvalidDatabase::Broken`].
    pub fn new(bytes: &'static [u8]) -> Result<Self, InvalidDatabase> {
        Ok(Self(Box::leak(Box::new(Reader::from_source(bytes)?))))
    }

    /// Takes a file after a look at everything that can be asked of it: all of its tree, and each record that the tree leads to.
    ///
    /// # Errors
    /// See [`InvalidDatabase`].
    pub fn verify(bytes: &'static [u8]) -> Result<(Self, About), InvalidDatabase> {
        let database = Self::new(bytes)?;
        let about = database.about()?;
        if !about.has_countries && !about.has_networks {
            return Err(InvalidDatabase::TellsNothing(about.kind));
        }
        Ok((database, about))
    }

    fn about(&self) -> Result<About, InvalidDatabase> {
        let metadata = self.0.metadata();
        let built = i64::try_from(metadata.build_epoch).ok().and_then(|at| Timestamp::from_second(at).ok());
        let mut about = About {
            kind: metadata.database_type.clone(),
            built: built.unwrap_or(Timestamp::MAX),
            has_countries: false,
            has_networks: false,
        };
        // A tree of n nodes has n + 1 leaves, some more if parts of it are reached by several ways; one that leads back to
        // itself has as many as there are addresses.
        let mut leaves = u64::from(metadata.node_count) * 3 + 1;
        let mut read = HashSet::new();
        for found in self.0.networks(WithinOptions::default().include_networks_without_data())? {
            let found = found?;
            leaves = leaves.checked_sub(1).ok_or(InvalidDatabase::Endless)?;
            if found.offset().is_some_and(|offset| read.insert(offset)) {
                let place =
                    found.decode::<Record<'static>>()?.map(|record| record.place()).unwrap_or_default();
                about.has_countries |= place.country.is_some();
                about.has_networks |= place.network.is_some();
            }
        }
        Ok(about)
    }

    /// What it says of an address; nothing, where it cannot be read.
    pub(crate) fn place(&self, address: IpAddr) -> Place {
        // An IPv4 address in the form of IPv6 (RFC 4291 §2.5.5.2) is what it stands for.
        let found = self.0.lookup(address.to_canonical()).and_then(|found| found.decode::<Record<'static>>());
        found.ok().flatten().map(|record| record.place()).unwrap_or_default()
    }
}
