//! The URL of a database server on a network, which a file holds because there is a password in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kiavi_db::{RemoteUrl, RemoteUrlError};
use kiavi_ipc::database::DatabaseServer;
use kiavi_ipc::egress::{InvalidTarget, Target};
use kiavi_launcher::{PostgresConfig, RemotePostgres};

/// Why there is no URL that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostgresUrlError {
    #[error("the file {} with the URL of PostgreSQL cannot be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the URL of PostgreSQL in {} cannot be used: {source}", .path.display())]
    Unusable { path: PathBuf, source: RemoteUrlError },
    #[error("the host of PostgreSQL's URL cannot be used: host and port {0}")]
    Host(#[from] InvalidTarget),
}

/// Reads the file, which should be for its owner only.
pub(crate) fn read(path: &Path) -> Result<RemoteUrl, PostgresUrlError> {
    let text = fs::read_to_string(path)
        .map_err(|source| PostgresUrlError::Unreadable { path: path.to_owned(), source })?;
    text.parse().map_err(|source| PostgresUrlError::Unusable { path: path.to_owned(), source })
}

/// What the launcher has to know of it.
pub(crate) fn config(url: &RemoteUrl) -> Result<PostgresConfig, PostgresUrlError> {
    Ok(PostgresConfig::Remote(RemotePostgres {
        address: Target::new(&url.host, url.port)?,
        server: DatabaseServer::new(&url.host, url.roots.iter().map(AsRef::as_ref)),
        role: url.user.clone(),
        password: url.password.clone(),
        database: url.database.clone(),
    }))
}
