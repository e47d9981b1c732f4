//! The operator's databases of where addresses are: opened once, by the launcher, and shared by all engines.

use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kiavi_geo::{About, Database, InvalidDatabase};
use kiavi_ipc::{SealedDocumentError, SharedFile};
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::config::Config;
use crate::doctor::{Finding, Verdict};

/// Addresses change hands: a database that is older than this tells of networks as they were.
const OLD_DAYS: i64 = 90;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GeoError {
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is no file", .0.display())]
    NoFile(PathBuf),
    #[error("{}: it has more than {} MB", .0.display(), SharedFile::MAX_BYTES >> 20)]
    TooLarge(PathBuf),
    #[error("{}: {source}", .path.display())]
    Invalid { path: PathBuf, source: InvalidDatabase },
}

/// Copies a database to where every engine reads it, and verifies the copy.
///
/// # Errors
/// See [`GeoError`]; the text names the file.
pub(crate) fn open(path: &Path) -> Result<(SharedFile, About), GeoError> {
    let unreadable = |source| GeoError::Unreadable { path: path.to_owned(), source };
    // A pipe that nobody writes to must not be waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat(CWD, path, flags, Mode::empty()).map_err(|error| unreadable(error.into()))?;
    let file = File::from(file);
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(GeoError::NoFile(path.to_owned()));
    }
    let copied = SharedFile::copy(file).and_then(|shared| Ok((shared.map()?, shared)));
    let (bytes, shared) = copied.map_err(|error| match error {
        SealedDocumentError::TooLarge => GeoError::TooLarge(path.to_owned()),
        SealedDocumentError::NotSealed => unreadable(std::io::Error::other("the copy is not sealed")),
        SealedDocumentError::Io(source) => unreadable(source),
    })?;
    let verified = Database::verify(bytes);
    let (_, about) = verified.map_err(|source| GeoError::Invalid { path: path.to_owned(), source })?;
    Ok((shared, about))
}

/// What the machine's operator should know of the databases that a configuration names.
pub(crate) fn findings(config: &Config, folder: &Path, now: Timestamp) -> Vec<Finding> {
    const NAME: &str = "Places";
    let files = config.geo.files(folder);
    if files.is_empty() {
        let detail = "no database is configured ([geo]): events tell addresses without country and network";
        return vec![Finding::new(NAME, Verdict::Unchecked, detail)];
    }
    let one = |(_, path): (_, PathBuf)| match open(&path) {
        Ok((_, about)) => finding(NAME, &path, &about, now),
        Err(error) => Finding::new(NAME, Verdict::Missing, error.to_string()),
    };
    files.into_iter().map(one).collect()
}

fn finding(name: &'static str, path: &Path, about: &About, now: Timestamp) -> Finding {
    let days = now.duration_since(about.built).as_hours() / 24;
    let tells = match (about.has_countries, about.has_networks) {
        (true, true) => "countries and networks",
        (true, false) => "countries",
        _ => "networks",
    };
    let date = about.built.strftime("%Y-%m-%d");
    let mut detail = format!("{}: {tells}, {}, of {date} ({days} days old)", path.display(), about.kind);
    if days <= OLD_DAYS {
        return Finding::new(name, Verdict::Ok, detail);
    }
    detail.push_str("; addresses have moved since: get a newer one, and systemctl reload kiavi");
    Finding::new(name, Verdict::Warning, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_named() {
        let told = |path: &str| open(Path::new(path)).unwrap_err().to_string();
        assert_eq!(told("/dev/null"), "/dev/null is no file");
        assert_eq!(told("/"), "/ is no file");
        assert!(told("/none.mmdb").starts_with("cannot read /none.mmdb: "));
        assert!(told("/proc/self/exe").starts_with("/proc/self/exe: it is no database"));
    }

    #[test]
    fn an_old_database_is_a_warning() {
        let built: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
        let about = About { kind: "Test".to_owned(), built, has_countries: true, has_networks: false };
        let after = |hours| {
            finding("Places", Path::new("a.mmdb"), &about, built + jiff::SignedDuration::from_hours(hours))
        };
        assert_eq!(after(49).detail, "a.mmdb: countries, Test, of 2026-06-15 (2 days old)");
        assert_eq!(after(49).verdict, Verdict::Ok);
        assert_eq!(after(24 * 91).verdict, Verdict::Warning);
    }
}
