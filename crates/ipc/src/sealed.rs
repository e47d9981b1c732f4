//! A document in a sealed memfd: settings and secret travel as a descriptor, so that a process in between
//! can keep and pass it on without reading it, and nobody can change it any more.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags};
use secrecy::zeroize::Zeroizing;

use crate::Fd;

/// What keeps a document as it is.
pub(crate) const SEALS: SealFlags = SealFlags::from_bits_retain(
    SealFlags::SEAL.bits() | SealFlags::SHRINK.bits() | SealFlags::GROW.bits() | SealFlags::WRITE.bits(),
);

/// A memfd that can no longer be written, grown or shrunk.
#[derive(Debug, Clone)]
pub struct SealedDocument(Fd);

/// Why a sealed document could not be made or taken.
#[derive(Debug, thiserror::Error)]
pub enum SealedDocumentError {
    /// The descriptor is not a memfd, or can still be changed by whoever made it.
    #[error("the descriptor is not a sealed memfd")]
    NotSealed,
    /// More than [`SealedDocument::MAX_BYTES`], or [`crate::SharedFile::MAX_BYTES`].
    #[error("it is too large")]
    TooLarge,
    /// The kernel refused the operation.
    #[error("memfd I/O failed")]
    Io(#[from] std::io::Error),
}

impl SealedDocument {
    /// The largest document, in bytes.
    pub const MAX_BYTES: u64 = 1024 * 1024;

    /// Writes `bytes` to a new memfd and seals it.
    ///
    /// # Errors
    /// When the kernel refuses, or the document is too large.
    pub fn seal(bytes: &[u8]) -> Result<Self, SealedDocumentError> {
        if bytes.len() as u64 > Self::MAX_BYTES {
            return Err(SealedDocumentError::TooLarge);
        }
        let fd = rustix::fs::memfd_create("kiavi", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
            .map_err(std::io::Error::from)?;
        let mut file = File::from(fd);
        file.write_all(bytes)?;
        rustix::fs::fcntl_add_seals(&file, SEALS).map_err(std::io::Error::from)?;
        Ok(Self(OwnedFd::from(file).into()))
    }

    /// Takes a descriptor from another process, after checking its seals.
    ///
    /// # Errors
    /// [`SealedDocumentError::NotSealed`] unless every seal is in place.
    pub fn accept(fd: Fd) -> Result<Self, SealedDocumentError> {
        match rustix::fs::fcntl_get_seals(&fd) {
            Ok(seals) if seals.contains(SEALS) => Ok(Self(fd)),
            _ => Err(SealedDocumentError::NotSealed),
        }
    }

    /// The descriptor, to be put into a message.
    pub fn fd(&self) -> Fd {
        self.0.clone()
    }

    /// The content; the buffer is wiped when dropped. Works in a sealed process.
    ///
    /// # Errors
    /// When reading fails or the document is too large.
    pub fn read(self) -> Result<Zeroizing<Vec<u8>>, SealedDocumentError> {
        let length = rustix::fs::fstat(&self.0).map_err(std::io::Error::from)?.st_size;
        let length = u64::try_from(length).ok().filter(|length| *length <= Self::MAX_BYTES);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let mut bytes = Zeroizing::new(vec![0; length.ok_or(SealedDocumentError::TooLarge)?]);
        let mut filled = 0;
        while filled < bytes.len() {
            // By position: the descriptor's own is shared by all processes that were given the document.
            let read =
                rustix::io::retry_on_intr(|| rustix::io::pread(&self.0, &mut bytes[filled..], filled as u64));
            match read.map_err(std::io::Error::from)? {
                0 => return Err(SealedDocumentError::Io(std::io::ErrorKind::UnexpectedEof.into())),
                count => filled += count,
            }
        }
        Ok(bytes)
    }
}
