//! The circuit breaker of one mail server: one that fails again and again is left alone for a while, so that a tenant's
//! mistake in its settings costs neither the server nor this process a connection for every mail.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kiavi_ipc::mail::Fault;
use tokio::time::Instant;

/// Failures in a row that open it.
const FAILURES: u32 = 5;

/// How long it lets nothing through; then one mail is let through to see.
const OPEN: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Breaker(Mutex<Circuit>);

#[derive(Default)]
struct Circuit {
    failures: u32,
    /// When it opens for the next one, and what was wrong.
    rests: Option<(Instant, Fault)>,
}

impl Breaker {
    /// Lets a mail through, or tells what was wrong with those before.
    pub(crate) fn enter(&self) -> Result<(), Fault> {
        let mut circuit = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut circuit.rests {
            Some((until, fault)) if Instant::now() < *until => Err(*fault),
            Some((until, _)) => {
                // Others wait for what becomes of this one.
                *until = Instant::now() + OPEN;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The server was reached and let us in.
    pub(crate) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Circuit::default();
    }

    /// It was not.
    pub(crate) fn failed(&self, fault: Fault) {
        let mut circuit = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        circuit.failures = circuit.failures.saturating_add(1);
        if circuit.failures >= FAILURES {
            circuit.rests = Some((Instant::now() + OPEN, fault));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_five_failures_in_a_row_one_mail_in_a_while_decides() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.enter().unwrap();
            breaker.failed(Fault::Unreachable);
        }
        breaker.succeeded();
        for _ in 0..FAILURES {
            breaker.enter().unwrap();
            breaker.failed(Fault::TlsFailed);
        }
        assert_eq!(breaker.enter(), Err(Fault::TlsFailed));
        advance(OPEN).await;
        assert_eq!((breaker.enter(), breaker.enter()), (Ok(()), Err(Fault::TlsFailed)));
        breaker.failed(Fault::Unreachable);
        assert_eq!(breaker.enter(), Err(Fault::Unreachable));
        advance(OPEN).await;
        breaker.enter().unwrap();
        breaker.succeeded();
        assert_eq!((breaker.enter(), breaker.enter()), (Ok(()), Ok(())));
    }
}
