//! What the log says of some kinds since some moment, for what is counted of it when somebody asks.

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_db::DbError;

use super::{
    EventType,
    question::{Page, Question},
    reading::{self, Bounds},
    view::{EventView, tell_addresses, views},
};
use crate::State;

/// Events that are read at a time.
const PAGE: i64 = 1_000;

/// What the log says, the oldest first.
pub(crate) struct Recent {
    pub(crate) events: Vec<EventView>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

/// The events of `kinds` since `from`, with the addresses of those whom they name: the newest `most`, or some more.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn recent(
    state: &State,
    kinds: &[EventType],
    from: Timestamp,
    most: usize,
) -> Result<Recent, DbError> {
    let kinds = Some(kinds.iter().map(|kind| kind.name()).collect());
    let question = Question { kinds, ..Question::default() };
    let (mut events, mut before) = (Vec::new(), None);
    loop {
        let page = Page { bounds: Bounds { from: Some(EventId::first_at(from)), before }, limit: PAGE };
        let answer = reading::page(&state.database, &question, &page).await?;
        let mut told = views(state, &answer.events).await?;
        tell_addresses(state, &mut told).await?;
        events.append(&mut told);
        before = answer.next;
        if before.is_none() || events.len() >= most {
            events.sort_unstable_by_key(|event| (event.at, event.seq));
            return Ok(Recent { events, is_complete: before.is_none() });
        }
    }
}
