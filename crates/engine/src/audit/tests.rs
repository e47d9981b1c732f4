//! What the log has.

use super::{
    reading::StoredEvent,
    view::{self, EventView, Named},
};
use crate::tests::TestTenant;

mod coverage;
mod erasure;
mod export;
mod places;
mod questions;
mod sealing;
mod second_line;

pub(crate) use coverage::assert_covered;

impl Named {
    /// The user's id, or who else it is.
    pub(crate) fn name(&self) -> &str {
        self.user_id.as_deref().unwrap_or(&self.reference)
    }
}

impl EventView {
    /// Who did it.
    pub(crate) fn actor(&self) -> Option<&str> {
        self.actor.as_ref().map(Named::name)
    }

    /// Whom it is about.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.subject.as_ref().map(Named::name)
    }

    /// A fact that is a text.
    pub(crate) fn fact(&self, name: &str) -> &str {
        self.facts.as_ref().and_then(|facts| facts[name].as_str()).unwrap_or_default()
    }
}

/// The events of a type, the oldest first; of all types without one.
pub(crate) async fn log(tenant: &TestTenant, kind: &str) -> Vec<EventView> {
    let sql = "SELECT seq, id::text, body FROM kiavi.audit_event WHERE type = $1 OR $1 = '' ORDER BY seq";
    let rows = tenant.admin.query(sql, &[&kind]).await.unwrap();
    let stored = |row: &kiavi_db::Row| {
        let id: &str = row.get(1);
        StoredEvent { seq: row.get(0), id: id.parse().unwrap(), body: row.get(2) }
    };
    let stored: Vec<_> = rows.iter().map(stored).collect();
    view::views(tenant.state(), &stored).await.unwrap()
}
