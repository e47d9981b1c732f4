//! Why the cluster does not run.

use std::io;

use kiavi_db::DbError;

use crate::BinariesError;

/// Why the private cluster could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// PostgreSQL's programs are missing or do not fit.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// Another instance uses this data folder.
    #[error("another instance runs on this data folder")]
    AlreadyRunning,
    /// A file, a process or the socket could not be handled.
    #[error("{action}")]
    Io {
        /// What was tried.
        action: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The server, or the making of its data, ended with an error.
    #[error("PostgreSQL failed ({status}); its log ends with:\n{log}")]
    Failed {
        /// How it ended.
        status: String,
        /// The end of its log.
        log: String,
    },
    /// The server does not accept connections in time.
    #[error("PostgreSQL is not ready after {seconds} s; its log ends with:\n{log}")]
    NotReady {
        /// How long was waited.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// A server left by an earlier run could not be ended.
    #[error("a PostgreSQL server of an earlier run does not end (process {pid})")]
    Orphan {
        /// One of its processes.
        pid: i32,
    },
    /// Roles and databases could not be prepared.
    #[error("the cluster's roles and databases could not be prepared")]
    Database(#[from] DbError),
}

/// Adds to an I/O error what was tried.
pub(crate) trait Doing<T> {
    /// `action` completes the sentence "could not …".
    fn doing(self, action: impl AsRef<str>) -> Result<T, ClusterError>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, action: impl AsRef<str>) -> Result<T, ClusterError> {
        self.map_err(|error| ClusterError::Io {
            action: format!("could not {}", action.as_ref()),
            source: error.into(),
        })
    }
}
