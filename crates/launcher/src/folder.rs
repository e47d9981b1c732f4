//! The data folder: who may see what in it, and that only one instance uses it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

/// The management API's local socket, in the data folder.
pub const CONTROL_SOCKET: &str = "run/control.sock";

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another instance has it.
    #[error("another Kiavi is running with the data folder {}: stop it, or choose another with --data", .0.display())]
    InUse(PathBuf),
    /// Something in it cannot be created or opened.
    #[error("cannot use {}", .path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// An instance's data folder, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Folder {
    /// Creates what is missing and takes the lock.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Io { path, source }
        };
        // Other accounts pass through to what is theirs, and see nothing else.
        create(path, 0o711).map_err(at(path))?;
        let path = path.canonicalize().map_err(at(path))?;
        let run = path.join("run");
        create(&run, 0o700).map_err(at(&run))?;
        let lock_path = run.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(at(&lock_path))?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(FolderError::InUse(path)),
            Err(errno) => Err(FolderError::Io { path: lock_path, source: errno.into() }),
        }
    }

    /// Takes over the folder from the program that ran in this process before, with its lock.
    pub(crate) fn adopt(path: PathBuf, lock: OwnedFd) -> Self {
        Self { path, lock: lock.into() }
    }

    /// What keeps other instances out.
    pub(crate) fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// Its absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder that belongs to one account alone.
    pub(crate) fn private(&self, name: &str, owner: Option<u32>) -> Result<PathBuf, FolderError> {
        let path = self.path.join(name);
        let created = create(&path, 0o700).and_then(|()| match owner {
            Some(uid) => std::os::unix::fs::chown(&path, Some(uid), Some(uid)),
            None => Ok(()),
        });
        match created {
            Ok(()) => Ok(path),
            Err(source) => Err(FolderError::Io { path, source }),
        }
    }

    /// Listens on the management API's local socket. What an earlier instance left there is replaced.
    pub(crate) fn control_socket(&self) -> Result<OwnedFd, FolderError> {
        let path = self.path.join(CONTROL_SOCKET);
        self.remove_control_socket();
        listen(&path).map(OwnedFd::from).map_err(|source| FolderError::Io { path, source })
    }

    /// Removes the socket's name.
    pub(crate) fn remove_control_socket(&self) {
        // Absent is what is wanted; anything else shows when the name is bound again.
        let _ = std::fs::remove_file(self.path.join(CONTROL_SOCKET));
    }
}

fn create(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Binds by way of the folder's descriptor: the address of a unix socket has room for 107 bytes only.
fn listen(path: &Path) -> io::Result<UnixListener> {
    use std::os::fd::AsRawFd;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    let listener = UnixListener::bind(&short)?;
    // The folder is closed to others already; this holds should someone open it up.
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("kiavi-folder-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn a_folder_is_used_by_one_instance_at_a_time() {
        let path = scratch("lock");
        let first = Folder::open(&path).unwrap();
        let refused = Folder::open(&path).unwrap_err();
        assert!(matches!(refused, FolderError::InUse(_)), "{refused}");
        drop(first);
        assert!(Folder::open(&path).is_ok());
        std::fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn the_socket_replaces_a_stale_one_even_under_a_long_path() {
        let path = scratch("socket").join("x".repeat(120));
        let folder = Folder::open(&path).unwrap();
        drop(folder.control_socket().unwrap());
        assert!(path.join(CONTROL_SOCKET).exists());
        let _listener = folder.control_socket().unwrap();
        let mode = std::fs::metadata(path.join(CONTROL_SOCKET)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
