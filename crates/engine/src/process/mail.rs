//! Mail, by way of outbound.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiavi_db::BoxFuture;
use kiavi_ipc::mail::{Attempt, Fault, MailOutcome, SendMail};
use kiavi_ipc::{Channel, Endpoint, Fd, Receiver, Sender};
use tokio::sync::oneshot;

use crate::{MailDoor, OutgoingMail};

/// What a mail waits for that there is no way for.
const NO_WAY: Attempt = Attempt::deferred(Fault::NoWay);

/// The way to outbound, which may be replaced while the engine runs.
#[derive(Default)]
pub(super) struct Outlet(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Counts the doors, so that the end of an old one does not close its successor.
    generation: u64,
    sender: Option<Sender<SendMail>>,
    last_request: u64,
    waiting: HashMap<u64, oneshot::Sender<Attempt>>,
}

impl Outlet {
    /// Sends through `door` from now on.
    pub(super) fn open(&self, door: Fd) -> io::Result<()> {
        let (sender, outcomes) = Endpoint::new(Channel::from(door.into_owned()?))?.split();
        let generation = {
            let mut inner = lock(&self.0);
            inner.sender = Some(sender);
            inner.generation += 1;
            // What the old door has not answered is tried again by the outbox.
            inner.waiting.clear();
            inner.generation
        };
        tokio::spawn(listen(self.0.clone(), generation, outcomes));
        Ok(())
    }
}

impl MailDoor for Outlet {
    fn send(&self, mail: OutgoingMail) -> BoxFuture<'_, Attempt> {
        Box::pin(async move {
            let (sender, request, outcome) = {
                let mut inner = lock(&self.0);
                let Some(sender) = inner.sender.clone() else { return NO_WAY };
                inner.last_request += 1;
                let (answer, outcome) = oneshot::channel();
                let request = inner.last_request;
                inner.waiting.insert(request, answer);
                (sender, request, outcome)
            };
            let OutgoingMail { id, to, subject, text, html, reply_to } = mail;
            let (to, reply_to) = (to.to_string(), reply_to.map(|address| address.to_string()));
            let message = SendMail { request, to, subject, text, html, id, reply_to };
            if let Err(error) = sender.send(&message).await {
                tracing::warn!(%error, "mail cannot leave");
                lock(&self.0).waiting.remove(&request);
                return NO_WAY;
            }
            outcome.await.unwrap_or(NO_WAY)
        })
    }
}

async fn listen(inner: Arc<Mutex<Inner>>, generation: u64, mut outcomes: Receiver<MailOutcome>) {
    while let Ok(Some(MailOutcome { request, attempt })) = outcomes.receive().await {
        if let Some(answer) = lock(&inner).waiting.remove(&request) {
            let _ = answer.send(attempt);
        }
    }
    let mut inner = lock(&inner);
    if inner.generation == generation {
        inner.sender = None;
        inner.waiting.clear();
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}
