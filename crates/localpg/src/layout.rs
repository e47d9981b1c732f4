//! The cluster's folders, and who may use them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use crate::{
    POSTGRES_UID,
    error::{ClusterError, Doing},
};

/// A log longer than this is set aside at a start; one older log is kept.
const MAX_LOG_BYTES: u64 = 10 * 1024 * 1024;
/// How much of the log an error shows.
const LOG_END_BYTES: u64 = 2_000;

/// Paths below `<data>/postgres`.
pub(crate) struct Layout {
    pub(crate) base: PathBuf,
    root: bool,
}

impl Layout {
    /// Makes what is missing, and sets owners and modes.
    pub(crate) fn create(data_folder: &Path, root: bool) -> Result<Self, ClusterError> {
        fs::create_dir_all(data_folder).doing(format!("make {}", data_folder.display()))?;
        // The server is started from another working directory.
        let data_folder = fs::canonicalize(data_folder).doing("find the data folder")?;
        let layout = Self { base: data_folder.join("postgres"), root };
        // As root, the server's uid passes through the folder, and every uid may reach the socket: who comes is
        // decided by `peer`, and the data folder above keeps the rest of the machine out.
        let (pass, reach) = if root { (0o711, 0o711) } else { (0o700, 0o700) };
        layout.folder(&layout.base, pass, false)?;
        layout.folder(&layout.conf(), 0o700, false)?;
        share_with_server(&layout.conf(), root, 0o750).doing("share the server's settings with it")?;
        layout.folder(&layout.run(), reach, true)?;
        layout.folder(&layout.base.join("log"), 0o700, false)?;
        Ok(layout)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    /// Where a cluster is made, before it is moved to its place as a whole.
    pub(crate) fn unfinished_data(&self) -> PathBuf {
        self.base.join("data.new")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.base.join("run")
    }

    pub(crate) fn conf(&self) -> PathBuf {
        self.base.join("conf")
    }

    pub(crate) fn accounts(&self) -> PathBuf {
        self.base.join("passwd")
    }

    fn log(&self) -> PathBuf {
        self.base.join("log/server.log")
    }

    /// The lock that one instance holds while it lives.
    pub(crate) fn lock(&self) -> Result<File, ClusterError> {
        let path = self.base.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = file.doing("open the lock of the cluster")?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(ClusterError::AlreadyRunning),
            Err(TryLockError::Error(error)) => Err(error).doing("lock the cluster"),
        }
    }

    /// The major version that wrote the data, if there is any.
    pub(crate) fn version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// An empty folder for a new cluster.
    pub(crate) fn begin_data(&self) -> Result<(), ClusterError> {
        let path = self.unfinished_data();
        remove_all(&path).doing("remove an unfinished cluster")?;
        self.folder(&path, 0o700, true)
    }

    /// Moves a new cluster to its place.
    pub(crate) fn finish_data(&self) -> Result<(), ClusterError> {
        fs::rename(self.unfinished_data(), self.data()).doing("move the new cluster to its place")?;
        File::open(&self.base).and_then(|folder| folder.sync_all()).doing("save the new cluster")
    }

    /// Removes what a killed server left, once none of its processes lives: another process may have got the
    /// id that the server would take for its predecessor's.
    pub(crate) fn remove_stale_locks(&self) -> Result<(), ClusterError> {
        let socket = self.run().join(crate::SOCKET_NAME);
        for path in [self.data().join("postmaster.pid"), socket.with_extension("5432.lock"), socket] {
            remove_all(&path).doing("remove a stale lock of the server")?;
        }
        Ok(())
    }

    /// The log, opened for appending.
    pub(crate) fn open_log(&self) -> Result<File, ClusterError> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
            fs::rename(&path, path.with_extension("log.1")).doing("set the server's log aside")?;
        }
        OpenOptions::new().create(true).append(true).mode(0o600).open(path).doing("open the server's log")
    }

    /// What the log says at its end.
    pub(crate) fn log_end(&self) -> String {
        let end = || -> io::Result<Vec<u8>> {
            let mut file = File::open(self.log())?;
            let start = file.metadata()?.len().saturating_sub(LOG_END_BYTES);
            file.seek(SeekFrom::Start(start))?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            Ok(text)
        };
        end().map(|text| String::from_utf8_lossy(&text).trim_end().to_owned()).unwrap_or_default()
    }

    fn folder(&self, path: &Path, mode: u32, is_servers: bool) -> Result<(), ClusterError> {
        let make = || {
            match DirBuilder::new().mode(0o700).create(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            if self.root && is_servers {
                chown(path, Some(POSTGRES_UID), Some(POSTGRES_UID))?;
            }
            fs::set_permissions(path, Permissions::from_mode(mode))
        };
        make().doing(format!("prepare {}", path.display()))
    }
}

/// Lets the server's account, and nobody else, read what root wrote for it. Rootless there is one account only.
pub(crate) fn share_with_server(path: &Path, root: bool, mode: u32) -> io::Result<()> {
    if !root {
        return Ok(());
    }
    chown(path, None, Some(POSTGRES_UID))?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Removes a file or a folder, if it is there.
fn remove_all(path: &Path) -> io::Result<()> {
    let outcome = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
