//! Who is being locked down, and how far.

use std::os::fd::OwnedFd;

use crate::limits::Limits;

/// How far a process is locked down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Started by root. Every layer is required: one that cannot be had is an error that names it.
    Full,
    /// Started by an ordinary user, for development. Landlock and seccomp are required; the namespaces are made
    /// inside a user namespace where the system allows one, and are reported as missing where it does not.
    Rootless,
}

/// What a process is for, which decides what it keeps.
#[derive(Debug)]
pub enum Profile {
    /// Serves one tenant. Opens nothing: no file, no socket, no process, no thread.
    Engine {
        /// Private writable memory, in bytes, such as [`crate::Limits::ENGINE`] has it: `setrlimit(2)` counts what is
        /// reserved, so less than twice what it may really use is narrow.
        data_bytes: u64,
    },
    /// Accepts on listening sockets that it is given. Opens nothing.
    Gateway,
    /// Talks to the outside: keeps the host's network, may resolve names and open TCP and UDP sockets over IPv4
    /// and IPv6, and start threads for the resolver.
    Outbound,
    /// Seals the logs of tenants. Opens nothing, as an engine.
    Auditor,
    /// The control plane: keeps one folder, at [`crate::LockedDown::data_dir`], and may make socket pairs.
    Control {
        /// The folder, open. It is closed by the lockdown: a directory descriptor is a way out of an empty root.
        data: OwnedFd,
    },
}

impl Profile {
    pub(crate) fn role(&self) -> Role {
        match self {
            Self::Engine { .. } => Role::Engine,
            Self::Gateway => Role::Gateway,
            Self::Outbound => Role::Outbound,
            Self::Auditor => Role::Auditor,
            Self::Control { .. } => Role::Control,
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        let limits = Limits::of(self.role());
        match self {
            Self::Engine { data_bytes } => Limits { data_bytes: *data_bytes, ..limits },
            _ => limits,
        }
    }
}

/// The profile without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Engine,
    Gateway,
    Outbound,
    Auditor,
    Control,
}

impl Role {
    /// Whether the process stays in the network namespace it was started in.
    pub(crate) fn keeps_host_network(self) -> bool {
        self == Self::Outbound
    }
}
