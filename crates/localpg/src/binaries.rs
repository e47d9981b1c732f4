//! Finding PostgreSQL's server programs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest major version that is supported: the first whose statistics need no network.
pub const OLDEST_VERSION: u32 = 15;
/// Where Debian and its descendants put each major version in a folder of its own.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// PostgreSQL's programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    major: u32,
}

/// Why PostgreSQL cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// No server is installed.
    #[error(
        "PostgreSQL is not installed: run `sudo apt-get install postgresql` (or install version {OLDEST_VERSION} \
         or later another way, with its pg_config on the PATH)"
    )]
    Missing,
    /// Only versions that are too old are installed.
    #[error(
        "PostgreSQL {found} is too old, {OLDEST_VERSION} or later is needed: run `sudo apt-get install postgresql`"
    )]
    TooOld {
        /// The newest version there is.
        found: u32,
    },
    /// The data was written by a major version that is not installed.
    #[error("the data needs PostgreSQL {needed}: run `sudo apt-get install postgresql-{needed}`")]
    OtherVersion {
        /// The major version that wrote the data.
        needed: u32,
    },
}

impl Binaries {
    /// The newest installed version.
    pub fn find() -> Result<Self, BinariesError> {
        let newest = Self::installed().into_iter().max_by_key(|found| found.major);
        let newest = newest.ok_or(BinariesError::Missing)?;
        if newest.major < OLDEST_VERSION {
            return Err(BinariesError::TooOld { found: newest.major });
        }
        Ok(newest)
    }

    /// Exactly this major version, for a cluster that it has written.
    pub fn find_version(major: u32) -> Result<Self, BinariesError> {
        let found = Self::installed().into_iter().find(|found| found.major == major);
        found.ok_or(BinariesError::OtherVersion { needed: major })
    }

    /// The path of one program, such as `postgres`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder that holds the programs, without symbolic links.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    fn installed() -> Vec<Self> {
        let versions = fs::read_dir(DEBIAN_FOLDER).into_iter().flatten().flatten();
        let folders = versions.map(|version| version.path().join("bin")).chain(folder_by_pg_config());
        folders.filter_map(Self::in_folder).collect()
    }

    /// The programs in `folder`, if the server is there. Its real path is kept, because the server sees a file
    /// system in which some folders are hidden.
    fn in_folder(folder: PathBuf) -> Option<Self> {
        let server = fs::canonicalize(folder.join("postgres")).ok()?;
        let output = Command::new(&server).arg("--version").output().ok()?;
        let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        let folder = server.parent()?.to_owned();
        folder.join("initdb").exists().then_some(Self { folder, major })
    }
}

fn folder_by_pg_config() -> Option<PathBuf> {
    let output: io::Result<_> = Command::new("pg_config").arg("--bindir").output();
    let output = output.ok().filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// The major version in `postgres (PostgreSQL) 15.14 (Debian …)`.
fn parse_version(text: &str) -> Option<u32> {
    let version = text.strip_prefix("postgres (PostgreSQL) ")?;
    let digits = version.split(|symbol: char| !symbol.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn a_message_says_what_to_install() {
        for error in [BinariesError::Missing, BinariesError::TooOld { found: 13 }] {
            assert!(error.to_string().contains("sudo apt-get install postgresql"), "{error}");
        }
    }

    #[test]
    fn an_installed_server_is_found() {
        let found = Binaries::find().unwrap();
        assert!(found.major() >= OLDEST_VERSION);
        assert_eq!(Binaries::find_version(found.major()).unwrap(), found);
        assert!(found.program("initdb").exists());
    }
}
