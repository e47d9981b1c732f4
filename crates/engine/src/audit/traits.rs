//! What events can be asked for of where their requests came from and with what, besides the address itself.
//!
//! The index has a keyed hash of each word, eight bytes of it: whoever reads the table learns neither country nor browser,
//! and two events have the same number where they have the same word. They go where the hash of the address goes, when
//! somebody is forgotten.
//!
//! For an event this is up to six HMACs, three microseconds; reading the header is two more (`kiavi_base::Device`), finding
//! the place less than one (`kiavi_geo`). Few headers are most of those that come, so what they say is kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kiavi_base::{Device, DeviceTrait};
use kiavi_crypto::hmac_sha256;
use kiavi_geo::{Country, NetworkNumber, Place};

/// Headers whose words are kept at most, and how long such a header may be: 150 kB together.
const KEPT: usize = 512;
const LONGEST_KEPT: usize = 256;

/// What words are hashed with.
pub(super) struct TraitKey {
    key: [u8; 32],
    /// What user agents say, by their headers.
    devices: Mutex<HashMap<Box<str>, Arc<[i64]>>>,
}

/// The words of a request, hashed.
#[derive(Default)]
pub(super) struct Traits {
    pub(super) country: Option<i64>,
    pub(super) network: Option<i64>,
    /// Its browser, system, kind and model, as far as they are known.
    pub(super) device: Arc<[i64]>,
}

impl Traits {
    /// The words of the device as PostgreSQL writes an array; `None` without any.
    pub(super) fn device_literal(&self) -> Option<String> {
        let words: Vec<_> = self.device.iter().map(i64::to_string).collect();
        (!words.is_empty()).then(|| format!("{{{}}}", words.join(",")))
    }
}

impl TraitKey {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key, devices: Mutex::default() }
    }

    /// Stands for a country.
    pub(super) fn country(&self, country: Country) -> i64 {
        self.token("country", country.as_str())
    }

    /// Stands for a network.
    pub(super) fn network(&self, number: NetworkNumber) -> i64 {
        self.token("network", &number.to_string())
    }

    /// Stands for a word that tells of a device.
    pub(super) fn device(&self, of: DeviceTrait, word: &str) -> i64 {
        self.token(of.name(), word)
    }

    /// Everything that a request can be asked for.
    pub(super) fn of(&self, place: Place, user_agent: &str) -> Traits {
        Traits {
            country: place.country.map(|country| self.country(country)),
            network: place.network.map(|network| self.network(network.number)),
            device: self.device_of(user_agent),
        }
    }

    fn device_of(&self, user_agent: &str) -> Arc<[i64]> {
        let kept = || self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = kept().get(user_agent) {
            return words.clone();
        }
        let words: Arc<[i64]> =
            Device::of(user_agent).traits().map(|(of, word)| self.device(of, word)).collect();
        if user_agent.len() <= LONGEST_KEPT {
            let mut kept = kept();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(user_agent.into(), words.clone());
        }
        words
    }

    fn token(&self, name: &str, word: &str) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256(&self.key, format!("{name}\0{word}").as_bytes());
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}
