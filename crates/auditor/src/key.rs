//! What is known of a log from outside its database.

use kiavi_audit::{KeyName, NoteKey};
use kiavi_db::{Login, SecuredError};
use kiavi_ipc::Fd;
use kiavi_ipc::log::{LogDocument, LogDocumentError};

/// Why a log cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogKeyError {
    #[error(transparent)]
    Document(#[from] LogDocumentError),
    #[error("its name cannot be that of a log")]
    Name,
    #[error(transparent)]
    Server(#[from] SecuredError),
}

/// A log's name, and the key that signs its checkpoints.
pub(crate) struct LogKey {
    document: LogDocument,
    pub(crate) note_key: NoteKey,
}

impl LogKey {
    /// Reads what control has sealed.
    pub(crate) fn open(document: Fd) -> Result<Self, LogKeyError> {
        let document = LogDocument::open(document)?;
        let name: KeyName = document.origin.parse().map_err(|_| LogKeyError::Name)?;
        let note_key = NoteKey::new(name, &document.seed);
        Ok(Self { document, note_key })
    }

    /// Whether it is the same log, reached in the same way.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let parts = |key: &Self| {
            let LogDocument { origin, seed, database, role, password } = &key.document;
            (origin.clone(), *seed, database.clone(), role.clone(), password.clone())
        };
        parts(self) == parts(other)
    }

    /// The first line of its checkpoints.
    pub(crate) fn origin(&self) -> &str {
        &self.document.origin
    }

    /// The seed of its key.
    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.document.seed
    }

    /// The role's password, on a server on a network.
    pub(crate) fn password(&self) -> Option<&str> {
        self.document.password.as_deref()
    }

    /// Who the auditor is in which database.
    pub(crate) fn login(&self) -> Login {
        Login::new(&self.document.role, &self.document.database)
    }
}
