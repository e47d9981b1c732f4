//! Asking the witness.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiavi_ipc::witness::{FromWitness, ToWitness};
use kiavi_ipc::{Channel, Endpoint, Fd, IpcError, Receiver, Sender};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long the witness may take. A log is sealed without it, and cosigned later.
const PATIENCE: Duration = Duration::from_secs(5);

/// The witness does not answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the witness does not answer")]
pub(crate) struct Away;

/// The way to the witness. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    door: Option<Sender<ToWitness>>,
    /// Counts doors, so that the end of an old one is not taken for the end of its successor.
    doors: u64,
    last_request: u64,
    waiting: HashMap<u64, oneshot::Sender<FromWitness>>,
}

impl Witness {
    /// Asks at this door from now on. Whoever waits at the one before waits in vain.
    ///
    /// # Errors
    /// When it is no channel, or the reactor is full.
    pub(crate) fn open(&self, door: Fd) -> Result<(), IpcError> {
        let channel = Channel::from(door.into_owned().map_err(IpcError::Io)?);
        let (sender, receiver) =
            Endpoint::<ToWitness, FromWitness>::new(channel).map_err(IpcError::Io)?.split();
        let number = {
            let mut state = self.lock();
            state.door = Some(sender);
            state.waiting.clear();
            state.doors += 1;
            state.doors
        };
        tokio::spawn(listen(self.clone(), receiver, number));
        Ok(())
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, message: impl FnOnce(u64) -> ToWitness) -> Result<FromWitness, Away> {
        let (answer, answered) = oneshot::channel();
        let (door, request) = {
            let mut state = self.lock();
            let door = state.door.clone().ok_or(Away)?;
            state.last_request += 1;
            let request = state.last_request;
            state.waiting.insert(request, answer);
            (door, request)
        };
        let asking = async {
            door.send(&message(request)).await.map_err(|_| Away)?;
            answered.await.map_err(|_| Away)
        };
        let outcome = timeout(PATIENCE, asking).await.unwrap_or(Err(Away));
        self.lock().waiting.remove(&request);
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes answers on until the door closes.
async fn listen(witness: Witness, mut receiver: Receiver<FromWitness>, number: u64) {
    loop {
        let answer = match receiver.receive().await {
            Ok(Some(answer)) => answer,
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "the witness broke its channel's protocol");
                break;
            }
        };
        let waiting = witness.lock().waiting.remove(&answer.request());
        if let Some(waiting) = waiting {
            let _ = waiting.send(answer);
        }
    }
    let mut state = witness.lock();
    if state.doors == number {
        state.door = None;
        state.waiting.clear();
    }
}
