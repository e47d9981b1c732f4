//! One PostgreSQL server for all tests of a user, started by the first test that needs it.
//!
//! Test runners start many processes, and none of them is the last for sure. So the server has a watcher: a
//! shell that is its parent. Every test process holds a shared lock on `users.lock` while it lives, and the
//! watcher stops the server and removes its data when that lock was free for about a minute. Starting and
//! stopping happen under `start.lock`. The data is written without any fsync and is never used again.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use kiavi_localpg::{Binaries, SocketFolder};

/// The role that may do everything.
pub(crate) const SUPERUSER: &str = "kiavi_super";
/// How long the server may take to accept sessions.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// Bytes that a filesystem in memory must have in all, so that every test decides alike: half of it is PostgreSQL's log.
const MEMORY_WANTED: u64 = 2 << 30;
const START_POLL: Duration = Duration::from_millis(20);

/// Runs in the server's folder as the server's user; `$1` is the server program, the rest are its arguments.
const WATCHER: &str = r#"
"$@" &
server=$!
trap 'kill -QUIT $server; wait $server' EXIT
trap 'exit 1' TERM INT HUP
idle=0
while sleep 5 && kill -0 $server; do
    if flock -n -x users.lock true; then idle=$((idle + 1)); else idle=0; fi
    [ $idle -lt 12 ] && continue
    exec 8<start.lock 9<users.lock
    if flock -n -x 8 && flock -n -x 9; then
        kill -QUIT $server
        wait $server
        rm -rf cluster/data cluster/run
        exit 0
    fi
    exec 8<&- 9<&-
    idle=0
done
"#;

/// Speed over safety: nothing here outlives its test.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_directories=../run",
    "max_connections=300",
    "shared_buffers=128MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "jit=off",
];

/// The running server.
pub(crate) struct Server {
    pub(crate) socket: SocketFolder,
    /// The socket's folder.
    pub(crate) folder: PathBuf,
    /// Says that somebody uses the server, until this process ends.
    _in_use: File,
}

impl Server {
    /// The server, started if it does not run. Blocks; the first time takes about a second.
    pub(crate) fn shared() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER
            .get_or_init(|| Self::start().unwrap_or_else(|error| panic!("no PostgreSQL for tests: {error}")))
    }

    fn start() -> io::Result<Self> {
        let account = Account::of_server();
        let folder = parent_folder().join(format!("kiavi-test-{}", account.caller));
        make_own_folder(&folder, &account)?;
        let starting = lock_file(&folder.join("start.lock"))?;
        starting.lock()?;
        let in_use = lock_file(&folder.join("users.lock"))?;
        in_use.lock_shared()?;
        let run = folder.join("cluster/run");
        let running = SocketFolder::open(&run).ok().filter(|socket| socket.connect_now().is_ok());
        let socket = match running {
            Some(socket) => socket,
            None => {
                initialise(&folder, &account)?;
                launch(&folder, &account)?;
                SocketFolder::open(&run)?
            }
        };
        wait_until_ready(&folder, &socket)?;
        Ok(Self { socket, folder: run, _in_use: in_use })
    }
}

/// Where the server's folder is: in memory, where there is enough of it. Each test makes a database of a thousand files and
/// drops it, and ext4 takes a millisecond of the processor for each new file while many were deleted in the last seconds.
fn parent_folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let is_large = rustix::fs::statvfs(memory).is_ok_and(|it| it.f_blocks * it.f_frsize >= MEMORY_WANTED);
    if is_large { memory.to_owned() } else { std::env::temp_dir() }
}

/// Who runs the server: the caller, or for root, which the server refuses, the account `postgres` or `nobody`.
struct Account {
    caller: u32,
    server: Option<(u32, u32)>,
}

impl Account {
    fn of_server() -> Self {
        let caller = rustix::process::geteuid().as_raw();
        let server = (caller == 0).then(|| {
            let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
            let ids = |name: &str| {
                let mut fields =
                    accounts.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
                Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
            };
            ids("postgres").or_else(|| ids("nobody")).unwrap_or((65_534, 65_534))
        });
        Self { caller, server }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.server {
            command.uid(uid).gid(gid);
        }
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
        command
    }
}

/// Makes the folder, and refuses one that somebody else has put there.
fn make_own_folder(folder: &Path, account: &Account) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != account.caller {
        return Err(io::Error::other(format!("{} belongs to somebody else", folder.display())));
    }
    // The server's account must be able to pass through.
    let mode = if account.server.is_some() { 0o711 } else { 0o700 };
    fs::set_permissions(folder, Permissions::from_mode(mode))
}

fn lock_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    // Readable by the watcher, which may be another account, whatever the umask.
    file.set_permissions(Permissions::from_mode(0o644))?;
    Ok(file)
}

fn initialise(folder: &Path, account: &Account) -> io::Result<()> {
    let cluster = folder.join("cluster");
    match fs::remove_dir_all(&cluster) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for path in [&cluster, &cluster.join("run")] {
        DirBuilder::new().mode(0o700).create(path)?;
        if let Some((uid, gid)) = account.server {
            chown(path, Some(uid), Some(gid))?;
        }
    }
    let output = account
        .command(binaries()?.program("initdb"))
        .args(["--auth=trust", "--username", SUPERUSER, "--encoding=UTF8", "--locale=C"])
        .args(["--no-sync", "--no-instructions", "-D", "data"])
        .current_dir(&cluster)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(())
}

/// Starts the watcher, and with it the server.
fn launch(folder: &Path, account: &Account) -> io::Result<()> {
    if !Command::new("flock")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
    {
        return Err(io::Error::other("the program flock is missing: run `sudo apt-get install util-linux`"));
    }
    let log = File::create(folder.join("server.log"))?;
    let mut watcher = account.command("/bin/sh");
    watcher
        .args(["-c", WATCHER, "kiavi-test-watcher"])
        .arg(binaries()?.program("postgres"))
        .args(["-D", "cluster/data"]);
    for setting in SETTINGS {
        watcher.args(["-c", setting]);
    }
    // A group of its own, so that what interrupts the test does not interrupt the server, and no descriptor of
    // the test, so that a test runner does not wait for it.
    watcher.current_dir(folder).process_group(0);
    watcher.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
    Ok(())
}

fn wait_until_ready(folder: &Path, socket: &SocketFolder) -> io::Result<()> {
    let deadline = Instant::now() + START_DEADLINE;
    while !is_ready(folder, socket) {
        if Instant::now() > deadline {
            let log = fs::read_to_string(folder.join("server.log"))?;
            return Err(io::Error::other(format!("the server does not start:\n{log}")));
        }
        thread::sleep(START_POLL);
    }
    Ok(())
}

/// The socket answers before sessions are let in; the eighth line of the server's lock file tells when they are,
/// as pg_ctl reads it.
fn is_ready(folder: &Path, socket: &SocketFolder) -> bool {
    let status = fs::read_to_string(folder.join("cluster/data/postmaster.pid")).unwrap_or_default();
    status.lines().nth(7).is_some_and(|status| status.trim() == "ready") && socket.connect_now().is_ok()
}

fn binaries() -> io::Result<Binaries> {
    Binaries::find().map_err(io::Error::other)
}
