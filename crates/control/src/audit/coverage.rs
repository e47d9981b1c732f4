//! What a route writes into the log. A route is made with it, so there is none of which nobody knows.

use EventType as E;

use super::EventType;

/// What a request writes when it succeeds.
#[derive(Debug, Clone, Copy)]
pub enum Writes {
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// Exactly one of `events`, unless there is nothing to change (`unless` says when), and besides it what follows from it.
    /// When it is refused it writes exactly one of [`REFUSALS`], or of `refused`.
    One {
        /// Of these exactly one.
        events: &'static [EventType],
        /// When there may be none; empty for never.
        unless: &'static str,
        /// What a refusal may write instead of one of [`REFUSALS`].
        refused: &'static [EventType],
        /// What may follow.
        besides: &'static [EventType],
    },
}

/// A route and what it writes.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// The request's method.
    pub method: axum::http::Method,
    /// The route, with its parameters in braces.
    pub path: String,
    /// What it writes.
    pub writes: Writes,
}

/// What any refusal may write, exactly one; a route that only reads writes the second.
pub const REFUSALS: &[EventType] = &[E::RequestRefused, E::RateLimitExceeded];

/// Nothing changes.
pub(crate) const fn nothing(because: &'static str) -> Writes {
    Writes::Nothing(because)
}

/// A success writes exactly one of these.
pub(crate) const fn writes(events: &'static [EventType]) -> Writes {
    Writes::One { events, unless: "", refused: &[], besides: &[] }
}

impl Writes {
    /// A success writes nothing in this case.
    pub(crate) const fn unless(self, case: &'static str) -> Self {
        match self {
            Self::One { events, refused, besides, .. } => {
                Self::One { events, unless: case, refused, besides }
            }
            Self::Nothing(_) => self,
        }
    }

    /// A refusal may write one of these.
    pub(crate) const fn refused(self, refused: &'static [EventType]) -> Self {
        match self {
            Self::One { events, unless, besides, .. } => Self::One { events, unless, refused, besides },
            Self::Nothing(_) => self,
        }
    }

    /// These may follow.
    pub(crate) const fn besides(self, besides: &'static [EventType]) -> Self {
        match self {
            Self::One { events, unless, refused, .. } => Self::One { events, unless, refused, besides },
            Self::Nothing(_) => self,
        }
    }

    pub(super) const fn is_nothing(self) -> bool {
        matches!(self, Self::Nothing(_))
    }
}
