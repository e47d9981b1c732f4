//! Control's way to the DNS: outbound, which looks a few kinds of record up for it.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kiavi_base::Hostname;
use kiavi_ipc::{
    Channel, Endpoint, Fd, Receiver, Sender,
    proof::{Answer, LookUp, Looked, Wanted},
};
use tokio::{sync::oneshot, time::timeout};

/// How long an answer may take: three name servers, each with its time, and some waiting for a place.
const PATIENCE: Duration = Duration::from_secs(15);

/// The door, which may be replaced while the process runs.
#[derive(Default)]
pub struct ProofDoor(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Counts the doors, so that the end of an old one does not close its successor.
    generation: u64,
    sender: Option<Sender<LookUp>>,
    last_request: u64,
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
}

impl ProofDoor {
    /// Asks at `door` from now on. What was asked at the one before gets no answer.
    ///
    /// # Errors
    /// When it is no channel.
    pub fn replace(&self, door: Fd) -> io::Result<()> {
        let (sender, answers) = Endpoint::new(Channel::from(door.into_owned()?))?.split();
        let mut inner = lock(&self.0);
        inner.generation += 1;
        inner.sender = Some(sender);
        inner.waiting.clear();
        tokio::spawn(listen(self.0.clone(), inner.generation, answers));
        Ok(())
    }

    /// What there is of this kind at the domain.
    pub(crate) async fn look_up(&self, domain: &Hostname, wanted: Wanted) -> Answer {
        let (sender, request, answer) = {
            let mut inner = lock(&self.0);
            let Some(sender) = inner.sender.clone() else { return Answer::Unanswered };
            let (waiting, answer) = oneshot::channel();
            inner.last_request += 1;
            let request = inner.last_request;
            inner.waiting.insert(request, waiting);
            (sender, request, answer)
        };
        let asked = async {
            sender.send(&LookUp { request, domain: domain.clone(), wanted }).await.ok()?;
            answer.await.ok()
        };
        let answer = timeout(PATIENCE, asked).await.ok().flatten();
        lock(&self.0).waiting.remove(&request);
        answer.unwrap_or(Answer::Unanswered)
    }
}

async fn listen(inner: Arc<Mutex<Inner>>, generation: u64, mut answers: Receiver<Looked>) {
    loop {
        let received = answers.receive().await;
        let mut inner = lock(&inner);
        if inner.generation != generation {
            return;
        }
        match received {
            Ok(Some(Looked { request, answer })) => {
                if let Some(waiting) = inner.waiting.remove(&request) {
                    // Whoever asked may have given up.
                    let _ = waiting.send(answer);
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "outbound broke the proof door's protocol"),
        }
        inner.sender = None;
        return inner.waiting.clear();
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}
