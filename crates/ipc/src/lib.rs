//! Typed messages, with file descriptors, between Kiavi's processes.
//!
//! Every process gets its world over `SOCK_SEQPACKET` socketpairs: a message is one packet, so there is no
//! framing to get wrong, and the descriptors that travel with it (`SCM_RIGHTS`) are fields of the message's
//! type. Who speaks is decided by which socket a message arrives on, never by a field in it.
//!
//! A packet that does not decode completely (unknown variant, trailing bytes, too large, a descriptor too
//! many or too few) is an [`IpcError::Malformed`]; the receiver closes the channel, it never guesses.

mod channel;
mod codec;
mod endpoint;
mod error;
mod fd;
mod sealed;
mod session;
mod shared;

pub mod auditor;
pub mod certificate;
pub mod control;
pub mod database;
pub mod door;
pub mod egress;
pub mod engine;
pub mod gateway;
pub mod isolation;
pub mod log;
pub mod mail;
pub mod mail_record;
pub mod metrics;
pub mod outbound;
pub mod proof;
pub mod survey;
pub mod witness;

pub use channel::{Channel, MAX_FDS, MAX_MESSAGE_BYTES};
pub use endpoint::{Endpoint, Receiver, Sender, receive_blocking, send_blocking};
pub use error::IpcError;
pub use fd::{Fd, FdTable};
pub use sealed::{SealedDocument, SealedDocumentError};
pub use session::{EngineSession, Phase, Violation};
pub use shared::SharedFile;

/// A type that can be sent over a [`Channel`].
pub trait Message:
    Sized + minicbor::Encode<FdTable> + for<'bytes> minicbor::Decode<'bytes, FdTable> + Send + Sync + 'static
{
}

impl<T> Message for T where
    T: Sized
        + minicbor::Encode<FdTable>
        + for<'bytes> minicbor::Decode<'bytes, FdTable>
        + Send
        + Sync
        + 'static
{
}
