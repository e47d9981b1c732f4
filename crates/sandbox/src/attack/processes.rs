//! Other processes, new ones, and what this one may become.

use super::{Attempt, HERE, Outcome, Targets, address, attempt_call, call, number, room};

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt::new("process.run", |_| {
        let (program, none) = (c"/bin/true".to_bytes_with_nul(), [0usize; 1]);
        call(libc::SYS_execve, [address(program), address(&none), address(&none)])
    }),
    Attempt::new("process.run-beside", |_| {
        let (program, none) = (c"/bin/true".to_bytes_with_nul(), [0usize; 1]);
        call(libc::SYS_execveat, [HERE, address(program), address(&none), address(&none), 0])
    }),
    Attempt::new("process.fork", |_| in_parent(attempt_call(libc::SYS_clone, [libc::SIGCHLD as usize]))),
    Attempt::new("process.fork-newer", |_| {
        let mut arguments = [0u64; 11];
        arguments[4] = libc::SIGCHLD as u64;
        in_parent(attempt_call(libc::SYS_clone3, [address(&arguments), size_of_val(&arguments)]))
    }),
    Attempt::new("process.thread", |_| match std::thread::Builder::new().spawn(|| ()) {
        Ok(thread) => {
            let _ = thread.join();
            Outcome::Escaped("a thread ran".into())
        }
        Err(error) => Outcome::Refused(error.raw_os_error().unwrap_or_default()),
    }),
    Attempt::new("process.signal", |t| call(libc::SYS_kill, [t.victim as usize, 0])),
    Attempt::new("process.signal-everyone", |_| call(libc::SYS_kill, [number(-1), 0])),
    Attempt::new("process.signal-parent", |_| call(libc::SYS_kill, [parent(), 0])),
    Attempt::new("process.signal-thread", |t| {
        call(libc::SYS_tgkill, [t.victim as usize, t.victim as usize, 0])
    }),
    Attempt::new("process.abort-another", |t| {
        // A wrong thread number, so that nothing dies: it is the process number that has to be refused.
        call(libc::SYS_tgkill, [t.victim as usize, 1 << 24, libc::SIGABRT as usize])
    }),
    Attempt::new("process.queue-signal", |t| {
        let mut information = [0i32; 32];
        information[2] = -1;
        call(libc::SYS_rt_sigqueueinfo, [t.victim as usize, 0, address(&information)])
    }),
    Attempt::new("process.handle", |t| call(libc::SYS_pidfd_open, [t.victim as usize, 0])),
    Attempt::new("process.signal-by-handle", |t| {
        by_handle(t, |fd| call(libc::SYS_pidfd_send_signal, [fd, 0, 0, 0]))
    }),
    Attempt::new("process.take-descriptor", |t| by_handle(t, |fd| call(libc::SYS_pidfd_getfd, [fd, 0, 0]))),
    Attempt::new("process.read-memory", |t| other_memory(t, libc::SYS_process_vm_readv)),
    Attempt::new("process.write-memory", |t| other_memory(t, libc::SYS_process_vm_writev)),
    Attempt::new("process.trace", |t| {
        call(libc::SYS_ptrace, [libc::PTRACE_SEIZE as usize, t.victim as usize, 0, 0])
    }),
    Attempt::new("process.be-traced", |_| call(libc::SYS_ptrace, [libc::PTRACE_TRACEME as usize])),
    Attempt::new("process.slow-down", |t| {
        call(libc::SYS_setpriority, [libc::PRIO_PROCESS as usize, t.victim as usize, 19])
    }),
    Attempt::new("process.limits-of-another", |t| {
        call(libc::SYS_prlimit64, [t.victim as usize, libc::RLIMIT_NOFILE as usize, 0, room(16)])
    }),
    Attempt::new("process.pin", |t| {
        call(libc::SYS_sched_setaffinity, [t.victim as usize, 8, address(&u64::MAX)])
    }),
    Attempt::new("process.processors-of-another", |t| {
        call(libc::SYS_sched_getaffinity, [t.victim as usize, 128, room(128)])
    }),
    Attempt::new("process.compare", |t| {
        let own = std::process::id() as usize;
        call(libc::SYS_kcmp, [own, t.victim as usize, 1, 0, 0])
    }),
    Attempt::new("process.robust-list", |t| {
        call(libc::SYS_get_robust_list, [t.victim as usize, room(8), room(8)])
    }),
    Attempt::new("process.move-pages", |t| call(libc::SYS_move_pages, [t.victim as usize, 0, 0, 0, 0, 0])),
    Attempt::new("process.session-of-another", |t| call(libc::SYS_getsid, [t.victim as usize])),
    Attempt::new("self.traceable", |_| prctl(libc::PR_SET_DUMPABLE, 1)),
    Attempt::new("self.outlive-parent", |_| prctl(libc::PR_SET_PDEATHSIG, 0)),
    Attempt::new("self.adopt-orphans", |_| prctl(libc::PR_SET_CHILD_SUBREAPER, 1)),
    Attempt::new("self.keep-capabilities", |_| prctl(libc::PR_SET_KEEPCAPS, 1)),
    Attempt::new("self.raise-limit", |_| {
        // More than an engine has, less than any system offers.
        let limits = [9_000u64; 2];
        call(libc::SYS_prlimit64, [0, libc::RLIMIT_NOFILE as usize, address(&limits), 0])
    }),
    Attempt::new("self.become-root", |_| call(libc::SYS_setresuid, [0, 0, 0])),
    Attempt::new("self.become-another", |_| call(libc::SYS_setresuid, [1, 1, 1])),
    Attempt::new("self.join-root-group", |_| call(libc::SYS_setresgid, [0, 0, 0])),
    Attempt::new("self.join-groups", |_| call(libc::SYS_setgroups, [1, address(&[0u32; 1])])),
    Attempt::new("self.file-system-id", |_| {
        // Answers the previous id and never an error: whether it changed shows in a second call.
        let _ = attempt_call(libc::SYS_setfsuid, [1]);
        match attempt_call(libc::SYS_setfsuid, [1]) {
            Ok(1) => Outcome::Escaped("the file system id changed".into()),
            _ => Outcome::Refused(libc::EPERM),
        }
    }),
    Attempt::new("self.capabilities", |_| {
        // Version 3 of the call; CAP_CHOWN, effective and permitted.
        let (header, sets) = ([0x2008_0522u32, 0], [1u32, 1, 0, 0, 0, 0]);
        call(libc::SYS_capset, [address(&header), address(&sets)])
    }),
    Attempt::new("self.session", |_| call(libc::SYS_setsid, [])),
];

fn prctl(option: i32, value: usize) -> Outcome {
    call(libc::SYS_prctl, [option as usize, value])
}

fn parent() -> usize {
    std::os::unix::process::parent_id() as usize
}

/// The new process leaves at once; the old one tells.
fn in_parent(answer: Result<usize, i32>) -> Outcome {
    match answer {
        // SAFETY: ends the new process without running anything that belongs to the old one.
        Ok(0) => unsafe { libc::_exit(0) },
        Ok(child) => Outcome::Escaped(format!("process {child} started")),
        Err(errno) => Outcome::Refused(errno),
    }
}

fn by_handle(targets: &Targets, use_it: impl Fn(usize) -> Outcome) -> Outcome {
    match attempt_call(libc::SYS_pidfd_open, [targets.victim as usize, 0]) {
        Ok(fd) => use_it(fd),
        Err(errno) => Outcome::Refused(errno),
    }
}

/// The address is unmapped in the victim: a complaint about it comes after the permission was given.
fn other_memory(targets: &Targets, number: libc::c_long) -> Outcome {
    let (local, remote) = ([room(1), 1], [0x1000usize, 1]);
    let arguments = [targets.victim as usize, address(&local), 1, address(&remote), 1, 0];
    reachable(attempt_call(number, arguments), libc::EFAULT)
}

/// An error that comes only after the permission was given counts as an escape.
fn reachable(answer: Result<usize, i32>, after_permission: i32) -> Outcome {
    match answer {
        Ok(_) => Outcome::Escaped("permitted".into()),
        Err(errno) if errno == after_permission => Outcome::Escaped("permitted".into()),
        Err(errno) => Outcome::Refused(errno),
    }
}
