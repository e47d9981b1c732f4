//! One writer: when a process may keep in memory what it has read, and when that is outdated.
//!
//! The lane of a database opened with [`crate::Database::as_writer`] tries to take an advisory lock, which at most
//! one connection has. While it has it, there is a [`Stamp`]. Whatever was read under a stamp is still true as
//! long as the database gives the same stamp:
//!
//! - This process's own changes, made by statements that are [`crate::Sql::watched`], make a new stamp once they are
//!   committed, before the caller hears of it.
//! - Everybody else's changes (a second process that did not get the lock, an administrator, a migration, another
//!   program on the same tables) reach a trigger on the watched tables, which notifies [`CHANNEL`]; the lane listens.
//! - When the lane's connection ends, so does the lock, and there is no stamp until a lane has it again.
//!
//! A notification takes a lock of the whole cluster at commit, so the writer itself must not cause any: its watched
//! statements run with the setting [`SETTING`] on, which the trigger looks at. A transaction whose process loses the
//! lock before its commit notifies by itself.
//!
//! The trigger is the schema's to make: `AFTER UPDATE OR DELETE OR TRUNCATE … FOR EACH STATEMENT WHEN
//! (current_setting('kiavi.writer', true) IS DISTINCT FROM 'on')`.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

use crate::connection::lock;

/// The channel (PostgreSQL manual, NOTIFY) on which changes by others are heard.
pub const CHANNEL: &str = "kiavi_change";
/// Words of others that are kept until somebody asks for them; what is beyond them is lost.
const MAX_WORDS: usize = 1_024;
/// The setting that is `on` in the writer's own watched statements.
pub const SETTING: &str = "kiavi.writer";

/// Listens, tries to take the lock ("writer" as bytes), and marks the session if it got it; answers `on` or `off`.
/// One round trip.
pub(crate) const TAKE: &str = "LISTEN kiavi_change; SELECT set_config('kiavi.writer', \
     CASE WHEN pg_try_advisory_lock(131333279212914) THEN 'on' ELSE 'off' END, false)";
/// Marks one transaction as the writer's.
pub(crate) const MARK: &str = "SET LOCAL kiavi.writer = 'on'";
pub(crate) const BEGIN_AND_MARK: &str = "BEGIN; SET LOCAL kiavi.writer = 'on'";
/// Ends a marked transaction whose process has lost the lock meanwhile.
pub(crate) const NOTIFY_AND_COMMIT: &str = "NOTIFY kiavi_change; COMMIT";

/// Names a state of the watched tables: what was read under it is true while it is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(u64);

/// What this process knows about being the writer. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The last number given to a lane.
    lanes: AtomicU64,
    /// The lane that has the lock; 0 when none has.
    holder: AtomicU64,
    changes: AtomicU64,
    /// What others have said with their notifications.
    words: Mutex<Vec<String>>,
    said: Notify,
}

/// One lane's part in a [`Watch`]. When it is dropped, with its connection, the lane no longer has the lock.
#[derive(Debug)]
pub(crate) struct Listener {
    watch: Watch,
    lane: u64,
}

impl Listener {
    /// Another connection notified, perhaps with a word.
    pub(crate) fn heard(&self, word: &str) {
        self.watch.changed();
        if word.is_empty() {
            return;
        }
        let mut words = lock(&self.watch.0.words);
        if words.len() < MAX_WORDS {
            words.push(word.to_owned());
        }
        self.watch.0.said.notify_one();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let holder = &self.watch.0.holder;
        // A later lane may have the lock by now.
        if holder.compare_exchange(self.lane, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.watch.changed();
        }
    }
}

impl Watch {
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.is_held().then(|| Stamp(self.0.changes.load(Ordering::Acquire)))
    }

    pub(crate) fn is_held(&self) -> bool {
        self.0.holder.load(Ordering::Acquire) != 0
    }

    /// Waits until others have said something, and takes it.
    pub(crate) async fn words(&self) -> Vec<String> {
        loop {
            let words = std::mem::take(&mut *lock(&self.0.words));
            if !words.is_empty() {
                return words;
            }
            self.0.said.notified().await;
        }
    }

    /// Something that may have been read is different now.
    pub(crate) fn changed(&self) {
        self.0.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// A new lane's listener and the lane's number.
    pub(crate) fn listener(&self) -> (Listener, u64) {
        let lane = self.0.lanes.fetch_add(1, Ordering::AcqRel) + 1;
        (Listener { watch: self.clone(), lane }, lane)
    }

    /// The lane is about to be closed.
    pub(crate) fn lost(&self) {
        self.0.holder.store(0, Ordering::Release);
        self.changed();
    }

    /// This lane has the lock.
    pub(crate) fn taken_by(&self, lane: u64) {
        self.changed();
        self.0.holder.store(lane, Ordering::Release);
    }
}

/// Covers a watched statement outside a transaction from before it is sent. Dropped without having been told the
/// outcome, it assumes a change: whoever waited has gone, the server works on.
pub(crate) struct Cover<'w>(Option<&'w Watch>);

impl<'w> Cover<'w> {
    /// Covers nothing without a watch.
    pub(crate) fn new(watch: Option<&'w Watch>) -> Self {
        Self(watch)
    }

    /// The statement has answered that it changed no row.
    pub(crate) fn nothing_changed(mut self) {
        self.0 = None;
    }
}

impl Drop for Cover<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|watch| watch.changed());
    }
}
