//! Starts inmates and hears what became of them.

use std::{
    io::{IoSlice, Read, Write},
    net::{TcpListener, TcpStream},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        linux::net::SocketAddrExt,
        unix::{
            fs::PermissionsExt,
            net::{SocketAddr, UnixListener, UnixStream},
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use kiavi_sandbox::{Account, Isolation};
use rustix::{
    io::FdFlags,
    net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg},
};
use serde::{Deserialize, Serialize};

use crate::attack::{Outcome, Targets};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    Engine,
    Gateway,
    Outbound,
    Auditor,
    Control,
}

/// What the surroundings allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Started by root.
    Full,
    /// Started by an ordinary user.
    Rootless,
    /// Started by an ordinary user where user namespaces are refused.
    RootlessAlone,
}

impl Mode {
    /// Full isolation can only be tried by root.
    pub(crate) fn can_be_tried(self) -> bool {
        self != Self::Full || rustix::process::geteuid().is_root()
    }
}

/// How far the inmate goes before it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Depth {
    /// Not at all, but in namespaces of its own so that the host is not harmed.
    Bare,
    /// Everything but seccomp.
    LockedDown,
    /// Everything.
    Sealed,
}

/// What the inmate does when it has got there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    Attack(String),
    ReportLayers,
    Echo,
    Accept,
    KeepFiles,
    ReachOut,
    Panic,
    Abort,
    /// Tries every layer as a diagnosis would.
    Probe,
    /// Starts another inmate with this order and waits for it.
    Foster(String),
}

/// Something that is wrong before the lockdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Flaw {
    NoNamespaces,
    SecondThread,
    OpenDirectory,
    ChannelHungUp,
    RootsAccount,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) isolation: Isolation,
    pub(crate) role: Role,
    pub(crate) depth: Depth,
    pub(crate) account: Option<Account>,
    pub(crate) task: Task,
    pub(crate) targets: Targets,
    pub(crate) data: Option<i32>,
    pub(crate) flaw: Option<Flaw>,
}

/// What became of an attack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Ended by the kernel for a forbidden call.
    Killed,
    Refused(i32),
    Escaped(String),
    /// Neither: a broken test.
    Unclear(String),
}

static NEXT_ACCOUNT: AtomicU32 = AtomicU32::new(0);

/// One cell with its surroundings: somebody else's file, sockets and process, all of which the inmate may not reach.
pub(crate) struct Cell {
    pub(crate) mode: Mode,
    account: Account,
    folder: PathBuf,
    pub(crate) targets: Targets,
    victim: Child,
    connections: TcpListener,
    _unix: UnixListener,
    _abstract: UnixListener,
}

impl Cell {
    pub(crate) fn new(mode: Mode) -> Self {
        let unique = NEXT_ACCOUNT.fetch_add(1, Ordering::Relaxed);
        let id = 3_000_000 + std::process::id() % 100_000 * 64 + unique;
        let account = Account { uid: id, gid: id };
        let folder = std::env::temp_dir().join(format!("kiavi-sandbox-{}-{unique}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).unwrap();
        let file = folder.join("canary");
        let unix_socket = folder.join("socket");
        let abstract_socket = format!("kiavi-sandbox-{}-{unique}", std::process::id());
        let unix = UnixListener::bind(&unix_socket).unwrap();
        std::fs::set_permissions(&unix_socket, PermissionsExt::from_mode(0o666)).unwrap();
        let name = SocketAddr::from_abstract_name(&abstract_socket).unwrap();
        let connections = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut victim = Command::new("sleep");
        // At worst a process of the very same account.
        as_account(victim.arg("600"), account);
        let victim = victim.spawn().unwrap();
        Self {
            mode,
            account,
            targets: Targets {
                file: file.to_str().unwrap().to_owned(),
                unix_socket: unix_socket.to_str().unwrap().to_owned(),
                abstract_socket,
                tcp_port: connections.local_addr().unwrap().port(),
                victim: victim.id().cast_signed(),
                connection: -1,
            },
            folder,
            victim,
            connections,
            _unix: unix,
            _abstract: UnixListener::bind_addr(&name).unwrap(),
        }
    }

    /// Starts an inmate; answers with the other ends of its channel and of its connection.
    pub(crate) fn start(&self, role: Role, depth: Depth, task: Task) -> Inmate {
        self.spawn(self.order(role, depth, task), false)
    }

    /// Starts an engine for which something is wrong before the lockdown.
    pub(crate) fn start_flawed(&self, task: Task, flaw: Flaw) -> Inmate {
        self.spawn(Order { flaw: Some(flaw), ..self.order(Role::Engine, Depth::Sealed, task) }, false)
    }

    /// Starts an engine as the child of a process that does nothing else.
    pub(crate) fn start_fostered(&self, task: Task) -> Inmate {
        self.spawn(self.order(Role::Engine, Depth::Sealed, task), true)
    }

    fn order(&self, role: Role, depth: Depth, task: Task) -> Order {
        Order {
            isolation: if self.mode == Mode::Full { Isolation::Full } else { Isolation::Rootless },
            role,
            depth,
            account: (self.mode == Mode::Full).then_some(self.account),
            task,
            targets: self.targets.clone(),
            data: None,
            flaw: (self.mode == Mode::RootlessAlone).then_some(Flaw::NoNamespaces),
        }
    }

    fn spawn(&self, mut order: Order, fostered: bool) -> Inmate {
        std::fs::write(&self.targets.file, "canary").unwrap();
        let client = TcpStream::connect(self.connections.local_addr().unwrap()).unwrap();
        // A gateway is given the listening socket, with the client waiting in it.
        let connection = (order.task != Task::Accept).then(|| self.connections.accept().unwrap().0);
        let (channel, inside) = UnixStream::pair().unwrap();
        let data = (order.role == Role::Control).then(|| self.data_folder());
        order.targets.connection =
            connection.as_ref().map_or_else(|| inheritable(&self.connections), inheritable);
        order.data = data.as_ref().map(inheritable);
        let mut text = serde_json::to_string(&order).unwrap();
        if fostered {
            order.task = Task::Foster(text);
            text = serde_json::to_string(&order).unwrap();
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("inmate").arg(text).env_clear();
        command.stdin(Stdio::from(OwnedFd::from(inside))).stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.mode != Mode::Full {
            as_account(&mut command, self.account);
        }
        Inmate { child: command.spawn().unwrap(), channel, client }
    }

    pub(crate) fn attack(&self, role: Role, depth: Depth, name: &str) -> Fate {
        let ended = self.start(role, depth, Task::Attack(name.to_owned())).end();
        match (ended.signal, serde_json::from_str(&ended.said)) {
            (Some(libc::SIGSYS), Err(_)) => Fate::Killed,
            (None, Ok(Outcome::Refused(errno))) => Fate::Refused(errno),
            (None, Ok(Outcome::Escaped(how))) => Fate::Escaped(how),
            // Running another program leaves no message behind.
            (None, Err(_)) if ended.code == Some(0) && name.starts_with("process.run") => {
                Fate::Escaped("another program ran".into())
            }
            _ => Fate::Unclear(format!("{ended:?}")),
        }
    }

    fn data_folder(&self) -> OwnedFd {
        let path = self.folder.join("data");
        std::fs::create_dir_all(&path).unwrap();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(self.account.uid), Some(self.account.gid)).unwrap();
        }
        std::fs::File::open(path).unwrap().into()
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Rootless means an ordinary user: root becomes one for it.
fn as_account(command: &mut Command, account: Account) {
    if rustix::process::geteuid().is_root() {
        command.uid(account.uid).gid(account.gid);
    }
}

/// Lets the next program inherit a descriptor. Cells that run at the same time may inherit it too, which is why an
/// inmate first closes everything that it was not told about.
fn inheritable(fd: &impl AsRawFd) -> i32 {
    let raw = fd.as_raw_fd();
    // SAFETY: the borrow is as long as the reference to its owner.
    #[allow(unsafe_code, reason = "AsRawFd and AsFd cannot be asked for of every standard type at once")]
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(raw) };
    rustix::io::fcntl_setfd(borrowed, FdFlags::empty()).unwrap();
    raw
}

pub(crate) struct Inmate {
    pub(crate) child: Child,
    pub(crate) channel: UnixStream,
    pub(crate) client: TcpStream,
}

/// How an inmate ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) said: String,
    pub(crate) log: String,
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
}

impl Inmate {
    /// Hands a descriptor over, with one byte.
    pub(crate) fn pass(&self, fd: impl AsFd) {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = [fd.as_fd()];
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(&fds)));
        sendmsg(&self.channel, &[IoSlice::new(b"x")], &mut ancillary, SendFlags::empty()).unwrap();
    }

    /// One message and its answer on the channel.
    pub(crate) fn exchange(&mut self, message: &[u8]) -> Vec<u8> {
        self.channel.write_all(message).unwrap();
        let mut answer = vec![0; message.len()];
        self.channel.read_exact(&mut answer).unwrap();
        answer
    }

    /// Waits until it has ended of itself.
    pub(crate) fn end(mut self) -> Ended {
        let (mut said, mut log) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        let status = self.child.wait().unwrap();
        Ended { said, log, code: status.code(), signal: status.signal() }
    }
}
