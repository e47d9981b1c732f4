//! The database server on a network, as the launcher states it to control and to engines: what they need to know to
//! trust it. Where it is, only outbound needs to know.

use minicbor::{Decode, Encode};

use crate::egress::{join_certificates, split_certificates};
use crate::{Fd, IpcError, SealedDocument, SealedDocumentError};

/// By what a database server is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DatabaseServer {
    /// The name that its certificate has: a DNS name, or an address.
    #[n(0)]
    pub host: String,
    /// The certificate authorities to believe, as [`join_certificates`] joins them.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    roots: Vec<u8>,
}

impl DatabaseServer {
    /// A server with a certificate for `host` that one of these authorities (DER) has signed.
    pub fn new<'a>(host: impl Into<String>, roots: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self { host: host.into(), roots: join_certificates(roots) }
    }

    /// The certificate authorities (DER).
    pub fn roots(&self) -> impl Iterator<Item = &[u8]> {
        split_certificates(&self.roots)
    }

    /// Seals it, once for all who are told.
    ///
    /// # Errors
    /// When the authorities do not fit into a document, or there is no memory for it.
    pub fn seal(&self) -> Result<SealedDocument, SealedDocumentError> {
        let bytes = minicbor::to_vec(self).map_err(|_| SealedDocumentError::TooLarge)?;
        SealedDocument::seal(&bytes)
    }

    /// Reads what [`DatabaseServer::seal`] has sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn open(document: Fd) -> Result<Self, DatabaseServerError> {
        let bytes = SealedDocument::accept(document)?.read()?;
        Ok(minicbor::decode(&bytes).map_err(|_| IpcError::Malformed("not a database server"))?)
    }
}

/// The description of a database server could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseServerError {
    /// Its document.
    #[error(transparent)]
    Document(#[from] SealedDocumentError),
    /// Its content.
    #[error(transparent)]
    Content(#[from] IpcError),
}

/// Where an engine's database is.
#[derive(Debug, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub enum Whereabouts {
    /// In the private cluster, which knows the engine by its account.
    #[n(0)]
    Private {
        /// A first connection that nobody has asked for: PostgreSQL makes its process for it while the engine becomes one.
        /// `None` when it cannot be reached.
        #[n(0)]
        connected: Option<Fd>,
    },
    /// On a server on a network.
    #[n(1)]
    Remote {
        /// A [`DatabaseServer`], sealed.
        #[n(0)]
        server: Fd,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_arrives_as_it_was() {
        let server = DatabaseServer::new("db.example.com", [b"one".as_slice(), b"another"]);
        let opened = DatabaseServer::open(server.seal().unwrap().fd()).unwrap();
        assert_eq!(opened, server);
        assert_eq!(opened.roots().collect::<Vec<_>>(), [b"one".as_slice(), b"another"]);
        assert!(DatabaseServer::open(SealedDocument::seal(b"something else").unwrap().fd()).is_err());
    }
}
