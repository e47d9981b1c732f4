//! A bundle in a folder.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
};

use kiavi_audit::bundle::BundleFiles;

/// The folder. Which files of it are read is decided by the size of the log, never by a name that is in it.
#[derive(Debug)]
pub(crate) struct BundleFolder(pub(crate) PathBuf);

impl BundleFolder {
    fn file(&self, path: &str) -> io::Result<Option<File>> {
        match File::open(self.0.join(path)) {
            Ok(file) => Ok(Some(file)),
            // A file where a folder should be is as good as none.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl BundleFiles for BundleFolder {
    fn read(&self, path: &str, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.file(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit as u64).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn open(&self, path: &str) -> io::Result<Option<Box<dyn BufRead + '_>>> {
        let file = self.file(path)?;
        Ok(file.map(|file| Box::new(BufReader::with_capacity(64 * 1024, file)) as Box<dyn BufRead>))
    }
}
