//! Database connections, asked of the launcher.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiavi_base::SecretString;
use kiavi_db::{BoxFuture, Connect, Secured, SecuredError, Stream};
use kiavi_ipc::auditor::FromAuditor;
use kiavi_ipc::database::DatabaseServer;
use kiavi_ipc::{Fd, Sender};
use tokio::sync::oneshot;

/// Connects by asking the launcher. Clones share what is asked.
#[derive(Clone)]
pub(crate) struct LauncherConnect {
    shared: Arc<Shared>,
    secured: Option<Arc<Secured>>,
}

struct Shared {
    launcher: Sender<FromAuditor>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last_request: u64,
    answers: HashMap<u64, oneshot::Sender<Option<Fd>>>,
}

impl LauncherConnect {
    pub(crate) fn new(launcher: Sender<FromAuditor>) -> Self {
        Self { shared: Arc::new(Shared { launcher, waiting: Mutex::default() }), secured: None }
    }

    /// The same, to a server on a network, with the password of our role there.
    ///
    /// # Errors
    /// When the server's description cannot be used.
    pub(crate) fn secured(
        &self,
        server: &DatabaseServer,
        password: SecretString,
    ) -> Result<Self, SecuredError> {
        let secured = Secured::new(&server.host, server.roots(), password)?;
        Ok(Self { shared: self.shared.clone(), secured: Some(Arc::new(secured)) })
    }

    /// The launcher answered a request.
    pub(crate) fn answered(&self, request: u64, stream: Option<Fd>) {
        if let Some(answer) = self.waiting().answers.remove(&request) {
            // Whoever asked may have given up; the connection closes with the unsent value.
            let _ = answer.send(stream);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self) -> (u64, oneshot::Receiver<Option<Fd>>) {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.last_request += 1;
        let request = waiting.last_request;
        waiting.answers.insert(request, answer);
        (request, answered)
    }
}

impl Connect for LauncherConnect {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let (request, answered) = self.ask();
            self.shared
                .launcher
                .send(&FromAuditor::NeedDatabase { request })
                .await
                .map_err(io::Error::other)?;
            let Ok(Some(stream)) = answered.await else {
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            Stream::from_fd(stream.into_owned()?)
        })
    }

    fn secured(&self) -> Option<&Secured> {
        self.secured.as_deref()
    }
}
