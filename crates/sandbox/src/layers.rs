//! Which layers of the sandbox hold, for the log and for `kiavi doctor`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One layer, in the order in which they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// A user namespace, which lets an ordinary user make the others (`user_namespaces(7)`).
    UserNamespace,
    /// Own table of mounts (`mount_namespaces(7)`).
    MountNamespace,
    /// Own, empty network: no interface, no abstract unix sockets of others (`network_namespaces(7)`).
    NetworkNamespace,
    /// Own System V IPC and POSIX message queues (`ipc_namespaces(7)`).
    IpcNamespace,
    /// Own host name (`uts_namespaces(7)`).
    UtsNamespace,
    /// Own view of the control groups (`cgroup_namespaces(7)`).
    CgroupNamespace,
    /// An empty read-only file system as root (`pivot_root(2)`).
    EmptyRoot,
    /// Upper bounds on what the kernel hands out (`setrlimit(2)`).
    ResourceLimits,
    /// An account of its own, no supplementary groups (`setresuid(2)`).
    Account,
    /// No capability, not traceable, nothing to gain by `exec` (`capabilities(7)`, `PR_SET_NO_NEW_PRIVS`).
    Privileges,
    /// Dies with the process that started it (`PR_SET_PDEATHSIG`).
    ParentDeathSignal,
    /// No file, TCP port, abstract socket or signal beyond the process (`landlock(7)`).
    Landlock,
    /// The allow-list of system calls (`seccomp(2)`).
    Seccomp,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserNamespace => "user namespace",
            Self::MountNamespace => "mount namespace",
            Self::NetworkNamespace => "network namespace",
            Self::IpcNamespace => "IPC namespace",
            Self::UtsNamespace => "UTS namespace",
            Self::CgroupNamespace => "cgroup namespace",
            Self::EmptyRoot => "empty root",
            Self::ResourceLimits => "resource limits",
            Self::Account => "own account",
            Self::Privileges => "dropped privileges",
            Self::ParentDeathSignal => "parent death signal",
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
        })
    }
}

/// Whether a layer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// It holds.
    Active,
    /// This role or mode does without it.
    NotNeeded,
    /// It was wanted and could not be had.
    Missing {
        /// What the system answered.
        reason: String,
    },
}

/// One layer and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerReport {
    /// The layer.
    pub layer: Layer,
    /// Whether it holds.
    #[serde(flatten)]
    pub state: State,
}

/// All layers of one process, in the order in which they were applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layers(Vec<LayerReport>);

impl Layers {
    pub(crate) fn note(&mut self, layer: Layer, state: State) {
        self.0.push(LayerReport { layer, state });
    }

    /// Every layer with its state.
    pub fn iter(&self) -> impl Iterator<Item = &LayerReport> {
        self.0.iter()
    }

    /// The state of one layer; `None` before it was its turn.
    pub fn state(&self, layer: Layer) -> Option<&State> {
        self.iter().find(|report| report.layer == layer).map(|report| &report.state)
    }

    /// Whether a layer holds.
    pub fn is_active(&self, layer: Layer) -> bool {
        self.state(layer) == Some(&State::Active)
    }

    /// The layers that were wanted and could not be had, with what the system answered.
    pub fn missing(&self) -> impl Iterator<Item = (Layer, &str)> {
        self.iter().filter_map(|report| match &report.state {
            State::Missing { reason } => Some((report.layer, reason.as_str())),
            State::Active | State::NotNeeded => None,
        })
    }
}
