//! Attempts that prove a sandbox by failing, for a process that was locked down for nothing else.
//!
//! Each does what an attacker would begin with, is aimed at things that every host has, and does no harm where it works: nothing
//! of another process is read or changed. The battery of `attack` is wider, aims at what a test prepares, and is never in a
//! release.
//!
//! A sealed process is ended for most of them (`SIGSYS`). What would still hold without the list of system calls is proved by
//! trying the same before the seal: [`Probe::needs_seal`] says for which that has no answer, because only the list is in the way.
#![allow(unsafe_code, reason = "what no safe wrapper offers is what an attacker would call")]

use std::{
    fs,
    io::{self, ErrorKind},
    net::{TcpListener, TcpStream, UdpSocket},
    os::{fd::BorrowedFd, unix::net::UnixStream},
    thread,
};

use rustix::fs::FileType;

/// What attempts are aimed at.
#[derive(Debug, Clone)]
pub struct Aim {
    /// A process of somebody else's.
    pub victim: u32,
    /// The path of a listening socket of somebody else's.
    pub socket: String,
}

/// What came of an attempt that returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It worked; the text says what.
    Worked(String),
    /// It was refused; the text is the kernel's.
    Refused(String),
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Its name, `area.what`.
    pub name: &'static str,
    /// Whether only the list of system calls is in its way.
    pub needs_seal: bool,
    /// Whether a sealed process is refused instead of ended: the call is an ordinary one, and bounded by other layers.
    pub is_bounded: bool,
    run: fn(&Aim) -> Outcome,
}

/// What every layer but the list of system calls stops as well.
const fn layered(name: &'static str, run: fn(&Aim) -> Outcome) -> Probe {
    Probe { name, needs_seal: false, is_bounded: false, run }
}

/// What only the list of system calls stops.
const fn listed(name: &'static str, run: fn(&Aim) -> Outcome) -> Probe {
    Probe { name, needs_seal: true, is_bounded: false, run }
}

/// What is bounded, and not forbidden.
const fn bounded(name: &'static str, run: fn(&Aim) -> Outcome) -> Probe {
    Probe { name, needs_seal: false, is_bounded: true, run }
}

/// Every attempt, by area.
pub const PROBES: &[Probe] = &[
    layered("files.read", |_| outcome(fs::File::open("/etc/passwd"))),
    layered("files.list", |_| outcome(fs::read_dir("/"))),
    layered("files.look", |_| outcome(fs::metadata("/etc/passwd"))),
    layered("files.write", |_| write_file()),
    layered("files.memory-of-another", |aim| outcome(fs::File::open(format!("/proc/{}/mem", aim.victim)))),
    layered("files.environment-of-another", |aim| {
        outcome(fs::File::open(format!("/proc/{}/environ", aim.victim)))
    }),
    layered("files.own-memory", |_| outcome(fs::File::open("/proc/self/mem"))),
    layered("processes.run", |_| run_program()),
    layered("processes.start", |_| fork()),
    layered("processes.thread", |_| thread()),
    layered("processes.signal", |aim| call(libc::SYS_kill, [aim.victim as usize, 0, 0, 0, 0, 0])),
    layered("processes.read-memory", read_memory),
    layered("processes.root", |_| call(libc::SYS_setresuid, [0; 6])),
    listed("processes.handle", |aim| call(libc::SYS_pidfd_open, [aim.victim as usize, 0, 0, 0, 0, 0])),
    listed("processes.be-traceable", |_| {
        call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0, 0])
    }),
    listed("processes.outlive", |_| call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as usize, 0, 0, 0, 0, 0])),
    layered("network.connect", |_| connect()),
    layered("network.listen", |_| outcome(TcpListener::bind(("127.0.0.1", 0)))),
    layered("network.send", |_| send()),
    layered("network.local-socket", |aim| outcome(UnixStream::connect(&aim.socket))),
    listed("network.kernel", |_| socket(libc::AF_NETLINK, libc::SOCK_RAW)),
    listed("network.virtual-machine", |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM)),
    layered("kernel.mount", |_| mount()),
    listed("kernel.namespace", |_| call(libc::SYS_unshare, [libc::CLONE_NEWUSER as usize, 0, 0, 0, 0, 0])),
    listed("kernel.own-code", |_| own_code()),
    listed("kernel.io-uring", |_| call(libc::SYS_io_uring_setup, [0; 6])),
    listed("kernel.programs", |_| call(libc::SYS_bpf, [usize::MAX, 0, 0, 0, 0, 0])),
    listed("kernel.keys", |_| call(libc::SYS_keyctl, [0, usize::MAX - 2, 0, 0, 0, 0])),
    bounded("share.memory", |_| memory()),
    bounded("share.descriptors", |_| descriptors()),
    bounded("share.inherited", |_| inherited()),
];

/// Makes an attempt; `None` if there is none of that name. The process is of no use afterwards.
pub fn attempt(name: &str, aim: &Aim) -> Option<Outcome> {
    PROBES.iter().find(|probe| probe.name == name).map(|probe| (probe.run)(aim))
}

fn outcome<T>(result: io::Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Worked("it was allowed".to_owned()),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// One system call with numbers, or with addresses of what lives until it is back.
fn call(number: libc::c_long, [a, b, c, d, e, f]: [usize; 6]) -> Outcome {
    // SAFETY: the kernel checks every argument; none of these calls changes memory that is not given to it here.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => Outcome::Refused(io::Error::last_os_error().to_string()),
        answer => Outcome::Worked(format!("it was answered by {answer}")),
    }
}

fn write_file() -> Outcome {
    const PATH: &str = "/tmp/kiavi-canary";
    let written = fs::OpenOptions::new().write(true).create_new(true).open(PATH);
    if written.is_ok() {
        let _ = fs::remove_file(PATH);
    }
    outcome(written)
}

/// Becomes a program that says nothing and ends well: whoever waits for an answer sees that.
fn run_program() -> Outcome {
    let (program, end) = (c"/bin/true", 0usize);
    let (program, end) = (program.as_ptr() as usize, std::ptr::from_ref(&end) as usize);
    call(libc::SYS_execve, [program, end, end, 0, 0, 0])
}

fn fork() -> Outcome {
    // SAFETY: the new process does nothing but end.
    match unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD as usize, 0, 0, 0, 0) } {
        -1 => Outcome::Refused(io::Error::last_os_error().to_string()),
        // SAFETY: ends the new process without running anything that belongs to the old one.
        0 => unsafe { libc::_exit(0) },
        _ => Outcome::Worked("a process was started".to_owned()),
    }
}

fn thread() -> Outcome {
    let started = thread::Builder::new().spawn(|| ());
    outcome(started.map(|thread| drop(thread.join())))
}

/// The address is mapped nowhere: that it is complained of shows that the permission was given.
fn read_memory(aim: &Aim) -> Outcome {
    let mut byte = 0u8;
    let local = [std::ptr::from_mut(&mut byte) as usize, 1];
    let (remote, one) = ([8usize, 1], 1usize);
    let (local, remote) = (local.as_ptr() as usize, remote.as_ptr() as usize);
    let (victim, flags) = (aim.victim as usize, 0usize);
    // SAFETY: both lists live until the call is back; of this process it writes into `byte` at most. All arguments are as wide as
    // the kernel reads them: whatever else is in the last one's upper half is a flag that it does not know.
    let read = unsafe { libc::syscall(libc::SYS_process_vm_readv, victim, local, one, remote, one, flags) };
    let error = io::Error::last_os_error();
    match read {
        -1 if error.raw_os_error() != Some(libc::EFAULT) => Outcome::Refused(error.to_string()),
        _ => Outcome::Worked("it was permitted".to_owned()),
    }
}

/// That nobody listens there is an answer of the host's network.
fn connect() -> Outcome {
    const DISCARD: u16 = 9;
    match TcpStream::connect(("127.0.0.1", DISCARD)) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            Outcome::Worked("the host's network answered".to_owned())
        }
        other => outcome(other),
    }
}

fn send() -> Outcome {
    const DISCARD: u16 = 9;
    outcome(UdpSocket::bind(("0.0.0.0", 0)).and_then(|socket| socket.send_to(b"", ("127.0.0.1", DISCARD))))
}

fn socket(family: i32, kind: i32) -> Outcome {
    call(libc::SYS_socket, [family as usize, kind as usize, 0, 0, 0, 0])
}

fn mount() -> Outcome {
    let (none, root, kind) = (c"none", c"/", c"tmpfs");
    let path = |text: &std::ffi::CStr| text.as_ptr() as usize;
    call(libc::SYS_mount, [path(none), path(root), path(kind), 0, 0, 0])
}

const PAGE: usize = 4096;
const PRIVATE: usize = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;
const READ_WRITE: usize = (libc::PROT_READ | libc::PROT_WRITE) as usize;

fn own_code() -> Outcome {
    call(libc::SYS_mmap, [0, PAGE, READ_WRITE | libc::PROT_EXEC as usize, PRIVATE, usize::MAX, 0])
}

/// Address space for 8 GiB, which is never touched.
fn memory() -> Outcome {
    for _ in 0..128 {
        let mapped = call(libc::SYS_mmap, [0, 64 << 20, READ_WRITE, PRIVATE, usize::MAX, 0]);
        if let Outcome::Refused(why) = mapped {
            return Outcome::Refused(why);
        }
    }
    Outcome::Worked("8 GiB were given".to_owned())
}

fn descriptors() -> Outcome {
    for _ in 0..100_000 {
        let copied = call(libc::SYS_fcntl, [0, libc::F_DUPFD_CLOEXEC as usize, 0, 0, 0, 0]);
        if let Outcome::Refused(why) = copied {
            return Outcome::Refused(why);
        }
    }
    Outcome::Worked("100,000 descriptors were given".to_owned())
}

/// Whether something is open that leads out: a directory, a disk, a device, a file with a name.
fn inherited() -> Outcome {
    for fd in 0..1_024 {
        // SAFETY: used for one fstat; a number that is not open answers EBADF.
        let Ok(stat) = rustix::fs::fstat(unsafe { BorrowedFd::borrow_raw(fd) }) else { continue };
        let leads_out = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory | FileType::BlockDevice => true,
            FileType::CharacterDevice => fd > 2,
            FileType::RegularFile => fd > 2 && stat.st_nlink > 0,
            _ => false,
        };
        if leads_out {
            return Outcome::Worked(format!("descriptor {fd} leads out"));
        }
    }
    Outcome::Refused("no descriptor leads out".to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// That a refusal is a layer's doing: without any, the same attempts work.
    #[test]
    fn where_there_is_no_sandbox_they_work() {
        let folder = std::env::temp_dir().join(format!("kiavi-canary-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let socket = folder.join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let mut victim = Command::new("sleep").arg("600").spawn().unwrap();
        let aim = Aim { victim: victim.id(), socket: socket.to_string_lossy().into_owned() };
        let harmless = [
            "files.read",
            "files.list",
            "files.look",
            "files.memory-of-another",
            "files.environment-of-another",
            "files.own-memory",
            "processes.start",
            "processes.thread",
            "processes.signal",
            "processes.read-memory",
            "processes.handle",
            "network.listen",
            "network.send",
            "network.local-socket",
        ];
        let outcomes = harmless.map(|name| (name, attempt(name, &aim)));
        victim.kill().unwrap();
        victim.wait().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        for (name, outcome) in outcomes {
            assert!(matches!(outcome, Some(Outcome::Worked(_))), "{name}: {outcome:?}");
        }
    }
}
