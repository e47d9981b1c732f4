//! A server on a network that holds Kiavi's own databases, by its URL.

use std::{io, path::PathBuf, str::FromStr};

use futures_util::{FutureExt, future::BoxFuture};
use kiavi_base::SecretString;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio_postgres::{Config, config::Host};

use crate::{
    Connect, Secured, SecuredError, Stream,
    foreign::{authorities, take_options},
};

/// PostgreSQL's own port.
const DEFAULT_PORT: u16 = 5432;
/// The database of a URL that names none.
const DEFAULT_DATABASE: &str = "kiavi_control";

/// Why a URL does not lead to a server that can hold databases. Never holds the URL, which has a password.
#[derive(Debug, thiserror::Error)]
pub enum RemoteUrlError {
    /// Not `postgres://` or `postgresql://`.
    #[error("it does not start with postgres:// or postgresql://")]
    Scheme,
    /// The driver refused it.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] tokio_postgres::Error),
    /// Not exactly one host, or one without a name that a certificate could have.
    #[error(
        "it must name one host, by its DNS name or address; a name that has several addresses, or moves, is fine"
    )]
    Host,
    /// It has no role.
    #[error("it names no role: postgres://ROLE:PASSWORD@HOST/DATABASE")]
    User,
    /// It has no password, or one that is not encoded.
    #[error(
        "it holds no password: postgres://ROLE:PASSWORD@HOST/DATABASE, where what is neither letter nor digit is written \
         as %XX"
    )]
    Password,
    /// An `sslmode` that would loosen what is done anyway.
    #[error(
        "its sslmode must be verify-full or absent: the server's certificate is always verified, chain and name"
    )]
    SslMode,
    /// A parameter that would have no effect.
    #[error("its parameter {0:?} is not known; sslmode and sslrootcert are")]
    Parameter(String),
    /// The file of `sslrootcert` cannot be used.
    #[error("the certificates of its sslrootcert cannot be used: {0}")]
    Certificates(#[source] io::Error),
    /// This system has no certificate authorities.
    #[error(
        "this system has no certificate authorities: name those of the server's certificate as sslrootcert"
    )]
    NoAuthorities,
}

/// Where the server is, how to log in, and by whom its certificate may be signed.
///
/// `postgres://ROLE:PASSWORD@HOST:PORT/DATABASE?sslrootcert=FILE`. The database is the control plane's own. `require`,
/// `verify-ca` and `verify-full` all mean `verify-full`, which cannot be turned off.
pub struct RemoteUrl {
    /// A DNS name in lower case, or an address; an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// The role's password.
    pub password: SecretString,
    /// The certificate authorities (DER) to believe.
    pub roots: Vec<CertificateDer<'static>>,
    /// The file that they are from, if it is not the system's.
    pub authorities_file: Option<PathBuf>,
}

impl FromStr for RemoteUrl {
    type Err = RemoteUrlError;

    fn from_str(url: &str) -> Result<Self, RemoteUrlError> {
        let url = url.trim();
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(RemoteUrlError::Scheme);
        }
        // A question mark in a password would make the rest of it a parameter, whose name is repeated below.
        if url.split('?').next().is_none_or(|base| !base.contains('@')) {
            return Err(RemoteUrlError::Password);
        }
        let (rest, options) = take_options(url);
        if let Some((_, parameters)) = rest.split_once('?') {
            let name = parameters.split(['=', '&']).next().unwrap_or_default();
            return Err(RemoteUrlError::Parameter(name.to_owned()));
        }
        if options.schema.is_some() {
            return Err(RemoteUrlError::Parameter("schema".to_owned()));
        }
        match options.ssl_mode.as_deref() {
            None | Some("require" | "verify-ca" | "verify-full") => {}
            Some(_) => return Err(RemoteUrlError::SslMode),
        }
        let config: Config = rest.parse().map_err(RemoteUrlError::Unreadable)?;
        let password = config.get_password().ok_or(RemoteUrlError::Password)?;
        let password = String::from_utf8(password.to_vec()).map_err(|_| RemoteUrlError::Password)?;
        let roots =
            authorities(options.root_certificates.as_deref()).map_err(RemoteUrlError::Certificates)?;
        if roots.is_empty() {
            return Err(RemoteUrlError::NoAuthorities);
        }
        Ok(Self {
            host: host(&config)?,
            port: config.get_ports().first().copied().unwrap_or(DEFAULT_PORT),
            user: config.get_user().filter(|user| !user.is_empty()).ok_or(RemoteUrlError::User)?.to_owned(),
            database: config.get_dbname().unwrap_or(DEFAULT_DATABASE).to_owned(),
            password: password.into(),
            roots,
            authorities_file: options.root_certificates.filter(|file| file != "system").map(PathBuf::from),
        })
    }
}

fn host(config: &Config) -> Result<String, RemoteUrlError> {
    match config.get_hosts() {
        [Host::Tcp(name)] if name.contains(':') => Ok(format!("[{}]", name.to_ascii_lowercase())),
        [Host::Tcp(name)] if !name.is_empty() => Ok(name.to_ascii_lowercase()),
        _ => Err(RemoteUrlError::Host),
    }
}

/// Connects to a server on a network by itself, for programs that may: an operator's command.
pub struct RemoteServer {
    secured: Secured,
    host: String,
    port: u16,
}

impl RemoteServer {
    /// The server that the URL names, as its role.
    ///
    /// # Errors
    /// See [`SecuredError`].
    pub fn new(url: &RemoteUrl) -> Result<Self, SecuredError> {
        let roots = url.roots.iter().map(AsRef::as_ref);
        let secured = Secured::new(&url.host, roots, url.password.clone())?;
        let host = url.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { secured, host, port: url.port })
    }
}

impl Connect for RemoteServer {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        async move {
            let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
            stream.set_nodelay(true)?;
            Ok(Stream::from(stream))
        }
        .boxed()
    }

    fn secured(&self) -> Option<&Secured> {
        Some(&self.secured)
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::ExposeSecret;
    use proptest::prelude::*;

    use super::*;

    fn refused(url: &str) -> String {
        match url.parse::<RemoteUrl>() {
            Ok(_) => panic!("{url} was taken"),
            Err(error) => error.to_string(),
        }
    }

    fn authority() -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("kiavi-remote-{}.pem", std::process::id()));
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        std::fs::write(&path, certificate.pem()).unwrap();
        path
    }

    #[test]
    fn a_url_says_where_who_and_whom_to_believe() {
        let file = authority();
        let url = format!("postgres://kiavi:p%40ss@DB.example.com?sslrootcert={}\n", file.display());
        let url: RemoteUrl = url.parse().unwrap();
        assert_eq!((url.host.as_str(), url.port), ("db.example.com", 5432));
        assert_eq!((url.user.as_str(), url.database.as_str()), ("kiavi", "kiavi_control"));
        assert_eq!((url.password.expose_secret(), url.roots.len()), ("p@ss", 1));
        for mode in ["require", "verify-ca", "verify-full"] {
            let url =
                format!("postgresql://a:b@[::1]:6000/own?sslmode={mode}&sslrootcert={}", file.display());
            let url: RemoteUrl = url.parse().unwrap();
            assert_eq!((url.host.as_str(), url.port, url.database.as_str()), ("[::1]", 6000, "own"));
        }
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_would_loosen_or_mean_nothing_is_refused_without_being_repeated() {
        for (url, sentence) in [
            ("mysql://u:hunter2@h/x", "postgres://"),
            ("postgres://u:hunter2@/x", "one host"),
            ("postgres://u:hunter2@a,b/x", "one host"),
            ("postgres://u:hunter2@%2Frun%2Fpostgresql/x", "one host"),
            ("postgres://h/x", "no password"),
            ("postgres://u@h/x", "no password"),
            ("postgres://u:a?hunter2@h/x", "no password"),
            ("postgres://u:a?hunter2=b@h/x?sslmode=verify-full", "no password"),
            ("postgres://u:hunter2@h/x?sslmode=disable", "verify-full"),
            ("postgres://u:hunter2@h/x?sslmode=prefer", "verify-full"),
            ("postgres://u:hunter2@h/x?sslmode=allow", "verify-full"),
            ("postgres://u:hunter2@h/x?hostaddr=10.0.0.1", "hostaddr"),
            ("postgres://u:hunter2@h/x?sslmode=require&schema=a", "schema"),
            ("postgres://u:hunter2@h/x?sslrootcert=/does/not/exist", "sslrootcert"),
        ] {
            let told = refused(url);
            assert!(told.contains(sentence) && !told.contains("hunter2"), "{url}: {told}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn no_url_panics(rest in "[ -~]{0,60}") {
            let _ = format!("postgres://{rest}").parse::<RemoteUrl>();
        }
    }
}
