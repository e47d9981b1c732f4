//! A master key in a file, and the one that takes its place.

use std::{
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use kiavi_base::Rng;
use rustix::fs::{CWD, Mode, OFlags};
use secrecy::zeroize::Zeroizing;

use crate::{
    KeyId, MasterKey, VaultError,
    files::{self, Written},
    head::nonce,
};

/// Longest key file: 64 hexadecimal digits and the end of a line.
const MAX_LENGTH: usize = 65;

/// A key file by its folder and name. While another key takes over, that one lies beside it, under the same name with
/// `.new` at its end.
#[derive(Debug)]
pub struct KeyFile {
    folder: OwnedFd,
    name: String,
}

impl KeyFile {
    pub(crate) fn new(folder: OwnedFd, name: &str) -> Self {
        Self { folder, name: name.to_owned() }
    }

    /// The file at `path`, which need not exist; its folder must.
    ///
    /// # Errors
    /// When the folder does not open.
    pub fn at(path: &Path) -> Result<Self, VaultError> {
        let open = VaultError::io("open the folder of the master key");
        let invalid = rustix::io::Errno::INVAL;
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Err(open(invalid)) };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(CWD, parent, flags, Mode::empty()).map_err(open)?;
        Ok(Self::new(folder, name))
    }

    fn new_name(&self) -> String {
        format!("{}.new", self.name)
    }

    /// The keys that may be the vault's: the file's, and its successor's.
    ///
    /// # Errors
    /// [`VaultError::MasterKeyExposed`] when others than its owner can read it, [`VaultError::MasterKeyDamaged`] when
    /// it is none.
    pub fn candidates(&self) -> Result<Vec<MasterKey>, VaultError> {
        Ok([self.load(&self.name)?, self.load(&self.new_name())?].into_iter().flatten().collect())
    }

    fn load(&self, name: &str) -> Result<Option<MasterKey>, VaultError> {
        let Some(file) = files::open_file(self.folder.as_fd(), name)? else { return Ok(None) };
        if !files::is_private(file.as_fd())? {
            return Err(VaultError::MasterKeyExposed);
        }
        let bytes = match files::read_open(file.as_fd(), MAX_LENGTH) {
            Err(VaultError::Damaged) => return Err(VaultError::MasterKeyDamaged),
            read => Zeroizing::new(read?),
        };
        MasterKey::from_file_content(&bytes).map(Some)
    }

    /// Makes the file with mode 0600. When another process made one meanwhile, that one is taken.
    pub(crate) fn create(&self, rng: &dyn Rng) -> Result<MasterKey, VaultError> {
        self.make(&self.name, rng)
    }

    /// The file's key, made when there is none.
    ///
    /// # Errors
    /// As [`KeyFile::candidates`], and when it cannot be written.
    pub fn ensure(&self, rng: &dyn Rng) -> Result<MasterKey, VaultError> {
        match self.load(&self.name)? {
            Some(key) => Ok(key),
            None => self.create(rng),
        }
    }

    /// The key that is to take over: one that lies ready, or a new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn successor(&self, rng: &dyn Rng) -> Result<MasterKey, VaultError> {
        match self.load(&self.new_name())? {
            Some(key) => Ok(key),
            None => self.make(&self.new_name(), rng),
        }
    }

    fn make(&self, name: &str, rng: &dyn Rng) -> Result<MasterKey, VaultError> {
        let key = MasterKey::random(rng);
        match files::write_new(self.folder.as_fd(), name, nonce(rng), key.expose())? {
            Written::New => Ok(key),
            Written::NameTaken => self.load(name)?.ok_or(VaultError::MasterKeyMissing),
        }
    }

    /// Has the file hold the vault's key, whose id is `current`: the successor takes its place once it is that, and goes
    /// if it never came to be. To be called while no key is taking over.
    ///
    /// # Errors
    /// When the files cannot be changed.
    pub fn settle(&self, current: KeyId) -> Result<(), VaultError> {
        let successor = self.new_name();
        match self.load(&successor)? {
            Some(key) if key.id() == current => {
                files::rename(self.folder.as_fd(), &successor, &self.name).map(drop)
            }
            Some(_) => files::shred(self.folder.as_fd(), &successor),
            None => Ok(()),
        }
    }
}
