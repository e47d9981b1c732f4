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
    /// The master key file is not 32 bytes.
    #[error("the master key file does not hold a 256-bit key")]
    MasterKeyDamaged,
    /// Somebody but its owner could read the master key.
    #[error("the master key file must be owned by the vault's user and readable by nobody else (mode 0600)")]
    MasterKeyExposed,
    /// There are secrets but no key to open them. Making a new key would hide the loss.
    #[error("the master key file is missing although the vault holds secrets: restore it from its backup")]
    MasterKeyMissing,
    /// The value is longer than [`crate::MAX_SECRET_LENGTH`].
    #[error("a secret has at most 65536 bytes")]
    TooLong,
}

impl VaultError {
    /// Wraps what the system said about `action`.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Io { action, source: errno.into() }
    }
}
