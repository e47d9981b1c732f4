//! What happened, as typed events. A change writes its event in its own transaction, so that neither exists
//! without the other; a refusal writes it in a statement of its own before the answer leaves.
//!
//! 1. A slice says what happened in an [`Event`], with user ids and in clear.
//! 2. `body` makes of it what the log has: who is named stands there by an id that means somebody only while the log
//!    knows them, and what is personal is sealed under that somebody's key (`people`).
//! 3. The auditor seals the bodies, outside of the engine; nothing in them ever changes. Whoever is deleted takes their key
//!    along, by a trigger of the table of users, and with it what all bodies say of their person.

mod body;
mod coverage;
mod event;
pub(crate) mod explanations;
mod export;
mod kinds;
mod outline;
mod past;
mod people;
mod person;
mod question;
mod reading;
mod reference;
mod refusals;
mod routes;
mod settings;
mod signal;
mod store;
mod tail;
#[cfg(test)]
pub(crate) mod tests;
mod traits;
mod view;
mod writing;

use std::collections::HashMap;

use kiavi_base::EventId;
use kiavi_db::{DbError, Sql};

use crate::{Context, State};

pub use coverage::{ANYWHERE, COVERAGE, Coverage, REFUSALS, Success};
pub(crate) use event::EventRow;
pub use event::{Event, Method};
pub use kiavi_audit::Outcome;
pub use kinds::EventType;
pub(crate) use outline::{Outline, origins, outlines};
pub(crate) use past::Past;
pub use people::rewrap;
pub(crate) use people::{forget_visitors, is_user};
pub(crate) use person::{Told, told_of};
pub(crate) use reading::StoredEvent;
pub use reference::address_reference;
use reference::address_references;
pub(crate) use refusals::{
    REFUSALS_WRITTEN, account_for, count_refusal, has_room, record_refusal, tell_counted, unaccounted,
};
pub(crate) use routes::routes;
pub use settings::{AuditSettings, settle_retention};
pub(crate) use store::insert_along;
#[cfg(test)]
pub(crate) use view::Named;
pub(crate) use view::{EventView, views};
use writing::record_own_alone;
pub(crate) use writing::{Along, along, record_at, record_erasure, record_once, record_over, record_own};
pub use writing::{record, record_alone, record_by_control};

pub(crate) fn statements() -> Vec<&'static Sql> {
    [store::STATEMENTS, reading::STATEMENTS, outline::STATEMENTS].concat()
}

/// Whether this program writes no event, so that `bench/audit-cost` can measure what events cost. Nothing in Cargo.toml can
/// switch that on, only `RUSTFLAGS="--cfg kiavi_bench_without_log"`, and `kiavi serve` refuses to run as such a program.
pub const IS_WITHOUT_LOG: bool = cfg!(kiavi_bench_without_log);

/// What an engine keeps of its log in memory.
#[derive(Default)]
pub(crate) struct Log {
    people: people::People,
    tail: tail::Tail,
    pub(crate) written: signal::Written,
    counted: refusals::Counted,
    /// What was written or counted in which request, for tests to look at.
    #[cfg(test)]
    pub(crate) seen: std::sync::Mutex<Vec<(String, EventType)>>,
}

impl Log {
    /// An event may be there: its transaction has ended.
    fn tell(&self, id: EventId) {
        self.tail.tell(id);
        self.written.tell();
    }

    /// Ends the live views.
    pub(crate) fn close(&self) {
        self.tail.close();
    }
}

/// Hears of events that others have written (control, the auditor, the database itself): their ids, as the database passes them on.
pub(crate) fn hear(state: &State, words: &[String]) {
    for id in words.iter().filter_map(|word| word.parse().ok()) {
        tell(state, id);
    }
}

/// The request has its event: it is in the log, or counted.
fn note(state: &State, context: &Context, kind: EventType) {
    context.note_event(kind);
    #[cfg(test)]
    state.log.seen.lock().unwrap().push((context.request_id().to_string(), kind));
    #[cfg(not(test))]
    let _ = state;
}

/// What the log calls these users; who is gone has no name.
pub(crate) async fn subjects(state: &State, users: &[&str]) -> Result<HashMap<String, [u8; 16]>, DbError> {
    let found = state.log.people.find(state, &state.database, users).await?;
    let named = |user: &&str| Some(((*user).to_owned(), *found.get(user)?.id.as_bytes()));
    Ok(users.iter().filter_map(named).collect())
}

/// Tells everybody who waits for events that one may be there.
fn tell(state: &State, id: EventId) {
    state.log.tell(id);
    state.analytics.wake();
    state.streams.wake();
}
