//! Files below an open folder, written so that a power cut leaves the old content or the new, never a part.
//!
//! Everything goes through descriptors of folders, so the vault works in a sandbox that has no other path, and
//! a symbolic link placed in the vault is refused instead of followed.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::{
    fs::{self, AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags},
    io::Errno,
};

use secrecy::zeroize::Zeroizing;

use crate::VaultError;

const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
const FOLDER_MODE: Mode = Mode::RWXU;
const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Ends the names of files that are not whole yet. No name of the vault's own contains a tilde.
const UNFINISHED: &str = "~";

/// Ends the names of files that are about to be removed.
const GONE: &str = ".gone~";

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
    interruption::point()?;
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
    let neighbour = write_neighbour(folder, name, nonce, content)?;
    match fs::renameat_with(folder, &neighbour, folder, name, RenameFlags::NOREPLACE) {
        Ok(()) => {
            fs::fsync(folder).map_err(VaultError::io("write a folder to disk"))?;
            Ok(Written::New)
        }
        Err(errno) => {
            give_up(folder, &neighbour);
            if errno == Errno::EXIST {
                Ok(Written::NameTaken)
            } else {
                Err(VaultError::io("write a file")(errno))
            }
        }
    }
}

/// Writes a file in place of the one that is there, if any: whoever reads sees the one or the other. On the disk for
/// good once the folder is [`sync`]ed. What it replaces is overwritten, as [`shred`] does.
pub(crate) fn replace(
    folder: BorrowedFd<'_>,
    name: &str,
    nonce: u64,
    content: &[u8],
) -> Result<(), VaultError> {
    let before = open_to_wipe(folder, name)?;
    let neighbour = write_neighbour(folder, name, nonce, content)?;
    fs::renameat(folder, &neighbour, folder, name).map_err(|errno| {
        give_up(folder, &neighbour);
        VaultError::io("write a file")(errno)
    })?;
    if let Some(before) = before {
        // It has no name any more, so nothing depends on it.
        let _ = wipe(before.as_fd());
    }
    Ok(())
}

/// Shreds the files that were begun and not finished. Nobody else may be writing.
pub(crate) fn sweep(folder: BorrowedFd<'_>) -> Result<(), VaultError> {
    names(folder)?.iter().filter(|name| is_unfinished(name)).try_for_each(|name| shred(folder, name))
}

/// Writes a whole file under a name that nobody reads, on disk.
fn write_neighbour(
    folder: BorrowedFd<'_>,
    name: &str,
    nonce: u64,
    content: &[u8],
) -> Result<String, VaultError> {
    interruption::point()?;
    let neighbour = format!("{name}.{nonce:016x}{UNFINISHED}");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::openat(folder, &neighbour, flags, FILE_MODE).map_err(VaultError::io("make a file"))?;
    write_all(file.as_fd(), content).and_then(|()| fs::fsync(&file)).map_err(|errno| {
        give_up(folder, &neighbour);
        VaultError::io("write a file")(errno)
    })?;
    interruption::point()?;
    Ok(neighbour)
}

/// The first failure is the one to report; a neighbour left behind is swept by the next delete.
fn give_up(folder: BorrowedFd<'_>, neighbour: &str) {
    let _ = fs::unlinkat(folder, neighbour, AtFlags::empty());
}

/// Gives a file another name, on disk; one that has that name is replaced, and overwritten as [`shred`] does. `false` when
/// there is no such file.
pub(crate) fn rename(folder: BorrowedFd<'_>, from: &str, to: &str) -> Result<bool, VaultError> {
    interruption::point()?;
    let before = open_to_wipe(folder, to)?;
    match fs::renameat(folder, from, folder, to) {
        Ok(()) => {
            sync(folder)?;
            if let Some(before) = before {
                // It has no name any more, so nothing depends on it.
                let _ = wipe(before.as_fd());
            }
            Ok(true)
        }
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(VaultError::io("rename a file")(errno)),
    }
}

/// Takes the folder for oneself, or shares it with others who share it. Ends with the descriptor.
///
/// # Errors
/// [`VaultError::InUse`] when that cannot be now.
pub(crate) fn lock(folder: BorrowedFd<'_>, alone: bool) -> Result<(), VaultError> {
    let operation =
        if alone { FlockOperation::NonBlockingLockExclusive } else { FlockOperation::NonBlockingLockShared };
    match fs::flock(folder, operation) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(VaultError::InUse),
        Err(errno) => Err(VaultError::io("lock its folder")(errno)),
    }
}

/// Whether a file of this name is not whole.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.ends_with(UNFINISHED)
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
    let mut content = Zeroizing::new(vec![0; limit + 1]);
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
    Ok(content[..length].to_vec())
}

/// Removes a file for good: gives it a name that nobody reads, overwrites it with zeros, on disk, and removes it. The
/// overwriting is a courtesy to file systems that write in place. What is not there counts as removed.
pub(crate) fn shred(folder: BorrowedFd<'_>, name: &str) -> Result<(), VaultError> {
    let gone = format!("{name}{GONE}");
    let doomed = if is_unfinished(name) {
        name
    } else {
        rename(folder, name, &gone)?;
        &gone
    };
    interruption::point()?;
    if let Some(file) = open_to_wipe(folder, doomed)? {
        wipe(file.as_fd()).and_then(|()| fs::fsync(&file)).map_err(VaultError::io("overwrite a file"))?;
    }
    remove(folder, doomed)
}

fn open_to_wipe(folder: BorrowedFd<'_>, name: &str) -> Result<Option<OwnedFd>, VaultError> {
    match fs::openat(folder, name, OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(VaultError::io("open a file")(errno)),
    }
}

fn wipe(file: BorrowedFd<'_>) -> Result<(), Errno> {
    let length = fs::fstat(file)?.st_size;
    write_all(file, &vec![0; usize::try_from(length).unwrap_or(0)])
}

/// Removes a file; what is not there counts as removed.
pub(crate) fn remove(folder: BorrowedFd<'_>, name: &str) -> Result<(), VaultError> {
    interruption::point()?;
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

/// Points at which a test may stop, as a kill would: before each change of the disk.
pub(crate) mod interruption {
    use crate::VaultError;

    #[cfg(test)]
    thread_local! {
        static LEFT: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
    }

    /// From now on this thread gets past `points` points and no further; `None`: past all.
    #[cfg(test)]
    pub(crate) fn after(points: Option<usize>) {
        LEFT.set(points);
    }

    /// How many points are left.
    #[cfg(test)]
    pub(crate) fn left() -> Option<usize> {
        LEFT.get()
    }

    #[cfg(test)]
    pub(super) fn point() -> Result<(), VaultError> {
        match LEFT.get() {
            None => Ok(()),
            Some(0) => Err(VaultError::io("go on")(rustix::io::Errno::INTR)),
            Some(left) => {
                LEFT.set(Some(left - 1));
                Ok(())
            }
        }
    }

    #[cfg(not(test))]
    #[inline]
    pub(super) fn point() -> Result<(), VaultError> {
        Ok(())
    }
}
