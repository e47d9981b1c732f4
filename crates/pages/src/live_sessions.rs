//! Who is signed in to a tenant now.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, SessionRow, TenantTop, when};

/// A session and whose it is.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// The user's id.
    pub user: String,
    /// What to call them.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether somebody else acts as them in it.
    pub is_acting: bool,
    /// The session.
    pub session: SessionRow,
}

impl LiveSession {
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// The sessions of a tenant, those that began last first.
#[derive(Debug, Clone, Template)]
#[template(path = "sessions.html")]
pub struct LiveSessions {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The address that was searched for, as typed.
    pub email: String,
    /// The IP address that was searched for, as typed.
    pub ip: String,
    /// Why it could not be searched for.
    pub fault: Option<String>,
    /// The sessions on this page.
    pub sessions: Vec<LiveSession>,
    /// The address of what is older, if there is more.
    pub older: Option<String>,
    /// Whether the visitor may end them.
    pub may_end: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl LiveSessions {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// Whether nothing was searched for.
    pub(crate) fn is_whole(&self) -> bool {
        self.email.is_empty() && self.ip.is_empty()
    }
}
