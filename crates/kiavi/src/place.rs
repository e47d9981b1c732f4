//! Where an instance is, and the way there: the control socket in its data folder, or its console's address with a
//! management key.

use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::HeaderValue;
use rustix::fs::{CWD, Mode, OFlags, openat};
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::client::ClientError;
use crate::data::{CONTROL_SOCKET, default_folder, run_folder};
use crate::profile_store::{Origin, Profile, Profiles};
use crate::tls::{self, TlsError};

/// The variable that names a profile.
const PROFILE: &str = "KIAVI_PROFILE";

/// How long an instance elsewhere may take to be connected to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which instance is meant.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// On this machine, by its data folder.
    Here(PathBuf),
    /// By the name of a profile.
    Profile(String),
    /// Nothing is said: that of the default profile, or else the one in the usual data folder.
    Unsaid,
}

/// A connection to an instance.
pub(crate) struct Connected {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) host: HeaderValue,
    /// What proves who asks, where the connection itself does not.
    pub(crate) authorization: Option<HeaderValue>,
}

/// What HTTP is spoken over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Place {
    /// What the options say, or the environment.
    pub(crate) fn of(data: Option<PathBuf>, profile: Option<String>) -> Self {
        let from_environment = || std::env::var(PROFILE).ok().filter(|name| !name.is_empty());
        match (data, profile) {
            (Some(data), _) => Self::Here(data),
            (None, Some(name)) => Self::Profile(name),
            (None, None) => from_environment().map_or(Self::Unsaid, Self::Profile),
        }
    }

    /// The same, with what is not said decided.
    fn decided(&self) -> Result<Self, ClientError> {
        Ok(match self {
            Self::Unsaid => match Profiles::load()?.default {
                Some(name) => Self::Profile(name),
                None => Self::Here(default_folder()),
            },
            said => said.clone(),
        })
    }

    /// The data folder, for what can be done on the instance's own machine only.
    ///
    /// # Errors
    /// When the instance is elsewhere.
    pub(crate) fn folder(&self) -> Result<PathBuf, ClientError> {
        match self.decided()? {
            Self::Here(folder) => Ok(folder),
            Self::Profile(name) => Err(ClientError::OnlyThere(name)),
            Self::Unsaid => Ok(default_folder()),
        }
    }

    /// The profile by which the instance is reached, if it is.
    pub(crate) fn profile(&self) -> Option<String> {
        match self.decided() {
            Ok(Self::Profile(name)) => Some(name),
            _ => None,
        }
    }

    /// Connects.
    ///
    /// # Errors
    /// When nothing answers, or something else does.
    pub(crate) async fn connect(&self) -> Result<Connected, ClientError> {
        match self.decided()? {
            Self::Profile(name) => reach(Profiles::load()?.find(&name)?).await,
            Self::Here(folder) => here(&folder).await,
            Self::Unsaid => here(&default_folder()).await,
        }
    }
}

/// Connects through the open folder: a socket's path has at most 107 bytes (unix(7)), a data folder's may have more.
async fn here(data: &Path) -> Result<Connected, ClientError> {
    let unreachable = |error: &io::Error| match error.kind() {
        // A socket without a listener is what a killed instance leaves.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::ConnectionRefused => {
            ClientError::NotRunning(data.to_owned())
        }
        io::ErrorKind::PermissionDenied => ClientError::NotAllowed(data.to_owned()),
        _ => ClientError::Connection(error.to_string()),
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder =
        openat(CWD, run_folder(data), flags, Mode::empty()).map_err(|errno| unreachable(&errno.into()))?;
    let path = format!("/proc/self/fd/{}/{CONTROL_SOCKET}", folder.as_raw_fd());
    let stream = UnixStream::connect(path).await.map_err(|error| unreachable(&error))?;
    let host = HeaderValue::from_static("localhost");
    Ok(Connected { stream: Box::new(stream), host, authorization: None })
}

/// Connects to the instance of a profile, with its key.
pub(crate) async fn reach(profile: &Profile) -> Result<Connected, ClientError> {
    let Profile { url, key, authorities } = profile;
    let unreachable = |what: String| ClientError::Unreachable { url: url.to_string(), what };
    let unusable = |_| ClientError::Input("The management key is none.".to_owned());
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(unusable)?;
    authorization.set_sensitive(true);
    let host = HeaderValue::from_str(url.authority()).map_err(|error| unreachable(error.to_string()))?;
    let connecting = async {
        let stream = dial(url).await.map_err(|error| unreachable(error.to_string()))?;
        if !url.is_secure() {
            return Ok(Box::new(stream) as Box<dyn Stream>);
        }
        match tls::connect(stream, url.host(), authorities.as_deref()).await {
            Ok(stream) => Ok(Box::new(stream) as Box<dyn Stream>),
            Err(TlsError::Untrusted(error)) => {
                Err(ClientError::Untrusted { url: url.to_string(), what: error.to_string() })
            }
            Err(error) => Err(unreachable(error.to_string())),
        }
    };
    let stream = timeout(PATIENCE, connecting).await;
    let stream = stream.unwrap_or_else(|_| Err(unreachable("no answer within 10 s".to_owned())))?;
    Ok(Connected { stream, host, authorization: Some(authorization) })
}

async fn dial(url: &Origin) -> io::Result<TcpStream> {
    if url.is_here() && url.host().parse::<std::net::IpAddr>().is_err() {
        return TcpStream::connect(("127.0.0.1", url.port())).await;
    }
    TcpStream::connect((url.host(), url.port())).await
}
