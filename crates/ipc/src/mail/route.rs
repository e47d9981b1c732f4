//! The way that one tenant's mail takes, as control states it. It may hold a password, so it travels sealed: the
//! launcher keeps it and passes it on without reading it, and the engine never has it.

use std::fmt;

use minicbor::{Decode, Encode};
use secrecy::zeroize::Zeroizing;

use crate::egress::Target;
use crate::{Fd, IpcError, SealedDocument, SealedDocumentError};

/// Whom a tenant's mail comes from, and which server takes it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MailRoute {
    /// The mailbox that mail comes from (RFC 5322 §3.4).
    #[n(0)]
    pub sender: String,
    /// The tenant's own server; the platform's if absent.
    #[n(1)]
    pub server: Option<SmtpServer>,
}

/// A tenant's own mail server.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SmtpServer {
    /// Where it is. The host is also the name that its certificate must have.
    #[n(0)]
    #[cbor(with = "crate::codec::text")]
    pub target: Target,
    /// How TLS begins.
    #[n(1)]
    pub security: Security,
    /// User and password, if it wants them.
    #[n(2)]
    pub credentials: Option<(String, String)>,
    /// Certificate authorities (PEM) to believe besides those of the system.
    #[n(3)]
    pub extra_roots: Vec<String>,
    /// Whether it may be in a private network or on this machine. Has an effect only where the instance allows it.
    #[n(4)]
    pub allows_private: bool,
}

/// How TLS begins; there is no mail without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Security {
    /// In clear, until STARTTLS (RFC 3207).
    #[n(0)]
    StartTls,
    /// With the first byte (RFC 8314 §3).
    #[n(1)]
    Implicit,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer").field("target", &self.target).finish_non_exhaustive()
    }
}

impl MailRoute {
    /// The bytes that are sealed.
    ///
    /// # Errors
    /// Never for what this program makes.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, IpcError> {
        minicbor::to_vec(self).map(Zeroizing::new).map_err(|_| IpcError::Malformed("no mail route"))
    }

    /// Seals the route.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn seal(&self) -> Result<SealedDocument, RouteError> {
        Ok(SealedDocument::seal(&self.to_bytes()?)?)
    }

    /// Reads what [`MailRoute::seal`] has sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn open(document: Fd) -> Result<Self, RouteError> {
        let bytes = SealedDocument::accept(document)?.read()?;
        Ok(minicbor::decode(&bytes).map_err(|_| IpcError::Malformed("not a mail route"))?)
    }
}

/// A mail route could not be sealed or read.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
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
    fn a_route_arrives_as_it_was_and_is_printed_without_its_password() {
        let server = SmtpServer {
            target: "mail.shop.test:587".parse().unwrap(),
            security: Security::StartTls,
            credentials: Some(("shop".to_owned(), "open-sesame".to_owned())),
            extra_roots: Vec::new(),
            allows_private: false,
        };
        let route = MailRoute { sender: "\"Shop\" <hello@shop.test>".to_owned(), server: Some(server) };
        assert_eq!(MailRoute::open(route.seal().unwrap().fd()).unwrap(), route);
        assert!(!format!("{route:?}").contains("open-sesame"));
        let other = SealedDocument::seal(b"something else").unwrap();
        assert!(MailRoute::open(other.fd()).is_err());
    }
}
