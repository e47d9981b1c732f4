//! Database connections, asked of the launcher.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use kiavi_db::{BoxFuture, Connect, Secured, Stream};
use kiavi_ipc::engine::FromEngine;
use kiavi_ipc::{Fd, Sender};
use tokio::sync::oneshot;

/// Connects by asking the launcher. One connection is as good as another, so an answer is whose turn it is.
pub(super) struct LauncherConnect {
    launcher: Sender<FromEngine>,
    secured: Option<Secured>,
    waiting: Mutex<VecDeque<oneshot::Sender<Option<Fd>>>>,
    /// The one that the launcher gave unasked.
    first: Mutex<Option<Fd>>,
}

impl LauncherConnect {
    /// Without `secured`, to a private cluster, which knows us by the uid that the launcher connects with.
    pub(super) fn new(launcher: Sender<FromEngine>, secured: Option<Secured>, first: Option<Fd>) -> Self {
        Self { launcher, secured, waiting: Mutex::default(), first: Mutex::new(first) }
    }

    /// The launcher's next answer.
    pub(super) fn answered(&self, stream: Option<Fd>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stream = stream;
        while let Some(next) = waiting.pop_front() {
            match next.send(stream) {
                Ok(()) => return,
                // They have given up; the next one may have it.
                Err(unsent) => stream = unsent,
            }
        }
    }

    fn ask(&self) -> io::Result<oneshot::Receiver<Option<Fd>>> {
        let (answer, asked) = oneshot::channel();
        // One lock for both, so that the queue has the order of the requests.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match self.launcher.try_send(&FromEngine::NeedDatabase) {
            Ok(true) => waiting.push_back(answer),
            Ok(false) => return Err(io::ErrorKind::ResourceBusy.into()),
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(asked)
    }
}

impl Connect for LauncherConnect {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
            let stream = match first {
                Some(first) => Ok(Some(first)),
                None => self.ask()?.await,
            };
            match stream {
                Ok(Some(stream)) => Stream::from_fd(stream.into_owned()?),
                Ok(None) | Err(_) => Err(io::ErrorKind::ConnectionRefused.into()),
            }
        })
    }

    fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }
}
