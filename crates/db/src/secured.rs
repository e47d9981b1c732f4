//! What makes a connection over a network as good as one over a socket of this machine.

use kiavi_base::{ExposeSecret, SecretString};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use tokio_postgres::{Client, Config, Connection, config::SslMode, error::SqlState};

use crate::{DbError, Stream, error::causes, scram::NotScram, tls::Encrypted, tls::Tls};

/// TLS to a server that proves its name, and a password that only SCRAM uses.
///
/// There is no way around either: a server that does not speak TLS, shows a certificate for another name or of an
/// authority that is not among ours, or asks for the password in another way is not spoken to.
pub struct Secured {
    tls: Tls,
    name: ServerName<'static>,
    password: SecretString,
}

/// A server that cannot be trusted as it was described.
#[derive(Debug, thiserror::Error)]
pub enum SecuredError {
    /// The host is neither a DNS name nor an address.
    #[error("the database server's host is no name that a certificate can have")]
    Host,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

impl Secured {
    /// To a server with a certificate for `host` (a DNS name, or an address; IPv6 in brackets or not) that one of the
    /// authorities `roots` (DER) has signed.
    ///
    /// # Errors
    /// See [`SecuredError`].
    pub fn new<'a>(
        host: &str,
        roots: impl IntoIterator<Item = &'a [u8]>,
        password: SecretString,
    ) -> Result<Self, SecuredError> {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| SecuredError::Host)?;
        let mut store = RootCertStore::empty();
        // One that cannot be used is left out: a system has odd ones among many.
        store.add_parsable_certificates(roots.into_iter().map(CertificateDer::from));
        Ok(Self { tls: Tls::new(store)?.scram_only(), name, password })
    }

    /// The same server for another role.
    pub fn with_password(&self, password: SecretString) -> Self {
        Self { tls: self.tls.clone(), name: self.name.clone(), password }
    }

    /// Encrypts the stream and logs in on it.
    pub(crate) async fn log_in(
        &self,
        stream: Stream,
        config: &mut Config,
    ) -> Result<(Client, Connection<Stream, Encrypted<Stream>>), DbError> {
        config.ssl_mode(SslMode::Require).password(self.password.expose_secret());
        let outcome = config.connect_raw(stream, self.tls.handshake(self.name.clone())).await;
        outcome.map_err(|error| DbError::unavailable(Refused::new(error)))
    }
}

/// Why there is no connection to a server on a network, and what whoever set it up can do about it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .reason.sentence())]
pub struct Refused {
    /// What it was.
    pub reason: RefusedReason,
    #[source]
    cause: tokio_postgres::Error,
}

/// Why there is no connection to a server on a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedReason {
    /// It speaks in clear only.
    Plaintext,
    /// None of our authorities has signed its certificate.
    UnknownAuthority,
    /// Its certificate is another server's.
    WrongName,
    /// Its certificate is not valid now.
    Expired,
    /// TLS failed in another way.
    Tls,
    /// It wants the password in clear or as MD5, or none at all.
    NotScram,
    /// The role or its password is wrong.
    Password,
    /// Its `pg_hba.conf` has no line for us.
    NotAdmitted,
    /// It does not see the certificate that we see.
    Interposed,
    /// There is no such database.
    NoDatabase,
    /// All its connections are taken, or those of the role or database.
    Full,
    /// Anything else.
    Other,
}

impl RefusedReason {
    /// A sentence that says what to do.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Plaintext => {
                "the database server does not speak TLS: set `ssl = on` there (nothing is ever sent in clear)"
            }
            Self::UnknownAuthority => {
                "the database server's certificate is signed by no known authority: name its authority's file as \
                 sslrootcert in the URL"
            }
            Self::WrongName => {
                "the database server's certificate is for another name: put the host that it names into the URL"
            }
            Self::Expired => {
                "the database server's certificate is not valid at this time: renew it, or set this machine's clock"
            }
            Self::Tls => "the TLS handshake with the database server failed",
            Self::NotScram => {
                "the database server does not ask for SCRAM: its pg_hba.conf must say `hostssl … scram-sha-256` for \
                 this role, and the role's password must be stored with password_encryption = 'scram-sha-256'"
            }
            Self::Password => "the database server refuses the role or its password: correct them in the URL",
            Self::NotAdmitted => {
                "the database server lets this role not in from here: its pg_hba.conf needs a line \
                 `hostssl all ROLE ADDRESS scram-sha-256`"
            }
            Self::Interposed => {
                "somebody between here and the database server ends TLS with a certificate of their own: connect to the \
                 server itself, not by a proxy that decrypts"
            }
            Self::NoDatabase => "there is no such database on the server",
            Self::Full => "the database server has no free connection for this role: raise its limit",
            Self::Other => "the database server ended the connection",
        }
    }
}

impl Refused {
    fn new(cause: tokio_postgres::Error) -> Self {
        Self { reason: reason(&cause), cause }
    }
}

fn reason(error: &tokio_postgres::Error) -> RefusedReason {
    if let Some(server) = error.as_db_error() {
        return match *server.code() {
            // Has a code that means much else, too.
            _ if server.message().contains("channel binding") => RefusedReason::Interposed,
            SqlState::INVALID_PASSWORD => RefusedReason::Password,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION => RefusedReason::NotAdmitted,
            SqlState::INVALID_CATALOG_NAME => RefusedReason::NoDatabase,
            SqlState::TOO_MANY_CONNECTIONS => RefusedReason::Full,
            _ => RefusedReason::Other,
        };
    }
    for cause in causes(error) {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return tls_reason(tls);
        }
        if cause.is::<NotScram>() {
            return RefusedReason::NotScram;
        }
        // The driver's own sentence: it has no type for this.
        if cause.to_string() == "server does not support TLS" {
            return RefusedReason::Plaintext;
        }
    }
    RefusedReason::Other
}

fn tls_reason(error: &rustls::Error) -> RefusedReason {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::UnknownIssuer => RefusedReason::UnknownAuthority,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                RefusedReason::WrongName
            }
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => RefusedReason::Expired,
            // A certificate that vouches for itself and is not among the authorities.
            Certificate::BadSignature => RefusedReason::UnknownAuthority,
            _ => RefusedReason::Tls,
        },
        _ => RefusedReason::Tls,
    }
}
