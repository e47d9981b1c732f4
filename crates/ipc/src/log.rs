//! What the auditor has to know of a log to seal it, as it travels from control through the launcher, which does not
//! read it.

use minicbor::{Decode, Encode};
use secrecy::zeroize::{Zeroize, Zeroizing};

use crate::{Fd, IpcError, SealedDocument, SealedDocumentError};

/// A log's name and key, and how its database is reached. It cannot be printed.
#[derive(Encode, Decode)]
pub struct LogDocument {
    /// The first line of its checkpoints.
    #[n(0)]
    pub origin: String,
    /// The private key that they are signed with: an Ed25519 seed.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub seed: [u8; 32],
    /// The database that it is in.
    #[n(2)]
    pub database: String,
    /// Who the auditor is there.
    #[n(3)]
    pub role: String,
    /// The role's password, if the database server is one on a network.
    #[n(4)]
    pub password: Option<String>,
}

impl LogDocument {
    /// Seals it.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn seal(&self) -> Result<SealedDocument, SealedDocumentError> {
        let bytes = minicbor::to_vec(self).map(Zeroizing::new).map_err(|_| SealedDocumentError::TooLarge)?;
        SealedDocument::seal(&bytes)
    }

    /// Reads what [`LogDocument::seal`] has sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn open(document: Fd) -> Result<Self, LogDocumentError> {
        let bytes = SealedDocument::accept(document)?.read()?;
        Ok(minicbor::decode(&bytes).map_err(|_| IpcError::Malformed("not a log"))?)
    }
}

impl Drop for LogDocument {
    fn drop(&mut self) {
        self.seed.zeroize();
        self.password.zeroize();
    }
}

/// The description of a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogDocumentError {
    /// Its document.
    #[error(transparent)]
    Document(#[from] SealedDocumentError),
    /// Its content.
    #[error(transparent)]
    Content(#[from] IpcError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_arrives_as_it_was() {
        let text = str::to_owned;
        let (origin, database, role) = (text("auth.example/audit/t"), text("t"), text("auditor"));
        let log = LogDocument { origin, seed: [7; 32], database, role, password: Some(text("word")) };
        let opened = LogDocument::open(log.seal().unwrap().fd()).unwrap();
        assert_eq!((&opened.origin, opened.seed, &opened.role), (&log.origin, [7; 32], &log.role));
        assert_eq!((&opened.database, &opened.password), (&log.database, &log.password));
        assert!(LogDocument::open(SealedDocument::seal(b"something else").unwrap().fd()).is_err());
    }
}
