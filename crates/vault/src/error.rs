//! What can go wrong with a vault.

use std::io;

/// Why a vault did not do what it was asked. No variant carries a value, a key or a path.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file system refused.
    #[error("the vault could not {action}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The stored bytes are not what was written: changed, cut short, moved from another name, or sealed by
    /// another master key.
    #[error("a stored secret does not open: it was changed, or belongs to another master key")]
    Damaged,
    /// What says which key the vault has is not what was written.
    #[error("the vault's head was changed")]
    HeadDamaged,
    /// The vault is of a later program.
    #[error("the vault has a format that this version does not know")]
    UnknownFormat,
    /// None of the keys that were given is the vault's.
    #[error("the master key is not the one of this vault")]
    WrongMasterKey,
    /// The master key file is not 32 bytes.
    #[error("the master key file does not hold a 256-bit key, as 32 bytes or 64 hexadecimal digits")]
    MasterKeyDamaged,
    /// Somebody but its owner could read the master key.
    #[error("the master key file must be owned by the vault's user and readable by nobody else (mode 0600)")]
    MasterKeyExposed,
    /// There are secrets but no key to open them. Making a new key would hide the loss.
    #[error("the master key file is missing although the vault holds secrets: restore it from its backup")]
    MasterKeyMissing,
    /// Somebody else has the vault open, and what was asked for needs it alone.
    #[error("the vault is in use: stop the instance first")]
    InUse,
    /// The value is longer than [`crate::MAX_SECRET_LENGTH`].
    #[error("a secret has at most 65536 bytes")]
    TooLong,
    /// There is no such version.
    #[error("there is no such version of the secret")]
    NoSuchVersion,
    /// The store is on a network and did not answer, or said that it cannot now.
    #[error("the secret store cannot be reached ({reason})")]
    Unavailable {
        /// What was noticed.
        reason: Unavailable,
    },
    /// The store answered that it will not: the credentials, a permission, a quota, or a request that it does not
    /// take.
    #[error("the secret store refused with status {status} ({kind})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The store's own word for it, such as `permissions_denied`.
        kind: String,
    },
    /// The store's answer is not what its interface says, or does not add up.
    #[error("the secret store's answer cannot be used: {what}")]
    Protocol {
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Why a store could not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No connection, or it broke.
    #[error("no connection")]
    Unreachable,
    /// The time was up.
    #[error("no answer in time")]
    Deadline,
    /// What answers does not prove that it is the store, or does not speak its protocol.
    #[error("it does not prove who it is, or speaks no HTTPS")]
    NotItself,
    /// It is asked too much (429).
    #[error("too many requests")]
    Busy,
    /// It is aware that it has erred (5xx).
    #[error("status {0}")]
    Erred(u16),
}

impl VaultError {
    /// Whether the same call may succeed later with nobody doing anything about it.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::InUse)
    }

    /// Wraps what the system said about `action`.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Io { action, source: errno.into() }
    }
}
