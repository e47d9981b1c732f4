//! Several people of a tenant at once: what is asked before something is done with them, and what came of it.

use askama::Template;

use crate::{ConsoleTop, Frame, Place, TenantTop, Total, UserRow, text::Text};

/// What can be done with several people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Their sessions end.
    SignOut,
    /// They are kept out.
    Suspend,
    /// They are let in again.
    Restore,
    /// They are removed.
    Delete,
    /// They are written into a table.
    Export,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::SignOut, Self::Suspend, Self::Restore, Self::Delete, Self::Export];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SignOut => "sign-out",
            Self::Suspend => "suspend",
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::Export => "export",
        }
    }

    /// The one of this name.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.key() == key)
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::SignOut => text.user_sign_out(),
            Self::Suspend => text.user_suspend(),
            Self::Restore => text.user_restore(),
            Self::Delete => text.user_delete(),
            Self::Export => text.users_export(),
        }
    }

    fn title(self, text: &Text, Total { count, is_exact }: Total) -> String {
        match self {
            Self::Export if !is_exact => text.selection_export_more(count),
            Self::SignOut => text.selection_sign_out(count),
            Self::Suspend => text.selection_suspend(count),
            Self::Restore => text.selection_restore(count),
            Self::Delete => text.selection_delete(count),
            Self::Export => text.selection_export(count),
        }
    }

    /// What it means for those whom it is done to.
    fn lede(self, text: &Text) -> String {
        match self {
            Self::SignOut => text.user_sign_out_lede(),
            Self::Suspend => text.user_suspend_lede(),
            Self::Restore => text.user_restore_lede(),
            Self::Delete => format!("{} {}", text.user_delete_lede(), text.user_delete_confirm()),
            Self::Export => text.selection_export_lede(),
        }
    }
}

/// Asks before something is done with several people.
#[derive(Debug, Clone, Template)]
#[template(path = "selection.html")]
pub struct Selection {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What is to be done.
    pub deed: Deed,
    /// Those who are there of those who were selected; of an export of all, none.
    pub people: Vec<UserRow>,
    /// How many they are.
    pub count: Total,
    /// How many were selected who are not there.
    pub gone: i64,
    /// The most that can be selected, where more were.
    pub most: Option<i64>,
    /// Where a table is downloaded.
    pub download: String,
    /// The query of the list that they come from.
    pub query: String,
}

impl Selection {
    pub(crate) fn title(&self) -> String {
        self.deed.title(self.frame.text(), self.count)
    }

    pub(crate) fn lede(&self) -> String {
        self.deed.lede(self.frame.text())
    }

    /// The choices of days for a suspension, with their words.
    pub(crate) fn terms(&self) -> [(i64, String); 3] {
        [1, 7, 30].map(|days| (days, self.frame.text().user_days(days)))
    }

    /// The list that they come from.
    pub(crate) fn back(&self) -> String {
        back(&self.tenant, &self.query)
    }
}

/// Why something was not done to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// They are not there any more.
    Gone,
    /// They were not kept out.
    NotSuspended,
    /// They had no session.
    NoSessions,
    /// It failed.
    Failed,
}

impl NotDone {
    fn words(self, text: &Text) -> String {
        match self {
            Self::Gone => text.selection_why_gone(),
            Self::NotSuspended => text.selection_why_not_suspended(),
            Self::NoSessions => text.selection_why_no_sessions(),
            Self::Failed => text.selection_why_failed(),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Template)]
#[template(path = "selection-done.html")]
pub struct SelectionDone {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What was to be done.
    pub deed: Deed,
    /// For how many it was.
    pub done: i64,
    /// For whom it was not, and why.
    pub not_done: Vec<(String, NotDone)>,
    /// The query of the list that they come from.
    pub query: String,
}

impl SelectionDone {
    pub(crate) fn title(&self) -> String {
        self.deed.words(self.frame.text())
    }

    pub(crate) fn missed(&self) -> String {
        self.frame.text().selection_not_done(i64::try_from(self.not_done.len()).unwrap_or(0))
    }

    pub(crate) fn back(&self) -> String {
        back(&self.tenant, &self.query)
    }
}

fn back(tenant: &TenantTop, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}/users{mark}{query}", tenant.path)
}
