//! A channel with its two message types, for use on a Tokio runtime.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::channel::Wait;
use crate::codec::{from_packet, to_packet};
use crate::{Channel, FdTable, IpcError, MAX_MESSAGE_BYTES, Message};

thread_local! {
    /// Where a packet arrives before it is decoded, which is at once: a process may have thousands of receivers, and one
    /// packet at a time. It is made once and kept, so the allocator maps it, and pages that no packet has reached do not exist.
    static PACKET: RefCell<Box<[u8]>> = RefCell::new(vec![0; MAX_MESSAGE_BYTES].into());
}

/// An end that sends `S` and receives `R`.
pub struct Endpoint<S, R> {
    sender: Sender<S>,
    receiver: Receiver<R>,
}

impl<S: Message, R: Message> Endpoint<S, R> {
    /// Registers the channel with the current runtime.
    ///
    /// # Errors
    /// When the reactor cannot take another descriptor.
    pub fn new(channel: Channel) -> std::io::Result<Self> {
        let channel = Arc::new(register(channel)?);
        Ok(Self {
            sender: Sender { channel: channel.clone(), messages: PhantomData },
            receiver: Receiver { channel, messages: PhantomData },
        })
    }

    /// The two directions, to be used by different tasks.
    pub fn split(self) -> (Sender<S>, Receiver<R>) {
        (self.sender, self.receiver)
    }
}

#[allow(unsafe_code)] // the reactor's registration is the one place here that needs it
fn register(channel: Channel) -> std::io::Result<AsyncFd<Channel>> {
    let interest = Interest::READABLE | Interest::WRITABLE;
    // SAFETY: a `Channel` owns its descriptor, always reports the same one, and gives out no way to close
    // or replace it while the registration, which owns the channel, lives.
    Ok(unsafe { AsyncFd::register_with_interest(channel, interest) }?)
}

/// The sending direction. Clones share the channel.
pub struct Sender<S> {
    channel: Arc<AsyncFd<Channel>>,
    messages: PhantomData<fn(S)>,
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone(), messages: PhantomData }
    }
}

impl<S> AsFd for Sender<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.get_ref().as_fd()
    }
}

impl<S: Message> Sender<S> {
    /// Sends `message`, waiting while the peer's queue is full.
    ///
    /// # Errors
    /// [`IpcError::Closed`] when the peer is gone or has stopped receiving.
    pub async fn send(&self, message: &S) -> Result<(), IpcError> {
        let (bytes, table) = to_packet(message)?;
        loop {
            let mut ready = self.channel.writable().await.map_err(IpcError::Io)?;
            match self.channel.get_ref().send(&bytes, &table.borrowed(), Wait::No) {
                Err(IpcError::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => ready.clear_ready(),
                done => return done,
            }
        }
    }

    /// Sends `message` if the peer's queue has room; `false` when it is full.
    ///
    /// # Errors
    /// [`IpcError::Closed`] when the peer is gone or has stopped receiving.
    pub fn try_send(&self, message: &S) -> Result<bool, IpcError> {
        let (bytes, table) = to_packet(message)?;
        match self.channel.get_ref().send(&bytes, &table.borrowed(), Wait::No) {
            Ok(()) => Ok(true),
            Err(IpcError::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
            Err(e) => Err(e),
        }
    }
}

/// The receiving direction.
pub struct Receiver<R> {
    channel: Arc<AsyncFd<Channel>>,
    messages: PhantomData<fn() -> R>,
}

impl<R: Message> Receiver<R> {
    /// The next message; `None` when the peer has closed. Cancel-safe.
    ///
    /// # Errors
    /// [`IpcError::Malformed`] when the peer breaks the protocol.
    pub async fn receive(&mut self) -> Result<Option<R>, IpcError> {
        loop {
            let mut ready = self.channel.readable().await.map_err(IpcError::Io)?;
            let received = PACKET.with_borrow_mut(|buffer| {
                let packet = self.channel.get_ref().receive(buffer, Wait::No)?;
                from_packet(&buffer[..packet.length], FdTable::received(packet.fds))
            });
            match received {
                Ok(message) => return Ok(Some(message)),
                Err(IpcError::Closed) => return Ok(None),
                Err(IpcError::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(e) => return Err(e),
            }
        }
    }

    /// Tells the peer that nothing more will be taken, see [`Channel::stop_receiving`].
    pub fn stop_receiving(&self) {
        self.channel.get_ref().stop_receiving();
    }
}

/// The next message of a channel that no runtime knows yet: waits on the calling thread.
///
/// # Errors
/// [`IpcError::Closed`] when the peer is gone, [`IpcError::Malformed`] when it breaks the protocol.
pub fn receive_blocking<R: Message>(channel: &Channel) -> Result<R, IpcError> {
    PACKET.with_borrow_mut(|buffer| {
        let packet = channel.receive(buffer, Wait::Yes)?;
        from_packet(&buffer[..packet.length], FdTable::received(packet.fds))
    })
}

/// Sends a message on a channel that no runtime knows, waiting on the calling thread.
///
/// # Errors
/// [`IpcError::Closed`] when the peer is gone.
pub fn send_blocking<S: Message>(channel: &Channel, message: &S) -> Result<(), IpcError> {
    let (bytes, table) = to_packet(message)?;
    channel.send(&bytes, &table.borrowed(), Wait::Yes)
}
