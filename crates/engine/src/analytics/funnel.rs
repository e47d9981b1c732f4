//! How passkeys are offered and asked for, as far as no event of its own tells it.
//!
//! Whoever opens a page or asks for a challenge changes nothing, and anybody may, so that it is no event of theirs. How
//! often it happened is one: `passkey.offered`, once a minute at most and when somebody looks. The figures count what it
//! says, like everything else.

use jiff::{SignedDuration, Timestamp};
use kiavi_db::DbError;
use serde_json::{Map, Value};

use crate::{
    State,
    audit::{self, Event, EventType, Outcome},
};

/// Least time between two events, unless somebody looks.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// What is offered or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A hosted page with the button that signs in by passkey.
    SignInOffered,
    /// A challenge to sign in.
    SignInStarted,
    /// The hosted page that offers to make a passkey.
    CreationOffered,
    /// Not now, somebody said there.
    CreationDeclined,
    /// A challenge to make a passkey.
    CreationStarted,
}

impl Step {
    pub(super) const ALL: [Self; 5] = [
        Self::SignInOffered,
        Self::SignInStarted,
        Self::CreationOffered,
        Self::CreationDeclined,
        Self::CreationStarted,
    ];

    /// The name of the fact, and of what is counted.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SignInOffered => "sign_in_offered",
            Self::SignInStarted => "sign_in_started",
            Self::CreationOffered => "creation_offered",
            Self::CreationDeclined => "creation_declined",
            Self::CreationStarted => "creation_started",
        }
    }
}

/// What is not in the log yet, by days.
#[derive(Default)]
pub(super) struct Steps {
    days: Vec<OfDay>,
    /// When the next event may be written.
    due: Option<Timestamp>,
}

/// What happened on a day.
struct OfDay {
    /// When the first of it did, which is a moment of the day.
    at: Timestamp,
    ends: Timestamp,
    counts: [i64; Step::ALL.len()],
}

impl Steps {
    /// One more, on the day that ends then; whether it is the first since an event was written.
    pub(super) fn add(&mut self, step: Step, at: Timestamp, ends: Timestamp) -> bool {
        let is_first = self.days.is_empty();
        if self.days.last().is_none_or(|day| day.ends != ends) {
            self.days.push(OfDay { at, ends, counts: [0; Step::ALL.len()] });
        }
        if let Some(day) = self.days.last_mut() {
            day.counts[step as usize] += 1;
        }
        is_first
    }

    /// How long until an event is due; `None` while there is nothing to tell.
    pub(super) fn rest(&self, now: Timestamp) -> Option<SignedDuration> {
        (!self.days.is_empty()).then(|| self.due.map_or(SignedDuration::ZERO, |due| due.duration_since(now)))
    }

    fn take(&mut self, now: Timestamp) -> Vec<OfDay> {
        self.due = now.checked_add(PAUSE).ok();
        std::mem::take(&mut self.days)
    }

    /// They were not written; the next round tries again.
    fn put_back(&mut self, mut days: Vec<OfDay>) {
        days.append(&mut self.days);
        self.days = days;
    }
}

/// Writes down what happened, if it is time to or somebody looks.
///
/// # Errors
/// Those of the statements; the next time makes up for it.
pub(super) async fn write_down(state: &State, somebody_looks: bool) -> Result<(), DbError> {
    let now = state.clock.now();
    let days = {
        let mut steps = state.analytics.steps();
        match steps.rest(now) {
            Some(rest) if somebody_looks || rest <= SignedDuration::ZERO => steps.take(now),
            _ => return Ok(()),
        }
    };
    let written = write_days(state, &days).await;
    if written.is_err() {
        state.analytics.steps().put_back(days);
    }
    written
}

async fn write_days(state: &State, days: &[OfDay]) -> Result<(), DbError> {
    let transaction = state.database.begin().await?;
    for day in days {
        let counted = Step::ALL.into_iter().filter(|step| day.counts[*step as usize] > 0);
        let facts: Map<String, Value> =
            counted.map(|step| (step.name().to_owned(), day.counts[step as usize].into())).collect();
        let event = Event::new(EventType::PasskeyOffered, Outcome::Success).detail(facts.into());
        audit::record_at(&transaction, state, day.at, event).await?;
    }
    transaction.commit().await
}
