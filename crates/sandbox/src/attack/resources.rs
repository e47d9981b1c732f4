//! Memory that becomes code, and more of everything than a share.

use super::{Attempt, Outcome, Targets, address, attempt_call, call, number};

const PAGE: usize = 4_096;
const READ_WRITE: usize = (libc::PROT_READ | libc::PROT_WRITE) as usize;
const READ_EXECUTE: usize = (libc::PROT_READ | libc::PROT_EXEC) as usize;
const PRIVATE: usize = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt::new("code.writable", |_| {
        map(PAGE, READ_WRITE | libc::PROT_EXEC as usize).map_or_else(Outcome::Refused, mapped)
    }),
    Attempt::new("code.made-executable", |_| match map(PAGE, READ_WRITE) {
        Ok(at) => call(libc::SYS_mprotect, [at, PAGE, READ_EXECUTE]),
        Err(errno) => Outcome::Refused(errno),
    }),
    Attempt::new("code.made-executable-with-key", |_| match map(PAGE, READ_WRITE) {
        Ok(at) => call(libc::SYS_pkey_mprotect, [at, PAGE, READ_EXECUTE, number(-1)]),
        Err(errno) => Outcome::Refused(errno),
    }),
    Attempt::new("code.from-descriptor", |_| {
        let shared = libc::MAP_PRIVATE as usize;
        call(libc::SYS_mmap, [0, PAGE, READ_EXECUTE, shared, 0, 0])
    }),
    Attempt::new("share.memory", |_| memory()),
    Attempt::new("share.locked-memory", |_| call(libc::SYS_mlockall, [1])),
    Attempt::new("share.descriptors", |_| descriptors()),
    Attempt::new("share.priority", |_| call(libc::SYS_setpriority, [0, 0, number(-20)])),
    Attempt::new("share.real-time", |_| call(libc::SYS_sched_setscheduler, [0, 1, address(&1i32)])),
    Attempt::new("descriptor.inherited", inherited),
];

fn map(length: usize, protection: usize) -> Result<usize, i32> {
    attempt_call(libc::SYS_mmap, [0, length, protection, PRIVATE, number(-1), 0])
}

fn mapped(at: usize) -> Outcome {
    Outcome::Escaped(format!("mapped at {at:#x}"))
}

/// Address space for 8 GiB, which is never touched.
fn memory() -> Outcome {
    for _ in 0..128 {
        if let Err(errno) = map(64 << 20, READ_WRITE) {
            return Outcome::Refused(errno);
        }
    }
    Outcome::Escaped("8 GiB".into())
}

fn descriptors() -> Outcome {
    for _ in 0..100_000 {
        if let Err(errno) = attempt_call(libc::SYS_fcntl, [0, libc::F_DUPFD_CLOEXEC as usize, 0]) {
            return Outcome::Refused(errno);
        }
    }
    Outcome::Escaped("100,000 descriptors".into())
}

/// Only the channel, the log and the connection of the test are open.
fn inherited(targets: &Targets) -> Outcome {
    let known = [0, 1, 2, targets.connection];
    let found = (0..1_024).find(|fd| {
        !known.contains(fd) && attempt_call(libc::SYS_fcntl, [*fd as usize, libc::F_GETFD as usize]).is_ok()
    });
    found.map_or(Outcome::Refused(libc::EBADF), |fd| Outcome::Escaped(format!("descriptor {fd} is open")))
}
