//! A file that many processes read and none can change: one copy in memory for all of them.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    os::fd::OwnedFd,
};

use rustix::{
    fs::{MemfdFlags, fcntl_add_seals, fstat, memfd_create},
    mm::{MapFlags, ProtFlags, mmap},
};

use crate::{Fd, SealedDocument, SealedDocumentError, sealed::SEALS};

/// A copy of a file in a memfd that can no longer be written, grown or shrunk.
///
/// Whoever maps it shares its pages with everybody else who does, so an engine that holds one, and does nothing, has no
/// private memory for it: with a database of 8 MB its `Private_Dirty` is to the kilobyte what it is without (measured).
#[derive(Debug, Clone)]
pub struct SharedFile(Fd);

impl SharedFile {
    /// The largest file, in bytes. It is in memory as long as the instance runs.
    pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

    /// Copies what is left of `from`.
    ///
    /// # Errors
    /// When reading fails, the kernel refuses, or there are more than [`SharedFile::MAX_BYTES`].
    pub fn copy(from: impl Read) -> Result<Self, SealedDocumentError> {
        Self::copy_up_to(Self::MAX_BYTES, from)
    }

    fn copy_up_to(limit: u64, from: impl Read) -> Result<Self, SealedDocumentError> {
        let fd = memfd_create("kiavi-shared", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
            .map_err(std::io::Error::from)?;
        let mut file = File::from(fd);
        let length = std::io::copy(&mut from.take(limit + 1), &mut file)?;
        if length > limit {
            return Err(SealedDocumentError::TooLarge);
        }
        file.flush()?;
        file.seek(SeekFrom::Start(0))?;
        fcntl_add_seals(&file, SEALS).map_err(std::io::Error::from)?;
        Ok(Self(OwnedFd::from(file).into()))
    }

    /// Takes a descriptor from another process, after checking its seals.
    ///
    /// # Errors
    /// [`SealedDocumentError::NotSealed`] unless every seal is in place.
    pub fn accept(fd: Fd) -> Result<Self, SealedDocumentError> {
        SealedDocument::accept(fd).map(|document| Self(document.fd()))
    }

    /// The descriptor, to be put into a message.
    pub fn fd(&self) -> Fd {
        self.0.clone()
    }

    /// Its bytes, for as long as this process lives. Works in a sealed process.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn map(&self) -> Result<&'static [u8], SealedDocumentError> {
        let length = fstat(&self.0).map_err(std::io::Error::from)?.st_size;
        match usize::try_from(length) {
            Ok(0) => Ok(&[]),
            Ok(length) => Ok(map(&self.0, length)?),
            Err(_) => Err(SealedDocumentError::TooLarge),
        }
    }
}

/// Maps a sealed memfd of `length` bytes, more than none.
#[allow(
    unsafe_code,
    reason = "memory that others could change, or that could end, must not be a slice; this cannot"
)]
fn map(file: &Fd, length: usize) -> std::io::Result<&'static [u8]> {
    // Private and read-only: a sealed file may not be mapped as shared where kernels are older than 6.7, and pages that
    // nobody writes are the file's own all the same.
    //
    // SAFETY: no address is asked for, so nothing is mapped over.
    let start = unsafe { mmap(std::ptr::null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, file, 0) }?;
    // SAFETY: `start` is a mapping of `length` bytes, page-aligned and not null. Its content never changes: this process
    // maps it without the right to write, and the seals (both ways of making a `SharedFile` see to them) refuse every
    // write by anybody, for good. Its pages never go: SEAL_SHRINK keeps the file's length, so reading it raises no
    // SIGBUS, and nothing unmaps it, so it lives as long as the program, which is what 'static says.
    Ok(unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_is_there_and_stays() {
        let shared = SharedFile::copy(&b"a file"[..]).unwrap();
        let bytes = SharedFile::accept(shared.fd()).unwrap().map().unwrap();
        assert_eq!(bytes, b"a file");
        let mut file = File::from(shared.fd().into_owned().unwrap());
        assert!(file.write_all(b"x").is_err() && file.set_len(1).is_err() && file.set_len(100).is_err());
        drop((file, shared));
        assert_eq!(bytes, b"a file", "also when every descriptor is gone");
        assert!(SharedFile::copy(&b""[..]).unwrap().map().unwrap().is_empty());
    }

    #[test]
    fn a_file_that_can_still_change_is_refused() {
        let open = memfd_create("open", MemfdFlags::ALLOW_SEALING).unwrap();
        assert!(matches!(SharedFile::accept(open.into()), Err(SealedDocumentError::NotSealed)));
    }

    #[test]
    fn a_file_without_end_is_refused() {
        assert!(matches!(
            SharedFile::copy_up_to(9_999, std::io::repeat(0)),
            Err(SealedDocumentError::TooLarge)
        ));
    }
}
