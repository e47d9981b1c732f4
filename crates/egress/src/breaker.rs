//! The circuit breaker: a server that fails again and again is left alone for a while, so that people who sign in
//! by it are told at once and not after five seconds each.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiavi_ipc::egress::Target;
use tokio::time::Instant;

/// Failures in a row that open a circuit.
const FAILURES: u32 = 5;

/// How long an open circuit lets nothing through; then one request is let through to see.
const OPEN: Duration = Duration::from_secs(30);

/// The circuits of all servers. Their number is that of the tenant's allow-list at most.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<BTreeMap<Target, Circuit>>);

#[derive(Default)]
struct Circuit {
    failures: u32,
    opened: Option<Instant>,
    /// A request is under way that decides whether it closes.
    is_tried: bool,
}

/// One request that was let through. Dropped without a word, it says nothing about the server.
pub(crate) struct Passage<'a> {
    breakers: &'a Breakers,
    target: Target,
    is_trial: bool,
}

impl Breakers {
    /// Lets a request through, unless the server's circuit is open.
    pub(crate) fn enter(&self, target: &Target) -> Option<Passage<'_>> {
        let mut circuits = self.lock();
        let is_trial = match circuits.get_mut(target) {
            Some(circuit @ Circuit { opened: Some(_), .. }) => {
                let rests = circuit.opened.is_some_and(|opened| opened.elapsed() < OPEN);
                if rests || circuit.is_tried {
                    return None;
                }
                circuit.is_tried = true;
                true
            }
            _ => false,
        };
        Some(Passage { breakers: self, target: target.clone(), is_trial })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Target, Circuit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage<'_> {
    /// The server answered.
    pub(crate) fn succeeded(self) {
        self.breakers.lock().remove(&self.target);
    }

    /// The server did not answer, or as one that is unwell.
    pub(crate) fn failed(self) {
        let mut circuits = self.breakers.lock();
        let circuit = circuits.entry(self.target.clone()).or_default();
        circuit.failures = circuit.failures.saturating_add(1);
        if self.is_trial || (circuit.failures >= FAILURES && circuit.opened.is_none()) {
            circuit.opened = Some(Instant::now());
            tracing::warn!(target = %self.target, "a server fails and is left alone for a while");
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if self.is_trial
            && let Some(circuit) = self.breakers.lock().get_mut(&self.target)
        {
            circuit.is_tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn server(name: &str) -> Target {
        format!("{name}.test:443").parse().unwrap()
    }

    fn fail(breakers: &Breakers, target: &Target, times: u32) {
        for _ in 0..times {
            breakers.enter(target).unwrap().failed();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_the_circuit_of_that_server() {
        let (breakers, sick, well) = (Breakers::default(), server("sick"), server("well"));
        fail(&breakers, &sick, FAILURES - 1);
        breakers.enter(&sick).unwrap().succeeded();
        fail(&breakers, &sick, FAILURES);
        assert!(breakers.enter(&sick).is_none());
        assert!(breakers.enter(&well).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_while_one_request_decides() {
        let (breakers, target) = (Breakers::default(), server("sick"));
        fail(&breakers, &target, FAILURES);
        advance(OPEN - Duration::from_millis(1)).await;
        assert!(breakers.enter(&target).is_none());
        advance(Duration::from_millis(1)).await;
        let trial = breakers.enter(&target).unwrap();
        assert!(breakers.enter(&target).is_none(), "only one");
        trial.failed();
        assert!(breakers.enter(&target).is_none(), "open again, from now");
        advance(OPEN).await;
        breakers.enter(&target).unwrap().succeeded();
        assert!(breakers.enter(&target).is_some());
        fail(&breakers, &target, FAILURES - 1);
        assert!(breakers.enter(&target).is_some(), "what was before counts no more");
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_given_up_lets_the_next_one_try() {
        let (breakers, target) = (Breakers::default(), server("sick"));
        fail(&breakers, &target, FAILURES);
        advance(OPEN).await;
        drop(breakers.enter(&target).unwrap());
        assert!(breakers.enter(&target).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_requests_that_were_under_way_do_not_extend_the_rest() {
        let (breakers, target) = (Breakers::default(), server("sick"));
        let slow: Vec<_> = (0..FAILURES * 2).map(|_| breakers.enter(&target).unwrap()).collect();
        let mut slow = slow.into_iter();
        slow.by_ref().take(FAILURES as usize).for_each(Passage::failed);
        advance(OPEN / 2).await;
        slow.for_each(Passage::failed);
        advance(OPEN / 2).await;
        assert!(breakers.enter(&target).is_some());
    }
}
