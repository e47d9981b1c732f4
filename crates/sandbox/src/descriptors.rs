//! Open descriptors: what is inherited beyond the agreed ones is closed, and what would lead out is refused.
#![allow(
    unsafe_code,
    reason = "descriptors inherited from another process have numbers but no owner in this one"
)]

use std::{
    fs, io,
    os::fd::{BorrowedFd, RawFd},
};

use rustix::fs::FileType;

use crate::SandboxError;

/// Closes every descriptor from `first` on, except those in `keep` (`close_range(2)`).
///
/// For the start of `main`, before this process has opened anything: a descriptor that some value already owns
/// would be closed under it.
///
/// # Errors
/// The kernel's answer; a kernel older than 5.9 has no such call.
pub fn close_fds_from(first: RawFd, keep: &[RawFd]) -> io::Result<()> {
    let mut kept: Vec<RawFd> = keep.iter().copied().filter(|fd| *fd >= first).collect();
    kept.sort_unstable();
    kept.dedup();
    let mut from = first;
    for fd in kept {
        if fd > from {
            close_range(from, fd - 1)?;
        }
        from = fd + 1;
    }
    close_range(from, RawFd::MAX)
}

fn close_range(from: RawFd, to: RawFd) -> io::Result<()> {
    // SAFETY: the call takes two numbers and flags, no pointers. The caller owns the range, as documented above.
    match unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Refuses to go on while a descriptor is open by which files of the host could be reached: a directory, a device,
/// a file that has a name. What a sandboxed process may hold is sockets, pipes, memory files and event objects.
///
/// Standard output and error may be a terminal or a file during development, so the first three are only refused
/// if they are directories or disks. `data` is the folder that the lockdown itself consumes.
pub(crate) fn refuse_ways_out(data: Option<RawFd>) -> Result<(), SandboxError> {
    for fd in open_descriptors().map_err(SandboxError::Inspection)? {
        if Some(fd) == data {
            continue;
        }
        // SAFETY: used for one fstat; a number that is closed meanwhile answers EBADF.
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
        let Ok(stat) = rustix::fs::fstat(borrowed) else { continue };
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => "a directory",
            FileType::BlockDevice => "a disk",
            FileType::Symlink if fd > 2 => "a symbolic link",
            FileType::CharacterDevice if fd > 2 => "a device",
            FileType::RegularFile if fd > 2 && stat.st_nlink > 0 => "a file with a name",
            _ => continue,
        };
        return Err(SandboxError::ForbiddenDescriptor { fd, kind });
    }
    Ok(())
}

fn open_descriptors() -> io::Result<Vec<RawFd>> {
    // The listing's own descriptor is among the numbers and closed again before anyone looks at them.
    let listing = fs::read_dir("/proc/self/fd")?;
    Ok(listing.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}
