//! The pages of the instance: a workspace's tenants, and the mail that development catches.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, text::Text, when};

/// The list of a workspace's tenants.
#[derive(Debug, Clone, Template)]
#[template(path = "tenants.html")]
pub struct Tenants {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenants, newest first.
    pub tenants: Vec<TenantRow>,
    /// Whether the visitor may create one.
    pub may_create: bool,
    /// The command that creates one, as typed in a terminal.
    pub create_command: String,
    /// The path of the server-sent events, one per change of the list.
    pub events: String,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

/// A tenant in the list.
#[derive(Debug, Clone)]
pub struct TenantRow {
    /// Its name.
    pub slug: String,
    /// Its sign-in page's site, `http://demo.localhost:8080`.
    pub url: String,
    /// Where it is in its life.
    pub state: TenantState,
    /// When it was asked for.
    pub created: Timestamp,
}

/// Where a tenant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantState {
    /// Being provisioned.
    Creating,
    /// Its process runs.
    Running,
    /// Its process starts with the next request.
    Idle,
    /// Switched off by an operator.
    Suspended,
    /// Stopped after its sandbox was hit.
    Quarantined,
    /// In its grace period.
    Deleting,
    /// Its key is destroyed.
    Deleted,
    /// Provisioning stopped with an error.
    Failed,
}

impl TenantState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Creating,
        Self::Running,
        Self::Idle,
        Self::Suspended,
        Self::Quarantined,
        Self::Deleting,
        Self::Deleted,
        Self::Failed,
    ];

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Creating => text.state_creating(),
            Self::Running => text.state_running(),
            Self::Idle => text.state_idle(),
            Self::Suspended => text.state_suspended(),
            Self::Quarantined => text.state_quarantined(),
            Self::Deleting => text.state_deleting(),
            Self::Deleted => text.state_deleted(),
            Self::Failed => text.state_failed(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Running => "good",
            Self::Creating | Self::Suspended | Self::Deleting => "warn",
            Self::Quarantined | Self::Failed => "bad",
            Self::Idle | Self::Deleted => "",
        }
    }

    /// Whether its address answers.
    pub(crate) const fn is_reachable(self) -> bool {
        matches!(self, Self::Running | Self::Idle)
    }
}

impl Tenants {
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.tenants.len()).unwrap_or(i64::MAX)
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

/// The mails that a development instance caught.
#[derive(Debug, Clone, Template)]
#[template(path = "mailbox.html")]
pub struct Mailbox {
    /// The frame around the content.
    pub frame: Frame,
    /// The mails, newest first.
    pub messages: Vec<MailboxMessage>,
    /// The path of the server-sent events, one per mail.
    pub events: String,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

/// A mail in the list.
#[derive(Debug, Clone)]
pub struct MailboxMessage {
    /// The addressee.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// When it arrived.
    pub at: Timestamp,
}

impl Mailbox {
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.messages.len()).unwrap_or(i64::MAX)
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

impl MailboxMessage {
    /// The one-time code in the subject: the first run of 6 to 8 digits.
    pub(crate) fn code(&self) -> Option<&str> {
        self.subject
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| (6..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_the_subject() {
        for (subject, code) in [
            ("123456 is your code for demo", Some("123456")),
            ("Votre code : 12345678", Some("12345678")),
            ("Welcome, user1234567", None),
            ("", None),
        ] {
            let message = MailboxMessage {
                to: String::new(),
                subject: subject.to_owned(),
                text: String::new(),
                at: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(message.code(), code);
        }
    }
}
