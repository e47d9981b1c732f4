//! A tenant's backups in the console: what became of them, and whether the newest could be restored.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Place, TenantTop, when};

/// What became of a backup, or of a trial restore.
#[derive(Debug, Clone)]
pub struct BackupRow {
    /// Whether it was a trial restore.
    pub is_drill: bool,
    /// When it ended.
    pub at: Timestamp,
    /// Whether it came about.
    pub is_success: bool,
    /// Rows in all tables.
    pub rows: Option<i64>,
    /// Size of the archive, in bytes.
    pub bytes: Option<i64>,
    /// How long it took, in seconds.
    pub seconds: Option<i64>,
    /// Whether an engine on the copy knew a session; nothing where there was nobody to sign in, or for a backup.
    pub signed_in: Option<bool>,
}

/// A tenant's backups, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "backups.html")]
pub struct Backups {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The newest archive that was made.
    pub last_backup: Option<BackupRow>,
    /// The newest trial restore, good or not.
    pub last_drill: Option<BackupRow>,
    /// Whether archives are made by themselves.
    pub is_scheduled: bool,
    /// All that is known.
    pub runs: Vec<BackupRow>,
    /// The present.
    pub now: Timestamp,
}

impl Backups {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// What whoever runs the instance types to make an archive, to try one, and to restore one beside the tenant.
    pub(crate) fn commands(&self) -> [(String, String); 3] {
        let (t, slug) = (self.frame.text(), &self.tenant.slug);
        [
            (t.backups_make(), format!("kiavi backup create {slug} --to PLACE")),
            (t.backups_try(), format!("kiavi backup drill {slug} --from PLACE")),
            (t.backups_restore(), format!("kiavi restore ARCHIVE --as {slug}-before")),
        ]
    }
}

impl BackupRow {
    /// How large the archive is, in words.
    pub(crate) fn size(&self) -> Option<String> {
        self.bytes.map(size)
    }
}

/// A number of bytes in the unit that fits, in powers of a thousand: "3.4 MB".
pub(crate) fn size(bytes: i64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = i128::from(bytes) * 10 / i128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_the_unit_that_fits() {
        let size = |bytes| {
            let row = BackupRow {
                is_drill: false,
                at: Timestamp::UNIX_EPOCH,
                is_success: true,
                rows: None,
                bytes,
                seconds: None,
                signed_in: None,
            };
            row.size()
        };
        assert_eq!(size(None), None);
        for (bytes, told) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (3_456_789, "3.4 MB"),
            (12_000_000_000, "12.0 GB"),
        ] {
            assert_eq!(size(Some(bytes)).as_deref(), Some(told));
        }
    }
}
