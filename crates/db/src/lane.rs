//! The shared connection for single statements.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use crate::{
    DbError,
    connection::{Connection, Opener, lock},
    writer::Watch,
};

/// A connection being opened, or the outcome of that.
type Opening = Shared<BoxFuture<'static, Result<Arc<Connection>, DbError>>>;

/// At most one connection, opened on first use and opened again on the first use after it was lost.
pub(crate) struct Lane {
    opener: Opener,
    watch: Option<Watch>,
    current: Mutex<Option<Opening>>,
}

impl Lane {
    /// With a `watch`, its connection tries to become the writer's.
    pub(crate) fn new(opener: Opener, watch: Option<Watch>) -> Self {
        Self { opener, watch, current: Mutex::default() }
    }

    /// The open connection. Whoever comes while it is being opened shares that attempt and its outcome.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>, DbError> {
        let opening = {
            let mut current = lock(&self.current);
            match current.as_ref().filter(|opening| self.opener.is_good() && is_usable(opening)) {
                Some(opening) => opening.clone(),
                None => current.insert(self.open()).clone(),
            }
        };
        opening.await
    }

    /// Opens in a task of its own, so that the attempt goes on when the request that began it is abandoned.
    fn open(&self) -> Opening {
        let (opener, watch) = (self.opener.clone(), self.watch.clone());
        let task = tokio::spawn(async move {
            match watch {
                Some(watch) => opener.open_writer(&watch).await.map(Arc::new),
                None => opener.open().await.map(Arc::new),
            }
        });
        async move { task.await.unwrap_or_else(|error| Err(DbError::unavailable(error))) }.boxed().shared()
    }

    /// Tries again to become the writer, if there is an open connection and it is not.
    pub(crate) async fn seek_writer_lock(&self) -> Result<(), DbError> {
        let Some(watch) = self.watch.as_ref().filter(|watch| !watch.is_held()) else { return Ok(()) };
        let open = lock(&self.current).as_ref().and_then(Shared::peek).cloned();
        match open {
            Some(Ok(connection)) if !connection.is_closed() => connection.take_writer_lock(watch).await,
            _ => Ok(()),
        }
    }

    /// Closes the connection if nothing runs on it and nothing ran for `idle`.
    pub(crate) fn close_idle(&self, idle: Duration) {
        let mut current = lock(&self.current);
        let is_idle = match current.as_ref().and_then(Shared::peek) {
            // Each running statement holds a reference of its own.
            Some(Ok(connection)) => Arc::strong_count(connection) == 1 && connection.idle_time() >= idle,
            Some(Err(_)) => true,
            None => false,
        };
        if is_idle {
            // First of all: the server gives the lock away when it reads the goodbye.
            self.watch.iter().for_each(Watch::lost);
            *current = None;
        }
    }
}

fn is_usable(opening: &Opening) -> bool {
    match opening.peek() {
        None => true,
        Some(Ok(connection)) => !connection.is_closed(),
        Some(Err(_)) => false,
    }
}
