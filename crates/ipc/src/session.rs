//! What an engine may say when: the launcher's side of the conversation as a pure state machine.

use crate::engine::FromEngine;

/// Where an engine's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Spawned and told who it is; has not reported yet.
    Starting,
    /// Takes connections.
    Running,
    /// Takes no more connections; about to end.
    Draining,
}

/// An engine said something that it may not say now. It is killed: a correct engine never does this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The message does not belong to the phase.
    #[error("{message:?} is not allowed while {phase:?}")]
    OutOfOrder {
        /// What it said.
        message: FromEngine,
        /// When.
        phase: Phase,
    },
    /// More database connections asked for at once than an engine ever needs.
    #[error("more than {} database connections outstanding", EngineSession::MAX_OUTSTANDING)]
    TooManyRequests,
    /// A management connection acknowledged that it was never given.
    #[error("acknowledged a management connection that it was never given")]
    NotGiven,
}

/// The conversation with one engine process.
#[derive(Debug)]
pub struct EngineSession {
    phase: Phase,
    outstanding: u32,
    given: u32,
    is_to_wake: bool,
}

impl EngineSession {
    /// The most database connections that an engine may have asked for and not yet received: all that it ever has at
    /// once (ten), which a server that is far away lets it wait for together, and some that it has given up waiting for.
    pub const MAX_OUTSTANDING: u32 = 16;

    /// The most management connections that an engine may have been given and not yet taken.
    pub const MAX_GIVEN: u32 = 32;

    /// A process that has just been told who it is.
    pub fn new() -> Self {
        Self { phase: Phase::Starting, outstanding: 0, given: 0, is_to_wake: false }
    }

    /// A process that another launcher has told who it is, with so many management connections given and not taken.
    pub fn resumed(phase: Phase, given: u32) -> Self {
        Self { phase, outstanding: 0, given, is_to_wake: false }
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes what the engine said.
    ///
    /// # Errors
    /// A [`Violation`] when it may not say that now.
    pub fn hear(&mut self, message: &FromEngine) -> Result<(), Violation> {
        match (self.phase, message) {
            (Phase::Starting, FromEngine::Ready) => self.phase = Phase::Running,
            // A drain may have been asked for before the engine was up.
            (Phase::Draining, FromEngine::Ready) => {}
            // The engine connects before it is ready, and a request in flight may still need a connection.
            (_, FromEngine::NeedDatabase) => {
                if self.outstanding == Self::MAX_OUTSTANDING {
                    return Err(Violation::TooManyRequests);
                }
                self.outstanding += 1;
            }
            (Phase::Running | Phase::Draining, FromEngine::Stopping) => self.phase = Phase::Draining,
            // An engine that drains still takes what was sent to it before.
            (Phase::Running | Phase::Draining, FromEngine::ManagementTaken) => {
                self.given = self.given.checked_sub(1).ok_or(Violation::NotGiven)?;
            }
            (
                Phase::Running | Phase::Draining,
                FromEngine::Report(_) | FromEngine::Streams(_) | FromEngine::Logged,
            ) => {}
            // Once: each is remembered by the launcher for as long as it says.
            (Phase::Draining, FromEngine::WakeIn { .. }) if !self.is_to_wake => self.is_to_wake = true,
            (phase, message) => return Err(Violation::OutOfOrder { message: message.clone(), phase }),
        }
        Ok(())
    }

    /// A database connection, or the news that there is none, was sent.
    pub fn database_answered(&mut self) {
        self.outstanding = self.outstanding.saturating_sub(1);
    }

    /// Whether the engine may be given a management connection now; if so, it counts as given.
    pub fn give_management(&mut self) -> bool {
        let may = self.phase != Phase::Draining && self.given < Self::MAX_GIVEN;
        self.given += u32::from(may);
        may
    }

    /// The engine was told to drain.
    pub fn drain_requested(&mut self) {
        self.phase = Phase::Draining;
    }
}

impl Default for EngineSession {
    fn default() -> Self {
        Self::new()
    }
}
