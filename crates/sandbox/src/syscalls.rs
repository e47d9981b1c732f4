//! The system calls of each role, as data. What is not here ends the process.
//!
//! Numbers are the same names on x86_64 and aarch64; calls that only the older of the two has are marked.

use libc::c_long;

use crate::profile::Role;

/// How much of an argument the kernel looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// The lower 32 bits: commands, flags, levels.
    Word,
    /// All 64 bits: addresses.
    Pointer,
}

/// One condition: the argument's bits under `mask` are `value`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Argument {
    pub(crate) index: u8,
    pub(crate) width: Width,
    pub(crate) mask: u64,
    pub(crate) value: u64,
}

/// One permission: the call, under all of these conditions. Several rules for one call are alternatives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) call: i64,
    pub(crate) arguments: &'static [Argument],
}

const ALL_BITS: u64 = u32::MAX as u64;

const fn call(call: c_long) -> Rule {
    Rule { call, arguments: &[] }
}

const fn when(call: c_long, arguments: &'static [Argument]) -> Rule {
    Rule { call, arguments }
}

const fn is(index: u8, value: i32) -> Argument {
    Argument { index, width: Width::Word, mask: ALL_BITS, value: value as u32 as u64 }
}

const fn under(index: u8, mask: i32, value: i32) -> Argument {
    Argument { index, width: Width::Word, mask: mask as u32 as u64, value: value as u32 as u64 }
}

const fn without(index: u8, bits: i32) -> Argument {
    under(index, bits, 0)
}

const fn null(index: u8) -> Argument {
    Argument { index, width: Width::Pointer, mask: u64::MAX, value: 0 }
}

/// Memory, time, signals, synchronisation and the end: what any program does.
const EVERYONE: &[Rule] = &[
    // Memory. Nothing ever becomes executable.
    call(libc::SYS_brk),
    call(libc::SYS_munmap),
    call(libc::SYS_mremap),
    call(libc::SYS_madvise),
    when(libc::SYS_mmap, &[without(2, libc::PROT_EXEC)]),
    when(libc::SYS_mprotect, &[without(2, libc::PROT_EXEC)]),
    // Time and chance.
    call(libc::SYS_clock_gettime),
    call(libc::SYS_gettimeofday),
    call(libc::SYS_clock_nanosleep),
    call(libc::SYS_nanosleep),
    call(libc::SYS_getrandom),
    // Synchronisation: waiting and waking, none of the priority inheritance.
    when(libc::SYS_futex, &[under(1, !FUTEX_FLAGS, libc::FUTEX_WAIT)]),
    when(libc::SYS_futex, &[under(1, !FUTEX_FLAGS, libc::FUTEX_WAKE)]),
    when(libc::SYS_futex, &[under(1, !FUTEX_FLAGS, libc::FUTEX_WAIT_BITSET)]),
    when(libc::SYS_futex, &[under(1, !FUTEX_FLAGS, libc::FUTEX_WAKE_BITSET)]),
    when(libc::SYS_futex, &[under(1, !FUTEX_FLAGS, libc::FUTEX_CMP_REQUEUE)]),
    call(libc::SYS_sched_yield),
    // The allocator counts processors when it meets contention.
    when(libc::SYS_sched_getaffinity, &[is(0, 0)]),
    // Signals to itself and the end.
    call(libc::SYS_rt_sigaction),
    call(libc::SYS_rt_sigprocmask),
    call(libc::SYS_rt_sigreturn),
    call(libc::SYS_sigaltstack),
    call(libc::SYS_restart_syscall),
    call(libc::SYS_exit),
    call(libc::SYS_exit_group),
    call(libc::SYS_getpid),
    call(libc::SYS_gettid),
    // Names for threads and memory. Everything else of prctl could undo a layer, such as PR_SET_DUMPABLE.
    when(libc::SYS_prctl, &[is(0, libc::PR_SET_NAME)]),
    when(libc::SYS_prctl, &[is(0, libc::PR_SET_VMA), is(1, libc::PR_SET_VMA_ANON_NAME)]),
];

const FUTEX_FLAGS: i32 = libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME;

/// Use of descriptors that are open already: sockets, pipes, sealed memory files, the reactor.
const DESCRIPTORS: &[Rule] = &[
    call(libc::SYS_read),
    call(libc::SYS_write),
    call(libc::SYS_readv),
    call(libc::SYS_writev),
    call(libc::SYS_pread64),
    call(libc::SYS_lseek),
    call(libc::SYS_fstat),
    call(libc::SYS_close),
    call(libc::SYS_recvfrom),
    call(libc::SYS_recvmsg),
    // No address, and no TCP Fast Open, which connects without a call to connect.
    when(libc::SYS_sendto, &[without(3, libc::MSG_FASTOPEN), null(4)]),
    when(libc::SYS_sendmsg, &[without(2, libc::MSG_FASTOPEN)]),
    call(libc::SYS_shutdown),
    call(libc::SYS_getpeername),
    call(libc::SYS_getsockname),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_ERROR)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_TYPE)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_DOMAIN)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_PROTOCOL)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_ACCEPTCONN)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_PEERCRED)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_KEEPALIVE)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_LINGER)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_SNDBUF)]),
    when(libc::SYS_getsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_RCVBUF)]),
    when(libc::SYS_getsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_NODELAY)]),
    // Keep-alive and delays. Not: filters (SO_ATTACH_*), kernel TLS (TCP_ULP), process handles (SO_PASSPIDFD).
    when(libc::SYS_setsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_KEEPALIVE)]),
    when(libc::SYS_setsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_LINGER)]),
    when(libc::SYS_setsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_SNDBUF)]),
    when(libc::SYS_setsockopt, &[is(1, libc::SOL_SOCKET), is(2, libc::SO_RCVBUF)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_NODELAY)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_QUICKACK)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_KEEPIDLE)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_KEEPINTVL)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_KEEPCNT)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_USER_TIMEOUT)]),
    // Blocking mode, close-on-exec, duplicates, and whether a memory file is sealed. Not: owners and signals.
    when(libc::SYS_fcntl, &[is(1, libc::F_GETFD)]),
    when(libc::SYS_fcntl, &[is(1, libc::F_SETFD)]),
    when(libc::SYS_fcntl, &[is(1, libc::F_GETFL)]),
    when(libc::SYS_fcntl, &[is(1, libc::F_SETFL), without(2, libc::O_ASYNC | libc::O_DIRECT)]),
    when(libc::SYS_fcntl, &[is(1, libc::F_DUPFD_CLOEXEC)]),
    when(libc::SYS_fcntl, &[is(1, libc::F_GET_SEALS)]),
    when(libc::SYS_ioctl, &[is(1, libc::FIONBIO as i32)]),
    when(libc::SYS_ioctl, &[is(1, libc::FIOCLEX as i32)]),
    when(libc::SYS_ioctl, &[is(1, libc::FIONREAD as i32)]),
    // The reactor; it is created before the seal.
    call(libc::SYS_epoll_ctl),
    call(libc::SYS_epoll_pwait),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_epoll_wait),
];

/// The gateway and the control plane take connections from listening sockets that they were given.
const ACCEPTING: &[Rule] = &[call(libc::SYS_accept4)];

/// Reading files by name. Which ones is Landlock's and the root's to say.
const LOOKING_UP_FILES: &[Rule] = &[
    call(libc::SYS_newfstatat),
    call(libc::SYS_statx),
    call(libc::SYS_getdents64),
    call(libc::SYS_readlinkat),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_readlink),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_stat),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_lstat),
];

/// The outbound role opens files for reading only.
const OPEN_TO_READ: &[Rule] = &[when(
    libc::SYS_openat,
    &[without(2, libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC | libc::O_PATH)],
)];

/// The control plane keeps its vault in files: written beside, synchronised, renamed over.
const KEEPING_FILES: &[Rule] = &[
    call(libc::SYS_openat),
    call(libc::SYS_pwrite64),
    call(libc::SYS_fsync),
    call(libc::SYS_fdatasync),
    call(libc::SYS_ftruncate),
    call(libc::SYS_fchmod),
    call(libc::SYS_flock),
    call(libc::SYS_renameat),
    call(libc::SYS_renameat2),
    call(libc::SYS_unlinkat),
    call(libc::SYS_mkdirat),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_open),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_rename),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_unlink),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_mkdir),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_rmdir),
];

/// The control plane seals settings and secrets into memory files that the launcher keeps for the engines.
const SEALING_DOCUMENTS: &[Rule] = &[
    when(libc::SYS_memfd_create, &[is(1, (libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) as i32)]),
    when(libc::SYS_fcntl, &[is(1, libc::F_ADD_SEALS)]),
];

/// The control plane talks to an engine over a pair of which it hands one end over.
const MAKING_PAIRS: &[Rule] = &[
    when(libc::SYS_socketpair, &[is(0, libc::AF_UNIX), under(1, !SOCKET_FLAGS, libc::SOCK_STREAM)]),
    when(libc::SYS_socketpair, &[is(0, libc::AF_UNIX), under(1, !SOCKET_FLAGS, libc::SOCK_SEQPACKET)]),
];

const SOCKET_FLAGS: i32 = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;

/// The outbound role opens TCP and UDP sockets over IPv4 and IPv6, and nothing else.
const CONNECTING: &[Rule] = &[
    when(libc::SYS_socket, &[is(0, libc::AF_INET), under(1, !SOCKET_FLAGS, libc::SOCK_STREAM), is(2, 0)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET), under(1, !SOCKET_FLAGS, libc::SOCK_STREAM), is(2, TCP)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET), under(1, !SOCKET_FLAGS, libc::SOCK_DGRAM), is(2, 0)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET), under(1, !SOCKET_FLAGS, libc::SOCK_DGRAM), is(2, UDP)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET6), under(1, !SOCKET_FLAGS, libc::SOCK_STREAM), is(2, 0)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET6), under(1, !SOCKET_FLAGS, libc::SOCK_STREAM), is(2, TCP)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET6), under(1, !SOCKET_FLAGS, libc::SOCK_DGRAM), is(2, 0)]),
    when(libc::SYS_socket, &[is(0, libc::AF_INET6), under(1, !SOCKET_FLAGS, libc::SOCK_DGRAM), is(2, UDP)]),
    call(libc::SYS_connect),
    // The resolver: both queries at once, wait, and hear of ICMP errors.
    call(libc::SYS_sendmmsg),
    call(libc::SYS_ppoll),
    #[cfg(target_arch = "x86_64")]
    call(libc::SYS_poll),
    call(libc::SYS_uname),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_IP), is(2, libc::IP_RECVERR)]),
    when(libc::SYS_setsockopt, &[is(1, libc::IPPROTO_IPV6), is(2, libc::IPV6_RECVERR)]),
];

const TCP: i32 = libc::IPPROTO_TCP;
const UDP: i32 = libc::IPPROTO_UDP;

/// Threads for the resolver: exactly the flags of `pthread_create`, so never a process.
const STARTING_THREADS: &[Rule] = &[
    when(libc::SYS_clone, &[is(0, THREAD_FLAGS)]),
    call(libc::SYS_set_robust_list),
    call(libc::SYS_rseq),
    // A thread asks for its own stack's bounds by its own number, which no filter can know.
    call(libc::SYS_sched_getaffinity),
];

const THREAD_FLAGS: i32 = libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM
    | libc::CLONE_SETTLS
    | libc::CLONE_PARENT_SETTID
    | libc::CLONE_CHILD_CLEARTID;

/// The tables of a role.
pub(crate) fn allowed(role: Role) -> &'static [&'static [Rule]] {
    match role {
        // For bench/hand-over alone. An engine of the product accepts nothing by itself.
        #[cfg(kiavi_bench_direct_accept)]
        Role::Engine => &[EVERYONE, DESCRIPTORS, ACCEPTING],
        Role::Engine | Role::Auditor => &[EVERYONE, DESCRIPTORS],
        Role::Gateway => &[EVERYONE, DESCRIPTORS, ACCEPTING],
        Role::Outbound => {
            &[EVERYONE, DESCRIPTORS, LOOKING_UP_FILES, OPEN_TO_READ, CONNECTING, STARTING_THREADS]
        }
        Role::Control => &[
            EVERYONE,
            DESCRIPTORS,
            ACCEPTING,
            LOOKING_UP_FILES,
            KEEPING_FILES,
            SEALING_DOCUMENTS,
            MAKING_PAIRS,
        ],
    }
}

/// Calls that are refused by an error number, because the C library tries them and knows another way.
pub(crate) fn answered_by_error(role: Role) -> &'static [(i32, &'static [Rule])] {
    match role {
        Role::Outbound => &[(libc::ENOSYS, NEWER_CLONE), (libc::EAFNOSUPPORT, RESOLVER_EXTRAS)],
        Role::Engine | Role::Gateway | Role::Auditor | Role::Control => &[],
    }
}

/// `pthread_create` tries the newer call first; its flags are out of a filter's sight.
const NEWER_CLONE: &[Rule] = &[call(libc::SYS_clone3)];

/// `getaddrinfo` asks for the interfaces and for a caching daemon.
const RESOLVER_EXTRAS: &[Rule] =
    &[when(libc::SYS_socket, &[is(0, libc::AF_NETLINK)]), when(libc::SYS_socket, &[is(0, libc::AF_UNIX)])];

/// `abort()`: the one signal that a process may send, to itself.
pub(crate) fn abort_of(pid: u32) -> Rule {
    // Rules borrow their conditions for the life of the program; this one is made once per process.
    let arguments = Box::leak(Box::new([is(0, pid.cast_signed()), is(2, libc::SIGABRT)]));
    Rule { call: libc::SYS_tgkill, arguments }
}
