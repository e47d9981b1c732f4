//! File descriptors as fields of messages.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use minicbor::decode::{Decode, Decoder};
use minicbor::encode::{Encode, Encoder, Write};

use crate::MAX_FDS;

/// A descriptor that travels in a message. Cloning shares it: a sender can keep its copy until the
/// receiver has acknowledged.
#[derive(Debug, Clone)]
pub struct Fd(Arc<OwnedFd>);

impl Fd {
    /// The descriptor itself, if this is the only holder; otherwise a duplicate of it.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn into_owned(self) -> std::io::Result<OwnedFd> {
        match Arc::try_unwrap(self.0) {
            Ok(owned) => Ok(owned),
            Err(shared) => shared.try_clone(),
        }
    }
}

impl<T: Into<OwnedFd>> From<T> for Fd {
    fn from(owned: T) -> Self {
        Self(Arc::new(owned.into()))
    }
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The descriptors of one packet, in the order of the message's fields.
#[derive(Debug, Default)]
pub struct FdTable {
    fds: VecDeque<Fd>,
}

impl FdTable {
    pub(crate) fn received(fds: Vec<OwnedFd>) -> Self {
        Self { fds: fds.into_iter().map(Fd::from).collect() }
    }

    pub(crate) fn borrowed(&self) -> Vec<BorrowedFd<'_>> {
        self.fds.iter().map(AsFd::as_fd).collect()
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.fds.is_empty()
    }
}

impl AsMut<FdTable> for FdTable {
    fn as_mut(&mut self) -> &mut FdTable {
        self
    }
}

impl<C: AsMut<FdTable>> Encode<C> for Fd {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let table = ctx.as_mut();
        if table.fds.len() == MAX_FDS {
            return Err(minicbor::encode::Error::message("more descriptors than a packet may carry"));
        }
        table.fds.push_back(self.clone());
        // Something that is not null, which is how CBOR says that an optional field is absent.
        e.bool(true)?.ok()
    }
}

impl<'b, C: AsMut<FdTable>> Decode<'b, C> for Fd {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        // The table keeps no copy: the message becomes the only holder.
        match (d.bool()?, ctx.as_mut().fds.pop_front()) {
            (true, Some(fd)) => Ok(fd),
            _ => Err(minicbor::decode::Error::message("a descriptor is missing")),
        }
    }
}
