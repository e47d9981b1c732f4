//! Database connections, asked of the launcher.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use kiavi_db::{BoxFuture, Connect};
use kiavi_ipc::engine::FromEngine;
use kiavi_ipc::{Fd, Sender};
use tokio::net::UnixStream;
use tokio::sync::oneshot;

/// Connects by asking the launcher, which answers in the order of the requests.
pub(super) struct LauncherConnect {
    launcher: Sender<FromEngine>,
    waiting: Mutex<VecDeque<oneshot::Sender<Option<Fd>>>>,
}

impl LauncherConnect {
    pub(super) fn new(launcher: Sender<FromEngine>) -> Self {
        Self { launcher, waiting: Mutex::default() }
    }

    /// The launcher's next answer.
    pub(super) fn answered(&self, stream: Option<Fd>) {
        let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(next) = next {
            // Whoever asked may have given up; the connection closes with the unsent value.
            let _ = next.send(stream);
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
    fn connect(&self) -> BoxFuture<'_, io::Result<UnixStream>> {
        Box::pin(async move {
            match self.ask()?.await {
                Ok(Some(stream)) => {
                    let stream = std::os::unix::net::UnixStream::from(stream.into_owned()?);
                    stream.set_nonblocking(true)?;
                    UnixStream::from_std(stream)
                }
                Ok(None) | Err(_) => Err(io::ErrorKind::ConnectionRefused.into()),
            }
        })
    }
}
