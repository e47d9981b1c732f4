//! What the log says of one person, for that person.

use kiavi_base::EmailAddress;
use kiavi_db::DbError;

use super::{
    address_references,
    question::{Page, Question},
    reading::{self, Bounds},
    view::{EventView, views},
};
use crate::State;

/// Events that are read at a time.
const PAGE: i64 = 1_000;
/// Events after which no more are read; the newest are told.
const MOST: usize = 10_000;

/// What the log says of somebody, the newest first.
pub(crate) struct Told {
    pub(crate) events: Vec<EventView>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

/// The events about a user, and about their address before it was theirs.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn told_of(
    state: &State,
    user_id: &str,
    address: Option<&EmailAddress>,
) -> Result<Told, DbError> {
    let mut subjects = address.map(|address| address_references(state, address.as_str())).unwrap_or_default();
    subjects.push(user_id.to_owned());
    let question = Question { subjects: Some(subjects), ..Question::default() };
    let (mut events, mut before) = (Vec::new(), None);
    loop {
        let page = Page { bounds: Bounds { from: None, before }, limit: PAGE };
        let answer = reading::page(&state.database, &question, &page).await?;
        events.extend(views(state, &answer.events).await?);
        before = answer.next;
        if before.is_none() || events.len() >= MOST {
            return Ok(Told { events, is_complete: before.is_none() });
        }
    }
}
