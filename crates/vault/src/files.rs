//! Files below an open folder, written so that a power cut leaves the old content or the new, never a part.
//!
//! Everything goes through descriptors of folders, so the vault works in a sandbox that has no other path, and
//! a symbolic link placed in the vault is refused instead of followed.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::{
    fs::{self, AtFlags, Dir, FileType, Mode, OFlags, RenameFlags},
    io::Errno,
};

use crate::VaultError;

const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
const FOLDER_MODE: Mode = Mode::RWXU;
const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Ends the names of files that are not whole yet. No name of the vault's own contains a tilde.
const UNFINISHED: &str = "~";

/// Whether [`write_new`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The file is there and on the disk.
    New,
    /// Somebody else's file has that name; nothing was changed.
    NameTaken,
}

/// Opens the folder `name`, or says that there is none.
pub(crate) fn open_folder(parent: BorrowedFd<'_>, name: &str) -> Result<Option<OwnedFd>, VaultError> {
    match fs::openat(parent, name, OPEN_FOLDER, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(VaultError::io("open a folder")(errno)),
    }
}

/// Opens the folder `name`, made when missing, with mode 0700.
pub(crate) fn make_folder(parent: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, VaultError> {
    match fs::mkdirat(parent, name, FOLDER_MODE) {
        Ok(()) => fs::fsync(parent).map_err(VaultError::io("write a folder to disk"))?,
        Err(Errno::EXIST) => {}
        Err(errno) => return Err(VaultError::io("make a folder")(errno)),
    }
    fs::openat(parent, name, OPEN_FOLDER, Mode::empty()).map_err(VaultError::io("open a folder"))
}

/// Writes a file that must not exist yet: to a neighbour first, then on disk, then under its name, then the
/// folder on disk. `nonce` keeps two writers' neighbours apart.
pub(crate) fn write_new(
    folder: BorrowedFd<'_>,
    name: &str,
    nonce: u64,
    content: &[u8],
) -> Result<Written, VaultError> {
    let neighbour = format!("{name}.{nonce:016x}{UNFINISHED}");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::openat(folder, &neighbour, flags, FILE_MODE).map_err(VaultError::io("make a file"))?;
    let written = write_all(file.as_fd(), content)
        .and_then(|()| fs::fsync(&file))
        .and_then(|()| fs::renameat_with(folder, &neighbour, folder, name, RenameFlags::NOREPLACE));
    match written {
        Ok(()) => {
            fs::fsync(folder).map_err(VaultError::io("write a folder to disk"))?;
            Ok(Written::New)
        }
        Err(errno) => {
            // The first failure is the one to report; a neighbour left behind is swept by the next delete.
            let _ = fs::unlinkat(folder, &neighbour, AtFlags::empty());
            if errno == Errno::EXIST {
                Ok(Written::NameTaken)
            } else {
                Err(VaultError::io("write a file")(errno))
            }
        }
    }
}

/// Reads a file of at most `limit` bytes, or says that there is none. A longer one is damaged.
pub(crate) fn read(folder: BorrowedFd<'_>, name: &str, limit: usize) -> Result<Option<Vec<u8>>, VaultError> {
    let file = match open_file(folder, name)? {
        Some(file) => file,
        None => return Ok(None),
    };
    read_open(file.as_fd(), limit).map(Some)
}

/// Opens a file for reading, or says that there is none.
pub(crate) fn open_file(folder: BorrowedFd<'_>, name: &str) -> Result<Option<OwnedFd>, VaultError> {
    match fs::openat(folder, name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(VaultError::io("open a file")(errno)),
    }
}

/// Reads all of an open file.
pub(crate) fn read_open(file: BorrowedFd<'_>, limit: usize) -> Result<Vec<u8>, VaultError> {
    let mut content = vec![0; limit + 1];
    let mut length = 0;
    loop {
        match rustix::io::read(file, &mut content[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(VaultError::io("read a file")(errno)),
        }
        if length > limit {
            return Err(VaultError::Damaged);
        }
    }
    content.truncate(length);
    Ok(content)
}

/// Overwrites a file with zeros, on disk, then removes it. The overwriting is a courtesy to file systems that
/// write in place. What is not there counts as removed.
pub(crate) fn shred(folder: BorrowedFd<'_>, name: &str) -> Result<(), VaultError> {
    match fs::openat(folder, name, OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => {
            let length = fs::fstat(&file).map_err(VaultError::io("measure a file"))?.st_size;
            let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
            write_all(file.as_fd(), &zeros)
                .and_then(|()| fs::fsync(&file))
                .map_err(VaultError::io("overwrite a file"))?;
        }
        Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(VaultError::io("open a file")(errno)),
    }
    remove(folder, name)
}

/// Removes a file; what is not there counts as removed.
pub(crate) fn remove(folder: BorrowedFd<'_>, name: &str) -> Result<(), VaultError> {
    match fs::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(VaultError::io("remove a file")(errno)),
    }
}

/// Removes an empty folder; what is not there counts as removed, and one that still has files stays.
pub(crate) fn remove_folder(parent: BorrowedFd<'_>, name: &str) -> Result<(), VaultError> {
    match fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
        Ok(()) => sync(parent),
        Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
        Err(errno) => Err(VaultError::io("remove a folder")(errno)),
    }
}

/// Writes a folder's entries to disk.
pub(crate) fn sync(folder: BorrowedFd<'_>) -> Result<(), VaultError> {
    fs::fsync(folder).map_err(VaultError::io("write a folder to disk"))
}

/// The names in a folder, in no order, without `.` and `..`.
pub(crate) fn names(folder: BorrowedFd<'_>) -> Result<Vec<String>, VaultError> {
    let failed = || VaultError::io("list a folder");
    let mut names = Vec::new();
    for entry in Dir::read_from(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        match entry.file_name().to_str() {
            Ok("." | "..") | Err(_) => {}
            Ok(name) => names.push(name.to_owned()),
        }
    }
    Ok(names)
}

/// Whether an open file belongs to this process's user, is a plain file, and nobody else may touch it.
pub(crate) fn is_private(file: BorrowedFd<'_>) -> Result<bool, VaultError> {
    let status = fs::fstat(file).map_err(VaultError::io("look at a file"))?;
    let mode = Mode::from_raw_mode(status.st_mode);
    let others = Mode::RWXG | Mode::RWXO;
    let plain = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
    Ok(plain && !mode.intersects(others) && status.st_uid == rustix::process::geteuid().as_raw())
}

fn write_all(file: BorrowedFd<'_>, mut content: &[u8]) -> Result<(), Errno> {
    while !content.is_empty() {
        match rustix::io::write(file, content) {
            Ok(count) => content = &content[count..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
