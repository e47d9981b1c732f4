//! A tenant's settings in the console: the document, what a change of it would be, and its versions.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, TenantTop, when};

/// The settings of a tenant and their versions, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "settings.html")]
pub struct Settings {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The document as JSON: as it is, or as typed. Secrets are `***`.
    pub document: String,
    /// The version that it was made from.
    pub version: i32,
    /// Why it is changed, as typed.
    pub comment: String,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// What saving it would change, when that was asked for.
    pub preview: Option<Vec<ChangeRow>>,
    /// The versions on this page.
    pub versions: Vec<VersionRow>,
    /// The address of what is older, if there is more.
    pub older: Option<String>,
    /// Whether the visitor may change them.
    pub is_changeable: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

/// A difference between two documents.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// Where, `session.expires_in_seconds`.
    pub path: String,
    /// What was there, as JSON; `None` if nothing was.
    pub from: Option<String>,
    /// What is there, likewise.
    pub to: Option<String>,
}

/// A version of the settings.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// Its number.
    pub version: i32,
    /// Who made it, as people know them.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Why, if somebody said so.
    pub comment: Option<String>,
    /// What it changed.
    pub changes: Vec<ChangeRow>,
    /// Whether it is the one that holds.
    pub is_current: bool,
}

impl VersionRow {
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.changes.len()).unwrap_or(i64::MAX)
    }
}

impl Settings {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}
