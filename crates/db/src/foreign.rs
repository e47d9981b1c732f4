//! A database that is somebody else's, by its URL: read for a while, never written.

use std::{fs, io, str::FromStr, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use percent_encoding::percent_decode_str;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::{
    Client, Config, NoTls, Row, Socket,
    config::{Host, SslMode},
    tls::MakeTlsConnect,
};

use crate::{DbError, Params, tls::Tls};

/// How long connecting to one of the hosts may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What the other server calls our session.
const APPLICATION_NAME: &str = "kiavi import";

/// Why an URL does not lead to a database. Never holds the URL, which may have a password.
#[derive(Debug, thiserror::Error)]
pub enum ForeignUrlError {
    /// Not `postgres://` or `postgresql://`.
    #[error("it does not start with postgres:// or postgresql://")]
    Scheme,
    /// The driver refused it.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] tokio_postgres::Error),
    /// No host is named.
    #[error("it names no host; for a unix socket add ?host=/run/postgresql")]
    Host,
    /// An `sslmode` that does not exist.
    #[error("its sslmode is none of disable, prefer, require, verify-ca and verify-full")]
    SslMode,
    /// The file of `sslrootcert` cannot be used.
    #[error("the certificates of its sslrootcert cannot be used")]
    Certificates(#[source] io::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Where a database is and how to log in.
///
/// On the way to another machine the connection is encrypted and the server's certificate is verified, chain and name,
/// unless the URL says `sslmode=disable`: `require` and `verify-ca` are read as `verify-full`. To a unix socket or a
/// loopback address it is encrypted when the URL asks for it. The authorities are the system's, or those in the file
/// that `sslrootcert` names.
pub struct ForeignUrl {
    config: Config,
    tls: Option<Tls>,
}

impl FromStr for ForeignUrl {
    type Err = ForeignUrlError;

    fn from_str(url: &str) -> Result<Self, ForeignUrlError> {
        let (mut rest, options) = take_options(url);
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(ForeignUrlError::Scheme);
        }
        if let Some(schema) = &options.schema {
            let path = format!("options=-csearch_path%3D{schema}");
            rest.push(if rest.contains('?') { '&' } else { '?' });
            rest.push_str(&path);
        }
        let mut config: Config = rest.parse().map_err(ForeignUrlError::Unreadable)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ForeignUrlError::Host);
        }
        let is_encrypted = match options.ssl_mode.as_deref() {
            Some("disable") => false,
            None | Some("allow" | "prefer") => !is_local(&config),
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => return Err(ForeignUrlError::SslMode),
        };
        let tls = is_encrypted.then(|| tls(options.root_certificates.as_deref()));
        config.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        config.application_name(APPLICATION_NAME).connect_timeout(CONNECT_TIMEOUT);
        Ok(Self { config, tls: tls.transpose()? })
    }
}

impl ForeignUrl {
    /// Takes this password if the URL has none.
    pub fn default_password(&mut self, password: &str) {
        if self.config.get_password().is_none() {
            self.config.password(password);
        }
    }

    /// Whether what is read travels to this machine in clear.
    pub fn is_open_on_the_way(&self) -> bool {
        self.tls.is_none() && !is_local(&self.config)
    }
}

/// What is ours to read, or not the driver's.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) ssl_mode: Option<String>,
    pub(crate) root_certificates: Option<String>,
    /// As Prisma writes it; still encoded.
    pub(crate) schema: Option<String>,
}

/// The URL without those parameters that the driver does not know, and these.
pub(crate) fn take_options(url: &str) -> (String, Options) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), Options::default()) };
    let mut options = Options::default();
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8_lossy().into_owned());
    let kept: Vec<_> = query
        .split('&')
        .filter(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "sslmode" => options.ssl_mode = decoded(value),
                "sslrootcert" => options.root_certificates = decoded(value),
                "schema" => options.schema = Some(value.to_owned()),
                _ => return true,
            }
            false
        })
        .collect();
    let rest = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    (rest, options)
}

fn is_local(config: &Config) -> bool {
    let is_loopback = |host: &str| {
        host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    };
    config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => is_loopback(name),
        })
}

fn tls(file: Option<&str>) -> Result<Tls, ForeignUrlError> {
    let mut roots = RootCertStore::empty();
    // One that cannot be used is left out: a system has odd ones among many.
    roots.add_parsable_certificates(authorities(file).map_err(ForeignUrlError::Certificates)?);
    Tls::new(roots).map_err(ForeignUrlError::Tls)
}

/// The certificate authorities in a file (PEM) that `sslrootcert` names; without it, or for `system`, those of this
/// system.
pub(crate) fn authorities(file: Option<&str>) -> io::Result<Vec<CertificateDer<'static>>> {
    let Some(path) = file.filter(|path| *path != "system") else {
        return Ok(rustls_native_certs::load_native_certs().certs);
    };
    let pem = fs::read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| io::Error::other(error.to_string()))?;
    if found.is_empty() {
        return Err(io::Error::other("there is no certificate in PEM in it"));
    }
    Ok(found)
}

/// One connection to such a database.
pub struct ForeignConnection(Client);

impl ForeignConnection {
    /// Connects and logs in.
    pub async fn connect(url: &ForeignUrl) -> Result<Self, DbError> {
        match &url.tls {
            Some(tls) => Self::open(&url.config, tls.clone()).await,
            None => Self::open(&url.config, NoTls).await,
        }
    }

    async fn open<T>(config: &Config, tls: T) -> Result<Self, DbError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, driver) = config.connect(tls).await.map_err(DbError::unavailable)?;
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "the connection to another database ended");
            }
        });
        Ok(Self(client))
    }

    /// Runs statements without parameters or rows.
    pub async fn batch_execute(&self, text: &str) -> Result<(), DbError> {
        self.0.batch_execute(text).await.map_err(failed)
    }

    /// Runs one statement and returns its rows. Quote identifiers in `text` with [`crate::quote_ident`].
    pub async fn query(&self, text: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.0.query(text, params).await.map_err(failed)
    }

    /// Runs a `COPY … TO STDOUT`; what it gives, in pieces of any size.
    pub async fn copy_out(
        &self,
        text: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, DbError>> + Send + use<>, DbError> {
        Ok(self.0.copy_out(text).await.map_err(failed)?.map_err(failed))
    }
}

fn failed(error: tokio_postgres::Error) -> DbError {
    DbError::in_statement("a statement in the other database", error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encryption(url: &str) -> Result<(bool, bool), String> {
        let url: ForeignUrl = url.parse().map_err(|error: ForeignUrlError| error.to_string())?;
        Ok((url.tls.is_some(), url.is_open_on_the_way()))
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        for local in ["localhost", "127.0.0.1:5433", "[::1]", "/db?host=/run/postgresql"] {
            assert_eq!(encryption(&format!("postgres://u@{local}")), Ok((false, false)), "{local}");
        }
        for far in ["db.example.com/x", "10.0.0.1", "localhost,db.example.com", "x?hostaddr=10.0.0.1"] {
            assert_eq!(encryption(&format!("postgresql://u@{far}")), Ok((true, false)), "{far}");
        }
        assert_eq!(encryption("postgres://u@localhost/x?sslmode=require"), Ok((true, false)));
        assert_eq!(encryption("postgres://u@db.example.com/x?sslmode=disable"), Ok((false, true)));
    }

    #[test]
    fn an_url_without_sense_is_refused_without_being_repeated() {
        for url in [
            "mysql://u:hunter2@h/x",
            "host=h password=hunter2",
            "postgres://",
            "postgres://u:hunter2@h/x?sslmode=maybe",
            "postgres://u:hunter2@h/x?what=1",
            "postgres://u:hunter2@h/x?sslmode=require&sslrootcert=/does/not/exist",
        ] {
            let error = encryption(url).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_the_driver_does_not_know_is_taken_out() {
        let url: ForeignUrl = "postgres://u@localhost/x?schema=auth&connect_timeout=3".parse().unwrap();
        assert_eq!(url.config.get_options(), Some("-csearch_path=auth"));
    }

    proptest! {
        // Each that leads elsewhere reads the system's authorities.
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn no_url_panics(rest in "[ -~]{0,60}") {
            let _ = format!("postgres://{rest}").parse::<ForeignUrl>();
        }
    }
}
