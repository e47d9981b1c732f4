//! Why a process was not locked down.

use std::os::fd::RawFd;

use crate::Layer;

/// Why a process was not locked down. It must exit: some layers may hold already, and none can be taken back.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A layer that this mode requires could not be had.
    #[error("the {layer} layer of the sandbox is missing: {source}")]
    Missing {
        /// The layer.
        layer: Layer,
        /// What the system answered.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Landlock and the raw identity calls act on one thread only (`landlock_restrict_self(2)`).
    #[error("the lockdown must come before any thread is started; there are {threads} threads")]
    NotSingleThreaded {
        /// How many there are.
        threads: usize,
    },
    /// A descriptor is open that would lead out of the sandbox.
    #[error("descriptor {fd} is {kind}, which must not be open in a sandboxed process")]
    ForbiddenDescriptor {
        /// Its number.
        fd: RawFd,
        /// What it is.
        kind: &'static str,
    },
    /// The state of the process could not be read from `/proc/self`.
    #[error("cannot inspect the process before the lockdown: {0}")]
    Inspection(#[source] std::io::Error),
    /// Full isolation needs an account of its own, and it cannot be root's.
    #[error("full isolation needs a uid and a gid of its own, other than root's")]
    AccountRequired,
    /// The control plane's folder could not be entered.
    #[error("cannot enter the data folder: {0}")]
    DataFolder(#[source] std::io::Error),
    /// The process that started this one is gone, so nobody would supervise it.
    #[error("the supervising process is gone")]
    ParentGone,
}

impl SandboxError {
    pub(crate) fn missing(layer: Layer, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Missing { layer, source: source.into() }
    }
}
