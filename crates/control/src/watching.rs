//! Whoever waits for something: told of the changes of what they wait for and of no other, and not too many at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::Tenant;

/// Streams that one caller may have open: a person with many windows, or a program that makes many tenants.
const MAX_OF_ONE: usize = 64;
/// Streams of all callers but the operator, who must not have to wait for others. Each holds a connection.
const MAX_OF_ALL: usize = 1024;

/// What stands for every tenant; no id is like it.
pub(crate) const EVERYWHERE: &str = "*";

/// Tells of changes, by what was changed: a tenant, or the workspace that it is in. What is told is only that something
/// changed; whoever waits reads the database again.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<HashMap<String, watch::Sender<()>>>);

impl Changes {
    /// A tenant has changed, and this is committed.
    pub(crate) fn tell(&self, tenant: &Tenant) {
        let mut waited_for = self.lock();
        for id in [tenant.id.as_str(), tenant.workspace.as_str(), EVERYWHERE] {
            if waited_for.get(id).is_some_and(|sender| sender.send(()).is_err()) {
                // Nobody waits any more.
                waited_for.remove(id);
            }
        }
    }

    /// What is told of a tenant's changes, or of those of a workspace's tenants, by its id; of all by [`EVERYWHERE`].
    pub(crate) fn of(&self, id: &str) -> watch::Receiver<()> {
        let mut waited_for = self.lock();
        if let Some(sender) = waited_for.get(id) {
            return sender.subscribe();
        }
        waited_for.retain(|_, sender| sender.receiver_count() > 0);
        waited_for.entry(id.to_owned()).or_default().subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts open streams, by caller.
#[derive(Debug, Default, Clone)]
pub(crate) struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// The right to one open stream.
#[derive(Debug)]
pub(crate) struct Permit {
    streams: Streams,
    who: String,
}

impl Streams {
    /// One more stream of this caller, if that is not one too many.
    pub(crate) fn open(&self, who: &str, is_operator: bool) -> Option<Permit> {
        let mut open = self.lock();
        let theirs = open.get(who).copied().unwrap_or_default();
        let is_full = !is_operator && open.values().sum::<usize>() >= MAX_OF_ALL;
        if theirs >= MAX_OF_ONE || is_full {
            return None;
        }
        open.insert(who.to_owned(), theirs + 1);
        Some(Permit { streams: self.clone(), who: who.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(theirs) = open.get_mut(&self.who) {
            *theirs -= 1;
            if *theirs == 0 {
                open.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_takes_no_stream_from_another() {
        let streams = Streams::default();
        let mut theirs: Vec<_> = std::iter::from_fn(|| streams.open("a", false)).collect();
        assert_eq!(theirs.len(), MAX_OF_ONE);
        assert!(streams.open("b", false).is_some());
        theirs.pop();
        assert!(streams.open("a", false).is_some(), "one ended");
        drop(theirs);
        assert!(streams.lock().is_empty(), "nothing is remembered");
    }

    #[test]
    fn the_operator_has_streams_when_there_are_too_many() {
        let streams = Streams::default();
        let all: Vec<_> = (0..MAX_OF_ALL).map(|number| streams.open(&number.to_string(), false)).collect();
        assert!(all.iter().all(Option::is_some) && streams.open("one more", false).is_none());
        assert!(streams.open("operator", true).is_some());
    }

    #[test]
    fn what_nobody_waits_for_is_forgotten() {
        let changes = Changes::default();
        let mut one = changes.of("t1");
        drop(changes.of("t2"));
        let mut twin = changes.of("t1");
        assert!(!one.has_changed().unwrap() && !twin.has_changed().unwrap());
        changes.lock()["t1"].send(()).unwrap();
        assert!(one.has_changed().unwrap() && twin.has_changed().unwrap());
        one.mark_unchanged();
        twin.mark_unchanged();
        drop((one, twin));
        let _other = changes.of("t3");
        assert_eq!(changes.lock().keys().collect::<Vec<_>>(), ["t3"]);
    }
}
