//! The kernel's wider surface: namespaces, mounts, and interfaces with a history of exploits.

use super::{Attempt, HERE, Outcome, address, call, number, room};

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt::new("namespace.user", |_| call(libc::SYS_unshare, [libc::CLONE_NEWUSER as usize])),
    Attempt::new("namespace.mount", |_| call(libc::SYS_unshare, [libc::CLONE_NEWNS as usize])),
    Attempt::new("namespace.network", |_| call(libc::SYS_unshare, [libc::CLONE_NEWNET as usize])),
    Attempt::new("namespace.process", |_| call(libc::SYS_unshare, [libc::CLONE_NEWPID as usize])),
    Attempt::new("namespace.join", |t| {
        match super::attempt_call(libc::SYS_pidfd_open, [t.victim as usize, 0]) {
            Ok(fd) => call(libc::SYS_setns, [fd, libc::CLONE_NEWUTS as usize]),
            Err(errno) => Outcome::Refused(errno),
        }
    }),
    Attempt::new("namespace.join-by-number", |_| call(libc::SYS_setns, [0, 0])),
    Attempt::new("mount.new", |_| mount(c"tmpfs", 0)),
    Attempt::new("mount.writable", |_| mount(c"tmpfs", (libc::MS_REMOUNT | libc::MS_BIND) as usize)),
    Attempt::new("mount.detach", |_| {
        call(libc::SYS_umount2, [address(c"/".to_bytes_with_nul()), libc::MNT_DETACH as usize])
    }),
    Attempt::new("mount.pivot", |_| {
        let here = address(c".".to_bytes_with_nul());
        call(libc::SYS_pivot_root, [here, here])
    }),
    Attempt::new("mount.chroot", |_| call(libc::SYS_chroot, [address(c"/".to_bytes_with_nul())])),
    Attempt::new("mount.open-tree", |_| {
        call(libc::SYS_open_tree, [HERE, address(c"/".to_bytes_with_nul()), 1])
    }),
    Attempt::new("mount.file-system-context", |_| {
        call(libc::SYS_fsopen, [address(c"tmpfs".to_bytes_with_nul()), 0])
    }),
    Attempt::new("kernel.io-uring", |_| call(libc::SYS_io_uring_setup, [4, room(256)])),
    Attempt::new("kernel.memory-file", |_| {
        call(libc::SYS_memfd_create, [address(c"x".to_bytes_with_nul()), 0])
    }),
    Attempt::new("kernel.secret-memory", |_| call(libc::SYS_memfd_secret, [0])),
    Attempt::new("kernel.bpf", |_| {
        // BPF_MAP_CREATE of an array with one element of four bytes.
        let mut attributes = [0u32; 32];
        attributes[..4].copy_from_slice(&[2, 4, 4, 1]);
        call(libc::SYS_bpf, [0, address(&attributes), size_of_val(&attributes)])
    }),
    Attempt::new("kernel.page-faults", |_| call(libc::SYS_userfaultfd, [1])),
    Attempt::new("kernel.key-session", |_| call(libc::SYS_keyctl, [1, 0])),
    Attempt::new("kernel.key-add", |_| {
        let (kind, name) = (c"user".to_bytes_with_nul(), c"kiavi-escape".to_bytes_with_nul());
        let own_thread_keyring = number(-1);
        call(libc::SYS_add_key, [address(kind), address(name), address(b"x"), 1, own_thread_keyring])
    }),
    Attempt::new("kernel.performance", |_| {
        // PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, PERF_ATTR_SIZE_VER0.
        let mut attributes = [0u32; 32];
        (attributes[0], attributes[1]) = (1, 64);
        call(libc::SYS_perf_event_open, [address(&attributes), 0, number(-1), number(-1), 0])
    }),
    Attempt::new("kernel.shared-memory", |_| call(libc::SYS_shmget, [0, 4_096, 0o1600])),
    Attempt::new("kernel.message-queue", |_| call(libc::SYS_msgget, [0, 0o1600])),
    Attempt::new("kernel.semaphores", |_| call(libc::SYS_semget, [0, 1, 0o1600])),
    Attempt::new("kernel.posix-queue", |_| {
        let name = c"kiavi-escape".to_bytes_with_nul();
        let flags = (libc::O_CREAT | libc::O_RDWR) as usize;
        call(libc::SYS_mq_open, [address(name), flags, 0o600, 0])
    }),
    Attempt::new("kernel.timer-descriptor", |_| call(libc::SYS_timerfd_create, [1, 0])),
    Attempt::new("kernel.timer", |_| call(libc::SYS_timer_create, [1, 0, room(8)])),
    Attempt::new("kernel.signal-descriptor", |_| {
        call(libc::SYS_signalfd4, [number(-1), address(&0u64), 8, 0])
    }),
    Attempt::new("kernel.pipe", |_| call(libc::SYS_pipe2, [room(8), 0])),
    Attempt::new("kernel.splice", |_| call(libc::SYS_splice, [0, 0, 1, 0, 0, 0])),
    Attempt::new("kernel.map-pages-into-pipe", |_| call(libc::SYS_vmsplice, [1, 0, 0, 0])),
    Attempt::new("kernel.async-io", |_| call(libc::SYS_io_setup, [1, room(8)])),
    Attempt::new("kernel.restart-machine", |_| call(libc::SYS_reboot, [0, 0, 0, 0])),
    Attempt::new("kernel.replace-kernel", |_| call(libc::SYS_kexec_load, [0, 0, 0, usize::MAX])),
    Attempt::new("kernel.module", |_| call(libc::SYS_finit_module, [0, address(c"".to_bytes_with_nul()), 0])),
    Attempt::new("kernel.remove-module", |_| {
        call(libc::SYS_delete_module, [address(c"kiavi_no_such".to_bytes_with_nul()), 0])
    }),
    Attempt::new("kernel.log", |_| call(libc::SYS_syslog, [10, 0, 0])),
    Attempt::new("kernel.accounting", |_| {
        call(libc::SYS_acct, [address(c"/kiavi/none".to_bytes_with_nul())])
    }),
    Attempt::new("kernel.swap", |_| call(libc::SYS_swapon, [address(c"/kiavi/none".to_bytes_with_nul()), 0])),
    Attempt::new("kernel.clock", |_| call(libc::SYS_clock_settime, [0, address(&[0i64, -1])])),
    Attempt::new("kernel.clock-rate", |_| call(libc::SYS_clock_adjtime, [0, room(256)])),
    Attempt::new("kernel.host-name", |_| call(libc::SYS_sethostname, [address(b"x"), 1])),
    Attempt::new("kernel.host-facts", |_| call(libc::SYS_sysinfo, [room(256)])),
    Attempt::new("kernel.quota", |_| call(libc::SYS_quotactl, [0x800001 << 8, 0, 0, 0])),
    Attempt::new("kernel.another-filter", |_| {
        // A filter of one instruction that allows everything.
        let program = [0x0000_0006u64 | (0x7fff_0000 << 32)];
        let descriptor = (1u64, address(&program));
        call(libc::SYS_seccomp, [1, 0, address(&descriptor)])
    }),
    Attempt::new("kernel.another-landlock", |_| call(libc::SYS_landlock_create_ruleset, [0, 0, 1])),
    Attempt::new("kernel.persona", |_| call(libc::SYS_personality, [0x0040_0000])),
    Attempt::new("kernel.epoll", |_| call(libc::SYS_epoll_create1, [0])),
    Attempt::new("kernel.terminal-input", |_| {
        // On whatever standard error is: a terminal, during development.
        call(libc::SYS_ioctl, [2, libc::TIOCSTI as usize, address(b"x")])
    }),
    Attempt::new("kernel.terminal-paste", |_| call(libc::SYS_ioctl, [2, 0x541c, address(&[3u8; 16])])),
    #[cfg(target_arch = "x86_64")]
    Attempt::new("kernel.port-permissions", |_| call(libc::SYS_iopl, [3])),
    #[cfg(target_arch = "x86_64")]
    Attempt::new("kernel.local-descriptors", |_| call(libc::SYS_modify_ldt, [0, room(64), 64])),
    #[cfg(target_arch = "x86_64")]
    Attempt::new("kernel.x32-numbers", |_| call(0x4000_0000 | libc::SYS_getpid, [])),
    #[cfg(target_arch = "x86_64")]
    Attempt::new("kernel.i386-numbers", |_| i386_getpid()),
    Attempt::new("kernel.unknown-call", |_| call(100_000, [])),
    Attempt::new("kernel.catch-the-end", |_| {
        // SAFETY: ignoring a signal runs no code.
        unsafe { libc::signal(libc::SIGSYS, libc::SIG_IGN) };
        call(libc::SYS_memfd_create, [address(c"x".to_bytes_with_nul()), 0])
    }),
];

fn mount(kind: &std::ffi::CStr, flags: usize) -> Outcome {
    let kind = address(kind.to_bytes_with_nul());
    call(libc::SYS_mount, [kind, address(c"/".to_bytes_with_nul()), kind, flags, 0])
}

/// The 32-bit entry has numbers of its own: 20 is `getpid` there and `writev` here.
#[cfg(target_arch = "x86_64")]
fn i386_getpid() -> Outcome {
    let answer: i32;
    // SAFETY: a call without arguments that reads the process number.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("eax") 20 => answer, out("r8") _, out("r9") _, out("r10") _, out("r11") _)
    };
    if answer > 0 { Outcome::Escaped("the 32-bit entry answers".into()) } else { Outcome::Refused(-answer) }
}
