//! The server's socket, reached through a descriptor of its folder.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
    sync::Arc,
};

use kiavi_db::{BoxFuture, Connect, Stream};
use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with},
};
use tokio::net::UnixStream;

/// The socket's name in its folder: the server builds it from its port, which is always the default.
pub const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// The folder in which the server has its socket.
///
/// It is kept open and the socket is reached through it, so the length of the folder's path does not matter
/// (`sun_path` has 108 bytes), nor whether the connecting uid may enter the folders above.
#[derive(Debug, Clone)]
pub struct SocketFolder(Arc<OwnedFd>);

impl SocketFolder {
    /// Opens the folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(Arc::new(openat(CWD, path, flags, Mode::empty())?)))
    }

    /// The socket's path, for as long as this value lives and within this process only.
    pub fn socket_path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{SOCKET_NAME}", self.0.as_raw_fd()))
    }

    /// Connects as the calling thread's uid, without waiting: a unix socket answers at once, or the server's
    /// queue is full ([`io::ErrorKind::WouldBlock`]). The descriptor is non-blocking and closed on exec.
    pub fn connect_now(&self) -> io::Result<OwnedFd> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&socket, &SocketAddrUnix::new(self.socket_path())?)?;
        Ok(socket)
    }
}

impl Connect for SocketFolder {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move { Ok(UnixStream::from_std(self.connect_now()?.into())?.into()) })
    }
}
