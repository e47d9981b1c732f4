//! How a connection to the server comes to be.

use std::{io, path::PathBuf};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::net::UnixStream;

use crate::{Secured, Stream};

/// Where connected streams come from: a socket's path, or a more privileged process that connects in our name
/// and passes the descriptor.
pub trait Connect: Send + Sync {
    /// A fresh stream to the server on which nothing has been sent yet.
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>>;

    /// What is needed before anything may be said on the stream. Nothing on one that does not leave this machine: there
    /// the server knows its peer by the uid.
    fn secured(&self) -> Option<&Secured> {
        None
    }
}

/// Connects to the server's socket by its path.
#[derive(Debug, Clone)]
pub struct UnixSocket {
    /// The socket itself (`…/.s.PGSQL.5432`), not its folder.
    pub path: PathBuf,
}

impl Connect for UnixSocket {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        UnixStream::connect(&self.path).map(|stream| stream.map(Stream::from)).boxed()
    }
}

/// Who logs in, and where. How the server knows that it is so, is a fact about the [`Connect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
}

impl Login {
    /// A role in a database.
    pub fn new(user: impl Into<String>, database: impl Into<String>) -> Self {
        Self { user: user.into(), database: database.into() }
    }
}
