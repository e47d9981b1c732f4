//! Whom events are about, by one name for each.

use std::collections::HashMap;

use serde::Serialize;

use crate::{
    State,
    audit::{EventView, Named, address_reference},
};

/// A user whom the log knows.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Known {
    pub(super) id: String,
    /// Their address now.
    pub(super) email: String,
}

/// The users whom some events name. An event about an address that was tried names a keyed hash of it, one about the mail that
/// a user asked for the user: both are the same person.
pub(super) struct People<'s> {
    state: &'s State,
    by_id: HashMap<String, String>,
    by_reference: HashMap<String, Known>,
}

impl<'s> People<'s> {
    pub(super) fn new(state: &'s State) -> Self {
        Self { state, by_id: HashMap::new(), by_reference: HashMap::new() }
    }

    /// Learns to know whom an event is about.
    pub(super) fn meet(&mut self, event: &EventView) {
        if let Some(subject) = &event.subject {
            self.reference(subject);
        }
    }

    /// What stands for the address of somebody whom an event names; who is forgotten is called what the log calls them.
    pub(super) fn reference(&mut self, named: &Named) -> String {
        let (Some(id), Some(email)) = (&named.user_id, &named.email) else { return named.reference.clone() };
        if let Some(reference) = self.by_id.get(id) {
            return reference.clone();
        }
        let reference = address_reference(self.state, email);
        self.by_id.insert(id.clone(), reference.clone());
        let known = Known { id: id.clone(), email: email.clone() };
        // Some limits count by the user's id.
        self.by_reference.insert(address_reference(self.state, id), known.clone());
        self.by_reference.insert(reference.clone(), known);
        reference
    }

    /// The user behind a reference, if an event named them.
    pub(super) fn behind(&self, reference: &str) -> Option<&Known> {
        self.by_reference.get(reference)
    }
}
