//! One at a time, by name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

/// Whose turn it is, for each name that anybody wants.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

/// A turn, which ends when it is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Waits for the turn of `name`.
    pub(super) async fn wait(&self, name: &str) -> Turn {
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match all.get(name).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    all.retain(|_, lock| lock.strong_count() > 0);
                    let lock = Arc::default();
                    all.insert(name.to_owned(), Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }
}
