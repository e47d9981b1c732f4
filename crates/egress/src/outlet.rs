//! Connections to servers outside, by way of outbound.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use kiavi_ipc::egress::{Connect, FromEgress, Refusal, Target};
use kiavi_ipc::{Channel, Endpoint, Fd, Receiver, SealedDocument, Sender};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::Dial;

/// The way to outbound, which may be replaced while the process runs.
#[derive(Default)]
pub struct Outlet(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Counts the doors, so that the end of an old one does not close its successor.
    generation: u64,
    door: Door,
    /// Those of the door that was opened last, with its number.
    roots: Option<(u64, SealedDocument)>,
    last_request: u64,
    waiting: HashMap<u64, oneshot::Sender<Result<Fd, Refusal>>>,
}

#[derive(Default)]
enum Door {
    #[default]
    Closed,
    /// Nothing has been asked for: most processes never do, and a door that waits costs nothing but its descriptor.
    Waiting(Fd),
    Open(Sender<Connect>),
}

impl Outlet {
    /// Asks at `door` from now on. What was asked at the one before fails.
    pub fn replace(&self, door: Fd) {
        let mut inner = lock(&self.0);
        inner.generation += 1;
        inner.door = Door::Waiting(door);
        // What the old door has not answered it never will.
        inner.waiting.clear();
    }

    /// Asks for a connection; opens the door if nobody has yet.
    fn ask(&self, target: &Target) -> io::Result<(Sender<Connect>, Connect, Answer)> {
        let mut inner = lock(&self.0);
        let sender = match std::mem::take(&mut inner.door) {
            Door::Closed => return Err(io::ErrorKind::NotConnected.into()),
            Door::Open(sender) => sender,
            Door::Waiting(door) => {
                let (sender, answers) = Endpoint::new(Channel::from(door.into_owned()?))?.split();
                tokio::spawn(listen(self.0.clone(), inner.generation, answers));
                sender
            }
        };
        inner.door = Door::Open(sender.clone());
        inner.last_request += 1;
        let (answer, asked) = oneshot::channel();
        let request = inner.last_request;
        inner.waiting.insert(request, answer);
        Ok((sender, Connect { request, target: target.clone() }, asked))
    }
}

type Answer = oneshot::Receiver<Result<Fd, Refusal>>;

impl Dial for Outlet {
    fn dial<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<TcpStream, Refusal>> {
        Box::pin(async move {
            let unreachable = |error: io::Error| {
                tracing::warn!(%error, "there is no way to servers outside");
                Refusal::Unreachable
            };
            let (sender, message, answer) = self.ask(target).map_err(unreachable)?;
            if let Err(error) = sender.send(&message).await {
                lock(&self.0).waiting.remove(&message.request);
                return Err(unreachable(io::Error::other(error)));
            }
            // Without an answer: the door was closed, or replaced.
            let stream = answer.await.unwrap_or(Err(Refusal::Unreachable))?;
            connected(stream).map_err(unreachable)
        })
    }

    fn roots(&self) -> Option<(u64, SealedDocument)> {
        lock(&self.0).roots.clone()
    }
}

fn connected(stream: Fd) -> io::Result<TcpStream> {
    let stream = std::net::TcpStream::from(stream.into_owned()?);
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

async fn listen(inner: Arc<Mutex<Inner>>, generation: u64, mut answers: Receiver<FromEgress>) {
    loop {
        let answer = match answers.receive().await {
            Ok(Some(answer)) => answer,
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "outbound broke the egress door's protocol");
                break;
            }
        };
        let mut inner = lock(&inner);
        if inner.generation != generation {
            return;
        }
        match answer {
            FromEgress::Roots { document } => {
                inner.roots = SealedDocument::accept(document).ok().map(|roots| (generation, roots));
            }
            FromEgress::Connected { request, stream } => inner.answer(request, Ok(stream)),
            FromEgress::Refused { request, reason } => inner.answer(request, Err(reason)),
        }
    }
    let mut inner = lock(&inner);
    if inner.generation == generation {
        inner.door = Door::Closed;
        inner.waiting.clear();
    }
}

impl Inner {
    fn answer(&mut self, request: u64, answer: Result<Fd, Refusal>) {
        if let Some(waiting) = self.waiting.remove(&request) {
            // Whoever asked may have given up; the connection closes with the unsent value.
            let _ = waiting.send(answer);
        }
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;

    /// Outbound's end of a door.
    type Outbound = Endpoint<FromEgress, Connect>;

    fn door(outlet: &Outlet) -> Outbound {
        let (ours, theirs) = Channel::pair().unwrap();
        outlet.replace(ours.into());
        Endpoint::new(theirs).unwrap()
    }

    fn server() -> Target {
        "idp.test:443".parse().unwrap()
    }

    fn dialled(outlet: &Arc<Outlet>) -> tokio::task::JoinHandle<Result<TcpStream, Refusal>> {
        let outlet = outlet.clone();
        tokio::spawn(async move { outlet.dial(&server()).await })
    }

    #[tokio::test]
    async fn nothing_is_asked_before_somebody_needs_it_and_answers_find_their_request() {
        let outlet = Arc::new(Outlet::default());
        let (answers, mut requests) = door(&outlet).split();
        let document = SealedDocument::seal(b"roots").unwrap().fd();
        answers.send(&FromEgress::Roots { document }).await.unwrap();
        assert!(timeout(Duration::from_millis(50), requests.receive()).await.is_err());
        assert!(outlet.roots().is_none());

        let first = dialled(&outlet);
        let one = requests.receive().await.unwrap().unwrap();
        let second = dialled(&outlet);
        let other = requests.receive().await.unwrap().unwrap();
        assert_eq!((&one.target, &other.target), (&server(), &server()));
        let refused = FromEgress::Refused { request: other.request, reason: Refusal::Busy };
        answers.send(&refused).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap().into_std().unwrap();
        let stream = Fd::from(std::os::fd::OwnedFd::from(stream));
        answers.send(&FromEgress::Connected { request: one.request, stream }).await.unwrap();
        assert_eq!(second.await.unwrap().unwrap_err(), Refusal::Busy);
        let stream = first.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        let (_, roots) = outlet.roots().unwrap();
        assert_eq!(&roots.read().unwrap()[..], b"roots");
    }

    #[tokio::test]
    async fn what_outbound_takes_with_it_fails_and_its_successor_is_asked() {
        let outlet = Arc::new(Outlet::default());
        let (answers, mut requests) = door(&outlet).split();
        let lost = dialled(&outlet);
        requests.receive().await.unwrap().unwrap();
        drop((answers, requests));
        assert_eq!(lost.await.unwrap().unwrap_err(), Refusal::Unreachable);
        assert_eq!(outlet.dial(&server()).await.unwrap_err(), Refusal::Unreachable);

        let (answers, mut requests) = door(&outlet).split();
        let asked = dialled(&outlet);
        let Connect { request, .. } = requests.receive().await.unwrap().unwrap();
        // Replaced before the old one has gone.
        let (_answers, mut successor) = door(&outlet).split();
        assert_eq!(asked.await.unwrap().unwrap_err(), Refusal::Unreachable);
        let _ = answers.send(&FromEgress::Refused { request, reason: Refusal::Deadline }).await;
        let _asked = dialled(&outlet);
        assert!(successor.receive().await.unwrap().is_some());
    }

    #[tokio::test]
    async fn without_a_door_there_is_no_connection() {
        let outlet = Outlet::default();
        assert_eq!(outlet.dial(&server()).await.unwrap_err(), Refusal::Unreachable);
    }
}
