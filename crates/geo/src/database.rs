//! One database file.

use std::{fmt, net::IpAddr};

use jiff::Timestamp;
use maxminddb::{MaxMindDbError, Reader, WithinOptions};

use crate::{Place, record::Record};

/// How many networks are looked at for one that has a country or a network.
const LOOKED_AT: usize = 100_000;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDatabase {
    /// It is none, or is broken.
    #[error("it is no database in MaxMind's DB format, or is broken: {0}")]
    Broken(#[from] MaxMindDbError),
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

/// A file that can be asked. Its bytes stay as long as the program.
pub struct Database(Reader<&'static [u8]>);

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
        Ok(Self(Reader::from_source(bytes)?))
    }

    /// Takes a file after looking at every part of it.
    ///
    /// # Errors
    /// See [`InvalidDatabase`].
    pub fn verify(bytes: &'static [u8]) -> Result<(Self, About), InvalidDatabase> {
        let database = Self::new(bytes)?;
        database.0.verify()?;
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
        for found in self.0.networks(WithinOptions::default())?.take(LOOKED_AT) {
            let place = found?.decode::<Record<'static>>()?.map(|record| record.place()).unwrap_or_default();
            about.has_countries |= place.country.is_some();
            about.has_networks |= place.network.is_some();
            if about.has_countries && about.has_networks {
                break;
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
