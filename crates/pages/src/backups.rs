//! A tenant's backups in the console: what became of them, whether the newest could be restored, and what somebody has done with
//! them.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, StepState, TenantTop, text::Text, when};

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
    /// The page on which the visitor can make a copy of its archive, if they may and it is kept.
    pub copy: Option<String>,
}

/// What is done with archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupDeed {
    /// One is made.
    Backup,
    /// The newest is restored for a trial.
    Drill,
    /// One becomes another tenant.
    Copy,
}

/// How far that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupStep {
    /// Nobody has begun it.
    Waiting,
    /// The archive is made and stored.
    Storing,
    /// The archive is read.
    Reading,
    /// What is in it becomes a tenant.
    Restoring,
}

impl BackupDeed {
    fn steps(self) -> &'static [BackupStep] {
        match self {
            Self::Backup => &[BackupStep::Waiting, BackupStep::Storing],
            Self::Drill | Self::Copy => &[BackupStep::Waiting, BackupStep::Reading, BackupStep::Restoring],
        }
    }
}

impl BackupStep {
    fn words(self, text: &Text) -> String {
        match self {
            Self::Waiting => text.backups_step_waiting(),
            Self::Storing => text.backups_step_storing(),
            Self::Reading => text.backups_step_reading(),
            Self::Restoring => text.backups_step_restoring(),
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupEnd {
    /// As it was meant.
    Done,
    /// The archive was not there any more.
    Gone,
    /// The archive was damaged.
    Damaged,
    /// The copy's name was somebody else's by then.
    NameTaken,
    /// Otherwise; whoever runs the instance finds it in the log.
    Failed,
}

impl BackupEnd {
    /// Every end.
    pub const ALL: [Self; 5] = [Self::Done, Self::Gone, Self::Damaged, Self::NameTaken, Self::Failed];
}

/// What somebody has had done, or is having done.
#[derive(Debug, Clone)]
pub struct BackupOrder {
    /// What.
    pub deed: BackupDeed,
    /// When it was ordered, or ended.
    pub at: Timestamp,
    /// Whether nobody has begun it, and whoever waits for orders would have.
    pub is_late: bool,
    /// How far it is, while it is under way.
    pub step: Option<BackupStep>,
    /// How it ended.
    pub end: Option<BackupEnd>,
    /// Bytes of the step so far.
    pub bytes: i64,
    /// The path and the name of the tenant that is made, of a copy.
    pub copy: Option<(String, String)>,
}

impl BackupOrder {
    pub(crate) fn title(&self, text: &Text) -> String {
        match (self.deed, &self.copy) {
            (BackupDeed::Backup, _) => text.backups_backup(),
            (BackupDeed::Drill, _) => text.backups_drill(),
            (BackupDeed::Copy, copy) => text.backups_copying(copy.as_ref().map_or("", |(_, name)| name)),
        }
    }

    /// Each step in words, and how it stands.
    pub(crate) fn steps(&self, text: &Text) -> Vec<(String, StepState)> {
        let steps = self.deed.steps();
        let now = steps.iter().position(|step| Some(*step) == self.step).unwrap_or(steps.len());
        let state = |index: usize| match index.cmp(&now) {
            std::cmp::Ordering::Less => StepState::Done,
            std::cmp::Ordering::Equal => StepState::Current,
            std::cmp::Ordering::Greater => StepState::Waiting,
        };
        steps.iter().enumerate().map(|(index, step)| (step.words(text), state(index))).collect()
    }

    /// "3.4 MB so far", while there is something.
    pub(crate) fn so_far(&self, text: &Text) -> Option<String> {
        (self.step.is_some() && self.bytes > 0).then(|| text.backups_so_far(&size(text, self.bytes)))
    }

    pub(crate) fn is_good(&self) -> bool {
        self.end == Some(BackupEnd::Done)
    }

    /// What came of it.
    pub(crate) fn outcome(&self, text: &Text) -> Option<String> {
        let name = self.copy.as_ref().map_or("", |(_, name)| name);
        Some(match (self.end?, self.deed) {
            (BackupEnd::Done, BackupDeed::Backup) => text.backups_done_backup(),
            (BackupEnd::Done, BackupDeed::Drill) => text.backups_drill_good(),
            (BackupEnd::Done, BackupDeed::Copy) => text.backups_done_copy(name),
            (BackupEnd::Gone, _) => text.backups_failed_gone(),
            (BackupEnd::Damaged, _) => text.backups_failed_damaged(),
            (BackupEnd::NameTaken, _) => text.backups_failed_name(name),
            (BackupEnd::Failed, _) => text.backups_failed(),
        })
    }
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
    /// What was ordered last, while it is under way or has just ended.
    pub order: Option<BackupOrder>,
    /// The path of the server-sent events that tell when this page is another one.
    pub live: Option<String>,
    /// Whether the visitor may have an archive made and tried.
    pub may_order: bool,
    /// Whether the instance has a place for archives.
    pub has_place: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

/// The form that makes a copy of an archive.
#[derive(Debug, Clone, Template)]
#[template(path = "copy-of-backup.html")]
pub struct CopyOfBackup {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant that the archive is of.
    pub tenant: TenantTop,
    /// Where the form goes.
    pub action: String,
    /// When the archive was made.
    pub at: Timestamp,
    /// The name that was typed.
    pub name: String,
    /// Whether what has ended since comes back.
    pub with_ended: bool,
    /// Whether API keys come along.
    pub with_api_keys: bool,
    /// An address as it would be.
    pub address: String,
    /// What is wrong with the name.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl CopyOfBackup {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

impl Backups {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// Whether something is under way, so that nothing else can be ordered.
    pub(crate) fn is_busy(&self) -> bool {
        self.order.as_ref().is_some_and(|order| order.end.is_none())
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
    pub(crate) fn size(&self, text: &Text) -> Option<String> {
        self.bytes.map(|bytes| size(text, bytes))
    }
}

/// A number of bytes in the unit that fits, in powers of a thousand: "3.4 MB".
pub(crate) fn size(text: &Text, bytes: i64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            format!("{} {name}", text.tenths(i128::from(bytes) * 10 / i128::from(unit)))
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

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
                copy: None,
            };
            row.size(Text::of(Locale::En))
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
