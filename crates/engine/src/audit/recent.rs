//! What the log says of some kinds since some moment, for what is counted of it when somebody asks.

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_db::DbError;

use super::{
    EventType,
    question::{Page, Question},
    reading::{self, Answer, Bounds, StoredEvent},
    view::{EventView, Part, tell_addresses, views_of},
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

/// The events of `kinds` since `from`, with the addresses of those whom they name and without what else is personal: the newest
/// `most`, or some more.
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
    let (question, from) = (&question, Some(EventId::first_at(from)));
    let read = async |before: Option<EventId>| -> Result<Answer, DbError> {
        reading::page(&state.database, question, &Page { bounds: Bounds { from, before }, limit: PAGE }).await
    };
    let mut events = Vec::new();
    let mut answer = read(None).await?;
    loop {
        let next = answer.next.filter(|_| events.len() + answer.events.len() < most);
        let further = async {
            match next {
                Some(before) => read(Some(before)).await.map(Some),
                None => Ok(None),
            }
        };
        // The database looks for the next page while this one is opened.
        let (further, told) = tokio::join!(further, told(state, &answer.events));
        events.append(&mut told?);
        match further? {
            Some(more) => answer = more,
            None => break,
        }
    }
    events.sort_unstable_by_key(|event| (event.at, event.seq));
    Ok(Recent { events, is_complete: answer.next.is_none() })
}

async fn told(state: &State, events: &[StoredEvent]) -> Result<Vec<EventView>, DbError> {
    let mut told = views_of(state, events, Part::Request).await?;
    tell_addresses(state, &mut told).await?;
    Ok(told)
}
