//! The running cluster.

use std::{
    ffi::{OsStr, OsString},
    fmt, fs, io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
    time::Duration,
};

use kiavi_db::{AdminConnection, Connect, DbError, Login};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::{
    AUDITOR_ROLE, AUDITOR_UID, AccountError, Binaries, CONTROL_ROLE, CONTROL_UID, ClusterError, POSTGRES_UID,
    SUPERUSER, SocketFolder,
    accounts::{Accounts, FIRST_TENANT_UID},
    bootstrap,
    error::Doing,
    identity,
    layout::{Layout, share_with_server},
    orphans,
    process::Process,
    role::{HIDDEN_BASE, INITIALISER, ROOT_MODE, SERVER},
    settings::{self, Sizes},
};

/// How long the server may take until it accepts connections, recovery after a crash included.
const READY_DEADLINE: Duration = Duration::from_secs(120);
const READY_POLL: Duration = Duration::from_millis(20);
/// How long a fast shutdown may take; its checkpoint writes all that is not on the disk yet.
const FAST_STOP: Duration = Duration::from_secs(20);
/// How long an immediate shutdown may take.
const IMMEDIATE_STOP: Duration = Duration::from_secs(5);

/// What a cluster is started with.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// The instance's data folder; the cluster is in its folder `postgres`.
    pub data_dir: PathBuf,
    /// Whether this process is root and the server gets its own account and namespaces.
    pub root: bool,
    /// The program that calls [`crate::serve_role`] when [`crate::is_role`] says so: normally this one.
    pub self_exe: PathBuf,
    /// How many connections the server accepts.
    pub max_connections: u32,
    /// The server's cache in megabytes.
    pub shared_buffers_mb: u32,
}

impl ClusterConfig {
    /// Default sizes: 500 connections, 128 MB.
    pub fn new(data_dir: impl Into<PathBuf>, root: bool, self_exe: impl Into<PathBuf>) -> Self {
        let (data_dir, self_exe) = (data_dir.into(), self_exe.into());
        Self { data_dir, root, self_exe, max_connections: 500, shared_buffers_mb: 128 }
    }
}

/// The running server and the right to use its data folder.
///
/// The server ends by itself when the thread that started it ends, even by `kill -9` of the process; so start
/// it on the main thread. Nobody else may reap the child. Dropped without [`Cluster::stop`], the server is asked
/// to stop and not waited for.
pub struct Cluster {
    server: Process,
    socket: SocketFolder,
    accounts: Option<Accounts>,
    /// Released after the server was told to stop.
    lock: fs::File,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("server", &self.server.id()).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Starts the server, after ending one that an earlier run left behind. The first time, makes the cluster.
    /// Returns when it accepts connections and its roles and databases are in place.
    pub async fn start(config: ClusterConfig) -> Result<Self, ClusterError> {
        let layout = Layout::create(&config.data_dir, config.root)?;
        let lock = layout.lock()?;
        orphans::end(&layout.unfinished_data()).await?;
        orphans::end(&layout.data()).await?;
        layout.remove_stale_locks()?;
        let accounts = if config.root { Some(open_accounts(&layout)?) } else { None };
        let binaries = match layout.version() {
            Some(version) => Binaries::find_version(version)?,
            None => {
                let binaries = Binaries::find()?;
                initialise(&config, &layout, &binaries).await?;
                binaries
            }
        };
        write_settings(&config, &layout)?;
        let socket = SocketFolder::open(&layout.run()).doing("open the folder of the server's socket")?;
        let server = start_role(SERVER, &config, &layout, &binaries)?;
        let mut cluster = Self { server, socket, accounts, lock };
        match cluster.prepare(&layout).await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                // The first error tells more than one of stopping would.
                let _ = cluster.stop().await;
                Err(error)
            }
        }
    }

    /// Takes over a server that the program before this one has started in this very process, with its lock: see
    /// [`Cluster::pid`] and [`Cluster::lock`]. It is as that program left it: see [`Cluster::bring_up_to_date`].
    pub fn adopt(config: &ClusterConfig, pid: u32, lock: OwnedFd) -> Result<Self, ClusterError> {
        let layout = Layout::create(&config.data_dir, config.root)?;
        let accounts = if config.root { Some(open_accounts(&layout)?) } else { None };
        let socket = SocketFolder::open(&layout.run()).doing("open the folder of the server's socket")?;
        let server = Process::adopt(pid).doing("look after the server")?;
        Ok(Self { server, socket, accounts, lock: lock.into() })
    }

    /// Gives a server that was taken over what it would have been started with: the settings that need no restart, who may
    /// log in, the roles and databases of every cluster. The server reads its files a moment later. One that runs in the
    /// other mode stays as it is: its connections prove themselves in another way.
    pub async fn bring_up_to_date(&self, config: &ClusterConfig) -> Result<(), ClusterError> {
        let layout = Layout::create(&config.data_dir, config.root)?;
        let owner = fs::metadata(layout.data()).doing("look after the server")?.uid();
        if config.root != (owner == POSTGRES_UID) {
            return Ok(());
        }
        write_settings(config, &layout)?;
        bootstrap::run(&self.socket).await?;
        self.admin("postgres").await?.execute("SELECT pg_reload_conf()", &[]).await?;
        Ok(())
    }

    /// What keeps others from the cluster.
    pub fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    /// Waits until the server ends by itself, so that a supervisor can drop this value and start anew.
    pub async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.server.exited().await
    }

    /// Stops the server: open transactions are rolled back and connections closed. If that takes too long, the
    /// server stops at once and recovers at its next start.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        let steps =
            [(Signal::INT, FAST_STOP), (Signal::QUIT, IMMEDIATE_STOP), (Signal::KILL, IMMEDIATE_STOP)];
        for (signal, patience) in steps {
            let ended = self.server.end(signal, patience).await.doing("wait for the server's end")?;
            if ended.is_some() {
                return Ok(());
            }
            tracing::warn!(?signal, "the database server takes long to stop");
        }
        Err(ClusterError::Orphan { pid: i32::try_from(self.pid()).unwrap_or_default() })
    }

    /// Connections as this process's own uid.
    pub fn connector(&self) -> Arc<dyn Connect> {
        Arc::new(self.socket.clone())
    }

    /// A connected, non-blocking stream on which the server will see `uid` as its peer. Rootless, all have the
    /// same uid, and `uid` is ignored.
    ///
    /// As root this changes the calling thread's effective uid for the time of the call, which clears the
    /// process's parent-death signal and dumpable flag (prctl(2)).
    pub fn connect_as(&self, uid: u32) -> io::Result<OwnedFd> {
        if self.accounts.is_some() {
            identity::connect_as(&self.socket, uid)
        } else {
            self.socket.connect_now()
        }
    }

    /// Gives `uid` the name by which the server knows it, for `peer`. Does nothing if it has it already, and
    /// nothing rootless.
    pub fn add_account(&mut self, uid: u32, name: &str) -> Result<(), AccountError> {
        match &mut self.accounts {
            Some(accounts) => accounts.add(uid, name),
            None => Ok(()),
        }
    }

    /// Takes the name of `uid` away, if it is this one; the uid is never given another. Does nothing rootless.
    pub fn remove_account(&mut self, uid: u32, name: &str) -> Result<(), AccountError> {
        self.accounts.as_mut().map_or(Ok(()), |accounts| accounts.remove(uid, name))
    }

    /// The uids of tenants that have a name, with it. None rootless.
    pub fn tenant_accounts(&self) -> Vec<(u32, String)> {
        self.accounts.as_ref().map_or_else(Vec::new, |accounts| accounts.beginning_at(FIRST_TENANT_UID))
    }

    /// The superuser's connection to a database.
    pub async fn admin(&self, database: &str) -> Result<AdminConnection, DbError> {
        AdminConnection::connect(&self.socket, &Login::new(SUPERUSER, database)).await
    }

    async fn prepare(&mut self, layout: &Layout) -> Result<(), ClusterError> {
        self.wait_until_ready(layout).await?;
        Ok(bootstrap::run(&self.socket).await?)
    }

    async fn wait_until_ready(&mut self, layout: &Layout) -> Result<(), ClusterError> {
        let deadline = Instant::now() + READY_DEADLINE;
        while self.admin("postgres").await.is_err() {
            if let Some(status) = self.server.has_exited().doing("look after the server")? {
                return Err(failed(status, layout));
            }
            if Instant::now() > deadline {
                return Err(ClusterError::NotReady {
                    seconds: READY_DEADLINE.as_secs(),
                    log: layout.log_end(),
                });
            }
            sleep(READY_POLL).await;
        }
        Ok(())
    }
}

fn write_settings(config: &ClusterConfig, layout: &Layout) -> Result<(), ClusterError> {
    let base = if config.root { Path::new(HIDDEN_BASE) } else { &layout.base };
    let sizes =
        Sizes { max_connections: config.max_connections, shared_buffers_mb: config.shared_buffers_mb };
    settings::write(&layout.conf(), base, config.root, &sizes).doing("write the server's settings")
}

fn open_accounts(layout: &Layout) -> Result<Accounts, ClusterError> {
    let path = layout.accounts();
    let mut accounts = Accounts::open(&path).doing("open the list of accounts")?;
    share_with_server(&path, true, 0o640).doing("share the list of accounts with the server")?;
    for (uid, name) in [
        (0, "root"),
        (POSTGRES_UID, "kiavi_postgres"),
        (CONTROL_UID, CONTROL_ROLE),
        (AUDITOR_UID, AUDITOR_ROLE),
    ] {
        accounts.add(uid, name).map_err(io::Error::other).doing("list the accounts")?;
    }
    Ok(accounts)
}

async fn initialise(
    config: &ClusterConfig,
    layout: &Layout,
    binaries: &Binaries,
) -> Result<(), ClusterError> {
    layout.begin_data()?;
    let mut process = start_role(INITIALISER, config, layout, binaries)?;
    let status = process.exited().await.doing("wait for initdb")?;
    if !status.success() {
        return Err(failed(status, layout));
    }
    layout.finish_data()
}

fn start_role(
    role: &str,
    config: &ClusterConfig,
    layout: &Layout,
    binaries: &Binaries,
) -> Result<Process, ClusterError> {
    let mode = if config.root { ROOT_MODE } else { "rootless" };
    let parent = OsString::from(std::process::id().to_string());
    let arguments: [&OsStr; 5] =
        [role.as_ref(), mode.as_ref(), &parent, layout.base.as_ref(), binaries.folder().as_ref()];
    Process::start(&config.self_exe, &arguments, layout.open_log()?).doing("start the database server")
}

fn failed(status: ExitStatus, layout: &Layout) -> ClusterError {
    ClusterError::Failed { status: status.to_string(), log: layout.log_end() }
}
