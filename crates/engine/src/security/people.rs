//! The users behind what stands for them in the log.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use kiavi_db::DbError;
use serde::Serialize;

use crate::{
    State,
    audit::{self, EventType, address_reference, is_user},
    paged::by_pages,
    user::store,
};

/// A user whom the log knows.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Known {
    pub(super) id: String,
    /// Their address now.
    pub(super) email: String,
}

/// The users whom references stand for, those of them who asked for one of the newest `most` mails since `from`: an event about
/// an address that was tried names a keyed hash of it, one about the mail that a user asked for the user.
///
/// # Errors
/// Those of the statements.
pub(super) async fn behind(
    state: &State,
    references: &HashSet<&str>,
    from: Timestamp,
    most: i64,
) -> Result<HashMap<String, Known>, DbError> {
    // Where nobody is told, nobody has to be known by name.
    if references.is_empty() {
        return Ok(HashMap::new());
    }
    let kinds = [EventType::CodeRequested, EventType::LinkRequested];
    let asked = audit::outlines(state, &kinds, &[], from, most).await?;
    let users: HashSet<_> = asked.events.iter().filter_map(|event| event.subject.as_deref()).collect();
    let mut found = HashMap::new();
    for (id, email) in emails(state, users).await? {
        // Some limits count by the user's id.
        let own = [address_reference(state, &email), address_reference(state, &id)];
        let known = Known { id, email };
        let is_asked_for = |reference: &String| references.contains(reference.as_str());
        found.extend(own.into_iter().filter(is_asked_for).map(|reference| (reference, known.clone())));
    }
    Ok(found)
}

/// The addresses that those among these names have who are users, by their ids.
///
/// # Errors
/// Those of the statement.
pub(super) async fn emails<'n>(
    state: &State,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<HashMap<String, String>, DbError> {
    let users: Vec<_> = names.into_iter().filter(|name| is_user(name)).collect();
    let read = async |users: Vec<&str>| store::addresses(&state.database, &users).await;
    let emails = by_pages(&users, read).await?;
    Ok(emails.into_iter().collect())
}
