use std::io;

/// Why a message could not be sent or received.
#[derive(Debug, thiserror::Error)]
pub enum IpcError {
    /// The other end closed its socket or its process is gone.
    #[error("the other process closed the channel")]
    Closed,
    /// The other end sent something that this channel's protocol does not know. Close the channel.
    #[error("malformed message: {0}")]
    Malformed(&'static str),
    /// A message of ours is larger than one packet may be.
    #[error("a message of {0} bytes exceeds the packet limit")]
    TooLarge(usize),
    /// The kernel refused the operation.
    #[error("channel I/O failed")]
    Io(#[source] io::Error),
}

impl From<rustix::io::Errno> for IpcError {
    fn from(errno: rustix::io::Errno) -> Self {
        use rustix::io::Errno;
        match errno {
            Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => Self::Closed,
            other => Self::Io(other.into()),
        }
    }
}
