//! One end of a `SOCK_SEQPACKET` socketpair: whole packets with their descriptors.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, Shutdown, SocketFlags, SocketType,
};

use crate::IpcError;

/// The largest packet, in bytes. A mail with its HTML part is the largest message there is.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// The most descriptors that one packet carries.
pub const MAX_FDS: usize = 8;

/// One end of a `SOCK_SEQPACKET` socketpair.
#[derive(Debug)]
pub struct Channel(OwnedFd);

/// One packet as it arrived.
pub(crate) struct Packet {
    pub(crate) length: usize,
    pub(crate) fds: Vec<OwnedFd>,
}

/// Whether a call waits for the peer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Yes,
    No,
}

impl Channel {
    /// A connected pair, both ends close-on-exec.
    ///
    /// # Errors
    /// When the kernel is out of descriptors or memory.
    pub fn pair() -> std::io::Result<(Self, Self)> {
        let (a, b) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Self(a), Self(b)))
    }

    /// Tells the peer that nothing more will be read: its next send fails with [`IpcError::Closed`], while
    /// what it has already sent can still be received.
    pub fn stop_receiving(&self) {
        // The only failure is a peer that is already gone, which is what the call asks for.
        let _ = rustix::net::shutdown(&self.0, Shutdown::Read);
    }

    /// Sends one packet. One system call.
    pub(crate) fn send(&self, bytes: &[u8], fds: &[BorrowedFd<'_>], wait: Wait) -> Result<(), IpcError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(IpcError::TooLarge(bytes.len()));
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(IpcError::Malformed("more descriptors than a packet may carry"));
        }
        let flags =
            SendFlags::NOSIGNAL | if wait == Wait::No { SendFlags::DONTWAIT } else { SendFlags::empty() };
        rustix::io::retry_on_intr(|| {
            rustix::net::sendmsg(&self.0, &[IoSlice::new(bytes)], &mut ancillary, flags)
        })?;
        Ok(())
    }

    /// Receives one packet into `buffer`, which must hold [`MAX_MESSAGE_BYTES`]. One system call.
    pub(crate) fn receive(&self, buffer: &mut [u8], wait: Wait) -> Result<Packet, IpcError> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let flags =
            RecvFlags::CMSG_CLOEXEC | if wait == Wait::No { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
        let mut receive = || {
            rustix::io::retry_on_intr(|| {
                rustix::net::recvmsg(&self.0, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags)
            })
        };
        // A peer that closes with packets unread resets the connection, and the kernel says so once, before it gives what the
        // peer had sent: that must not be lost.
        let received = match receive() {
            Err(Errno::CONNRESET) => receive(),
            received => received,
        }?;
        // Collect first: whatever arrived is owned, and closed on every error path below.
        let fds: Vec<OwnedFd> = ancillary
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(fds) => Some(fds),
                _ => None,
            })
            .flatten()
            .collect();
        if received.flags.intersects(ReturnFlags::TRUNC) {
            return Err(IpcError::Malformed("packet larger than the limit"));
        }
        if received.flags.intersects(ReturnFlags::CTRUNC) {
            return Err(IpcError::Malformed("more descriptors than the limit"));
        }
        // No message encodes to nothing, so an empty packet can only be the end of the stream.
        if received.bytes == 0 {
            return Err(IpcError::Closed);
        }
        Ok(Packet { length: received.bytes, fds })
    }
}

impl From<OwnedFd> for Channel {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.0
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl std::os::fd::AsRawFd for Channel {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.0.as_raw_fd()
    }
}
