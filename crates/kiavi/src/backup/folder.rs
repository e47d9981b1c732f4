//! A folder with archives, each readable for its owner alone.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::place::Stored;
use crate::client::ClientError;

/// What a file is called until it is whole.
const UNFINISHED: &str = ".unfinished";
/// After this time nobody writes to one any more: whoever did was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);
/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// The folder.
pub(super) struct Folder(PathBuf);

fn failed(path: &Path, what: &str, error: &io::Error) -> ClientError {
    ClientError::Failed(format!("{} cannot be {what}: {error}.", path.display()))
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The files here and one level below. What was never finished, and is old, is removed.
    pub(super) fn list(&self) -> Result<Vec<Stored>, ClientError> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(failed(&self.0, "read", &error)),
        };
        let cannot = |error: io::Error| failed(&self.0, "read", &error);
        for entry in entries {
            let entry = entry.map_err(cannot)?;
            if entry.file_type().map_err(cannot)?.is_dir() {
                self.list_below(&entry.path(), &mut found).map_err(cannot)?;
            }
        }
        Ok(found)
    }

    fn list_below(&self, folder: &Path, found: &mut Vec<Stored>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, about) = (entry.path(), entry.metadata()?);
            let name = path.strip_prefix(&self.0).ok().and_then(Path::to_str);
            match name {
                Some(name) if name.ends_with(UNFINISHED) => {
                    let is_old = about.modified()?.elapsed().is_ok_and(|age| age > ABANDONED);
                    if is_old {
                        fs::remove_file(path)?;
                    }
                }
                Some(name) if about.is_file() => {
                    found.push(Stored { name: name.to_owned(), bytes: about.len() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn create(&self, name: &str) -> Result<Writing, ClientError> {
        let path = self.0.join(name);
        let parent = path.parent().unwrap_or(&self.0).to_owned();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&parent);
        made.map_err(|error| failed(&parent, "made", &error))?;
        let mut unfinished = path.clone().into_os_string();
        unfinished.push(format!(".{}{UNFINISHED}", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
        let file = file.map_err(|error| failed(&unfinished, "made", &error))?;
        Ok(Writing { file, unfinished, path, parent, is_finished: false })
    }

    pub(super) fn read(
        &self,
        name: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, ClientError>> + Send + use<>, ClientError> {
        let path = self.0.join(name);
        let file = File::open(&path).map_err(|error| failed(&path, "read", &error))?;
        Ok(stream::unfold(Some((file, path)), |state| async {
            let (mut file, path) = state?;
            let mut piece = vec![0; PIECE];
            match file.read(&mut piece) {
                Ok(0) => None,
                Ok(read) => {
                    piece.truncate(read);
                    Some((Ok(Bytes::from(piece)), Some((file, path))))
                }
                Err(error) => Some((Err(failed(&path, "read", &error)), None)),
            }
        }))
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), ClientError> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&path, "removed", &error)),
            _ => Ok(()),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.join(name).is_file()
    }
}

/// A file that is not whole yet. Dropped before it is, it is removed.
pub(super) struct Writing {
    file: File,
    unfinished: PathBuf,
    path: PathBuf,
    parent: PathBuf,
    is_finished: bool,
}

impl Writing {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.file.write_all(bytes).map_err(|error| failed(&self.path, "written", &error))
    }

    /// The content first, then the name, then the folder that has the name.
    pub(super) fn finish(mut self) -> Result<(), ClientError> {
        let written = self.file.sync_all().and_then(|()| {
            renameat_with(CWD, &self.unfinished, CWD, &self.path, RenameFlags::NOREPLACE)?;
            self.is_finished = true;
            File::open(&self.parent)?.sync_all()
        });
        written.map_err(|error| failed(&self.path, "written", &error))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.is_finished {
            // What cannot be removed now is removed as old later.
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}
