//! Sessions in memory, so that a session check costs no round trip.
//!
//! They are kept only while this engine is the database's one writer, and each only as long as the database gives
//! the stamp under which it was read ([`kiavi_db::Database::stamp`]): a revoked session is gone with the commit that
//! revoked it. How long a session may be answered from memory was computed by the database's clock when it was read;
//! a monotonic clock measures it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use kiavi_db::Stamp;
use tokio::time::Instant;

use super::CurrentUser;

/// Sessions in memory at most; about a kilobyte each.
const CAPACITY: usize = 8_192;
/// Nothing is kept longer, whatever may be true of it.
const LONGEST: Duration = Duration::from_secs(60);

/// A session with its user, and the answer of `/get-session` about it. Cloning is two reference counts.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) current: Arc<CurrentUser>,
    pub(crate) json: Bytes,
}

struct Entry {
    kept: Kept,
    stamp: Stamp,
    until: Instant,
}

/// The sessions of one tenant.
#[derive(Default)]
pub(crate) struct KeptSessions(Mutex<HashMap<Box<str>, Entry>>);

impl KeptSessions {
    /// What is kept under a token, if the stamp is still that under which it was read.
    pub(super) fn get(&self, token: &str, stamp: Option<Stamp>) -> Option<Kept> {
        let stamp = stamp?;
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry =
            entries.get(token).filter(|entry| entry.stamp == stamp && Instant::now() < entry.until)?;
        Some(entry.kept.clone())
    }

    /// Keeps what was read under a stamp. When there is no room, what is outdated goes, and if nothing is, all.
    pub(super) fn put(&self, stamp: Stamp, life: Duration, kept: Kept) {
        let now = Instant::now();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, entry| entry.stamp == stamp && now < entry.until);
        }
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        let token = kept.current.session.token.as_str().into();
        entries.insert(token, Entry { kept, stamp, until: now + life.min(LONGEST) });
    }
}

#[cfg(test)]
mod tests;
