//! The required outcome of every attempt.

use crate::warden::{Depth, Mode, Role};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The process ends with `SIGSYS`.
    Killed,
    /// The call comes back with an error.
    Refused,
    /// It succeeds.
    Open,
    /// It succeeds, unless this kernel lacks what it needs or the attempt is aimed at nothing on purpose.
    OpenOrUnsupported,
}

pub(crate) fn of(attempt: &str, mode: Mode, role: Role, depth: Depth) -> Verdict {
    match depth {
        Depth::Sealed => sealed(attempt, mode, role),
        Depth::LockedDown if WITHOUT_SECCOMP_OPEN.contains(&attempt) => Verdict::OpenOrUnsupported,
        Depth::LockedDown => Verdict::Refused,
        Depth::Bare if WITHOUT_SANDBOX_REFUSED.contains(&attempt) => Verdict::OpenOrUnsupported,
        Depth::Bare => Verdict::Open,
    }
}

/// Everything ends the process, except what a role has the call for.
fn sealed(attempt: &str, mode: Mode, role: Role) -> Verdict {
    let (refused, open): (&[&str], &[&str]) = match role {
        Role::Engine | Role::Auditor => (&[], &[]),
        Role::Gateway => (&["connection.accept"], &[]),
        Role::Outbound => (OUTBOUND_REFUSED, OUTBOUND_OPEN),
        Role::Control => (CONTROL_REFUSED, &["socket.pair"]),
    };
    let names_visible = mode == Mode::RootlessAlone && LOOKING.contains(&attempt);
    if open.contains(&attempt) || (names_visible && refused.contains(&attempt)) {
        Verdict::Open
    } else if EVERYONE_REFUSED.contains(&attempt) || refused.contains(&attempt) {
        Verdict::Refused
    } else {
        Verdict::Killed
    }
}

/// Ordinary calls, bounded by limits.
const EVERYONE_REFUSED: &[&str] = &["share.memory", "share.descriptors", "descriptor.inherited"];

/// What the outbound role is for, and the one escape that the design accepts: a thread, for the resolver.
const OUTBOUND_OPEN: &[&str] = &[
    "process.thread",
    "socket.inet-stream",
    "socket.inet-datagram",
    "socket.inet6-stream",
    "socket.inet6-datagram",
    "socket.connect-tcp",
    "connection.disconnect",
    "process.processors-of-another",
];

/// The empty root has the resolver's files only; other families are answered by an error.
const OUTBOUND_REFUSED: &[&str] = &[
    "connection.reconnect",
    "file.climb",
    "file.command-line-of-another",
    "file.environment-of-another",
    "file.memory-of-another",
    "file.open-beside-any-descriptor",
    "file.open",
    "file.own-descriptors",
    "file.readlink",
    "file.stat",
    "file.statx",
    "process.fork-newer",
    "socket.connect-abstract",
    "socket.connect-unix",
    "socket.netlink",
    "socket.unix",
];

/// The empty root has the data folder only; what is accepted on must have been given.
const CONTROL_REFUSED: &[&str] = &[
    "connection.accept",
    "file.climb",
    "file.command-line-of-another",
    "file.create-unnamed",
    "file.create",
    "file.device",
    "file.environment-of-another",
    "file.make-folder",
    "file.memory-of-another",
    "file.open-beside-any-descriptor",
    "file.open-for-place-only",
    "file.open-legacy",
    "file.open",
    "file.own-descriptors",
    "file.own-memory",
    "file.readlink",
    "file.rename",
    "file.stat",
    "file.statx",
    "file.unlink",
];

/// Landlock does not hide names: without an empty root, a role that may look at files sees that others exist.
const LOOKING: &[&str] = &["file.stat", "file.statx", "file.readlink", "file.open-for-place-only"];

/// What only seccomp stops. With every other layer in place these lead nowhere by themselves (a socket that reaches
/// nobody, a user namespace in which Landlock still holds, memory of the process's own), except for four kinds: the
/// kernel's wider surface (io_uring, bpf, userfaultfd, keys), AF_VSOCK, which no namespace covers, the priority of
/// processes of the same account, and the process's own fate (`PR_SET_DUMPABLE`, `PR_SET_PDEATHSIG`).
const WITHOUT_SECCOMP_OPEN: &[&str] = &[
    "channel.owner-by-signal",
    "channel.process-handle-of-peer",
    "channel.process-handles-in-messages",
    "channel.signal-when-readable",
    "code.made-executable-with-key",
    "code.made-executable",
    "code.writable",
    "connection.disconnect",
    "connection.attach-filter",
    "connection.send-elsewhere",
    "kernel.another-filter",
    "kernel.another-landlock",
    "kernel.async-io",
    "kernel.catch-the-end",
    "kernel.clock-rate",
    "kernel.epoll",
    "kernel.host-facts",
    "kernel.i386-numbers",
    "kernel.io-uring",
    "kernel.key-add",
    "kernel.key-session",
    "kernel.local-descriptors",
    "kernel.map-pages-into-pipe",
    "kernel.memory-file",
    "kernel.message-queue",
    "kernel.page-faults",
    "kernel.performance",
    "kernel.persona",
    "kernel.pipe",
    "kernel.quota",
    "kernel.secret-memory",
    "kernel.semaphores",
    "kernel.shared-memory",
    "kernel.signal-descriptor",
    "kernel.splice",
    "kernel.timer",
    "kernel.timer-descriptor",
    "namespace.user",
    "process.be-traced",
    "process.handle",
    "process.limits-of-another",
    "process.pin",
    "process.processors-of-another",
    "process.session-of-another",
    "process.signal-everyone",
    "process.slow-down",
    "self.adopt-orphans",
    "self.keep-capabilities",
    "self.outlive-parent",
    "self.session",
    "self.traceable",
    "socket.every-other-family",
    "socket.inet-datagram",
    "socket.inet-multipath",
    "socket.inet-sctp",
    "socket.inet-stream",
    "socket.inet6-datagram",
    "socket.inet6-stream",
    "socket.netlink",
    "socket.pair",
    "socket.unix",
    "socket.vsock",
];

/// Attempts that are aimed at nothing on purpose, so that the host is not harmed, that fail on a connected socket
/// anyway, or that need a feature which not every kernel has.
const WITHOUT_SANDBOX_REFUSED: &[&str] = &[
    "code.from-descriptor",
    "connection.accept",
    "connection.bind",
    "connection.fast-open",
    "connection.fast-open-by-message",
    "connection.kernel-tls",
    "connection.listen",
    "connection.reconnect",
    "descriptor.inherited",
    "file.enter-any-descriptor",
    "file.open-beside-any-descriptor",
    "file.open-by-made-up-handle",
    "kernel.accounting",
    "kernel.bpf",
    "kernel.clock",
    "kernel.io-uring",
    "kernel.key-add",
    "kernel.key-session",
    "kernel.module",
    "kernel.page-faults",
    "kernel.performance",
    "kernel.port-permissions",
    "kernel.remove-module",
    "kernel.replace-kernel",
    "kernel.restart-machine",
    "kernel.secret-memory",
    "kernel.swap",
    "kernel.terminal-input",
    "kernel.terminal-paste",
    "kernel.unknown-call",
    "kernel.x32-numbers",
    "mount.pivot",
    "namespace.join-by-number",
    "process.abort-another",
    "process.compare",
    "process.limits-of-another",
    "process.move-pages",
    "share.descriptors",
    "socket.bluetooth",
    "socket.can",
    "socket.express-data-path",
    "socket.inet-multipath",
    "socket.inet-ping",
    "socket.inet-sctp",
    "socket.kernel-crypto",
    "socket.tipc",
    "socket.vsock",
];
