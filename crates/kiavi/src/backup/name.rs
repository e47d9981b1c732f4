//! What archives are called: `TENANT/TIME-ID.kiavi`, and beside it `TENANT/TIME-ID.keys.kiavi`.
//!
//! The tenant is its id, which means nothing to others; everything else is in the archive.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use kiavi_base::TenantId;

const DATA: &str = ".kiavi";
const KEYS: &str = ".keys.kiavi";
const TIME: &str = "%Y%m%dT%H%M%SZ";
/// Digits of the archive's id: two of the same second are told apart.
const ID: usize = 8;

/// The name of an archive, without its ending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) tenant: String,
    /// When its snapshot was taken.
    pub(super) at: Timestamp,
    id: String,
}

impl Name {
    /// The name of the archive with this id; `None` when the id is none.
    pub(super) fn new(tenant: &str, at: Timestamp, archive: &str) -> Option<Self> {
        tenant.parse::<TenantId>().ok()?;
        let digits: String = archive.chars().filter(char::is_ascii_hexdigit).collect();
        // The end: the beginning is the time.
        let id = digits.get(digits.len().checked_sub(ID)?..)?.to_owned();
        Some(Self { tenant: tenant.to_owned(), at, id })
    }

    /// Reads the name of a file, and whether it is that of the keys of persons. What is no archive of ours is `None`.
    pub(super) fn parse(path: &str) -> Option<(Self, bool)> {
        let (tenant, file) = path.rsplit_once('/')?;
        let tenant = tenant.rsplit('/').next()?.parse::<TenantId>().ok()?;
        let (stem, is_keys) = match file.strip_suffix(KEYS) {
            Some(stem) => (stem, true),
            None => (file.strip_suffix(DATA)?, false),
        };
        let (time, id) = stem.split_once('-')?;
        let at = DateTime::strptime(TIME, time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let is_id = id.len() == ID && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| (Self { tenant: tenant.to_string(), at, id: id.to_owned() }, is_keys))
    }

    /// The file with the data.
    pub(super) fn data(&self) -> String {
        let time = self.at.to_zoned(TimeZone::UTC).strftime(TIME);
        format!("{}/{time}-{}{DATA}", self.tenant, self.id)
    }
}

/// What the file with the keys of persons is called, beside one with the data.
pub(super) fn keys_beside(data: &str) -> String {
    match data.strip_suffix(DATA) {
        Some(stem) => format!("{stem}{KEYS}"),
        None => format!("{data}.keys"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TENANT: &str = "t0a1b2c3d4e5f6g7h8i9j0k1l";

    #[test]
    fn names_are_read_as_they_are_written() {
        let at = "2026-11-26T03:10:00Z".parse().unwrap();
        let name = Name::new(TENANT, at, "019ab3f0-1234-7abc-8def-0123456789ab").unwrap();
        assert_eq!(name.data(), format!("{TENANT}/20261126T031000Z-456789ab.kiavi"));
        let keys = keys_beside(&name.data());
        assert_eq!(Name::parse(&name.data()), Some((name.clone(), false)));
        assert_eq!(Name::parse(&format!("some/prefix/{}", keys)), Some((name, true)));
        assert_eq!(keys_beside("/x/shop.archive"), "/x/shop.archive.keys");
    }

    proptest! {
        #[test]
        fn no_name_panics(path in "\\PC{0,60}", file in "[0-9TZ]{0,20}-[0-9a-f]{0,10}(\\.keys)?\\.kiavi") {
            let _ = Name::parse(&path);
            let _ = Name::parse(&format!("{TENANT}/{file}"));
        }
    }
}
