//! How a connection to the server comes to be.

use std::{io, path::PathBuf};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::net::UnixStream;

/// Where connected streams come from: a socket's path, or a more privileged process that connects in our name
/// and passes the descriptor.
pub trait Connect: Send + Sync {
    /// A fresh stream to the server on which nothing has been sent yet.
    fn connect(&self) -> BoxFuture<'_, io::Result<UnixStream>>;
}

/// Connects to the server's socket by its path.
#[derive(Debug, Clone)]
pub struct UnixSocket {
    /// The socket itself (`…/.s.PGSQL.5432`), not its folder.
    pub path: PathBuf,
}

impl Connect for UnixSocket {
    fn connect(&self) -> BoxFuture<'_, io::Result<UnixStream>> {
        UnixStream::connect(&self.path).boxed()
    }
}

/// Who logs in, and where. There is no password: the server knows the peer of a unix socket by its uid.
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
